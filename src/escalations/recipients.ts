import type { Directory } from "../people/directory.ts";
import type { EscalationTarget } from "./escalation.model.ts";

/** A channel that a step tells. */
export interface Recipient {
  channelId: string;
  /** Whose it is, where a contact led to it. */
  contactName: string | null;
}

/**
 * Every channel that targets lead to, once however many ways lead there. A policy names whom it wants, so what a contact
 * likes to hear of does not matter; one who is switched off is left out.
 */
export function recipientsOf(targets: readonly EscalationTarget[], { contacts, reach }: Pick<Directory, "contacts" | "reach">): Recipient[] {
  const found = new Map<string, Recipient>();
  for (const { channelId, contact } of targets.flatMap((target) => reach(target).ways)) {
    if (contact && contacts.get(contact.id)?.enabled === false) continue;
    if (!found.has(channelId)) found.set(channelId, { channelId, contactName: contact?.name ?? null });
  }
  return [...found.values()];
}
