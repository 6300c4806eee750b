// Plain JavaScript, because a thread starts from a file that Node itself can read.

/**
 * As much of better-sqlite3 as is used here.
 * @typedef {{ readonly inTransaction: boolean; prepare(text: string): SqliteStatement; exec(text: string): unknown; close(): unknown }} Sqlite
 */

/**
 * As much as Prisma's adapter uses.
 * @typedef {object} AdapterStatement
 * @property {boolean} reader
 * @property {(args: unknown[]) => AdapterStatement} bind
 * @property {(...args: unknown[]) => { changes: number | bigint }} run
 * @property {(...args: unknown[]) => unknown[]} all
 * @property {() => { name: string; type: string | null }[]} columns
 * @property {() => AdapterStatement} raw
 */

/** @typedef {AdapterStatement & { safeIntegers(on: boolean): SqliteStatement }} SqliteStatement */

/** Statements that stay compiled; what does not repeat must not fill the memory. */
export const MOST_STATEMENTS = 200;

/**
 * Statements on a connection to SQLite, without the Prisma client: what it does around one costs more than running it.
 * Rows come as they do from it: times as Date, JSON as text.
 * @param {Sqlite} connection
 */
export function createSqliteStatements(connection) {
  const prepare = connection.prepare.bind(connection);
  /** With the result's columns that are times. @type {Map<string, { statement: SqliteStatement; times: string[] }>} */
  const kept = new Map();

  /** @param {string} text */
  function compile(text) {
    const known = kept.get(text);
    if (known) return known;
    const statement = prepare(text).safeIntegers(false);
    const times = statement.reader ? statement.columns().flatMap(({ name, type }) => (type === "DATETIME" ? [name] : [])) : [];
    if (kept.size >= MOST_STATEMENTS) kept.clear();
    kept.set(text, { statement, times });
    return { statement, times };
  }

  return {
    /** @param {string} text @param {readonly unknown[]} values @returns {Record<string, unknown>[]} */
    query(text, values) {
      const { statement, times } = compile(text);
      const rows = /** @type {Record<string, unknown>[]} */ (statement.all(values));
      for (const name of times) for (const row of rows) if (row[name] !== null) row[name] = new Date(/** @type {number} */ (row[name]));
      return rows;
    },
    /** @param {string} text @param {readonly unknown[]} values @returns {number} how many rows it changed */
    execute: (text, values) => Number(compile(text).statement.run(values).changes),
    /** The same statement with one set of values after the other. @param {string} text @param {readonly (readonly unknown[])[]} rows @returns {void} */
    executeEach(text, rows) {
      const { statement } = compile(text);
      for (const values of rows) statement.run(values);
    },
  };
}
