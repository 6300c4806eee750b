import type { Log } from "../log.ts";
import type { Prisma, PrismaClient } from "./generated/client.ts";
import type { Notifications } from "./notifications.ts";
import { isPostgresqlUrl } from "./dialect.ts";
import { execute, sql } from "./sql.ts";
import type { LockName } from "./transactionLocks.ts";
import type { SqlClient } from "./sql.ts";

export type Transaction = Prisma.TransactionClient;

/** The server's store: a SQLite file of its own, or a PostgreSQL database. */
export interface Database {
  /** For queries; refuses to write. */
  readonly read: PrismaClient;
  /** True when other processes may write to it too: what was read a moment ago may have changed. */
  readonly shared: boolean;
  /**
   * Changes settings: runs `work` in a transaction of its own, durable when the promise resolves; one at a time, in the order
   * of the calls. Other processes on the database hear of it by its commit, and read their settings anew.
   * @param locks what else must not go on meanwhile
   */
  write<T>(work: (tx: Transaction) => Promise<T>, locks?: readonly LockName[]): Promise<T>;
  /**
   * The same, beside others where the database can: for what must not wait for the rest. Whatever of it may not go on twice
   * at once, `work` locks first, see transactionLocks.ts.
   */
  writeAlongside<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same for work that is SQL alone, which SQLite does much faster: for what comes with every event. SQLite stores what comes at
   * once in one transaction; where that fails by the fault of another, `work` runs once more.
   */
  writeStatements<T>(work: (tx: SqlClient) => Promise<T>): Promise<T>;
  /** How processes on one database tell each other what is new; null where there is only one. */
  readonly notifications: Notifications | null;
  /** Transactions that are under way or wait for their turn. */
  readonly writing: number;
  close(): Promise<void>;
}

/** How long, in milliseconds, a transaction may wait for its turn, and how long it may take. */
export const TRANSACTION_LIMITS = { maxWait: 60_000, timeout: 60_000 };

/**
 * Opens the database, creating and migrating its tables as needed.
 * @param database a SQLite file's path or a PostgreSQL database's URL
 * @param log hears of faults that are mended while the database is in use
 * @throws {StartError} with one clear line when it cannot be used; it is left as it was
 */
export async function openDatabase(database: string, now: () => Date, log?: Log): Promise<Database> {
  if (!isPostgresqlUrl(database)) return (await import("./sqlite.ts")).openSqlite(database, now, log);
  return (await import("./postgresql.ts")).openPostgresql(database, now);
}

/** Writes a row, as everything that is taken in must be written. @throws when that is not possible now */
export async function probe(db: Database, now: Date): Promise<void> {
  await db.writeStatements((tx) => execute(tx, sql`INSERT INTO "Setting" ("key", "value", "updatedAt") VALUES ('lastProbe', 'true', ${now}) ON CONFLICT ("key") DO UPDATE SET "updatedAt" = excluded."updatedAt"`));
}

/** Writes the database anew without what was deleted or replaced in it, which stays readable on the disk otherwise. */
export async function compactDatabase(database: string): Promise<void> {
  if (!isPostgresqlUrl(database)) return (await import("./sqlite.ts")).compactSqlite(database);
  return (await import("./postgresql.ts")).compactPostgresql(database);
}

/** How many connections other Carillon processes have to a PostgreSQL database. */
export async function otherProcesses(url: string): Promise<number> {
  return (await import("./postgresql.ts")).otherProcesses(url);
}
