import { createHash } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { TRANSACTION_LIMITS } from "./database.ts";
import type { Database, Transaction } from "./database.ts";
import { storageErrorOf } from "./databaseErrors.ts";
import { speaks } from "./dialect.ts";
import type { PrismaClient } from "./generated/client.ts";
import { PrismaClient as PostgresqlClient } from "./generatedPostgresql/client.ts";
import { migratePostgresql } from "./migratePostgresql.ts";
import { openNotifications } from "./notifications.ts";
import type { Notifications } from "./notifications.ts";
import { APPLICATION, CONNECT_MS, NOTIFICATIONS, withPostgresqlClient } from "./postgresqlClient.ts";
import { postgresqlStartErrorOf, withoutPassword } from "./postgresqlErrors.ts";
import { takeLocks } from "./transactionLocks.ts";

/** Writes go on side by side only where their locks allow, so a few connections are enough; together they stay far below the 100 that a server usually allows. */
const WRITE_CONNECTIONS = 6;
const READ_CONNECTIONS = 10;

/** Waits in milliseconds. What takes longer is given up: a dead connection must not hold up the server for ever. */
const STATEMENT_MS = 60_000;
/** More than the server's own limit, which gives the better error. */
const ANSWER_MS = STATEMENT_MS + 5_000;
const IDLE_MS = 60_000;

/** What is acknowledged must be on the disk, however the database is set up otherwise. Those who wait for a standby as well go on doing so. */
const DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/** A table must be found, whatever the user's own search path is; what waits for a lock must see what was committed meanwhile; compiling short statements to machine code takes longer than running them. */
const SETTINGS = `SET search_path = public; SET default_transaction_isolation = 'read committed'; SET jit = off; SET statement_timeout = ${STATEMENT_MS}; SET idle_in_transaction_session_timeout = ${TRANSACTION_LIMITS.timeout}; ${DURABLE}`;
/** A plan that is kept may have been made when a table was empty: what reads much is planned for what is there. */
const READ_ONLY = "SET default_transaction_read_only = on; SET plan_cache_mode = force_custom_plan;";

/** PostgreSQL has no place for NUL in a text: it becomes what Unicode has for what cannot be shown, on its way in and in a search alike. */
class CleanClient extends pg.Client {
  override query = ((...args: unknown[]): unknown => {
    const [config] = args as [{ values?: unknown[] } | null];
    config?.values?.forEach((value, at, values) => {
      if (typeof value === "string" && value.includes("\0")) values[at] = value.replaceAll("\0", "\ufffd");
    });
    return (pg.Client.prototype.query as (...all: unknown[]) => unknown).apply(this, args);
  }) as pg.Client["query"];
}

/** Statements that stay compiled on each connection; what does not repeat must not fill the server's memory. */
const MOST_STATEMENTS = 200;

function createStatementNames(): (statement: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // Without a name it is compiled for this run only.
    if (names.size >= MOST_STATEMENTS) return "";
    const name = createHash("sha256").update(sql).digest("base64url").slice(0, 20);
    names.set(sql, name);
    return name;
  };
}

/** A client with the connections that it uses. */
interface Side {
  client: PrismaClient;
  close(): Promise<void>;
}

async function connect(url: string, connections: number, settings: string): Promise<Side> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: APPLICATION,
    max: connections,
    min: 1,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    Client: CleanClient,
    onConnect: (client) => client.query(settings),
  });
  const adapter = new PrismaPg(pool, { statementNameGenerator: createStatementNames() });
  // Both clients are made from one schema: the code knows the types of SQLite's alone.
  const client = new PostgresqlClient({ adapter }) as unknown as PrismaClient;
  // An idle connection that breaks is replaced by the next statement; without a listener it would end the process.
  pool.on("error", () => undefined);
  // The first connection, which stays: by it commands find a server that is running.
  await pool.query("SELECT 1");
  return {
    client: speaks(client, "postgresql"),
    async close() {
      await client.$disconnect();
      await pool.end();
    },
  };
}

/** @throws {StartError} when it cannot be reached or used; it is left as it was */
export async function openPostgresql(url: string, now: () => Date): Promise<Database> {
  const where = withoutPassword(url);
  try {
    await withPostgresqlClient(url, (client) => migratePostgresql(client, where, now));
    const writer = await connect(url, WRITE_CONNECTIONS, SETTINGS);
    const read = await connect(url, READ_CONNECTIONS, SETTINGS + READ_ONLY);
    return databaseOf(writer, read, await openNotifications(url));
  } catch (error) {
    throw postgresqlStartErrorOf(error, where);
  }
}

/** Rewrites the tables that hold secrets. */
export async function compactPostgresql(url: string): Promise<void> {
  await withPostgresqlClient(url, async (client) => {
    for (const table of ["Channel", "ProviderAccount", "Setting"]) await client.query(`VACUUM FULL "${table}"`);
  });
}

/** Connections of a process that has just ended are seen for a moment more. */
const LOOKS = 10;
const LOOK_EVERY_MS = 200;

/** How many connections other Carillon processes have to this database. */
export async function otherProcesses(url: string): Promise<number> {
  return withPostgresqlClient(url, async (client) => {
    for (let look = 1; ; look += 1) {
      const { rows } = await client.query<{ count: string }>(`SELECT COUNT(*) AS "count" FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('${APPLICATION}', '${NOTIFICATIONS}')`);
      const count = Number(rows[0]?.count ?? 0);
      if (count === 0 || look === LOOKS) return count;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  });
}

function databaseOf(writer: Side, read: Side, notifications: Notifications): Database {
  let last: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();
  /** Writes that wait for the one before them. */
  let waiting = 0;
  let closed = false;

  function transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    // The client would connect again by itself.
    if (closed) return Promise.reject(new Error("the database is closed"));
    const result = writer.client.$transaction((tx) => work(speaks(tx, "postgresql")), TRANSACTION_LIMITS);
    const ended = result.then(
      () => void running.delete(ended),
      () => void running.delete(ended),
    );
    running.add(ended);
    return result;
  }

  return {
    read: read.client,
    shared: true,
    notifications,
    write(work, locks = []) {
      if (closed) return Promise.reject(new Error("the database is closed"));
      waiting += 1;
      const result = last.finally(() => (waiting -= 1)).then(() =>
        transact(async (tx) => {
          await takeLocks(tx, { alone: ["SETTINGS", ...locks] });
          const done = await work(tx);
          await notifications.tellWith(tx, "settings", "");
          return done;
        }),
      );
      last = result.catch((error: unknown) => {
        // It may be stored, and only the answer be lost.
        if (storageErrorOf(error) !== error) notifications.lookAgain();
      });
      return result;
    },
    writeAlongside: transact,
    writeStatements: transact,
    get writing() {
      return waiting + running.size;
    },
    async close() {
      await last;
      closed = true;
      await Promise.all(running);
      await notifications.close();
      await writer.close();
      await read.close();
    },
  };
}
