import type { PrismaClient } from "./generated/client.ts";
import { rangeOf, restOf, walkSql } from "./searchWalk.ts";
import type { Range, Walk } from "./searchWalk.ts";
import { byDialect, parsedJson, query, raw, sql } from "./sql.ts";
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
/** An index that has fewer rows for a filter than this is as good as any. */
const FEW = 500;
/** With more values than this, an index is read at too many places. */
const MOST_BRANCHES = 50;

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
