import type { Principal } from "../access/principal.ts";
import { ownedBy } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { Ids } from "../ids.ts";
import type { Delivery } from "./delivery.model.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { insertDeliveries } from "./delivery.store.ts";

export interface DeliveryService {
  /**
   * Sends the message of a finished delivery again, as a new delivery of the same event to the same channel.
   * @throws {NotFoundError} @throws {ConflictError} while the delivery is still under way, or its channel is off
   */
  resend(id: string, principal: Principal): Promise<Delivery>;
}

export function createDeliveryService(db: Database, dispatcher: Pick<Dispatcher, "dispatch">, clock: Clock, ids: Ids): DeliveryService {
  return {
    async resend(id, principal) {
      const row = await db.read.delivery.findFirst({ where: { id, ...ownedBy(principal) }, include: { event: true, channel: true } });
      if (!row) throw new NotFoundError("This delivery");
      if (row.state === "PENDING" || row.state === "RETRY") throw new ConflictError("This delivery is still under way; it is tried again by itself.");
      if (!row.channel.enabled) throw new ConflictError(`The channel "${row.channel.name}" is switched off. Switch it on first.`);
      const { event, channel: _, ...before } = row;
      const now = clock.now();
      const delivery = await db.write(async (tx) => {
        const fresh = { ...before, id: ids.next(), state: "PENDING", tries: 0, dueAt: now, createdAt: now, finishedAt: null, reference: null } as unknown as Delivery;
        await insertDeliveries(tx, [fresh]);
        return fresh;
      });
      dispatcher.dispatch([{ delivery, event: event as unknown as StoredEvent }]);
      return delivery;
    },
  };
}
