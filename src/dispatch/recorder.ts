import { createBatch } from "../db/batch.ts";
import type { Database } from "../db/database.ts";
import type { SqlClient } from "../db/sql.ts";
import { setFailingSince } from "../channels/channel.store.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { LockName } from "../db/transactionLocks.ts";
import type { Attempt } from "../history/attempt.model.ts";
import { findNewestAttemptId, findStoredAttempts, insertAttempts } from "../history/attempt.store.ts";
import type { Ids } from "../ids.ts";
import type { Delivery } from "./delivery.model.ts";
import { updateDeliveries } from "./delivery.store.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { settleHeld } from "./held.store.ts";
import type { SummaryEnd } from "./held.store.ts";
import { storeStandIn } from "./standIn.ts";
import type { HandOver } from "./standIn.ts";

/** What one try, or one drop, leaves behind. A test has no delivery. */
export interface Outcome {
  /** Gets its id when it is stored; one that has an id already may have been stored before. */
  attempt: Omit<Attempt, "id">;
  delivery: Delivery | null;
  /** How a summary ended, for the deliveries that it carried. */
  carried?: SummaryEnd | undefined;
  /** Since when the channel fails, or null: it works again. Left out: as before. */
  failingSince?: Date | null | undefined;
  /** What the channel's fallback is to get. */
  handOver?: HandOver | undefined;
  /** Whether nothing is kept waiting until it is stored. */
  mayRest?: boolean;
}

export interface Recorder {
  /** Stores the attempt and how far its delivery has come; resolves when both are durable. */
  record(outcome: Outcome): Promise<Attempt>;
  idle(): Promise<void>;
}

const LARGEST_BATCH = 500;

/** Which of these channels' lanes this process still has, until the transaction ends. */
export type KeepLanes = (tx: SqlClient, channelIds: Iterable<string>) => Promise<Set<string>>;

export interface RecorderDeps {
  db: Database;
  ids: Ids;
  /** Gets attempts once they are stored, in the order of their ids. */
  published(attempts: Attempt[]): void;
  /** Gets what fallbacks are to be sent. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Hears that channels have begun to fail, or work again; other processes do by the transaction. Never rejects. */
  healthChanged(): Promise<void>;
  /**
   * Where several processes share the database: of a lane that was lost, attempts are still history, but how far its
   * deliveries have come is the new owner's word.
   */
  keepLanes?(): KeepLanes | undefined;
}

export function createRecorder({ db, ids, published, dispatch, healthChanged, keepLanes }: RecorderDeps): Recorder {
  const batch = createBatch(async (outcomes: Outcome[]) => {
    const { standIns, healthIsNew } = await db.writeStatements(async (tx) => {
      await takeLocks(tx, { alone: locksFor(outcomes) });
      if (db.shared) ids.startAfter(await findNewestAttemptId(tx));
      const stored = await findStored(tx, outcomes);
      const fresh = stored.size === 0 ? outcomes : outcomes.filter((outcome) => !stored.has(outcome));
      // Ids are given inside the transaction, so that their order is the order of commits: a cursor never steps over one.
      await insertAttempts(tx, fresh.map(({ attempt }) => Object.assign(attempt, { id: ids.next() })));
      const kept = await keepLanes?.()?.(tx, new Set(fresh.flatMap(({ delivery }) => delivery?.channelId ?? [])));
      const ours = kept ? fresh.filter(({ delivery }) => delivery === null || kept.has(delivery.channelId)) : fresh;
      await updateDeliveries(tx, ours.flatMap(({ delivery }) => delivery ?? []));
      const planned = await handOver(tx, ours);
      for (const { delivery, carried } of ours) if (delivery && carried) await settleHeld(tx, delivery.id, carried);
      return { standIns: planned, healthIsNew: (await saveHealth(tx, ours)) || stored.size > 0 };
    });
    const attempts = outcomes.map(({ attempt }) => attempt as Attempt);
    published(attempts.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    // At once: a lane takes what is new in the order of the ids.
    if (standIns.length > 0) dispatch(standIns);
    if (healthIsNew) await healthChanged();
    return attempts;
  }, LARGEST_BATCH, ({ mayRest = false }) => mayRest);

  /**
   * Those that an earlier transaction has stored of which only the answer was lost, with the connection. It has ended by now: until then it has
   * the lock. What else was lost with it, the next look at the database finds.
   */
  async function findStored(tx: SqlClient, outcomes: readonly Outcome[]): Promise<Set<Outcome>> {
    const again = outcomes.flatMap((outcome) => ("id" in outcome.attempt ? [[(outcome.attempt as Attempt).id, outcome] as const] : []));
    if (again.length === 0) return new Set();
    const ids = await findStoredAttempts(tx, again.map(([id]) => id));
    return new Set(again.flatMap(([id, outcome]) => (ids.has(id) ? [outcome] : [])));
  }

  /** @returns whether any channel's health is not what it was */
  async function saveHealth(tx: SqlClient, outcomes: readonly Outcome[]): Promise<boolean> {
    let isNew = false;
    for (const { attempt, failingSince } of outcomes) {
      if (failingSince !== undefined && (await setFailingSince(tx, attempt.channelId, failingSince))) isNew = true;
    }
    if (isNew) await db.notifications?.tellWith(tx, "settings", "");
    return isNew;
  }

  async function handOver(tx: SqlClient, outcomes: readonly Outcome[]): Promise<PlannedDelivery[]> {
    const planned: PlannedDelivery[] = [];
    for (const outcome of outcomes) {
      const standIn = outcome.handOver && (await storeStandIn(tx, outcome.handOver, () => ids.next()));
      if (standIn) planned.push(standIn);
    }
    return planned;
  }

  return { record: (outcome) => batch.add(outcome), idle: () => batch.idle() };
}

function locksFor(outcomes: readonly Outcome[]): LockName[] {
  const handsOver = outcomes.some((outcome) => outcome.handOver);
  return ["ATTEMPTS", ...(handsOver || outcomes.some(({ carried }) => carried) ? (["HELD"] as const) : []), ...(handsOver ? (["CONDITIONS"] as const) : [])];
}
