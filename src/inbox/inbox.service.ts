import type { Principal } from "../access/principal.ts";
import { ownChannels } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { InboxStore } from "./inbox.store.ts";

export interface InboxService {
  /** Keeps a message; keeping it again changes nothing. */
  add(channelId: string, message: Message): Promise<void>;
  /** Marks these items, or with null all, as read. @returns how many were unread */
  markRead(ids: string[] | null, principal: Principal): Promise<number>;
  /** @returns how many were deleted */
  delete(ids: string[], principal: Principal): Promise<number>;
}

export function createInboxService(store: InboxStore, clock: Clock): InboxService {
  return {
    add: (channelId, message) =>
      store.add({
        id: message.id,
        channelId,
        eventId: message.event.id,
        customer: message.event.customer,
        type: message.event.type,
        severity: message.severity,
        title: message.title,
        body: plainText(message),
        createdAt: clock.now(),
        readAt: null,
      }),
    markRead: (ids, principal) => store.markRead(ids, ownChannels(principal), clock.now()),
    delete: (ids, principal) => store.delete(ids, ownChannels(principal)),
  };
}
