import type { Database, Transaction } from "../db/database.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
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

export async function insertEvents(tx: Transaction, events: StoredEvent[]): Promise<void> {
  await insertRows(tx, EVENT, events as unknown as Record<string, unknown>[]);
}

/** Later uses of an expired key take its place. */
export async function insertIdempotencyKeys(tx: Transaction, rows: IdempotencyRow[]): Promise<void> {
  const replace = `ON CONFLICT ("scope", "key") DO UPDATE SET "inputHash" = excluded."inputHash", "eventId" = excluded."eventId", "createdAt" = excluded."createdAt"`;
  await insertRows(tx, IDEMPOTENCY_KEY, rows as unknown as Record<string, unknown>[], { onConflict: replace });
}

/** The keys among `wanted` that were used after `since`. */
export async function findIdempotencyKeys(tx: Transaction, wanted: { scope: string; key: string }[], since: Date): Promise<IdempotencyRow[]> {
  if (wanted.length === 0) return [];
  return tx.$queryRawUnsafe<IdempotencyRow[]>(
    `SELECT k.* FROM json_each(?) AS e JOIN "IdempotencyKey" AS k ON k."scope" = e.value ->> 'scope' AND k."key" = e.value ->> 'key' WHERE k."createdAt" > ?`,
    JSON.stringify(wanted),
    since.getTime(),
  );
}

export async function findEvents(db: Pick<Database["read"], "event">, ids: string[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return [];
  return (await db.event.findMany({ where: { id: { in: ids } } })) as unknown as StoredEvent[];
}

/** The event that tells most of each of these conditions: the newest of the worst while it is open, and the newest of all when it is over. */
export async function findTellingEvents(tx: Transaction, conditionIds: string[]): Promise<StoredEvent[]> {
  if (conditionIds.length === 0) return [];
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
    `SELECT (SELECT e."id" FROM "Event" AS e WHERE e."conditionId" = c."id" ORDER BY c."closedAt" IS NULL AND e."severity" = c."severity" AND e."decision" ->> 'reason' <> 'RECOVERY' DESC, e."id" DESC LIMIT 1) AS "id"
     FROM json_each(?) AS i JOIN "Condition" AS c ON c."id" = i.value`,
    JSON.stringify(conditionIds),
  );
  return findEvents(tx, rows.flatMap(({ id }) => id ?? []));
}

const DELETE_STEP = 1000;

/**
 * Deletes, in small steps, events received before `eventsBefore` whose condition is closed and whose deliveries are done,
 * closed conditions without events, and idempotency keys from before `keysBefore`. @returns how many events
 */
export async function deleteOldEvents(db: Database, eventsBefore: Date, keysBefore: Date): Promise<number> {
  await db.write((tx) => tx.idempotencyKey.deleteMany({ where: { createdAt: { lt: keysBefore } } }));
  let deleted = 0;
  for (;;) {
    const step = await db.write((tx) =>
      tx.$executeRawUnsafe(
        `DELETE FROM "Event" WHERE "id" IN (
           SELECT e."id" FROM "Event" AS e LEFT JOIN "Condition" AS c ON c."id" = e."conditionId"
           WHERE e."receivedAt" < ? AND (c."id" IS NULL OR c."status" = 'CLOSED')
             AND NOT EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."eventId" = e."id" AND d."state" IN ('HELD', 'PENDING', 'RETRY'))
           ORDER BY e."id" LIMIT ?)`,
        eventsBefore.getTime(),
        DELETE_STEP,
      ),
    );
    deleted += step;
    if (step < DELETE_STEP) break;
  }
  await db.write((tx) => tx.condition.deleteMany({ where: { status: "CLOSED", closedAt: { lt: eventsBefore }, events: { none: {} } } }));
  return deleted;
}
