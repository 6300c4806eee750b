import { firstIdAt } from "../ids.ts";
import type { SearchFilter, SearchPage, SearchTable } from "./search.ts";
import { byDialect, isOneOf, raw, sql } from "./sql.ts";
import type { Piece } from "./sql.ts";

/** So many rows are looked at in one search or count, where one value is sought in the rows one after another, or in another index of theirs. */
export const MOST_LOOKED_AT = 4000;
/** So many where an index leads to the rows, and only they themselves say whether they are wanted: each is somewhere else in the file. */
const MOST_READ = 2000;
/** With more values than this to be sought in an index for each row, the row itself is read as soon. */
const MOST_VALUES_ASKED = 3;
/** How far the time of a row may be from the time in its id: a try may be stored late, and clocks are set. */
const SLACK_MS = 3_600_000;

/** Which ids are looked at. */
export interface Range {
  /** All exclusive but the bounds of `until`, which say it. */
  beyond: string | null;
  until: { id: string; inclusive: boolean } | null;
  from: string | null;
  to: string | null;
}

export function rangeOf({ from, to }: SearchFilter, { beyond, until }: Partial<SearchPage>): Range {
  return {
    beyond: beyond ?? null,
    until: until ?? null,
    from: from ? firstIdAt(from.getTime() - SLACK_MS) : null,
    to: to ? firstIdAt(to.getTime() + SLACK_MS) : null,
  };
}

interface Bound {
  id: string;
  inclusive: boolean;
}

/** One bound each way: of two SQLite gives the index one, and reads to the end of the table to hold the rows against the other. */
function inRange({ beyond, until, from, to }: Range, direction: "DOWN" | "UP"): Piece {
  const start = beyond === null ? null : { id: beyond, inclusive: false };
  const [lower, upper] = direction === "DOWN" ? [until, start] : [start, until];
  const least = [lower, from === null ? null : { id: from, inclusive: true }].reduce<Bound | null>((one, other) => tighter(one, other, 1), null);
  const most = [upper, to === null ? null : { id: to, inclusive: false }].reduce<Bound | null>((one, other) => tighter(one, other, -1), null);
  return sql`${least ? sql` AND "id" ${raw(least.inclusive ? ">=" : ">")} ${least.id}` : raw("")}${most ? sql` AND "id" ${raw(most.inclusive ? "<=" : "<")} ${most.id}` : raw("")}`;
}

/** @param sign 1 for lower bounds, of which the greater one holds; -1 for upper ones */
function tighter(one: Bound | null, other: Bound | null, sign: 1 | -1): Bound | null {
  if (!one || !other) return one ?? other;
  if (one.id === other.id) return one.inclusive ? other : one;
  return one.id > other.id === (sign === 1) ? one : other;
}

/** Along which index the rows are looked at: that of a column, at these values, or that of the ids alone. */
export interface Walk {
  column: string | null;
  values: readonly (string | null)[];
}

/**
 * The rows of a walk, in its order, at most `limit` of them.
 * @param wanted said of each; here, where SQLite reads a row only when something is asked that the index does not say
 */
export function walkSql(table: SearchTable, walk: Walk, range: Range, direction: "DOWN" | "UP", limit: number, wanted?: Piece): Piece {
  if (!wanted) return alongIndex(table, walk, range, direction, limit, raw(`"id"`));
  const answered = sql`"id", CASE WHEN ${wanted} THEN 1 END AS "wanted"`;
  return byDialect({
    sqlite: alongIndex(table, walk, range, direction, limit, answered),
    // Asked for more than the ids, PostgreSQL may rather read all rows of a value and sort them than go along the index.
    postgresql: sql`SELECT ${answered} FROM ${raw(`"${table.name}" AS s`)} WHERE "id" = ANY (ARRAY(${alongIndex(table, walk, range, direction, limit, raw(`"id"`))}))`,
  });
}

function alongIndex(table: SearchTable, { column, values }: Walk, range: Range, direction: "DOWN" | "UP", limit: number, columns: Piece): Piece {
  const from = sql`SELECT ${columns} FROM ${raw(`"${table.name}" AS s`)} WHERE`;
  const order = raw(`ORDER BY "id" ${direction === "DOWN" ? "DESC" : "ASC"}`);
  if (column === null) return sql`${from} true${inRange({ ...range, from: range.from ?? "" }, direction)} ${order} LIMIT ${limit}`;
  const branches = values.map((value) => sql`${from} ${raw(`"${column}"`)} ${value === null ? raw("IS NULL") : sql`= ${value}`}${named(table, column)}${inRange(range, direction)}`);
  // Both merge the branches, each along its index: PostgreSQL only where each is in order by itself, and reads and sorts all of them otherwise.
  return byDialect({
    sqlite: sql`${joined(branches, " UNION ALL ")} ${order} LIMIT ${limit}`,
    postgresql: sql`SELECT * FROM (${joined(branches.map((branch) => sql`(${branch} ${order})`), " UNION ALL ")}) AS b ${order} LIMIT ${limit}`,
  });
}

