import type { Channel } from "../channels/channel.model.ts";
import { updateRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { parsedJson, query, sql } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { Delivery } from "./delivery.model.ts";
import { insertDeliveries } from "./delivery.store.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { moveSummary } from "./held.store.ts";

/** A delivery that could not be made, and the channel that is to get it. */
export interface HandOver {
  delivery: Delivery;
  event: StoredEvent;
  channel: Pick<Channel, "id" | "name">;
  fallback: Pick<Channel, "id">;
  at: Date;
}

/** The delivery on the fallback: live, whatever held the first one, and marked with whom it stands in for. */
function standInOf({ delivery, channel, fallback, at }: HandOver, id: string): Delivery {
  const passed = [...(delivery.context.standIn?.passed ?? []), channel.id];
  const standIn = { for: channel.name, passed, ...(delivery.state === "UNKNOWN" ? { unknown: true } : {}) };
  return {
    ...delivery,
    id,
    channelId: fallback.id,
    state: "PENDING",
    context: { ...delivery.context, standIn },
    tries: 0,
    dueAt: at,
    createdAt: at,
    finishedAt: null,
    reference: null,
    heldFor: null,
    summaryId: null,
    insteadOf: delivery.id,
  };
}

/**
 * Stores the delivery on the fallback, and notes that it will have been told. Conditions must be locked.
 * @returns null when there is nothing to say: the problem is over, or the fallback gets this news for itself
 */
export async function storeStandIn(tx: SqlClient, handOver: HandOver, nextId: () => string): Promise<PlannedDelivery | null> {
  const { delivery, event, fallback } = handOver;
  const isSummary = delivery.reason === "SUMMARY";
  if (!isSummary && (await getsItItself(tx, handOver))) return null;
  if (delivery.conditionId !== null && delivery.reason !== "RECOVERY" && !(await noteTold(tx, delivery.conditionId, fallback.id))) return null;
  const standIn = standInOf(handOver, nextId());
  await insertDeliveries(tx, [standIn]);
  if (isSummary) await moveSummary(tx, delivery.id, standIn.id);
  return { delivery: standIn, event };
}

/** However many ways lead to a channel, it is told once. */
async function getsItItself(tx: SqlClient, { delivery, fallback }: HandOver): Promise<boolean> {
  const { eventId, reason, createdAt } = delivery;
  const own = await query(
    tx,
    sql`SELECT 1 FROM "Delivery" WHERE "eventId" = ${eventId} AND "reason" = ${reason} AND "channelId" = ${fallback.id} AND "createdAt" >= ${createdAt}
       AND "state" IN ('PENDING', 'RETRY', 'SENT', 'UNKNOWN') LIMIT 1`,
  );
  return own.length > 0;
}

const CONDITION: Table = { name: "Condition", columns: { id: "TEXT", told: "JSON" } };

/** @returns false when the problem is over: then nobody need hear of it any more */
async function noteTold(tx: SqlClient, conditionId: string, channelId: string): Promise<boolean> {
  const [condition] = await query<{ told: unknown }>(tx, sql`SELECT "told" FROM "Condition" WHERE "id" = ${conditionId} AND ("closedAt" IS NULL OR "flapping" IS NOT NULL)`);
  if (!condition) return false;
  const told = parsedJson<string[]>(condition.told);
  if (!told.includes(channelId)) await updateRows(tx, CONDITION, ["told"], [{ id: conditionId, told: [...told, channelId] }]);
  return true;
}
