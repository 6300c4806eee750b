import { firstIdAt } from "../ids.ts";
import type { PrismaClient } from "./generated/client.ts";
import { byDialect, isOneOf, parsedJson, query, raw, sql } from "./sql.ts";
import type { Piece } from "./sql.ts";

/** A table whose rows are in the order of their ids, and which may be very long. */
export interface SearchTable {
  name: string;
  /** The column that `from` and `to` are about. Ids begin with about the same time. */
  time: string;
  /**
   * Columns that have an index together with the id, those that usually leave least first. With `but`, rows of that
   * value are not in it: they are most rows, so a walk along the ids finds them as soon.
   */
  indexed: Record<string, { but?: string | null }>;
}

/** What rows must be like, all of it. What is left out does not matter. */
export interface SearchFilter {
  /** By column: one of these values, of which null is that it holds nothing. */
  oneOf: Record<string, readonly (string | null)[] | null | undefined>;
  /** Columns of `oneOf` that hold values of a closed set, which PostgreSQL has as types of their own. */
  closed?: readonly string[];
  /**
   * A column of `oneOf` by whose index the rows are looked at, whichever leaves least: of rows that the caller may not
   * know of, none is looked at then, so that neither the time nor where a search ends tells of them.
   */
  along?: string | undefined;
  /** By column: whether it is to be null. */
  isNull?: Record<string, boolean | null | undefined>;
  /** From this time on. */
  from?: Date | null | undefined;
  /** Before this time. */
  to?: Date | null | undefined;
}

export interface SearchPage {
  /** From the newest to the oldest. */
  direction: "DOWN" | "UP";
  /** Only ids beyond this one, in that direction. */
  beyond?: string | null;
  /** Only ids up to this one, in that direction, without it or with it. */
  until?: { id: string; inclusive: boolean } | null;
  skip?: number;
  take: number;
}

export interface Found {
  /** In the order of the search. */
  ids: string[];
  /**
   * Null when all there is was looked at, or the page is full. Else the search has ended early at this row, because it
   * would have had to look at too many: it goes on beyond it.
   */
  endedAt: string | null;
}

/** So many rows are looked at in one statement: on SQLite nothing else goes on meanwhile. */
const STEP = 1000;
/** So many in one search or count, where one value is sought in the rows one after another, or in another index of theirs. */
export const MOST_LOOKED_AT = 4000;
/** So many where an index leads to the rows, and only they themselves say whether they are wanted: each is somewhere else in the file. */
const MOST_READ = 2000;
/** An index that has fewer rows for a filter than this is as good as any. */
const FEW = 500;
/** With more values than this, an index is read at too many places. */
const MOST_BRANCHES = 50;
/** And with more than this for each row, the row itself is read as soon. */
const MOST_VALUES_ASKED = 3;
/** How far the time of a row may be from the time in its id: a try may be stored late, and clocks are set. */
const SLACK_MS = 3_600_000;

