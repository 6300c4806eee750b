import { saveBursts } from "../conditions/burst.store.ts";
import { addCovered, releaseInhibited, saveConditions, saveCooldowns } from "../conditions/condition.store.ts";
import type { SqlClient } from "../db/sql.ts";
import type { Settings } from "../decide/settings.ts";
import { endEscalations, startEscalations } from "../escalations/escalation.store.ts";
import type { PlannedDelivery } from "../dispatch/delivery.store.ts";
import type { Changes } from "./plan.ts";

/** What a problem accounted for is usually over soon after it: so long it is waited before what is not over is told of. */
const AFTER_INHIBITOR_MS = 60_000;

/** Stores what decisions have changed, but for events and deliveries, which point at it. */
export async function saveChanges(tx: SqlClient, changes: Changes, settings: Settings, now: Date): Promise<void> {
  const conditions = [...changes.conditions.values()];
  await saveConditions(tx, conditions);
  await saveCooldowns(tx, [...changes.cooldowns.values()]);
  await saveBursts(tx, [...changes.bursts.values()]);
  if (changes.covered.size > 0) await addCovered(tx, changes.covered);
  if (settings.escalations.size > 0) await saveEscalations(tx, changes);
  const over = settings.inhibitions.length > 0 ? conditions.filter(({ closedAt, inhibitedBy }) => closedAt !== null || inhibitedBy !== null) : [];
  if (over.length > 0) await releaseInhibited(tx, over.map(({ id }) => id), new Date(now.getTime() + AFTER_INHIBITOR_MS));
}

async function saveEscalations(tx: SqlClient, { conditions, escalations }: Changes): Promise<void> {
  const closed = new Set([...conditions.values()].filter(({ closedAt }) => closedAt !== null).map(({ id }) => id));
  if (closed.size > 0) await endEscalations(tx, [...closed]);
  const begun = escalations.filter(({ conditionId }) => !closed.has(conditionId));
  // One statement cannot put the same policy to work on the same problem twice.
  const once = new Map(begun.map((escalation) => [`${escalation.conditionId} ${escalation.policyId}`, escalation]));
  if (once.size > 0) await startEscalations(tx, [...once.values()]);
}

/** Those who go on with what was stored. */
export interface Expectations {
  /** Gets what is to be sent now. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Hears when a delivery that is held is due. */
  held(dueAt: Date): void;
  /** Hears when a condition is to be decided about again. */
  recheck(at: Date): void;
  /** Hears when a problem is to be escalated. */
  escalate(at: Date): void;
}

/** Tells of what is stored by now. */
export function expectChanges({ deliveries, conditions, escalations }: Changes, { dispatch, held, recheck, escalate }: Expectations): void {
  dispatch(deliveries.filter(({ delivery }) => delivery.state === "PENDING"));
  for (const { delivery } of deliveries) if (delivery.state === "HELD") held(delivery.dueAt);
  for (const { recheckAt } of conditions.values()) if (recheckAt) recheck(recheckAt);
  for (const { nextAt } of escalations) if (nextAt) escalate(nextAt);
}
