import type { Database, Transaction } from "../db/database.ts";
import type { Prisma } from "../db/generated/client.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { execute, isOneOf, query, sql } from "../db/sql.ts";
import { firstIdOf } from "../ids.ts";
import type { Attempt } from "./attempt.model.ts";

const ATTEMPT: Table = {
  name: "Attempt",
  columns: {
    id: "TEXT", at: "TIME", deliveryId: "TEXT", eventId: "TEXT", channelId: "TEXT", channelName: "TEXT", kind: "TEXT", type: "TEXT",
    category: "TEXT", severity: "TEXT", customer: "TEXT", reason: "TEXT", title: "TEXT", body: "TEXT", outcome: "TEXT", status: "TEXT",
    error: "TEXT", hint: "TEXT", durationMs: "INTEGER", tryNumber: "INTEGER", nextTryAt: "TIME",
  },
};

export async function insertAttempts(tx: Transaction, attempts: Attempt[]): Promise<void> {
  await insertRows(tx, ATTEMPT, attempts as unknown as Record<string, unknown>[]);
}

/** The greatest id of all that are stored; null when there are none. */
export async function findNewestAttemptId(tx: Transaction): Promise<string | null> {
  return (await query<{ id: string | null }>(tx, sql`SELECT MAX("id") AS "id" FROM "Attempt"`))[0]?.id ?? null;
}

export interface AttemptStore {
  /** The oldest attempts after this id that match, in order. */
  after(id: string, where: Prisma.AttemptWhereInput, limit: number): Promise<Attempt[]>;
  newestId(): Promise<string>;
  /** The ids of at most `limit` of the oldest attempts up to this id that match, in order. */
  oldest(upToId: string, where: Prisma.AttemptWhereInput, limit: number): Promise<string[]>;
  delete(ids: string[]): Promise<void>;
  /** The id of the newest attempt that is more than `keep` attempts old; null when there are fewer. */
  idBeyond(keep: number): Promise<string | null>;
  newestBefore(time: Date): Promise<string | null>;
}

export function createAttemptStore(db: Database): AttemptStore {
  return {
    after: (id, where, take) => db.read.attempt.findMany({ where: { AND: [where, { id: { gt: id } }] }, orderBy: { id: "asc" }, take }),
    async newestId() {
      return (await db.read.attempt.findFirst({ orderBy: { id: "desc" }, select: { id: true } }))?.id ?? "";
    },
    async oldest(upToId, where, take) {
      const rows = await db.read.attempt.findMany({ where: { AND: [where, { id: { lte: upToId } }] }, orderBy: { id: "asc" }, take, select: { id: true } });
      return rows.map((row) => row.id);
    },
    async delete(ids) {
      await db.writeAlongside((tx) => execute(tx, sql`DELETE FROM "Attempt" WHERE "id" ${isOneOf(ids)}`));
    },
    async idBeyond(keep) {
      return (await db.read.attempt.findFirst({ orderBy: { id: "desc" }, skip: keep, select: { id: true } }))?.id ?? null;
    },
    async newestBefore(time) {
      // Ids begin with their time in milliseconds, so no index on the time itself is needed.
      return (await db.read.attempt.findFirst({ where: { id: { lt: firstIdOf(time.getTime()) } }, orderBy: { id: "desc" }, select: { id: true } }))?.id ?? null;
    },
  };
}
