import { dialectOf } from "./dialect.ts";
import type { Dialect } from "./dialect.ts";
import type { PrismaClient } from "./generated/client.ts";
import { statementsOf } from "./statementsOf.ts";
import { storableText } from "./storableText.ts";

/** What runs SQL: a client, or a transaction. */
export type SqlClient = Pick<PrismaClient, "$queryRawUnsafe" | "$executeRawUnsafe">;

/** What becomes a parameter. Times are milliseconds since 1970 on SQLite and timestamps on PostgreSQL. */
type Value = string | number | Date | null;

/** A part of a statement, not yet written for one of the databases. */
export interface Piece {
  addTo(statement: Statement): void;
}

/** A statement as one database understands it. The same pieces give the same text, so that it is compiled once. */
interface Statement {
  readonly dialect: Dialect;
  text: string;
  readonly values: unknown[];
}

/**
 * A statement, or a part of one, that is written once for both databases: plain values become parameters, and what the
 * databases say differently comes from the functions below.
 */
export function sql(texts: TemplateStringsArray, ...parts: (Value | Piece)[]): Piece {
  return {
    addTo(statement) {
      texts.forEach((text, at) => {
        statement.text += text;
        if (at === parts.length) return;
        const part = parts[at] as Value | Piece;
        if (typeof part === "object" && part !== null && "addTo" in part) part.addTo(statement);
        else addValue(statement, part);
      });
    },
  };
}

/** Runs a query. Numbers may come as bigint, JSON as text, true and false as 1 and 0, computed times as milliseconds. */
export async function query<Row>(client: SqlClient, piece: Piece): Promise<Row[]> {
  const { text, values } = written(client, piece);
  const statements = statementsOf(client);
  return statements ? (statements.query(text, values) as Row[] | Promise<Row[]>) : client.$queryRawUnsafe<Row[]>(text, ...values);
}

/** Runs a statement. @returns how many rows it changed */
export async function execute(client: SqlClient, piece: Piece): Promise<number> {
  const { text, values } = written(client, piece);
  const statements = statementsOf(client);
  return statements ? statements.execute(text, values) : client.$executeRawUnsafe(text, ...values);
}

/** Fixed text, never from outside: a name or a part of a statement. */
export function raw(text: string): Piece {
  return { addTo: (statement) => void (statement.text += text) };
}

/** `"column" ${isOneOf(ids)}`: true when the column is one of these texts, by one parameter. */
export function isOneOf(texts: readonly string[]): Piece {
  return byDialect({
    sqlite: sql`IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`,
    postgresql: sql`= ANY (ARRAY(SELECT json_array_elements_text(${storableText(JSON.stringify(texts))}::json)))`,
  });
}

/** A table of these rows, by one parameter, to stand behind FROM or JOIN. Its columns are texts, or numbers where said so. */
export function tableOf<Column extends string>(alias: string, columns: Record<Column, "TEXT" | "INTEGER">, rows: readonly Record<Column, string | number>[]): Piece {
  const names = Object.keys(columns) as Column[];
  const places = names.map((name, place) => `value ->> ${place} AS "${name}"`).join(", ");
  const types = names.map((name) => `"${name}" ${columns[name]}`).join(", ");
  return {
    addTo(statement) {
      const piece =
        statement.dialect === "sqlite"
          ? sql`(SELECT ${raw(places)} FROM json_each(${JSON.stringify(rows.map((row) => names.map((name) => row[name])))})) AS ${raw(alias)}`
          : sql`json_to_recordset(${storableText(JSON.stringify(rows))}::json) AS ${raw(`${alias} (${types})`)}`;
      piece.addTo(statement);
    },
  };
}

/** For the little that has no common form. */
export function byDialect(pieces: Record<Dialect, Piece>): Piece {
  return { addTo: (statement) => pieces[statement.dialect].addTo(statement) };
}

/** A time that a query has computed, e.g. by MIN. */
export function timeOf(value: Date | number | bigint): Date {
  return value instanceof Date ? value : new Date(Number(value));
}

/** A JSON column of a query. */
export function parsedJson<Json>(json: unknown): Json {
  return (typeof json === "string" ? JSON.parse(json) : json) as Json;
}

function addValue(statement: Statement, value: Value): void {
  const { dialect, values } = statement;
  values.push(dialect === "sqlite" && value instanceof Date ? value.getTime() : value);
  statement.text += dialect === "sqlite" ? "?" : `$${values.length}`;
}

function written(client: SqlClient, piece: Piece): Statement {
  const statement: Statement = { dialect: dialectOf(client), text: "", values: [] };
  piece.addTo(statement);
  return statement;
}
