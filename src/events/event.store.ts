import type { Database } from "../db/database.ts";
import type { Pace } from "../db/pace.ts";
import { ofChannels } from "../db/readRows.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { execute, isOneOf, parsedJson, query, raw, sql, tableOf } from "../db/sql.ts";
import type { Piece, SqlClient } from "../db/sql.ts";
import type { StoredEvent } from "./event.model.ts";

const EVENT: Table = {
  name: "Event",
  columns: {
    id: "TEXT", receivedAt: "TIME", occurredAt: "TIME", type: "TEXT", category: "TEXT", severity: "TEXT", status: "TEXT", source: "TEXT",
    service: "TEXT", customer: "TEXT", title: "TEXT", message: "TEXT", details: "JSON", value: "REAL", dedupKey: "TEXT", fingerprint: "TEXT",
    conditionId: "TEXT", fate: "TEXT", decision: "JSON",
  },
};

const IDEMPOTENCY_KEY: Table = {
  name: "IdempotencyKey",
  columns: { scope: "TEXT", key: "TEXT", inputHash: "TEXT", eventId: "TEXT", createdAt: "TIME" },
};

export interface IdempotencyRow {
  scope: string;
  key: string;
  inputHash: string;
  eventId: string;
  createdAt: Date;
}

export async function insertEvents(tx: SqlClient, events: StoredEvent[]): Promise<void> {
  await insertRows(tx, EVENT, events as unknown as Record<string, unknown>[]);
}

/** Later uses of an expired key take its place. */
export async function insertIdempotencyKeys(tx: SqlClient, rows: IdempotencyRow[]): Promise<void> {
  const replace = `ON CONFLICT ("scope", "key") DO UPDATE SET "inputHash" = excluded."inputHash", "eventId" = excluded."eventId", "createdAt" = excluded."createdAt"`;
  await insertRows(tx, IDEMPOTENCY_KEY, rows as unknown as Record<string, unknown>[], { onConflict: replace });
}

/** The keys among `wanted` that were used after `since`. */
export async function findIdempotencyKeys(tx: SqlClient, wanted: { scope: string; key: string }[], since: Date): Promise<IdempotencyRow[]> {
  if (wanted.length === 0) return [];
  return query<IdempotencyRow>(
    tx,
    sql`SELECT k.* FROM ${tableOf("e", { scope: "TEXT", key: "TEXT" }, wanted)} JOIN "IdempotencyKey" AS k ON k."scope" = e."scope" AND k."key" = e."key" WHERE k."createdAt" > ${since}`,
  );
}

