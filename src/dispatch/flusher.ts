import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { Database, Transaction } from "../db/database.ts";
import { findNewestId } from "../db/newestId.ts";
import type { HoldReason } from "../decide/verdict.ts";
import { findEvents } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import { quietUntil } from "../schedules/quietHours.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import type { Delivery } from "./delivery.model.ts";
import { insertDeliveries } from "./delivery.store.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { findDueGroups, findNextHeld, findOpenSummary, findQuietChannels, holdsCritical, joinSummary, postponeGroup, rescheduleHeld, writeHeld } from "./held.store.ts";
import type { DueGroup } from "./held.store.ts";

/** Sends what was held: when its time has come, by the clock and never by the next event. */
export interface Flusher {
  /** Goes on with what is held in the database. */
  start(): Promise<void>;
  /** Tells of a held delivery that was just stored. */
  expect(dueAt: Date): void;
  /** Sends what a channel's hold has kept so far, due or not: bursts in a summary for each event type. @returns how many deliveries went into summaries */
  flush(channelId: string, heldFor: HoldReason): Promise<number>;
  /** Since when it is at work, by `clock.uptime()`; null when it waits. */
  readonly busySince: number | null;
  close(): Promise<void>;
}

export interface FlusherDeps {
  db: Database;
  snapshot: SnapshotHolder;
  clock: Clock;
  ids: Ids;
  log: Log;
  dispatch(planned: PlannedDelivery[]): void;
}

/** What is due is looked for this often whatever happens: a clock that is set forward must not make it late by more. */
const LOOK_EVERY_MS = 30_000;

export function createFlusher({ db, snapshot, clock, ids, log, dispatch }: FlusherDeps): Flusher {
  /** True when settings may have changed since the windows were last looked at. */
  let changed = true;
  const alarm = createAlarm({
    clock,
    everyMs: LOOK_EVERY_MS,
    shared: db.shared,
    work: async () => void (await summarise(null)),
    next: () => findNextHeld(db),
    failed(error) {
      changed = true;
      log.error({ err: error }, "held messages could not be summarised; trying again");
    },
  });
  snapshot.onReload(() => {
    changed = true;
    alarm.wakeAt(clock.now());
  });

  /** Makes summaries of what is due. In one transaction, so that two at once cannot take the same. */
  async function summarise(only: { channelId: string; heldFor: HoldReason } | null): Promise<number> {
    const { planned, count } = await writeHeld(db, async (tx) => {
      if (db.shared) ids.startAfter(await findNewestId(tx));
      const now = clock.now();
      const groups = only ? await findDueGroups(tx, now, only) : await findDue(tx, now);
      const summaries: PlannedDelivery[] = [];
      for (const group of groups) {
        const summary = await summaryOf(tx, group, only ? null : now, now);
        if (summary) summaries.push(summary);
      }
      return { planned: summaries, count: groups.reduce((sum, group) => sum + group.count, 0) };
    });
    dispatch(planned);
    return count;
  }

  /** What is due, but for what has to wait until the channel is quiet no longer. */
  async function findDue(tx: Transaction, now: Date): Promise<DueGroup[]> {
    await followQuietHours(tx, now);
    const due: DueGroup[] = [];
    for (const group of await findDueGroups(tx, now, null)) {
      const until = group.heldFor === "QUIET_HOURS" ? null : quietEnd(group.channelId, now);
      if (until && !(await holdsCritical(tx, group, now))) await postponeGroup(tx, group, now, until);
      else due.push(group);
    }
    return due;
  }

  /** The windows may have been changed since something was held for them: it comes when it is quiet no longer. */
  async function followQuietHours(tx: Transaction, now: Date): Promise<void> {
    for (const channelId of await findQuietChannels(tx)) {
      const until = quietEnd(channelId, now);
      // What has been refused for a while keeps its time to come.
      if (until || changed) await rescheduleHeld(tx, channelId, until ?? now);
    }
    changed = false;
  }

  function quietEnd(channelId: string, now: Date): Date | null {
    const hours = snapshot.current.channels.get(channelId)?.quietHours;
    return hours ? quietUntil(hours, now) : null;
  }

  /** @returns the new summary; null when one that is not sent yet takes the group in */
  async function summaryOf(tx: Transaction, group: DueGroup, due: Date | null, now: Date): Promise<PlannedDelivery | null> {
    const open = await findOpenSummary(tx, group);
    if (open) {
      await joinSummary(tx, group, open, due);
      return null;
    }
    const delivery: Delivery = {
      id: ids.next(),
      eventId: group.eventId,
      channelId: group.channelId,
      conditionId: null,
      customer: group.customer,
      state: "PENDING",
      reason: "SUMMARY",
      context: { summaryOf: group.heldFor, ...(group.eventType === null ? {} : { eventType: group.eventType }) },
      tries: 0,
      dueAt: now,
      createdAt: now,
      finishedAt: null,
      reference: null,
      heldFor: null,
      summaryId: null,
      insteadOf: null,
    };
    await insertDeliveries(tx, [delivery]);
    await joinSummary(tx, group, delivery.id, due);
    const [event] = await findEvents(tx, [group.eventId]);
    return event ? { delivery, event } : null;
  }

  return {
    start: alarm.ring,
    expect: alarm.wakeAt,
    flush: (channelId, heldFor) => summarise({ channelId, heldFor }),
    get busySince() {
      return alarm.busySince;
    },
    close: alarm.close,
  };
}
