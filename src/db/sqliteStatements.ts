/** As much of better-sqlite3 as is used here. */
export interface Sqlite {
  readonly inTransaction: boolean;
  prepare(text: string): SqliteStatement;
}

/** As much as Prisma's adapter uses. */
export interface AdapterStatement {
  readonly reader: boolean;
  bind(args: unknown[]): AdapterStatement;
  run(...args: unknown[]): { changes: number | bigint };
  all(...args: unknown[]): unknown[];
  columns(): { name: string; type: string | null }[];
  raw(): AdapterStatement;
}

interface SqliteStatement extends AdapterStatement {
  safeIntegers(on: boolean): SqliteStatement;
}

/**
 * Statements on a connection to SQLite, without the Prisma client: what it does around one costs more than running it.
 * Rows come as they do from it: times as Date, JSON as text.
 */
export interface SqliteStatements {
  query(text: string, values: readonly unknown[]): Record<string, unknown>[];
  /** @returns how many rows it changed */
  execute(text: string, values: readonly unknown[]): number;
  readonly inTransaction: boolean;
}

/** Statements that stay compiled; what does not repeat must not fill the memory. */
export const MOST_STATEMENTS = 200;

interface Compiled {
  statement: SqliteStatement;
  /** The result's columns that are times. */
  times: string[];
}

export function createSqliteStatements(connection: Sqlite): SqliteStatements {
  const prepare = connection.prepare.bind(connection);
  const kept = new Map<string, Compiled>();

  function compile(text: string): Compiled {
    const known = kept.get(text);
    if (known) return known;
    const statement = prepare(text).safeIntegers(false);
    const times = statement.reader ? statement.columns().flatMap(({ name, type }) => (type === "DATETIME" ? [name] : [])) : [];
    if (kept.size >= MOST_STATEMENTS) kept.clear();
    kept.set(text, { statement, times });
    return { statement, times };
  }

  return {
    query(text, values) {
      const { statement, times } = compile(text);
      const rows = statement.all(values) as Record<string, unknown>[];
      for (const name of times) for (const row of rows) if (row[name] !== null) row[name] = new Date(row[name] as number);
      return rows;
    },
    execute: (text, values) => Number(compile(text).statement.run(values).changes),
    get inTransaction() {
      return connection.inTransaction;
    },
  };
}

const connections = new WeakMap<object, SqliteStatements>();

/** Notes that a client, or a transaction of it, is on the connection of these statements. */
export function runsOn<Client extends object>(client: Client, statements: SqliteStatements): Client {
  connections.set(client, statements);
  return client;
}

/** The statements of the connection that a client is on; undefined on PostgreSQL. */
export function statementsOf(client: object): SqliteStatements | undefined {
  return connections.get(client);
}
