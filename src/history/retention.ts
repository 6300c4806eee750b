import type { Clock } from "../clock.ts";
import { deleteBurstsBefore } from "../conditions/burst.store.ts";
import { deleteCooldownsBefore } from "../conditions/condition.store.ts";
import type { Database } from "../db/database.ts";
import { LINK_DAYS } from "../escalations/acknowledgeLink.ts";
import { deleteLinkUsesBefore } from "../escalations/acknowledgement.store.ts";
import { deleteOldEvents } from "../events/event.store.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import { deleteSilencesEndedBefore } from "../silences/silence.store.ts";
import type { HistoryService } from "./history.service.ts";

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** No cooldown may be set longer than this. */
const LONGEST_COOLDOWN_MS = 366 * DAY_MS;

/** A burst's window is a day at most, and so long after it the storm may go on. */
const LONGEST_BURST_MS = 2 * DAY_MS;

/** Deletes what is older than the settings keep, once an hour. @returns what stops it */
export function startRetention(deps: { db: Database; history: HistoryService; snapshot: SnapshotHolder; clock: Clock; log: Log }): () => void {
  const { db, history, snapshot, clock, log } = deps;
  let cancel: () => void = () => undefined;
  let stopped = false;

  async function prune(): Promise<void> {
    const { historyDays, historyCount } = snapshot.current.server;
    const now = clock.now().getTime();
    const attempts = await history.prune(historyDays, historyCount);
    const events = await deleteOldEvents(db, new Date(now - historyDays * DAY_MS), new Date(now - DAY_MS));
    await db.write((tx) => deleteSilencesEndedBefore(tx, new Date(now - historyDays * DAY_MS)));
    await db.write((tx) => deleteCooldownsBefore(tx, new Date(now - LONGEST_COOLDOWN_MS)));
    await db.write((tx) => deleteLinkUsesBefore(tx, new Date(now - (LINK_DAYS + 1) * DAY_MS)));
    await db.write((tx) => deleteBurstsBefore(tx, new Date(now - LONGEST_BURST_MS)));
    if (attempts + events > 0) log.info({ attempts, events }, "deleted what was older than the settings keep");
  }

  function later(): void {
    cancel = clock.after(EVERY_MS, () => {
      void prune()
        .catch((error: unknown) => log.error({ err: error }, "old history could not be deleted"))
        .finally(() => {
          if (!stopped) later();
        });
    });
  }

  later();
  return () => {
    stopped = true;
    cancel();
  };
}
