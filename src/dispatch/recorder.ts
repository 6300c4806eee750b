import { createBatch } from "../db/batch.ts";
import type { Database, Transaction } from "../db/database.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { Attempt } from "../history/attempt.model.ts";
import { findNewestAttemptId, insertAttempts } from "../history/attempt.store.ts";
import type { Ids } from "../ids.ts";
import type { Delivery } from "./delivery.model.ts";
import { updateDeliveries } from "./delivery.store.ts";
import { settleHeld } from "./held.store.ts";
import type { SummaryEnd } from "./held.store.ts";

/** What one try, or one drop, leaves behind. A test has no delivery. */
export interface Outcome {
  attempt: Omit<Attempt, "id">;
  delivery: Delivery | null;
  /** How a summary ended, for the deliveries that it carried. */
  carried?: SummaryEnd;
}

export interface Recorder {
  /** Stores the attempt and how far its delivery has come; resolves when both are durable. */
  record(outcome: Outcome): Promise<Attempt>;
  idle(): Promise<void>;
}

const LARGEST_BATCH = 500;

/** Which of these channels' lanes this process still has, until the transaction ends. */
export type KeepLanes = (tx: Transaction, channelIds: Iterable<string>) => Promise<Set<string>>;

/**
 * @param published gets attempts once they are stored, in the order of their ids
 * @param keepLanes where several processes share the database: of a lane that was lost, attempts are still history, but how
 *   far its deliveries have come is the new owner's word
 */
export function createRecorder(db: Database, ids: Ids, published: (attempts: Attempt[]) => void, keepLanes?: () => KeepLanes | undefined): Recorder {
  const batch = createBatch(async (outcomes: Outcome[]) => {
    const attempts = await db.writeAlongside(async (tx) => {
      await takeLocks(tx, { alone: outcomes.some(({ carried }) => carried) ? ["ATTEMPTS", "HELD"] : ["ATTEMPTS"] });
      if (db.shared) ids.startAfter(await findNewestAttemptId(tx));
      // Ids are given inside the transaction, so that their order is the order of commits: a cursor never steps over one.
      const numbered = outcomes.map(({ attempt }) => ({ ...attempt, id: ids.next() }));
      await insertAttempts(tx, numbered);
      const kept = await keepLanes?.()?.(tx, new Set(outcomes.flatMap(({ delivery }) => delivery?.channelId ?? [])));
      const ours = kept ? outcomes.filter(({ delivery }) => delivery && kept.has(delivery.channelId)) : outcomes;
      await updateDeliveries(tx, ours.flatMap(({ delivery }) => delivery ?? []));
      for (const { delivery, carried } of ours) if (delivery && carried) await settleHeld(tx, delivery.id, carried);
      return numbered;
    });
    published(attempts);
    return attempts;
  }, LARGEST_BATCH);

  return { record: (outcome) => batch.add(outcome), idle: () => batch.idle() };
}
