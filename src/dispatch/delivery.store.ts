import type { Database } from "../db/database.ts";
import { DELETED_CHANNELS } from "../db/deletedChannels.ts";
import { ofChannels } from "../db/readRows.ts";
import { insertRows, updateRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { isOneOf, parsedJson, query, raw, sql, tableOf, timeOf } from "../db/sql.ts";
import type { Piece, SqlClient } from "../db/sql.ts";
import type { StoredEvent } from "../events/event.model.ts";
import { findEvents } from "../events/event.store.ts";
import type { Delivery } from "./delivery.model.ts";

const DELIVERY: Table = {
  name: "Delivery",
  columns: {
    id: "TEXT", eventId: "TEXT", channelId: "TEXT", conditionId: "TEXT", customer: "TEXT", state: "TEXT", reason: "TEXT", context: "JSON",
    tries: "INTEGER", dueAt: "TIME", createdAt: "TIME", finishedAt: "TIME", reference: "TEXT", heldFor: "TEXT", summaryId: "TEXT", insteadOf: "TEXT",
  },
};

/** A delivery with the event that it tells of. */
export interface PlannedDelivery {
  delivery: Delivery;
  event: StoredEvent;
  /** True when an earlier process may have been killed while it sent this. */
  cutShort?: boolean;
}

export async function insertDeliveries(tx: SqlClient, deliveries: Delivery[]): Promise<void> {
  await insertRows(tx, DELIVERY, deliveries as unknown as Record<string, unknown>[], { needsChannel: true });
}

/** Writes how far deliveries have come. */
export async function updateDeliveries(tx: SqlClient, deliveries: Delivery[]): Promise<void> {
  const rows = deliveries.map(({ id, state, tries, dueAt, finishedAt, reference }) => ({ id, state, tries, dueAt, finishedAt, reference }));
  await updateRows(tx, DELIVERY, ["state", "tries", "dueAt", "finishedAt", "reference"], rows);
}

/** Unfinished deliveries of a channel in the order in which they were planned, after the given id. */
export async function findUnfinished(db: Database, channelId: string, afterId: string, limit: number): Promise<PlannedDelivery[]> {
  return withEvents(db, await query<Delivery>(db.read, sql`SELECT * FROM "Delivery" WHERE "channelId" = ${channelId} AND "id" > ${afterId} AND "state" IN ('PENDING', 'RETRY') ORDER BY "id" LIMIT ${limit}`));
}

/** An event that has gone since the deliveries were read has taken them along. */
async function withEvents(db: Database, rows: Delivery[]): Promise<PlannedDelivery[]> {
  const events = new Map((await findEvents(db.read, [...new Set(rows.map(({ eventId }) => eventId))])).map((event) => [event.id, event]));
  return rows.flatMap((row) => {
    const event = events.get(row.eventId);
    return event ? { delivery: { ...row, context: parsedJson<Delivery["context"]>(row.context) }, event } : [];
  });
}

/** A delivery that is not done, as far as an audit looks at it. */
export interface OpenDelivery {
  id: string;
  channelId: string;
  dueAt: Date;
  summaryId: string | null;
  /** 1 when its channel is deleted: it is about to go. */
  doomed: number | boolean;
}

/** Deliveries in this state after an id, in order. The partial index serves statements that name the state themselves. */
export async function findOpen(db: Database, state: "PENDING" | "RETRY" | "HELD", afterId: string, limit: number): Promise<OpenDelivery[]> {
  return query<OpenDelivery>(db.read, sql`SELECT "id", "channelId", "dueAt", "summaryId", "channelId" IN ${DELETED_CHANNELS} AS "doomed" FROM "Delivery" WHERE ${inState(state)} AND "id" > ${afterId} ORDER BY "id" LIMIT ${limit}`);
}

/** Which of these deliveries wait for a try. */
export async function findWaitingAmong(db: Database, ids: string[]): Promise<Set<string>> {
  const rows = await query<{ id: string }>(db.read, sql`SELECT "id" FROM "Delivery" WHERE "id" ${isOneOf(ids)} AND "state" IN ('PENDING', 'RETRY')`);
  return new Set(rows.map(({ id }) => id));
}

/** These deliveries with their events, as far as they wait for a try, in the order of their ids. */
export async function findPlanned(db: Database, ids: string[]): Promise<PlannedDelivery[]> {
  return withEvents(db, await query<Delivery>(db.read, sql`SELECT * FROM "Delivery" WHERE "id" ${isOneOf(ids)} AND "state" IN ('PENDING', 'RETRY') ORDER BY "id"`));
}

/** How much waits, and for how long the oldest has been due. */
export interface Queue {
  /** By state, at most `MOST_QUEUED`. */
  counts: Record<"PENDING" | "RETRY" | "HELD", number>;
  /** When the oldest that is due became due, of the first so many of each state; null when none is. */
  oldestDueAt: Date | null;
}

/** Nothing is gained by counting on. */
const MOST_QUEUED = 100_000;
const MOST_LOOKED_AT = 1000;

export async function findQueue(db: Database, now: Date): Promise<Queue> {
  const counts = { PENDING: 0, RETRY: 0, HELD: 0 };
  let oldestDueAt: Date | null = null;
  for (const state of ["PENDING", "RETRY", "HELD"] as const) {
    const rows = await query<{ count: number | bigint }>(db.read, sql`SELECT COUNT(*) AS "count" FROM (SELECT 1 FROM "Delivery" WHERE ${inState(state)} LIMIT ${MOST_QUEUED}) AS s`);
    counts[state] = Number(rows[0]?.count ?? 0);
    const due = await query<{ dueAt: Date | number | bigint | null }>(
      db.read,
      sql`SELECT MIN("dueAt") AS "dueAt" FROM (SELECT "dueAt", "channelId" FROM "Delivery" WHERE ${inState(state)} ORDER BY "id" LIMIT ${MOST_LOOKED_AT}) AS s WHERE "dueAt" <= ${now} AND "channelId" NOT IN ${DELETED_CHANNELS}`,
    );
    const first = due[0]?.dueAt;
    if (first === null || first === undefined) continue;
    const dueAt = timeOf(first);
    if (oldestDueAt === null || dueAt < oldestDueAt) oldestDueAt = dueAt;
  }
  return { counts, oldestDueAt };
}

/** As the partial index of what was not simply sent has it. */
function inState(state: "PENDING" | "RETRY" | "HELD"): Piece {
  return raw(`"state" = '${state}' AND "state" <> 'SENT'`);
}

/** Ids of the channels that have anything waiting. */
export async function findWaitingChannels(db: Database): Promise<string[]> {
  const rows = await query<{ channelId: string }>(db.read, sql`SELECT DISTINCT "channelId" FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY')`);
  return rows.map((row) => row.channelId);
}

/** When any of these channels was last told of each of these conditions, as far as one was. */
export async function findLastTold(db: Database, conditionIds: readonly string[], channels: Parameters<typeof ofChannels>[0]): Promise<Map<string, Date>> {
  const rows = await query<{ conditionId: string; at: Date | number | bigint }>(
    db.read,
    sql`SELECT t."conditionId", MAX(t."createdAt") AS "at" FROM "Delivery" AS t WHERE t."conditionId" ${isOneOf(conditionIds)} AND ${ofChannels(channels)} GROUP BY t."conditionId"`,
  );
  return new Map(rows.map(({ conditionId, at }) => [conditionId, timeOf(at)]));
}

export interface FirstTold {
  conditionId: string;
  channelId: string;
  reference: string | null;
}

/** The first delivery on each of these conditions that reached, or may have reached, the channel. */
export async function findFirstTold(db: Database, wanted: readonly { conditionId: string; channelId: string }[]): Promise<FirstTold[]> {
  return query<FirstTold>(
    db.read,
    sql`SELECT t."conditionId", t."channelId", t."reference" FROM (
          SELECT MIN(d."id") AS "id" FROM ${tableOf("e", { conditionId: "TEXT", channelId: "TEXT" }, wanted)}
          JOIN "Delivery" AS d ON d."conditionId" = e."conditionId" AND d."channelId" = e."channelId"
          WHERE d."state" IN ('SENT', 'UNKNOWN') OR EXISTS (SELECT 1 FROM "Attempt" AS a WHERE a."deliveryId" = d."id" AND a."outcome" = 'UNKNOWN')
          GROUP BY d."conditionId", d."channelId") AS f
        JOIN "Delivery" AS t ON t."id" = f."id"`,
  );
}

/** Which of these deliveries had a try whose outcome is unknown. The partial index serves statements that name the outcome themselves. */
export async function findPerhapsDelivered(db: Database, ids: string[]): Promise<Set<string>> {
  const rows = await query<{ deliveryId: string }>(db.read, sql`SELECT "deliveryId" FROM "Attempt" WHERE "deliveryId" ${isOneOf(ids)} AND "outcome" = 'UNKNOWN'`);
  return new Set(rows.map(({ deliveryId }) => deliveryId));
}
