import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { deleteRemains, findDeletedChannels } from "../db/deletedChannels.ts";
import { createJob } from "../db/job.ts";
import { createPace } from "../db/pace.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";

/** Removes what deleted channels have left in the database, at a pace that what is taken in meanwhile hardly feels. */
export interface Remover {
  /** Goes on with what an earlier process has left. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What another process has begun and not ended is found so soon. */
const LOOK_EVERY_MS = 60_000;
const LEASE_MS = 2.5 * LOOK_EVERY_MS;
/** Of the time. */
const SHARES = { alone: 0.1, beside: 0.1 };
/** Something is left, however long it has been. */
const OVERDUE = new Date(0);

export function createRemover({ db, snapshot, clock, log }: { db: Database; snapshot: SnapshotHolder; clock: Clock; log: Log }): Remover {
  const job = createJob(db, "remover", LEASE_MS);
  let closed = false;

  async function removeAll(): Promise<void> {
    const ids = await findDeletedChannels(db.read);
    if (ids.length === 0 || closed || !(await job.isMine(clock.now()))) return;
    const pace = createPace(SHARES);
    for (const id of ids) {
      const rows = await deleteRemains(db, id, pace, () => !closed);
      log.info({ channel: id, rows }, "removed what a deleted channel has left");
    }
  }

  const alarm = createAlarm({
    clock,
    everyMs: LOOK_EVERY_MS,
    shared: db.shared,
    work: removeAll,
    next: async () => ((await findDeletedChannels(db.read)).length > 0 ? OVERDUE : null),
    failed: (error) => log.error({ err: error }, "what deleted channels have left could not be removed; trying again"),
  });
  // Channels may have been deleted.
  snapshot.onReload(() => alarm.wakeAt(clock.now()));

  return {
    start: alarm.ring,
    async close() {
      closed = true;
      await alarm.close();
      await job.giveUp();
    },
  };
}
