import { spawn } from "node:child_process";
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
 * @throws {DeliveryError} PERMANENT when it is not installed or cannot be started, UNKNOWN when the signal or a kill ended it
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
      const child = spawn(command, args, { env: { ...passedOn, ...env }, stdio: "pipe" });
      const [stdout, stderr] = [keptOutput(child.stdout), keptOutput(child.stderr)];
      const stop = () => child.kill("SIGKILL");
      signal.addEventListener("abort", stop, { once: true });
      child.once("error", (error) => {
        signal.removeEventListener("abort", stop);
        reject(startFailure(command, error));
      });
      child.once("close", (exitCode) => {
        signal.removeEventListener("abort", stop);
        if (exitCode === null) reject(new DeliveryError({ outcome: "UNKNOWN", message: `${command} was ended before it was done.`, hint: "It is not known whether the message was delivered." }));
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

function startFailure(command: string, error: Error): DeliveryError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new DeliveryError({ outcome: "PERMANENT", message: `The program ${command} is not installed on this machine.` });
  // The text of the error may repeat the arguments.
  return new DeliveryError({ outcome: "TRANSIENT", message: `The program ${command} could not be started (${code ?? "unknown"}).` });
}
