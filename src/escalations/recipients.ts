import type { Channel } from "../channels/channel.model.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { EscalationTarget } from "./escalation.model.ts";

/** A channel that a step tells. */
export interface Recipient {
  channelId: string;
  /** Whose it is, where a contact led to it. */
  contactName: string | null;
}

/** Every channel that targets lead to, once however many ways lead there. */
export function recipientsOf(targets: readonly EscalationTarget[], { channels }: { channels: ReadonlyMap<string, Channel> }, _event: StoredEvent): Recipient[] {
  const found = new Map<string, Recipient>();
  for (const { channelId } of targets) if (channelId && channels.has(channelId) && !found.has(channelId)) found.set(channelId, { channelId, contactName: null });
  return [...found.values()];
}
