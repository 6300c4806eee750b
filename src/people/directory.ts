import type { Channel } from "../channels/channel.model.ts";
import type { Named, RuleTarget, Way } from "../decide/settings.ts";
import type { Contact } from "./contact.model.ts";
import { groupsWithin, holders } from "./contactGroup.model.ts";
import type { ContactGroup, Nesting } from "./contactGroup.model.ts";

/** Whom something leads to: exactly one of them is set. */
export interface Target {
  contactId: string | null;
  groupId: string | null;
  channelId: string | null;
}

/** Contacts, groups and their channels as they are at one moment. */
export interface Directory {
  readonly contacts: ReadonlyMap<string, Contact>;
  /** The channels of a target, each by the first way to it; the same object for the same target. Nobody is left out: what is switched off is found out later. */
  reach(target: Target): RuleTarget;
  /** A group and all groups in it. */
  groupsWithin(groupId: string): string[];
  /** The groups that these groups are in, directly or through others, and these themselves. */
  groupsAround(groupIds: readonly string[]): string[];
  /** The groups that a contact is in, directly or through others. */
  groupsOf(contactId: string): string[];
}

export function createDirectory(contacts: readonly Contact[], groups: readonly ContactGroup[], channels: readonly Channel[]): Directory {
  const contactsById = new Map(contacts.map((contact) => [contact.id, contact]));
  const groupsById = new Map(groups.map((group) => [group.id, group]));
  const nesting: Nesting = new Map(groups.map(({ id, groupIds }) => [id, groupIds]));
  const around = holders(nesting);
  const channelsOf = new Map<string, string[]>();
  for (const { id, contactId } of channels) if (contactId !== null) channelsOf.set(contactId, [...(channelsOf.get(contactId) ?? []), id]);
  const known = new Map<string, RuleTarget>();

  const groupsAround = (groupIds: readonly string[]): string[] => [...new Set(groupIds.flatMap((id) => groupsWithin(id, around)))];

  function waysToContact(contactId: string, group: Named | null): Way[] {
    const contact = contactsById.get(contactId);
    if (!contact) return [];
    const by = { contact: { id: contact.id, name: contact.name }, ...(group ? { group } : {}) };
    return (channelsOf.get(contactId) ?? []).map((channelId) => ({ channelId, ...by }));
  }

  function waysToGroup(groupId: string): Way[] {
    const group = groupsById.get(groupId);
    if (!group) return [];
    const contactIds = new Set(groupsWithin(groupId, nesting).flatMap((id) => groupsById.get(id)?.contactIds ?? []));
    return [...contactIds].flatMap((contactId) => waysToContact(contactId, { id: group.id, name: group.name }));
  }

  function waysOf({ contactId, groupId, channelId }: Target): Way[] {
    if (contactId !== null) return waysToContact(contactId, null);
    if (groupId !== null) return waysToGroup(groupId);
    return channelId === null ? [] : [{ channelId }];
  }

  return {
    contacts: contactsById,
    reach(target) {
      const key = `${target.contactId} ${target.groupId} ${target.channelId}`;
      const reached = known.get(key) ?? computedOnce(() => waysOf(target));
      known.set(key, reached);
      return reached;
    },
    groupsWithin: (groupId) => groupsWithin(groupId, nesting),
    groupsAround,
    groupsOf: (contactId) => groupsAround(groups.filter(({ contactIds }) => contactIds.includes(contactId)).map(({ id }) => id)),
  };
}

/** Worked out when it is first asked for: most rules match few events. */
function computedOnce(ways: () => Way[]): RuleTarget {
  let found: readonly Way[] | null = null;
  return {
    get ways() {
      return (found ??= ways());
    },
  };
}