/** Finds a page of rows without ever looking at more than a bounded number of them, however rare they are and however many others there are. */
export async function search(db: PrismaClient, table: SearchTable, filter: SearchFilter, page: SearchPage): Promise<Found> {
  const { skip = 0, take } = page;
  const range = rangeOf(filter, page);
  const walk = await bestWalk(db, table, filter, range, page.direction);
  if (walk === null) return { ids: [], endedAt: null };
  const rest = restOf(table, filter, walk.column);
  // Where every row looked at is one that is wanted, passing over some is reading the index alone.
  if (rest === null) return { ids: await idsOf(db, walkSql(table, walk, range, page.direction, skip + take), take, skip), endedAt: null };
  const ids: string[] = [];
  const wanted = skip + take;
  // What is usual is found among the first few; the rarer it seems, the more are looked at by one statement.
  let step = Math.min(STEP, 4 * wanted);
  for (let looked = 0; looked < rest.most + skip; ) {
    const found = await lookAt(db, walkSql(table, walk, range, page.direction, step, rest.piece), page.direction);
    ids.push(...found.ids);
    if (ids.length >= wanted) return { ids: ids.slice(skip, wanted), endedAt: null };
    if (found.looked < step) return { ids: ids.slice(skip), endedAt: null };
    range.beyond = found.last;
    looked += step;
    step = Math.min(STEP, step * 2);
    // Others have their turn between the steps.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ids: ids.slice(skip), endedAt: range.beyond };
}

/** No more are counted. */
export const MOST_COUNTED = 10_000;

export interface Counted {
  /** At least so many. */
  count: number;
  /** Whether that is all. */
  isExact: boolean;
}

/** Counts what a search would find, up to `MOST_COUNTED`, looking at no more rows than a search does. */
export async function countFound(db: PrismaClient, table: SearchTable, filter: SearchFilter): Promise<Counted> {
  const range = rangeOf(filter, {});
  const walk = await bestWalk(db, table, filter, range, "DOWN");
  if (walk === null) return { count: 0, isExact: true };
  const rest = restOf(table, filter, walk.column);
  if (rest === null) {
    const rows = await query<{ count: number | bigint }>(db, sql`SELECT COUNT(*) AS "count" FROM (${walkSql(table, walk, range, "DOWN", MOST_COUNTED + 1)}) AS w`);
    const count = Number(rows[0]?.count ?? 0);
    return { count: Math.min(count, MOST_COUNTED), isExact: count <= MOST_COUNTED };
  }
  let count = 0;
  for (let looked = 0; looked < rest.most; looked += STEP) {
    const [row] = await query<{ looked: number | bigint; count: number | bigint; last: string | null }>(
      db,
      sql`SELECT COUNT(*) AS "looked", COUNT("wanted") AS "count", MIN("id") AS "last" FROM (${walkSql(table, walk, range, "DOWN", STEP, rest.piece)}) AS w`,
    );
    count += Number(row?.count ?? 0);
    if (Number(row?.looked ?? 0) < STEP) return { count, isExact: true };
    range.beyond = row?.last ?? null;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { count, isExact: false };
}

interface Range {
  /** All exclusive but the bounds of `until`, which say it. */
  beyond: string | null;
  until: { id: string; inclusive: boolean } | null;
  from: string | null;
  to: string | null;
}

function rangeOf({ from, to }: SearchFilter, { beyond, until }: Partial<SearchPage>): Range {
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
interface Walk {
  column: string | null;
  values: readonly (string | null)[];
}

/** @returns null when nothing can be found */
async function bestWalk(db: PrismaClient, table: SearchTable, filter: SearchFilter, range: Range, direction: "DOWN" | "UP"): Promise<Walk | null> {
  if (Object.values(filter.oneOf).some((values) => values?.length === 0)) return null;
  const along = filter.along && filter.oneOf[filter.along];
  if (filter.along && along && along.length <= MOST_BRANCHES) return { column: filter.along, values: [...new Set(along)] };
  const walks = Object.entries(table.indexed).flatMap(([column, { but }]): Walk[] => {
    const values = filter.oneOf[column];
    return values && values.length <= MOST_BRANCHES && (but === undefined || !values.includes(but)) ? [{ column, values: [...new Set(values)] }] : [];
  });
  const [only, another] = walks;
  if (!only) return { column: null, values: [] };
  if (!another) return only;
  // The further back so many rows reach, the fewer of them there are.
  let best: { walk: Walk; reach: string } | null = null;
  for (const walk of walks) {
    const [reach] = await idsOf(db, walkSql(table, walk, range, direction, FEW), 1, FEW - 1);
    if (reach === undefined) return walk;
    if (best === null || (direction === "DOWN" ? reach < best.reach : reach > best.reach)) best = { walk, reach };
  }
  return best?.walk ?? only;
}

/**
 * The rows of a walk, in its order, at most `limit` of them.
 * @param wanted said of each; here, where SQLite reads a row only when something is asked that the index does not say
 */
function walkSql(table: SearchTable, walk: Walk, range: Range, direction: "DOWN" | "UP", limit: number, wanted?: Piece): Piece {
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
function restOf(table: SearchTable, filter: SearchFilter, walked: string | null): Rest | null {
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

interface Looked {
  /** How many rows there were. */
  looked: number;
  /** The last of them. */
  last: string | null;
  /** Those that are wanted, in order. */
  ids: string[];
}

/** Looks at all rows of a walk: where little is wanted, that is one statement in place of one for what is and one for how far it went. */
async function lookAt(db: PrismaClient, walk: Piece, direction: "DOWN" | "UP"): Promise<Looked> {
  const wanted = byDialect({ sqlite: raw(`json_group_array("id") FILTER (WHERE "wanted" = 1)`), postgresql: raw(`json_agg("id") FILTER (WHERE "wanted" = 1)`) });
  const [row] = await query<{ looked: number | bigint; last: string | null; ids: unknown }>(
    db,
    sql`SELECT COUNT(*) AS "looked", ${raw(direction === "DOWN" ? "MIN" : "MAX")}("id") AS "last", ${wanted} AS "ids" FROM (${walk}) AS w`,
  );
  // Nothing says in which order an aggregate takes rows.
  const ids = parsedJson<string[] | null>(row?.ids ?? null)?.sort() ?? [];
  return { looked: Number(row?.looked ?? 0), last: row?.last ?? null, ids: direction === "DOWN" ? ids.reverse() : ids };
}

/** A subquery with a limit keeps its order, on both databases: where nothing else is asked of the rows. */
async function idsOf(db: PrismaClient, walk: Piece, take: number, skip: number): Promise<string[]> {
  const rows = await query<{ id: string }>(db, sql`SELECT "id" FROM (${walk}) AS w LIMIT ${take} OFFSET ${skip}`);
  return rows.map(({ id }) => id);
}
