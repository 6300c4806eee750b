import { dialectOf } from "./dialect.ts";
import type { SqlClient } from "./sql.ts";
import { statementsOf } from "./statementsOf.ts";
import { storableText } from "./storableText.ts";

/** How a JSON value becomes a column: plain values as they are, objects as JSON text. */
export type ColumnType = "TEXT" | "INTEGER" | "REAL" | "JSON" | "TIME" | "BOOLEAN";

export interface Table {
  name: string;
  columns: Record<string, ColumnType>;
}

type Row = Record<string, unknown>;

/**
 * Inserts any number of rows: ten times as fast as `createMany`, which compiles a query of its own for every batch size.
 * On SQLite by one compiled statement that is run for each, on PostgreSQL by one statement with all rows as one JSON parameter.
 * @param needsChannel leaves out rows whose channel was deleted a moment ago, rather than failing all the others with them
 * @param onConflict SQL from ON CONFLICT on
 */
export async function insertRows(tx: SqlClient, table: Table, rows: Row[], { needsChannel = false, onConflict = "" } = {}): Promise<void> {
  if (rows.length === 0) return;
  const statements = statementsOf(tx);
  const columns = Object.keys(table.columns);
  const statement = remembered(`${dialectOf(tx)} insert ${table.name} ${needsChannel} ${onConflict}`, () => (statements ? insertOne : insertAll)(table, columns, needsChannel, onConflict));
  if (statements) statements.executeEach(statement, valuesOf(table, needsChannel ? [...columns, "channelId"] : columns, rows));
  else await tx.$executeRawUnsafe(statement, storableText(JSON.stringify(rows)));
}

/** Sets the given columns of the rows with the given ids. */
export async function updateRows(tx: SqlClient, table: Table, columns: string[], rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  const statements = statementsOf(tx);
  const statement = remembered(`${dialectOf(tx)} update ${table.name} ${columns.join()}`, () => (statements ? updateOne : updateAll)(table, columns));
  if (statements) statements.executeEach(statement, valuesOf(table, [...columns, "id"], rows));
  else await tx.$executeRawUnsafe(statement, storableText(JSON.stringify(rows)));
}

const built = new Map<string, string>();

function remembered(key: string, build: () => string): string {
  const known = built.get(key);
  if (known) return known;
  const statement = build();
  built.set(key, statement);
  return statement;
}

// SQLite

/** @param needsChannel the channel's id comes once more, as the last parameter */
function insertOne(table: Table, columns: string[], needsChannel: boolean, onConflict: string): string {
  const places = columns.map(() => "?").join(", ");
  const values = needsChannel ? `SELECT ${places} WHERE EXISTS (SELECT 1 FROM "Channel" WHERE "id" = ? AND "deletedAt" IS NULL)` : `VALUES (${places})`;
  return `INSERT INTO "${table.name}" (${quoted(columns)}) ${values} ${onConflict}`;
}

function updateOne(table: Table, columns: string[]): string {
  return `UPDATE "${table.name}" SET ${columns.map((name) => `"${name}" = ?`).join(", ")} WHERE "id" = ?`;
}

function valuesOf(table: Table, columns: string[], rows: Row[]): unknown[][] {
  return rows.map((row) => columns.map((name) => stored(table.columns[name], row[name])));
}

/** As SQLite has it: times as milliseconds since 1970, JSON as text. */
function stored(type: ColumnType | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.getTime();
  if (type === "JSON") return JSON.stringify(value);
  return typeof value === "boolean" ? Number(value) : value;
}

// PostgreSQL, which knows the columns' types by the table

function insertAll(table: Table, columns: string[], needsChannel: boolean, onConflict: string): string {
  // Locked, or the channel could be deleted before the row that needs it is there.
  const where = needsChannel ? `WHERE EXISTS (SELECT 1 FROM "Channel" AS c WHERE c."id" = e."channelId" AND c."deletedAt" IS NULL FOR KEY SHARE)` : "";
  return `INSERT INTO "${table.name}" (${quoted(columns)}) SELECT ${columns.map((name) => `e."${name}"`).join(", ")} FROM ${parameterAs(table)} ${where} ${onConflict}`;
}

function updateAll(table: Table, columns: string[]): string {
  return `UPDATE "${table.name}" SET ${columns.map((name) => `"${name}" = e."${name}"`).join(", ")} FROM ${parameterAs(table)} WHERE "${table.name}"."id" = e."id"`;
}

/** The one parameter as a table. */
function parameterAs(table: Table): string {
  return `json_populate_recordset(NULL::"${table.name}", $1::json) AS e`;
}

function quoted(names: string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
