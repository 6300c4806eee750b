import type { Database } from "../db/database.ts";
import type { Pace } from "../db/pace.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { search } from "../db/search.ts";
import type { Found, SearchFilter } from "../db/search.ts";
import { execute, isOneOf, query, raw, sql } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import { ATTEMPTS } from "./attemptFilter.ts";
import { firstIdAt } from "../ids.ts";
import type { Attempt } from "./attempt.model.ts";

const ATTEMPT: Table = {
  name: "Attempt",
  columns: {
    id: "TEXT", at: "TIME", deliveryId: "TEXT", eventId: "TEXT", channelId: "TEXT", channelName: "TEXT", kind: "TEXT", type: "TEXT",
    category: "TEXT", severity: "TEXT", customer: "TEXT", channelCustomer: "TEXT", reason: "TEXT", title: "TEXT", body: "TEXT", outcome: "TEXT", status: "TEXT",
    error: "TEXT", hint: "TEXT", durationMs: "INTEGER", tryNumber: "INTEGER", nextTryAt: "TIME",
  },
};

export async function insertAttempts(tx: SqlClient, attempts: Attempt[]): Promise<void> {
  await insertRows(tx, ATTEMPT, attempts as unknown as Record<string, unknown>[]);
}

/** The greatest id of all that are stored; null when there are none. */
export async function findNewestAttemptId(tx: SqlClient): Promise<string | null> {
  return (await query<{ id: string | null }>(tx, sql`SELECT MAX("id") AS "id" FROM "Attempt"`))[0]?.id ?? null;
}

/** Attempts, and where the search has ended when that was before its end. */
export interface Page {
  attempts: Attempt[];
  endedAt: string | null;
}

export interface AttemptStore {
  /** The oldest attempts after this id that match, in order. */
  after(id: string, filter: SearchFilter, limit: number): Promise<Page>;
  newestId(): Promise<string>;
  /** The newest attempt before an id that matches, or of all. */
  newest(filter: SearchFilter, beforeId: string | null): Promise<Found>;
  /** At most `limit` of the oldest attempts after an id and up to another one that match, in order. */
  oldest(afterId: string, upToId: string, filter: SearchFilter, limit: number): Promise<Found>;
  delete(ids: string[], pace: Pace): Promise<void>;
  /** The id of the attempt that is so many after this one; null when there are fewer. */
  idAfter(id: string, count: number): Promise<string | null>;
  /** How many attempts are newer than one and not newer than another. @param upTo null: than none */
  countBetween(after: string, upTo: string | null): Promise<number>;
  newestBefore(time: Date): Promise<string | null>;
}

export function createAttemptStore(db: Database): AttemptStore {
  return {
    async after(id, filter, take) {
      const { ids, endedAt } = await search(db.read, ATTEMPTS, filter, { direction: "UP", beyond: id, take });
      const attempts = ids.length > 0 ? await db.read.attempt.findMany({ where: { id: { in: ids } }, orderBy: { id: "asc" } }) : [];
      return { attempts, endedAt };
    },
    async newestId() {
      return (await db.read.attempt.findFirst({ orderBy: { id: "desc" }, select: { id: true } }))?.id ?? "";
    },
    newest: (filter, beforeId) => search(db.read, ATTEMPTS, filter, { direction: "DOWN", beyond: beforeId, take: 1 }),
    oldest: (afterId, upToId, filter, take) => search(db.read, ATTEMPTS, filter, { direction: "UP", beyond: afterId, until: { id: upToId, inclusive: true }, take }),
    async delete(ids, pace) {
      await pace.write(db, (tx) => execute(tx, sql`DELETE FROM "Attempt" WHERE "id" ${isOneOf(ids)}`));
    },
    async idAfter(id, count) {
      return (await query<{ id: string }>(db.read, sql`SELECT "id" FROM "Attempt" WHERE "id" > ${id} ORDER BY "id" LIMIT 1 OFFSET ${count - 1}`))[0]?.id ?? null;
    },
    async countBetween(after, upTo) {
      const end = upTo === null ? raw("") : sql` AND "id" <= ${upTo}`;
      const rows = await query<{ count: number | bigint }>(db.read, sql`SELECT COUNT(*) AS "count" FROM "Attempt" WHERE "id" > ${after}${end}`);
      return Number(rows[0]?.count ?? 0);
    },
    async newestBefore(time) {
      // Ids begin with their time in milliseconds, so no index on the time itself is needed.
      return (await db.read.attempt.findFirst({ where: { id: { lt: firstIdAt(time.getTime()) } }, orderBy: { id: "desc" }, select: { id: true } }))?.id ?? null;
    },
  };
}