/** What a partial index needs to hear to serve a statement. */
export function named({ indexed }: SearchTable, column: string): Piece {
  const but = indexed[column]?.but;
  return raw(but === undefined ? "" : but === null ? ` AND "${column}" IS NOT NULL` : ` AND "${column}" <> '${but}'`);
}

/** What a walk leaves to be asked of each row, and of how many at most. */
interface Rest {
  piece: Piece;
  most: number;
}

/** @returns null when nothing is left */
export function restOf(table: SearchTable, filter: SearchFilter, walked: string | null): Rest | null {
  const byIndex: Piece[] = [];
  const byRow: Piece[] = [];
  let asked = 1;
  // Those that usually leave least first: what they leave out is not asked the others.
  for (const column of new Set([...Object.keys(table.indexed), ...Object.keys(filter.oneOf)])) {
    const values = filter.oneOf[column];
    if (column === walked || !values) continue;
    const wanted = isWanted(column, values, filter.closed?.includes(column) ?? false);
    if (isWhole(table, column, values)) {
      byIndex.push(byDialect({ sqlite: isInIndex(table, column, values), postgresql: wanted }));
      asked = Math.max(asked, values.length);
    } else byRow.push(wanted);
  }
  for (const [column, isNull] of Object.entries(filter.isNull ?? {})) {
    if (typeof isNull === "boolean") byRow.push(raw(`"${column}" IS ${isNull ? "" : "NOT "}NULL`));
  }
  const pieces = [...byIndex, ...isWithin(table, filter), ...byRow];
  return pieces.length === 0 ? null : { piece: joined(pieces, " AND "), most: walked !== null && byRow.length > 0 ? MOST_READ : MOST_LOOKED_AT / asked };
}

/** The id says enough of rows that are not near an end of the time. */
function isWithin({ time }: SearchTable, { from, to }: SearchFilter): Piece[] {
  const [at, pieces] = [raw(`"${time}"`), [] as Piece[]];
  if (from) pieces.push(sql`("id" >= ${firstIdAt(from.getTime() + SLACK_MS)} OR ${at} >= ${from})`);
  if (to) pieces.push(sql`("id" < ${firstIdAt(to.getTime() - SLACK_MS)} OR ${at} < ${to})`);
  return pieces;
}

/** Whether an index has all rows of these values, and can be asked for each row. */
function isWhole({ indexed }: SearchTable, column: string, values: readonly (string | null)[]): boolean {
  const index = indexed[column];
  return index !== undefined && values.length <= MOST_VALUES_ASKED && !values.includes(index.but ?? null);
}

/**
 * Whether a row of the walk has one of these values, by the column's own index. There neighbours are side by side, while each row is
 * on a page of its own, behind long texts at times: SQLite takes several times as long to read it.
 */
function isInIndex(table: SearchTable, column: string, values: readonly (string | null)[]): Piece {
  const name = raw(`o."${column}"`);
  // Of an id alone SQLite would look it up in the index of the ids, and then read the row.
  return sql`EXISTS (SELECT 1 FROM ${raw(`"${table.name}" AS o`)} WHERE ${name} IN (${joined(values.map((value) => sql`${value}`), ", ")}) AND o."id" BETWEEN s."id" AND s."id"${named(table, column)})`;
}

function isWanted(column: string, values: readonly (string | null)[], closed: boolean): Piece {
  const name = raw(`"${column}"`);
  const texts = values.filter((value) => value !== null);
  if (texts.length === 0) return sql`${name} IS NULL`;
  const isOne = closed ? sql`${name} IN (${joined(texts.map((text) => sql`${text}`), ", ")})` : sql`${name} ${isOneOf(texts)}`;
  return texts.length === values.length ? isOne : sql`(${name} IS NULL OR ${isOne})`;
}

function joined(pieces: readonly Piece[], by: string): Piece {
  return {
    addTo(statement) {
      pieces.forEach((piece, at) => {
        if (at > 0) statement.text += by;
        piece.addTo(statement);
      });
    },
  };
}
