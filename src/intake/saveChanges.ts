import { saveBursts } from "../conditions/burst.store.ts";
import { addCovered, releaseInhibited, saveConditions, saveCooldowns } from "../conditions/condition.store.ts";
import type { SqlClient } from "../db/sql.ts";
import type { Settings } from "../decide/settings.ts";
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
  const over = settings.inhibitions.length > 0 ? conditions.filter(({ closedAt, inhibitedBy }) => closedAt !== null || inhibitedBy !== null) : [];
  if (over.length > 0) await releaseInhibited(tx, over.map(({ id }) => id), new Date(now.getTime() + AFTER_INHIBITOR_MS));
}

/** Those who go on with what was stored. */
export interface Expectations {
  /** Gets what is to be sent now. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Hears when a delivery that is held is due. */
  held(dueAt: Date): void;
  /** Hears when a condition is to be decided about again. */
  recheck(at: Date): void;
}

/** Tells of what is stored by now. */
export function expectChanges({ deliveries, conditions }: Changes, { dispatch, held, recheck }: Expectations): void {
  dispatch(deliveries.filter(({ delivery }) => delivery.state === "PENDING"));
  for (const { delivery } of deliveries) if (delivery.state === "HELD") held(delivery.dueAt);
  for (const { recheckAt } of conditions.values()) if (recheckAt) recheck(recheckAt);
}
