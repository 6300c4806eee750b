import { createAlarm } from "../alarm.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { deleteRemains, findDeletedRows } from "../db/deletedRows.ts";
import { createJob } from "../db/job.ts";
import { createPace } from "../db/pace.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "./snapshot.ts";

/** Removes what deleted channels and escalation policies have left in the database, at a pace that what is taken in meanwhile hardly feels. */
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
  const stopping = new AbortController();

  async function removeAll(): Promise<void> {
    const rows = await findDeletedRows(db);
    if (rows.length === 0 || stopping.signal.aborted || !(await job.isMine(clock.now()))) return;
    const pace = createPace(SHARES, { signal: stopping.signal });
    for (const row of rows) {
      const count = await deleteRemains(db, row, pace);
      log.info({ id: row.id, of: row.kind.table, rows: count }, "removed what something deleted has left");
    }
  }

  const alarm = createAlarm({
    clock,
    everyMs: LOOK_EVERY_MS,
    shared: db.shared,
    work: removeAll,
    next: async () => ((await findDeletedRows(db)).length > 0 ? OVERDUE : null),
    failed(error) {
      if (!stopping.signal.aborted) log.error({ err: error }, "what deleted channels and escalation policies have left could not be removed; trying again");
    },
  });
  // Something may have been deleted.
  snapshot.onReload(() => alarm.wakeAt(clock.now()));

  return {
    start: alarm.ring,
    async close() {
      stopping.abort();
      await alarm.close();
      await job.giveUp();
    },
  };
}
