import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import type { SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { PrismaClient } from "./generated/client.ts";
import { TRANSACTION_LIMITS } from "./database.ts";
import type { Database, Transaction } from "./database.ts";
import { startErrorOf } from "./databaseErrors.ts";
import { speaks } from "./dialect.ts";
import { lockDatabase } from "./lock.ts";
import { migrate } from "./migrate.ts";

/** FULL makes a commit survive a power cut, not only a killed process. */
const WRITER_PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;";
const READER_PRAGMAS = "PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;";

class PragmaAdapter extends PrismaBetterSqlite3 {
  readonly #pragmas: string;

  constructor(file: string, pragmas: string) {
    super({ url: `file:${file}` }, { timestampFormat: "unixepoch-ms" });
    this.#pragmas = pragmas;
  }

  override async connect(): Promise<SqlDriverAdapter> {
    const adapter = await super.connect();
    await adapter.executeScript(this.#pragmas);
    keepStatements(adapter);
    return adapter;
  }
}

/** Statements that stay compiled; what does not repeat must not fill the memory. */
const MOST_STATEMENTS = 200;

/**
 * The adapter compiles each statement anew for every run, which for a small batch costs as much as the run itself.
 * Gives it statements that are kept instead; they take their parameters at each run, for `bind` would be for good.
 */
function keepStatements(adapter: SqlDriverAdapter): void {
  const { client } = adapter as unknown as { client: Sqlite };
  const compile = client.prepare.bind(client);
  const kept = new Map<string, Statement>();
  client.prepare = (sql) => {
    const known = kept.get(sql);
    if (known) return known;
    const statement = reusable(compile(sql));
    if (kept.size >= MOST_STATEMENTS) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
}

/** As much of better-sqlite3 as the adapter uses. */
interface Sqlite {
  prepare(sql: string): Statement;
}

interface Statement {
  readonly reader: boolean;
  bind(args: unknown[]): Statement;
  run(...args: unknown[]): unknown;
  all(...args: unknown[]): unknown[];
  columns(): unknown[];
  raw(): Statement;
}

function reusable(statement: Statement): Statement {
  const bound = (args: unknown[]): Statement => ({
    reader: statement.reader,
    bind: bound,
    run: () => statement.run(args),
    all: () => statement.all(args),
    columns: () => statement.columns(),
    raw() {
      statement.raw();
      return this;
    },
  });
  return bound([]);
}

/**
 * Opens the database file, creating and migrating it as needed.
 * @throws {StartError} when the file is damaged, newer than this program, in use or not writable; it is left as it was
 */
export async function openSqlite(file: string, now: () => Date): Promise<Database> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const unlock = await lockDatabase(file);
    try {
      await migrate(file, now);
      const writer = new PrismaClient({ adapter: new PragmaAdapter(file, WRITER_PRAGMAS) });
      await writer.$connect();
      const read = new PrismaClient({ adapter: new PragmaAdapter(file, READER_PRAGMAS) });
      await read.$connect();
      return databaseOf(writer, speaks(read, "sqlite"), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    throw startErrorOf(error, file);
  }
}

/** Writes the file anew without what was deleted or replaced in it, which stays readable in free pages and the log otherwise. */
export async function compactSqlite(file: string): Promise<void> {
  const connection = await new PrismaBetterSqlite3({ url: `file:${file}` }).connect();
  try {
    await connection.executeScript("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
  } finally {
    await connection.dispose();
  }
}

/**
 * Two connections to one file. Statements of one connection share its transaction, so whatever is not part of a write must
 * not run on the writing one: reads have their own, and WAL lets both go on at once.
 */
function databaseOf(writer: PrismaClient, read: PrismaClient, unlock: () => Promise<void>): Database {
  let last: Promise<unknown> = Promise.resolve();
  let writing = 0;
  let closed = false;

  function write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    // The client would connect again by itself, behind the back of the lock.
    if (closed) return Promise.reject(new Error("the database is closed"));
    const result = last.then(() => writer.$transaction((tx) => work(speaks(tx, "sqlite")), TRANSACTION_LIMITS));
    writing += 1;
    last = result.catch(() => undefined).finally(() => (writing -= 1));
    return result;
  }

  return {
    read,
    shared: false,
    notifications: null,
    write,
    // Nothing can be written beside anything here.
    writeAlongside: write,
    get writing() {
      return writing;
    },
    async close() {
      closed = true;
      await last;
      await writer.$disconnect();
      await read.$disconnect();
      await unlock();
    },
  };
}
