import { execFile, fork, spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "..", "..");
export const ADMIN_TOKEN = "bench-admin-token-of-32-letters-0";

const TMPFS = 0x01021994;
const NS_PER_MS = 1e6;
const READY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 10_000;

/** Every process that was started here and has not ended. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) end(child, "SIGKILL");
});

export interface Program extends AsyncDisposable {
  child: ChildProcess;
  url: string;
  /** Milliseconds from the spawn until it answered. */
  startedMs: number;
  stop(): Promise<void>;
}

/** Builds the server, so that what runs is what stands in src. */
export async function build(): Promise<void> {
  try {
    await promisify(execFile)("npm", ["run", "build"], { cwd: ROOT });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`the build failed:\n${stdout}${stderr}`);
  }
}

/** A new folder on a real disk: a commit to memory costs nothing and would say nothing. */
export async function makeDataDir(): Promise<AsyncDisposable & { path: string }> {
  const onDisk = (await statfs(tmpdir())).type === TMPFS ? join(ROOT, "node_modules", ".cache") : tmpdir();
  await mkdir(onDisk, { recursive: true });
  const path = await mkdtemp(join(onDisk, "carillon-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface CarillonOptions {
  dataDir: string;
  /** @default node dist/server/main.js */
  command?: readonly [string, ...string[]];
  nodeArgs?: readonly string[];
  root?: string;
}

/** Starts the built server and waits until /ready answers 200. */
export async function startCarillon({ dataDir, nodeArgs = [], root = ROOT, command = [process.execPath, ...nodeArgs, join(root, "dist", "server", "main.js")] }: CarillonOptions): Promise<Program> {
  const port = await freePort();
  const env = { ...process.env, HOST: "127.0.0.1", PORT: String(port), DATA_DIR: dataDir, ADMIN_TOKEN, LOG_LEVEL: "warn" };
  return startProgram(command, port, "/ready", { cwd: root, env });
}

/** The least that Node can serve HTTP with: what every server in Node must pay. */
export async function startBareNode(): Promise<Program> {
  const port = await freePort();
  const script = `require("node:http").createServer((request, response) => response.end()).listen(${port}, "127.0.0.1")`;
  return startProgram([process.execPath, "-e", script], port, "/", { cwd: ROOT, env: process.env });
}

/** Starts one of the programs beside this file; it sends its URL when it listens. */
export async function startHelper(file: string, nodeArgs: readonly string[] = [], args: readonly string[] = []): Promise<Program> {
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, file), args, { execArgv: ["--import", "tsx", ...nodeArgs], cwd: ROOT });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const [url] = (await once(child, "message")) as [string];
  return programOf(child, url, performance.now() - startedAt);
}

async function startProgram(command: readonly string[], port: number, path: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Program> {
  const startedAt = performance.now();
  const [program, ...args] = command as [string, ...string[]];
  const stdio: StdioOptions = ["ignore", "ignore", "pipe"];
  // A group of its own, so that npm's child ends with npm.
  const child = spawn(program, args, { ...options, stdio, detached: true });
  running.add(child);
  child.once("exit", () => running.delete(child));
  showFirstFault(child);
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url + path))) {
    if (child.exitCode !== null) throw new Error(`${command.join(" ")} ended with ${child.exitCode}`);
    if (performance.now() - startedAt > READY_WITHIN_MS) throw new Error(`${command.join(" ")} was not ready within ${READY_WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return programOf(child, url, performance.now() - startedAt);
}

/** A run with faults measures something else: its first error of the log is shown, the others would only repeat it. */
function showFirstFault(child: ChildProcess): void {
  let shown = false;
  child.stderr?.on("data", (chunk: Buffer) => {
    const fault = /^\{"level":[56]0.*$|^Carillon cannot start[^]*$/m.exec(chunk.toString())?.[0];
    if (fault && !shown) console.error(fault);
    shown ||= fault !== undefined;
  });
}

function programOf(child: ChildProcess, url: string, startedMs: number): Program {
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    end(child, "SIGTERM");
    const late = setTimeout(() => end(child, "SIGKILL"), STOP_WITHIN_MS);
    await exited;
    clearTimeout(late);
  };
  return { child, url, startedMs, stop, [Symbol.asyncDispose]: stop };
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid && !child.connected) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: "close" } });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Milliseconds of CPU that all its threads have taken so far: on a busy machine this tells more than the clock. Not a number without /proc. */
export function cpuOf({ child }: Program): number {
  const tasks = `/proc/${child.pid ?? 0}/task`;
  if (!existsSync(tasks)) return Number.NaN;
  const spent = readdirSync(tasks).map((task) => Number(readFileSync(join(tasks, task, "schedstat"), "utf8").split(" ")[0]));
  return spent.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
}

/** Memory in MB as the system sees it: now, or the most so far. Not a number where the system has no /proc. */
export function memoryOf({ child }: Program, which: "VmRSS" | "VmHWM"): number {
  const file = `/proc/${child.pid ?? 0}/status`;
  if (!existsSync(file)) return Number.NaN;
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(file, "utf8"))?.[1]) / 1024;
}
