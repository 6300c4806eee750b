import { firstIdAt } from "../ids.ts";
import type { PrismaClient } from "./generated/client.ts";
import { isOneOf, query, raw, sql } from "./sql.ts";
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
  /** By column: one of these values. */
  oneOf: Record<string, readonly string[] | null | undefined>;
  /** Columns of `oneOf` that hold values of a closed set, which PostgreSQL has as types of their own. */
  closed?: readonly string[];
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
/** So many in one search. */
const MOST_LOOKED_AT = 10_000;
/** An index that has fewer rows for a filter than this is as good as any. */
const FEW = 500;
/** With more values than this, an index is read at too many places. */
const MOST_BRANCHES = 50;
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
  if (rest === null) return { ids: await idsOf(db, walkSql(table, walk, range, page.direction, skip + take), null, take, skip), endedAt: null };
  const ids: string[] = [];
  const wanted = skip + take;
  for (let looked = 0; looked < MOST_LOOKED_AT + skip; looked += STEP) {
    ids.push(...(await idsOf(db, walkSql(table, walk, range, page.direction, STEP, rest.columns), rest.piece, wanted - ids.length, 0)));
    if (ids.length >= wanted) return { ids: ids.slice(skip), endedAt: null };
    const [last] = await idsOf(db, walkSql(table, walk, range, page.direction, STEP), null, 1, STEP - 1);
    if (last === undefined) return { ids: ids.slice(skip), endedAt: null };
    range.beyond = last;
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

/** Counts what a search would find, up to `MOST_COUNTED`, looking at no more rows than that. */
export async function countFound(db: PrismaClient, table: SearchTable, filter: SearchFilter): Promise<Counted> {
  const range = rangeOf(filter, {});
  const walk = await bestWalk(db, table, filter, range, "DOWN");
  if (walk === null) return { count: 0, isExact: true };
  const rest = restOf(table, filter, walk.column);
  if (rest === null) {
    const rows = await query<{ count: number | bigint }>(db, sql`SELECT COUNT(*) AS "count" FROM (${walkSql(table, walk, range, "DOWN", MOST_COUNTED + 1)}) AS s`);
    const count = Number(rows[0]?.count ?? 0);
    return { count: Math.min(count, MOST_COUNTED), isExact: count <= MOST_COUNTED };
  }
  let count = 0;
  for (let looked = 0; looked < MOST_COUNTED; looked += STEP) {
    const [row] = await query<{ looked: number | bigint; count: number | bigint; last: string | null }>(
      db,
      sql`SELECT COUNT(*) AS "looked", COUNT(CASE WHEN ${rest.piece} THEN 1 END) AS "count", MIN("id") AS "last" FROM (${walkSql(table, walk, range, "DOWN", STEP, rest.columns)}) AS s`,
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

function inRange({ beyond, until, from, to }: Range, direction: "DOWN" | "UP"): Piece {
  const [before, after] = direction === "DOWN" ? ["<", ">"] : [">", "<"];
  const end = until && sql` AND "id" ${raw(until.inclusive ? `${after}=` : after)} ${until.id}`;
  return sql`${beyond === null ? raw("") : sql` AND "id" ${raw(before)} ${beyond}`}${end ?? raw("")}${from === null ? raw("") : sql` AND "id" >= ${from}`}${to === null ? raw("") : sql` AND "id" < ${to}`}`;
}

/** Along which index the rows are looked at: that of a column, at these values, or that of the ids alone. */
interface Walk {
  column: string | null;
  values: readonly string[];
}

/** @returns null when nothing can be found */
async function bestWalk(db: PrismaClient, table: SearchTable, filter: SearchFilter, range: Range, direction: "DOWN" | "UP"): Promise<Walk | null> {
  if (Object.values(filter.oneOf).some((values) => values?.length === 0)) return null;
  const walks = Object.entries(table.indexed).flatMap(([column, { but }]): Walk[] => {
    const values = filter.oneOf[column];
    return values && values.length <= MOST_BRANCHES && !(typeof but === "string" && values.includes(but)) ? [{ column, values: [...new Set(values)] }] : [];
  });
  const [only, another] = walks;
  if (!only) return { column: null, values: [] };
  if (!another) return only;
  // The further back so many rows reach, the fewer of them there are.
  let best: { walk: Walk; reach: string } | null = null;
  for (const walk of walks) {
    const [reach] = await idsOf(db, walkSql(table, walk, range, direction, FEW), null, 1, FEW - 1);
    if (reach === undefined) return walk;
    if (best === null || (direction === "DOWN" ? reach < best.reach : reach > best.reach)) best = { walk, reach };
  }
  return best?.walk ?? only;
}

/** The rows of a walk, in its order, at most `limit` of them. */
function walkSql(table: SearchTable, { column, values }: Walk, range: Range, direction: "DOWN" | "UP", limit: number, columns: readonly string[] = []): Piece {
  const what = raw(["id", ...columns].map((name) => `"${name}"`).join(", "));
  const from = sql`SELECT ${what} FROM ${raw(`"${table.name}"`)} WHERE`;
  const order = sql`ORDER BY "id" ${raw(direction === "DOWN" ? "DESC" : "ASC")} LIMIT ${limit}`;
  if (column === null) return sql`${from} "id" > ''${inRange(range, direction)} ${order}`;
  const { but } = table.indexed[column] ?? {};
  const named = but === undefined ? raw("") : raw(but === null ? ` AND "${column}" IS NOT NULL` : ` AND "${column}" <> '${but}'`);
  const branches = values.map((value) => sql`${from} ${raw(`"${column}"`)} = ${value}${named}${inRange(range, direction)}`);
  return sql`${joined(branches, " UNION ALL ")} ${order}`;
}

/** What a walk leaves to be looked at in each row; null when there is nothing. */
function restOf(table: SearchTable, filter: SearchFilter, walked: string | null): { columns: string[]; piece: Piece } | null {
  const columns = Object.keys(filter.oneOf).filter((column) => column !== walked && filter.oneOf[column]);
  const pieces = columns.map((column) => {
    const values = filter.oneOf[column] ?? [];
    if (!filter.closed?.includes(column)) return sql`${raw(`"${column}"`)} ${isOneOf(values)}`;
    return sql`${raw(`"${column}"`)} IN (${joined(values.map((value) => sql`${value}`), ", ")})`;
  });
  for (const [column, isNull] of Object.entries(filter.isNull ?? {})) {
    if (typeof isNull !== "boolean") continue;
    columns.push(column);
    pieces.push(raw(`"${column}" IS ${isNull ? "" : "NOT "}NULL`));
  }
  const time = raw(`"${table.time}"`);
  if (filter.from) pieces.push(sql`${time} >= ${filter.from}`);
  if (filter.to) pieces.push(sql`${time} < ${filter.to}`);
  if (pieces.length === 0) return null;
  return { columns: filter.from || filter.to ? [...columns, table.time] : columns, piece: joined(pieces, " AND ") };
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

/** A subquery with a limit keeps its order, on both databases. */
async function idsOf(db: PrismaClient, walk: Piece, rest: Piece | null, take: number, skip: number): Promise<string[]> {
  const rows = await query<{ id: string }>(db, sql`SELECT "id" FROM (${walk}) AS s${rest ? sql` WHERE ${rest}` : raw("")} LIMIT ${take} OFFSET ${skip}`);
  return rows.map(({ id }) => id);
}
