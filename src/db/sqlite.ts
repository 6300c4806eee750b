import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import type { Log } from "../log.ts";
import { PrismaClient } from "./generated/client.ts";
import { TRANSACTION_LIMITS } from "./database.ts";
import type { Database, Transaction } from "./database.ts";
import { startErrorOf } from "./databaseErrors.ts";
import { speaks } from "./dialect.ts";
import { lockDatabase } from "./lock.ts";
import { migrate } from "./migrate.ts";
import type { SqlClient } from "./sql.ts";
import { createSqliteStatements, MOST_STATEMENTS } from "./sqliteStatements.js";
import type { AdapterStatement, Sqlite } from "./sqliteStatements.js";
import { openSqliteWriter } from "./sqliteWriter.ts";
import type { SqliteWriter, Work } from "./sqliteWriter.ts";
import { runsOn } from "./statementsOf.ts";
import type { Statements } from "./statementsOf.ts";

/** In kB. What is kept of the file goes with every write of another connection: more gains nothing. */
const SMALL_CACHE = "PRAGMA cache_size = -4000;";
/** FULL makes a commit survive a power cut, not only a killed process. */
const WRITER_PRAGMAS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; ${SMALL_CACHE}`;
const READER_PRAGMAS = "PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;";

/** The level of transactions that may write; SQLite knows no other. */
const WRITES = "SERIALIZABLE";

type Adapter = Awaited<ReturnType<PrismaBetterSqlite3["connect"]>>;

/** One connection, for Prisma and for statements of our own. */
interface Connection {
  adapter: Adapter;
  statements: Statements;
}

async function connect(file: string, pragmas: string): Promise<Connection> {
  const adapter = await new PrismaBetterSqlite3({ url: `file:${file}` }, { timestampFormat: "unixepoch-ms" }).connect();
  await adapter.executeScript(pragmas);
  const { client: connection } = adapter as unknown as { client: Sqlite };
  const statements = createSqliteStatements(connection);
  keepStatements(connection);
  return { adapter, statements };
}

/** One client for both connections, because each takes many megabytes: transactions that may write go to the writer, all else to the reader. */
async function clientOf(writer: Adapter, reader: Adapter): Promise<PrismaClient> {
  const adapter: Adapter = {
    provider: "sqlite",
    adapterName: reader.adapterName,
    queryRaw: (statement) => reader.queryRaw(statement),
    executeRaw: (statement) => reader.executeRaw(statement),
    executeScript: (script) => reader.executeScript(script),
    // Prisma begins some by itself, for reads that come in one turn.
    startTransaction: (isolation) => (isolation === WRITES ? writer : reader).startTransaction(isolation),
    dispose: async () => {
      await writer.dispose();
      await reader.dispose();
    },
  };
  const client = new PrismaClient({ adapter: { provider: "sqlite", adapterName: adapter.adapterName, connect: () => Promise.resolve(adapter) } });
  await client.$connect();
  return speaks(client, "sqlite");
}

/**
 * The adapter compiles each statement anew for every run, which for a small batch costs as much as the run itself.
 * Gives it statements that are kept instead; they take their parameters at each run, for `bind` would be for good.
 */
function keepStatements(connection: { prepare(text: string): AdapterStatement }): void {
  const compile = connection.prepare.bind(connection);
  const kept = new Map<string, AdapterStatement>();
  connection.prepare = (text) => {
    const known = kept.get(text);
    if (known) return known;
    const statement = reusable(compile(text));
    if (kept.size >= MOST_STATEMENTS) kept.clear();
    kept.set(text, statement);
    return statement;
  };
}

function reusable(statement: AdapterStatement): AdapterStatement {
  const bound = (args: unknown[]): AdapterStatement => ({
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
 * @param log hears of faults that are mended while the database is in use
 * @throws {StartError} when the file is damaged, newer than this program, in use or not writable; it is left as it was
 */
export async function openSqlite(file: string, now: () => Date, log?: Log): Promise<Database> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const unlock = await lockDatabase(file);
    try {
      await migrate(file, now);
      const writer = await connect(file, WRITER_PRAGMAS);
      const reader = await connect(file, READER_PRAGMAS);
      // Never in a transaction: what was committed before a statement is there for it.
      const looker = await connect(file, READER_PRAGMAS + SMALL_CACHE);
      // The thread comes up while the client reads the schema.
      const [thread, client] = await Promise.all([openSqliteWriter({ file, pragmas: WRITER_PRAGMAS, reader: looker.statements, log }), clientOf(writer.adapter, reader.adapter)]);
      return databaseOf({ client: runsOn(client, looker.statements), writer, looker, thread }, unlock);
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

interface Connections {
  /** Prisma's, with a connection for reading and one for transactions that may write. */
  client: PrismaClient;
  /** The latter. */
  writer: Connection;
  /** For reading by statements of our own. */
  looker: Connection;
  thread: SqliteWriter;
}

/**
 * Four connections to one file. Statements of one connection share its transaction, so whatever is not part of a transaction must
 * not run on the connection of one: it could be taken back, or miss what was committed meanwhile. WAL lets all read while one
 * writes. What comes with every event is written by the thread, the rest by the Prisma client, one transaction after the other.
 */
function databaseOf({ client, writer, looker, thread }: Connections, unlock: () => Promise<void>): Database {
  let last: Promise<unknown> = Promise.resolve();
  let writing = 0;
  let closed = false;
  /** What is written by the thread's next transaction. */
  const together: Work[] = [];

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    // The client would connect again by itself, behind the back of the lock.
    if (closed) return Promise.reject(new Error("the database is closed"));
    const result = last.then(run);
    writing += 1;
    last = result.catch(() => undefined).finally(() => (writing -= 1));
    return result;
  }

  function write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return inTurn(() => client.$transaction((tx) => work(runsOn(speaks(tx, "sqlite"), writer.statements)), { ...TRANSACTION_LIMITS, isolationLevel: "Serializable" }));
  }

  /** Takes along whatever comes while another transaction is under way. */
  function writeStatements<T>(run: (tx: SqlClient) => Promise<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (closed) return reject(new Error("the database is closed"));
      if (together.push({ run, resolve, reject }) === 1) void inTurn(() => thread.transact(together.splice(0)));
    }) as Promise<T>;
  }

  return {
    read: client,
    shared: false,
    notifications: null,
    write,
    // Nothing can be written beside anything here.
    writeAlongside: write,
    writeStatements,
    get writing() {
      return writing;
    },
    async close() {
      closed = true;
      await last;
      await thread.close();
      await client.$disconnect();
      await looker.adapter.dispose();
      await unlock();
    },
  };
}
