import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createApiClient } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { sendOneByOne } from "./noise.ts";

/** The real server as a process of its own, to be killed, starved and started again. */
export interface ServerProcess {
  child: ChildProcess;
  url: string;
  api: ApiClient;
  stdout(): string;
  stderr(): string;
  /** Ends it with a signal and gives its exit code; null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ROOT = join(import.meta.dirname, "..", "..");

/**
 * Starts src/main.ts, or the built server that \`main\` names, and waits until it listens. A new server has the general burst and flapping off, so that every message
 * comes by itself; with `againstNoise` it keeps them.
 * @throws {Error} with its output when it ends instead
 */
export async function startServerProcess(dataDir: string, env: Record<string, string> = {}, { againstNoise = false, main }: { againstNoise?: boolean; main?: string } = {}): Promise<ServerProcess> {
  const isNew = !existsSync(join(dataDir, "carillon.db"));
  const { child, output, exited } = spawnServer(dataDir, env, main);
  const url = await Promise.race([
    output.listening,
    exited.then((code) => {
      throw new Error(`the server ended with ${String(code)}: ${output.stderr()}${output.stdout()}`);
    }),
  ]);
  const token = env["ADMIN_TOKEN"] ?? (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
  const api = createApiClient(url, token);
  if (isNew && !againstNoise) await sendOneByOne(api);
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal);
    return exited;
  };
  return {
    child,
    url,
    api,
    stdout: output.stdout,
    stderr: output.stderr,
    stop,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await stop("SIGKILL");
    },
  };
}

/** Starts src/main.ts where it is expected to refuse, and gives how it ended. */
export async function startAndFail(dataDir: string, env: Record<string, string> = {}): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const { output, exited } = spawnServer(dataDir, env);
  const code = await exited;
  return { code, stderr: output.stderr(), stdout: output.stdout() };
}

function spawnServer(dataDir: string, env: Record<string, string>, main?: string) {
  const child = spawn(process.execPath, main ? [main] : ["--import", "tsx", join(ROOT, "src", "main.ts")], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const listening = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      const url = /listens on (\S+)/.exec(stdout)?.[1];
      if (url) resolve(url);
    });
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, output: { listening, stdout: () => stdout, stderr: () => stderr }, exited };
}
