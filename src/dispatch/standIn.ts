import type { Channel } from "../channels/channel.model.ts";
import type { Transaction } from "../db/database.ts";
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
export async function storeStandIn(tx: Transaction, handOver: HandOver, nextId: () => string): Promise<PlannedDelivery | null> {
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
async function getsItItself(tx: Transaction, { delivery, fallback }: HandOver): Promise<boolean> {
  const { eventId, reason, createdAt } = delivery;
  const own = await tx.delivery.findFirst({ where: { eventId, reason, channelId: fallback.id, createdAt: { gte: createdAt }, state: { in: ["PENDING", "RETRY", "SENT", "UNKNOWN"] } }, select: { id: true } });
  return own !== null;
}

/** @returns false when the problem is over: then nobody need hear of it any more */
async function noteTold(tx: Transaction, conditionId: string, channelId: string): Promise<boolean> {
  const condition = await tx.condition.findUnique({ where: { id: conditionId }, select: { closedAt: true, flapping: true, told: true } });
  if (!condition || (condition.closedAt !== null && condition.flapping === null)) return false;
  const told = condition.told as string[];
  if (!told.includes(channelId)) await tx.condition.update({ where: { id: conditionId }, data: { told: [...told, channelId] } });
  return true;
}
