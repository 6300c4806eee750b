import type { Channel } from "../channels/channel.model.ts";
import type { Attempt, AttemptOutcome } from "../history/attempt.model.ts";
import { withoutAcknowledgeLinks } from "../render/acknowledgeLink.ts";
import type { Message } from "../render/message.ts";
import { composeMessage } from "./composeMessage.ts";
import type { Delivery } from "./delivery.model.ts";
import type { PlannedDelivery } from "./delivery.store.ts";

/** What the history says of a delivery that was not even tried. */
export function untried({ delivery, event }: PlannedDelivery, why: string, at: Date): [Message, Shown, { delivery: Delivery; at: Date }] {
  const message = composeMessage({ delivery, event, displayName: "", rich: false, thread: null, acknowledgeUrl: null });
  return [message, { outcome: "DROPPED", text: message.body, durationMs: 0, error: why, status: null, hint: null }, { delivery, at }];
}

type Shown = { outcome: AttemptOutcome; text: string; durationMs: number } & (
  | { outcome: "DELIVERED"; receipt: { status: string } }
  | { status: string | null; error: string; hint: string | null }
);

const LONGEST_STATUS = 200;
const LONGEST_ERROR = 1000;

/** The history's row of one try. */
export function attemptOf(channel: Pick<Channel, "id" | "name" | "kind" | "customer">, message: Message, result: Shown, about: { delivery: Delivery | null; at: Date }): Omit<Attempt, "id"> {
  const { delivery, at } = about;
  const failed = "error" in result;
  return {
    at,
    deliveryId: delivery?.id ?? null,
    eventId: delivery?.eventId ?? null,
    channelId: channel.id,
    channelName: channel.name,
    kind: channel.kind,
    type: message.event.type,
    category: message.event.category,
    severity: message.severity,
    customer: message.event.customer,
    channelCustomer: channel.customer,
    reason: message.reason,
    title: message.title,
    body: withoutAcknowledgeLinks(result.text),
    outcome: result.outcome,
    status: (failed ? result.status : result.receipt.status)?.slice(0, LONGEST_STATUS) ?? null,
    error: failed ? withoutAcknowledgeLinks(result.error).slice(0, LONGEST_ERROR) : null,
    hint: failed ? result.hint : null,
    durationMs: result.durationMs,
    tryNumber: delivery?.tries ?? 1,
    nextTryAt: delivery?.state === "RETRY" ? delivery.dueAt : null,
  };
}
