import type { Owner } from "../access/principal.ts";
import { ownChannels, ownedBy } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { NOT_DELETED } from "../db/deletedChannels.ts";
import { findNewestId } from "../db/newestId.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { Ids } from "../ids.ts";
import type { Delivery } from "./delivery.model.ts";
import type { HoldReason } from "../decide/verdict.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Flusher } from "./flusher.ts";
import { findLastTold, insertDeliveries } from "./delivery.store.ts";
import { forgetHeld } from "./held.store.ts";

export interface DeliveryService {
  /**
   * Sends the message of a finished delivery again, as a new delivery of the same event to the same channel.
   * @throws {NotFoundError} @throws {ConflictError} while the delivery is still under way, or its channel is off
   */
  resend(id: string, by: Owner): Promise<Delivery>;
  /**
   * Sends what a channel has held so far.
   * @returns how many deliveries the summary carries, or the summaries of bursts do
   * @throws {NotFoundError} @throws {ConflictError} while the channel is off
   */
  flush(channelId: string, heldFor: HoldReason, by: Owner): Promise<number>;
  /** Takes a held delivery out of its summary. @throws {NotFoundError} @throws {ConflictError} when it is not held, or on its way already */
  drop(id: string, by: Owner): Promise<Delivery>;
  /** When the channels that this one may know of were last told of these conditions, as far as they were. */
  lastTold(conditionIds: string[], by: Owner): Promise<Map<string, Date>>;
}

export interface DeliveryServiceDeps {
  db: Database;
  dispatcher: Pick<Dispatcher, "dispatch">;
  flusher: Pick<Flusher, "flush">;
  clock: Clock;
  ids: Ids;
}

export function createDeliveryService({ db, dispatcher, flusher, clock, ids }: DeliveryServiceDeps): DeliveryService {
  return {
    lastTold: (conditionIds, by) => findLastTold(db, conditionIds, ownChannels(by)),

    async flush(channelId, heldFor, by) {
      const channel = await db.read.channel.findUnique({ where: { id: channelId, ...ownedBy(by), ...NOT_DELETED } });
      if (!channel) throw new NotFoundError("This channel");
      if (!channel.enabled) throw new ConflictError(`The channel "${channel.name}" is switched off. Switch it on first.`);
      return flusher.flush(channelId, heldFor);
    },

    async drop(id, by) {
      const where = { id, ...ownChannels(by) };
      if (!(await db.read.delivery.findFirst({ where }))) throw new NotFoundError("This delivery");
      return db.writeAlongside(async (tx) => {
        await takeLocks(tx, { alone: ["HELD", "CONDITIONS"] });
        const { count } = await tx.delivery.updateMany({ where: { id, state: "HELD", summaryId: null }, data: { state: "DROPPED", finishedAt: clock.now() } });
        if (count === 0) throw new ConflictError("Only what is held, and in no summary yet, can be dropped.");
        const dropped = (await tx.delivery.findUniqueOrThrow({ where: { id } })) as unknown as Delivery;
        await forgetHeld(tx, dropped);
        return dropped;
      });
    },

    async resend(id, by) {
      const row = await db.read.delivery.findFirst({ where: { id, ...ownChannels(by) }, include: { event: true, channel: true } });
      if (!row) throw new NotFoundError("This delivery");
      if (row.reason === "SUMMARY") throw new ConflictError("A summary cannot be sent again; resend the deliveries that it carried.");
      if (row.state === "HELD" || row.state === "PENDING" || row.state === "RETRY") throw new ConflictError("This delivery is still under way; it is tried again by itself.");
      if (!row.channel.enabled) throw new ConflictError(`The channel "${row.channel.name}" is switched off. Switch it on first.`);
      const { event, channel: _, ...before } = row;
      const now = clock.now();
      const delivery = await db.writeAlongside(async (tx) => {
        if (db.shared) ids.startAfter(await findNewestId(tx));
        const fresh = { ...before, id: ids.next(), state: "PENDING", tries: 0, dueAt: now, createdAt: now, finishedAt: null, reference: null, heldFor: null, summaryId: null } as unknown as Delivery;
        await insertDeliveries(tx, [fresh]);
        return fresh;
      });
      dispatcher.dispatch([{ delivery, event: event as unknown as StoredEvent }]);
      return delivery;
    },
  };
}
