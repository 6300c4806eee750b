import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import { findDueConditions, findNextRecheck, recheckWaiting, saveConditions } from "../conditions/condition.store.ts";
import type { Database } from "../db/database.ts";
import { findNewestId } from "../db/newestId.ts";
import type { SqlClient } from "../db/sql.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { Settings } from "../decide/settings.ts";
import type { OpenCondition } from "../decide/state.ts";
import { insertDeliveries } from "../dispatch/delivery.store.ts";
import { findTellingEvents } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import { byStatus, loadShared } from "./loadState.ts";
import { planAgain } from "./plan.ts";
import type { Changes, KnownCondition } from "./plan.ts";
import { expectChanges, saveChanges } from "./saveChanges.ts";
import type { Expectations } from "./saveChanges.ts";

/**
 * Decides again about conditions that wait for a time rather than for an event: a silence that ends, a hold that is over,
 * flapping that has stopped, a problem gone that accounted for them.
 */
export interface Rechecker {
  /** Goes on with what waits in the database. */
  start(): Promise<void>;
  /** Tells of a condition that was just stored. */
  expect(at: Date): void;
  /** Since when it is at work, by `clock.uptime()`; null when it waits. */
  readonly busySince: number | null;
  close(): Promise<void>;
}

export interface RecheckerDeps extends Pick<Expectations, "dispatch" | "held" | "escalate"> {
  db: Database;
  snapshot: SnapshotHolder;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** More would make one transaction hold up the events that come in. */
const LARGEST_BATCH = 200;
/** What is due is looked for this often whatever happens: a clock that is set forward must not make it late by more. */
const LOOK_EVERY_MS = 30_000;

export function createRechecker({ db, snapshot, clock, ids, log, dispatch, held, escalate }: RecheckerDeps): Rechecker {
  /** Changes of settings, each of which may have ended what is waited for, and how many of them were looked at. */
  let changesOfSettings = 0;
  let lookedAt = 0;
  const alarm = createAlarm({
    clock,
    everyMs: LOOK_EVERY_MS,
    shared: db.shared,
    work,
    next: () => findNextRecheck(db),
    failed(error) {
      log.error({ err: error }, "conditions could not be decided about again; trying again");
    },
  });
  snapshot.onReload(() => {
    changesOfSettings += 1;
    alarm.wakeAt(clock.now());
  });

  async function work(): Promise<void> {
    for (;;) {
      const { changes, count, upTo } = await db.writeStatements(decideDue);
      lookedAt = upTo;
      expectChanges(changes, { dispatch, held, escalate, recheck: alarm.wakeAt });
      if (count < LARGEST_BATCH) return;
    }
  }

  async function decideDue(tx: SqlClient): Promise<{ changes: Changes; count: number; upTo: number }> {
    await takeLocks(tx, { alone: ["CONDITIONS"] });
    if (db.shared) ids.startAfter(await findNewestId(tx));
    const now = clock.now();
    const upTo = changesOfSettings;
    if (upTo > lookedAt) await recheckWaiting(tx, now);
    const due = await findDueConditions(tx, now, LARGEST_BATCH);
    const { settings } = snapshot.current;
    const known = await withEvents(tx, due, settings);
    const state = { ...byStatus(due), cooldowns: new Map(), ...(await loadShared(tx, known.map(({ event }) => event), settings)) };
    const changes = planAgain(known, settings, state, ids, now);
    // Each must be decided about or let go, or it would be found due for ever.
    const left = due.filter(({ id }) => !changes.conditions.has(id)).map((condition): OpenCondition => ({ ...condition, recheckAt: null }));
    await saveConditions(tx, left);
    await saveChanges(tx, changes, settings, now);
    await insertDeliveries(tx, changes.deliveries.map(({ delivery }) => delivery));
    return { changes, count: due.length, upTo };
  }

  return {
    start: alarm.ring,
    expect: alarm.wakeAt,
    get busySince() {
      return alarm.busySince;
    },
    close: alarm.close,
  };
}

/** Each condition with an event to tell it by; without those whose type was deleted. */
async function withEvents(tx: SqlClient, conditions: readonly OpenCondition[], settings: Settings): Promise<KnownCondition[]> {
  const events = await findTellingEvents(tx, conditions.map(({ id }) => id));
  const byCondition = new Map(events.map((event) => [event.conditionId, event]));
  return conditions.flatMap((condition) => {
    const event = byCondition.get(condition.id);
    return event && settings.triggers.has(event.type) ? { condition, event } : [];
  });
}
