import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import { deleteBurstsBefore } from "../conditions/burst.store.ts";
import { deleteCooldownsBefore } from "../conditions/condition.store.ts";
import type { Database } from "../db/database.ts";
import { createJob } from "../db/job.ts";
import { createPace } from "../db/pace.ts";
import type { Pace } from "../db/pace.ts";
import { LINK_DAYS } from "../escalations/acknowledgeLink.ts";
import { deleteLinkUsesBefore } from "../escalations/acknowledgement.store.ts";
import { deleteOldEvents } from "../events/event.store.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import { deleteSilencesEndedBefore } from "../silences/silence.store.ts";
import type { HistoryService } from "./history.service.ts";

const EVERY_MS = 3_600_000;
const LEASE_MS = 2.5 * EVERY_MS;
const DAY_MS = 86_400_000;
/** No cooldown may be set longer than this. */
const LONGEST_COOLDOWN_MS = 366 * DAY_MS;

/** So many are looked at each time: with more of them it takes some times until all have been. */
const COOLDOWNS_LOOKED_AT = 100_000;
const COOLDOWNS_STEP = 500;

/** Of the time: what is taken in meanwhile must hardly feel it. */
const SHARES = { alone: 0.1, beside: 0.1 };

/** A burst's window is a day at most, and so long after it the storm may go on. */
const LONGEST_BURST_MS = 2 * DAY_MS;

/**
 * Deletes what is older than the settings keep, once an hour and when they begin to keep less; of several processes one does.
 * @returns what stops it, and leaves it to the others
 */
export function startRetention(deps: { db: Database; history: Pick<HistoryService, "prune">; snapshot: SnapshotHolder; clock: Clock; log: Log }): () => Promise<void> {
  const { db, history, snapshot, clock, log } = deps;
  const job = createJob(db, "retention", LEASE_MS);
  const stopping = new AbortController();
  /** Up to here cooldowns have been looked at. */
  let cooldownsUpTo = "";

  async function forgetCooldowns(before: Date, pace: Pace): Promise<void> {
    for (let looked = 0; looked < COOLDOWNS_LOOKED_AT; looked += COOLDOWNS_STEP) {
      cooldownsUpTo = (await deleteCooldownsBefore(db, before, cooldownsUpTo, COOLDOWNS_STEP, pace)) ?? "";
      if (cooldownsUpTo === "") return;
    }
  }

  async function prune(): Promise<void> {
    if (!(await job.isMine(clock.now()))) return;
    const { historyDays, historyCount } = snapshot.current.server;
    const now = clock.now().getTime();
    const pace = createPace(SHARES, { signal: stopping.signal });
    const attempts = await history.prune(historyDays, historyCount, pace);
    const events = await deleteOldEvents(db, new Date(now - historyDays * DAY_MS), new Date(now - DAY_MS), pace);
    await db.writeAlongside((tx) => deleteSilencesEndedBefore(tx, new Date(now - historyDays * DAY_MS)));
    await forgetCooldowns(new Date(now - LONGEST_COOLDOWN_MS), pace);
    await db.writeAlongside((tx) => deleteLinkUsesBefore(tx, new Date(now - (LINK_DAYS + 1) * DAY_MS)));
    await db.writeAlongside((tx) => deleteBurstsBefore(tx, new Date(now - LONGEST_BURST_MS)));
    if (attempts + events > 0) log.info({ attempts, events }, "deleted what was older than the settings keep");
  }

  const alarm = createAlarm({
    clock,
    everyMs: EVERY_MS,
    shared: true,
    work: prune,
    next: () => Promise.resolve(null),
    failed(error) {
      if (!stopping.signal.aborted) log.error({ err: error }, "old history could not be deleted");
    },
  });
  alarm.wakeAt(new Date(clock.now().getTime() + EVERY_MS));

  let kept = snapshot.current.server;
  snapshot.onReload(({ server }) => {
    if (server.historyDays < kept.historyDays || server.historyCount < kept.historyCount) alarm.wakeAt(clock.now());
    kept = server;
  });

  return async () => {
    stopping.abort();
    await alarm.close();
    await job.giveUp();
  };
}
