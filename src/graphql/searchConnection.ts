import { resolveCursorConnection } from "@pothos/plugin-relay";
import type { DefaultConnectionArguments, ResolveCursorConnectionArgs } from "@pothos/plugin-relay";
import type { PrismaClient } from "../db/generated/client.ts";
import { countFound, MOST_COUNTED, search } from "../db/search.ts";
import type { Counted, SearchFilter, SearchTable } from "../db/search.ts";
import { MOST_LOOKED_AT } from "../db/searchWalk.ts";
import { CallerError } from "../errors.ts";
import { isId } from "../ids.ts";
import { PAGE } from "./builder.ts";

/** Passing over more would take longer the more it is. */
export const LARGEST_OFFSET = 10_000;

const most = MOST_COUNTED.toLocaleString("en-US");

export const TOTAL_COUNT = `How many there are, counted when asked for and up to ${most}: totalCountIsExact says whether that is all.`;
export const TOTAL_COUNT_IS_EXACT = `True: totalCount is all. False: there are at least so many, because no more than ${most} rows are counted, and of several filters together no more than ${MOST_LOOKED_AT.toLocaleString("en-US")} looked at.`;
export const WRONG_CURSOR = "after or before: must be a cursor that this server gave for the same list.";

/** To stand behind what a connection gives. */
export const ENDS_EARLY = "A filter that leaves very little of very much may give a page with fewer rows than asked for, or none, though hasNextPage is true: the search goes on after endCursor.";

export interface SearchConnection<Row> {
  table: SearchTable;
  filter: SearchFilter;
  args: DefaultConnectionArguments;
  offset?: number | null | undefined;
  cursorOf(id: string): string;
  /** @throws {CallerError} when it is no cursor of ours */
  idOf(cursor: string): string;
  /** Reads these rows, in any order. */
  load(ids: string[]): Promise<Row[]>;
  /** Finds the ids of the newest rows, where there is such a list for each row of a page: so that those of all are found at once. */
  newest?: (take: number) => Promise<string[]>;
}

/** A page of a table that may be very long, the newest first. */
export async function searchConnection<Row extends { id: string }>(db: PrismaClient, { table, filter, args, offset, cursorOf, idOf, load, newest }: SearchConnection<Row>) {
  const skip = Math.max(0, offset ?? 0);
  if (skip > LARGEST_OFFSET) throw new CallerError("BAD_REQUEST", `offset: must be at most ${LARGEST_OFFSET.toLocaleString("en-US")}. Page on with after: the endCursor of the page before.`);
  let endedAt: string | null = null;
  let goesDown = true;
  const { edges, pageInfo } = await resolveCursorConnection(
    { args, defaultSize: PAGE.default, maxSize: PAGE.most, toCursor: (row: Row) => cursorOf(row.id) },
    async ({ before, after, limit: take, inverted }: ResolveCursorConnectionArgs) => {
      goesDown = !inverted;
      const [beyond, end] = inverted ? [before, after] : [after, before];
      const isFirst = !inverted && !beyond && !end && skip === 0;
      const found = newest && isFirst ? { ids: await newest(take), endedAt: null } : await search(db, table, filter, {
        direction: inverted ? "UP" : "DOWN",
        beyond: beyond ? idOf(beyond) : null,
        until: end ? { id: idOf(end), inclusive: false } : null,
        skip,
        take,
      });
      ({ endedAt } = found);
      const rows = new Map((found.ids.length > 0 ? await load(found.ids) : []).map((row) => [row.id, row]));
      // What has been deleted in between is left out.
      return found.ids.flatMap((id) => rows.get(id) ?? []);
    },
  );
  const searched = endedAt === null ? null : cursorOf(endedAt);
  let counted: Promise<Counted> | null = null;
  return {
    edges,
    pageInfo: {
      startCursor: (goesDown ? null : searched) ?? (pageInfo.startCursor || null),
      endCursor: (goesDown ? searched : null) ?? (pageInfo.endCursor || null),
      hasPreviousPage: pageInfo.hasPreviousPage || (!goesDown && searched !== null),
      hasNextPage: pageInfo.hasNextPage || (goesDown && searched !== null),
    },
    counted: () => (counted ??= countFound(db, table, filter)),
  };
}

/** The count of a page that `searchConnection` gave: the fields of a connection know no more than its rows. */
export function countedOf(page: unknown): Promise<Counted> {
  return (page as { counted(): Promise<Counted> }).counted();
}

/** Cursors that are a name and the row's id. */
export function cursors(name: string): { cursorOf(id: string): string; idOf(cursor: string): string } {
  return {
    cursorOf: (id) => Buffer.from(`${name}:${id}`).toString("base64url"),
    idOf(cursor) {
      const text = Buffer.from(cursor, "base64url").toString("utf8");
      const id = text.slice(name.length + 1);
      if (!text.startsWith(`${name}:`) || !isId(id)) throw new CallerError("BAD_REQUEST", WRONG_CURSOR);
      return id;
    },
  };
}
