import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { DeliveryError } from "./provider.ts";

/** One run of a program. */
export interface ProgramRun {
  command: string;
  /** Never secrets: every user of the machine can read them. */
  args: string[];
  /** Added to PATH, HOME and the language settings, the only variables that are passed on. */
  env?: Record<string, string>;
  stdin?: string;
}

export interface ProgramResult {
  exitCode: number;
  /** At most 64 KiB; the rest is dropped. */
  stdout: string;
  /** At most 64 KiB; the rest is dropped. */
  stderr: string;
}

/**
 * Runs a program without a shell, to its end, without holding up anything else.
 * @throws {DeliveryError} PERMANENT when it is not installed or cannot be started, TRANSIENT when the machine has no room for it now,
 * UNKNOWN when the signal or a kill ended it
 */
export type RunProgram = (run: ProgramRun, options: { signal: AbortSignal }) => Promise<ProgramResult>;

const OUTPUT_LIMIT = 64 * 1024;
const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/** @param environment the server's own; its secrets are not passed on */
export function createRunProgram(environment: Readonly<Record<string, string | undefined>>): RunProgram {
  const passedOn = Object.fromEntries(PASSED_ON.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
  return ({ command, args, env, stdin }, { signal }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new DeliveryError({ outcome: "TRANSIENT", message: `There was no time left to run ${command}.` }));
      const child = startProgram(command, args, { ...passedOn, ...env });
      child.once("error", (error) => reject(startFailure(command, error)));
      // It did not start, and may not even have streams; the error follows.
      if (child.pid === undefined) return;
      const [stdout, stderr] = [keptOutput(child.stdout), keptOutput(child.stderr)];
      const unknown = () => reject(new DeliveryError({ outcome: "UNKNOWN", message: `${command} was ended before it was done.`, hint: "It is not known whether the message was delivered." }));
      const stop = () => {
        killGroup(child);
        unknown();
      };
      signal.addEventListener("abort", stop, { once: true });
      child.once("close", (exitCode) => {
        signal.removeEventListener("abort", stop);
        if (exitCode === null) unknown();
        else resolve({ exitCode, stdout: stdout(), stderr: stderr() });
      });
      // A program that ends without reading all its input is no fault of ours.
      child.stdin.on("error", () => undefined);
      child.stdin.end(stdin ?? "");
    });
}

function keptOutput(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < OUTPUT_LIMIT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => new TextDecoder().decode(Buffer.concat(chunks).subarray(0, OUTPUT_LIMIT));
}

/** @throws {DeliveryError} */
function startProgram(command: string, args: string[], env: Record<string, string>): ChildProcessWithoutNullStreams {
  try {
    // A process group of its own, so that what it starts in turn can be ended with it.
    return spawn(command, args, { env, stdio: "pipe", detached: true });
  } catch (error) {
    // Refused before the start, e.g. a NUL in an argument.
    throw startFailure(command, error);
  }
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended by itself, or the system knows no groups.
    child.kill("SIGKILL");
  }
}

/** What may be otherwise in a while: too many processes or open files, no memory. */
const SHORTAGES = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);

function startFailure(command: string, error: unknown): DeliveryError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (code === "ENOENT") return new DeliveryError({ outcome: "PERMANENT", message: `The program ${command} is not installed on this machine.` });
  // The text of the error may repeat the arguments.
  return new DeliveryError({ outcome: SHORTAGES.has(code) ? "TRANSIENT" : "PERMANENT", message: `The program ${command} could not be started (${code}).` });
}