/** In the order of their ids. */
export async function findEvents(db: SqlClient, ids: string[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return [];
  const rows = await query<StoredEvent>(db, sql`SELECT * FROM "Event" WHERE "id" ${isOneOf(ids)} ORDER BY "id"`);
  return rows.map((row) => ({ ...row, details: parsedJson(row.details), decision: parsedJson(row.decision) }));
}

/** Of one thing, so many events are looked at, without those of which nobody can have been told: an index has the rest alone. */
const MOST_LOOKED_AT = 1000;

/** @returns which of these things any of a customer's channels has had a message about */
export async function findToldOf(db: SqlClient, things: readonly Pick<StoredEvent, "fingerprint" | "conditionId">[], customer: string): Promise<(thing: Pick<StoredEvent, "fingerprint" | "conditionId">) => boolean> {
  const own = ofChannels({ channel: { customer } });
  const conditions = things.flatMap(({ conditionId }) => (conditionId === null ? [] : [{ conditionId }]));
  const occurrences = things.flatMap(({ conditionId, fingerprint }) => (conditionId === null ? [{ fingerprint }] : []));
  const told = await query<{ thing: string }>(
    db,
    sql`SELECT "conditionId" AS "thing" FROM ${tableOf("w", { conditionId: "TEXT" }, conditions)} WHERE EXISTS (SELECT 1 FROM "Delivery" AS t WHERE t."conditionId" = w."conditionId" AND ${own})
        UNION ALL SELECT "fingerprint" AS "thing" FROM ${tableOf("w", { fingerprint: "TEXT" }, occurrences)} WHERE EXISTS (
          SELECT 1 FROM (SELECT "id" FROM "Event" AS e WHERE e."fingerprint" = w."fingerprint" AND e."customer" = ${customer} AND e."conditionId" IS NULL AND e."fate" NOT IN ('TRIGGER_OFF', 'COOLDOWN', 'NO_CHANNEL') ORDER BY "id" LIMIT ${MOST_LOOKED_AT}) AS o JOIN "Delivery" AS t ON t."eventId" = o."id" WHERE ${own})`,
  );
  const known = new Set(told.map(({ thing }) => thing));
  return ({ conditionId, fingerprint }) => known.has(conditionId ?? fingerprint);
}

/** The event that tells most of each of these conditions: the newest of the worst while it is open, and the newest of all when it is over. */
export async function findTellingEvents(tx: SqlClient, conditionIds: string[]): Promise<StoredEvent[]> {
  if (conditionIds.length === 0) return [];
  const tells = raw(`CASE WHEN c."closedAt" IS NULL AND e."severity" = c."severity" AND e."decision" ->> 'reason' <> 'RECOVERY' THEN 1 ELSE 0 END`);
  const rows = await query<{ id: string | null }>(
    tx,
    sql`SELECT (SELECT e."id" FROM "Event" AS e WHERE e."conditionId" = c."id" ORDER BY ${tells} DESC, e."id" DESC LIMIT 1) AS "id"
        FROM "Condition" AS c WHERE c."id" ${isOneOf(conditionIds)}`,
  );
  return findEvents(tx, rows.flatMap(({ id }) => id ?? []));
}

/**
 * Deletes, step by step, events received before `eventsBefore` whose condition is closed and whose deliveries are done,
 * closed conditions without events, and idempotency keys from before `keysBefore`. @returns how many events
 */
export async function deleteOldEvents(db: Database, eventsBefore: Date, keysBefore: Date, pace: Pace): Promise<number> {
  await deleteOldKeys(db, keysBefore, pace);
  const events = await deleteOld(db, pace, EVENTS_AND_DELIVERIES, sql`t."receivedAt" < ${eventsBefore}`, sql`NOT EXISTS (SELECT 1 FROM "Condition" AS c WHERE c."id" = t."conditionId" AND c."status" <> 'CLOSED')
    AND NOT EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."eventId" = t."id" AND d."state" IN ('HELD', 'PENDING', 'RETRY'))`);
  await deleteOld(db, pace, CONDITIONS_AND_NOTICES, sql`t."openedAt" < ${eventsBefore}`, sql`t."status" = 'CLOSED' AND t."closedAt" < ${eventsBefore} AND NOT EXISTS (SELECT 1 FROM "Event" AS e WHERE e."conditionId" = t."id")`);
  return events;
}

async function deleteOldKeys(db: Database, before: Date, pace: Pace): Promise<void> {
  for (;;) {
    const most = pace.rows;
    const old = sql`SELECT "scope", "key" FROM "IdempotencyKey" WHERE "createdAt" < ${before} ORDER BY "createdAt" LIMIT ${most}`;
    if ((await pace.write(db, (tx) => execute(tx, sql`DELETE FROM "IdempotencyKey" WHERE ("scope", "key") IN (${old})`))) < most) return;
  }
}

/** A table that is pruned, and the one with most of the rows that go with its own. */
interface Pruned {
  table: "Event" | "Condition";
  below: { table: "Delivery" | "EscalationNotice"; from: string };
}

const EVENTS_AND_DELIVERIES: Pruned = { table: "Event", below: { table: "Delivery", from: `"Event" AS t JOIN "Delivery" AS b ON b."eventId" = t."id"` } };
const CONDITIONS_AND_NOTICES: Pruned = {
  table: "Condition",
  below: { table: "EscalationNotice", from: `"Condition" AS t JOIN "Escalation" AS e ON e."conditionId" = t."id" JOIN "EscalationNotice" AS b ON b."escalationId" = e."id"` },
};

/** For each row that a step deletes, so many others may go with it in the same step. */
const MOST_BELOW = 4;

/** Walks along the rows from the oldest on until none is old, so that those which stay are looked at once. @param dispensable about the row t */
async function deleteOld(db: Database, pace: Pace, { table, below }: Pruned, isOld: Piece, dispensable: Piece): Promise<number> {
  const name = raw(`"${table}"`);
  let deleted = 0;
  for (let after = ""; ; ) {
    const next = sql`SELECT MAX(t."id") AS "last", COUNT(CASE WHEN ${isOld} THEN 1 END) AS "old" FROM (SELECT * FROM ${name} WHERE "id" > ${after} ORDER BY "id" LIMIT ${pace.rows}) AS t`;
    const [step] = await pace.read(() => query<{ last: string | null; old: number | bigint }>(db.read, next));
    if (!step?.last || Number(step.old) === 0) return deleted;
    const within = sql`t."id" > ${after} AND t."id" <= ${step.last} AND ${isOld} AND ${dispensable}`;
    // Most often there is nothing to write where something stays.
    const some = await pace.read(() => query(db.read, sql`SELECT 1 FROM ${name} AS t WHERE ${within} LIMIT 1`));
    if (some.length > 0) {
      await deleteBelow(db, pace, below, within);
      deleted += await pace.write(db, (tx) => execute(tx, sql`DELETE FROM ${name} AS t WHERE ${within}`));
    }
    after = step.last;
  }
}

/** A problem that nobody took on may have been told of for months: what goes with these rows goes before them, as long as it is more than one step may take. */
async function deleteBelow(db: Database, pace: Pace, { table, from }: Pruned["below"], within: Piece): Promise<void> {
  for (;;) {
    const most = pace.rows * MOST_BELOW;
    const rows = await pace.read(() => query<{ id: string }>(db.read, sql`SELECT b."id" FROM ${raw(from)} WHERE ${within} LIMIT ${most + 1}`));
    if (rows.length <= most) return;
    await pace.write(db, (tx) => execute(tx, sql`DELETE FROM ${raw(`"${table}"`)} WHERE "id" ${isOneOf(rows.slice(0, most).map(({ id }) => id))}`));
  }
}
