import type { Principal } from "../access/principal.ts";
import { ValidationError } from "../errors.ts";
import type { Json } from "../render/message.ts";
import type { SettingsServices } from "../settingsServices.ts";
import { customerOfItem, withSeconds } from "./document.ts";
import type { Item, SectionName } from "./document.ts";
import type { References } from "./references.ts";

/** An item on its way in, with what it is put in by. */
export interface Given {
  item: Item;
  /** Where it stands in the document, for errors. */
  path: string;
  references: References;
  services: SettingsServices;
  /** Acts for the customer whose the item is. */
  by: Principal;
}

/** How the items of a section come in and go. They are given to the services unchecked (`as never`): those check them, as they check what the API gives them. */
export interface SectionRules {
  /** The key by which items refer to others of their section: it is set when all are there. */
  refersToItsOwn?: string;
  create(given: Given): Promise<unknown>;
  update(id: string, given: Given): Promise<unknown>;
  remove(id: string, given: Pick<Given, "services" | "by">): Promise<unknown>;
}

export const SECTION_RULES: Record<SectionName, SectionRules> = {
  eventTypes: {
    create: ({ item, services }) => services.triggers.register(item as never),
    update: (name, { item: { name: _, ...change }, services }) => services.triggers.updateEventType(name, change as never),
    remove: (name, { services }) => services.triggers.deleteEventType(name),
  },
  providerAccounts: {
    create: (given) => given.services.providerAccounts.create({ name: given.item["name"], config: configOf(given) ?? {} } as never, given.by),
    update: (id, given) => given.services.providerAccounts.update(id, { config: configOf(given) } as never, given.by),
    remove: (id, { services, by }) => services.providerAccounts.delete(id, true, by),
  },
  contacts: {
    create: ({ item, services, by }) => services.contacts.create(item as never, by),
    update: (id, { item: { customer: _, ...change }, services, by }) => services.contacts.update(id, change as never, by),
    remove: (id, { services, by }) => services.contacts.delete(id, by),
  },
  contactGroups: {
    refersToItsOwn: "groups",
    create: (given) => given.services.contactGroups.create({ name: given.item["name"], customer: given.item["customer"], ...memberIds(given) } as never, given.by),
    update: (id, given) => given.services.contactGroups.update(id, memberIds(given) as never, given.by),
    remove: (id, { services, by }) => services.contactGroups.delete(id, by),
  },
  channels: {
    refersToItsOwn: "fallback",
    async create(given) {
      const { customer: _, config: __, ...input } = channelInput(given);
      const { id } = await given.services.channels.create({ ...input, config: configOf(given) ?? {} } as never, given.by);
      await setOverrides(id, given);
    },
    async update(id, given) {
      const { customer: _, name: __, ...change } = channelInput(given);
      await given.services.channels.update(id, change as never, given.by);
      await setOverrides(id, given);
    },
    remove: (id, { services, by }) => services.channels.delete(id, by),
  },
  triggers: {
    create: setTrigger,
    update: (_, given) => setTrigger(given),
    remove: (eventType, { services }) => services.triggers.reset(eventType),
  },
  inhibitionRules: {
    create: ({ item, services }) => services.inhibitionRules.create(item as never),
    update: (id, { item, services }) => services.inhibitionRules.update(id, item as never),
    remove: (id, { services }) => services.inhibitionRules.delete(id),
  },
  escalationPolicies: {
    create: (given) => given.services.escalationPolicies.create(policyInput(given) as never, given.by),
    update: (id, given) => {
      const { customer: _, ...change } = policyInput(given);
      return given.services.escalationPolicies.update(id, change as never, given.by);
    },
    remove: (id, { services, by }) => services.escalationPolicies.delete(id, by),
  },
  alertRules: {
    create: (given) => given.services.alertRules.create(ruleInput(given) as never, given.by),
    update: (id, given) => {
      const { customer: _, ...change } = ruleInput(given);
      return given.services.alertRules.update(id, change as never, given.by);
    },
    remove: (id, { services, by }) => services.alertRules.delete(id, by),
  },
  silences: {
    create: ({ item, services, by }) => services.silences.create(silenceInput(item) as never, by),
    update: (id, { item, services, by }) => services.silences.update(id, silenceInput(item) as never, by),
    remove: (id, { services, by }) => services.silences.end(id, by),
  },
};

/** Ids for a list of references; undefined where the document leaves it out. */
function idsAt({ item, path, references }: Given, key: string, kind: Parameters<References["idOf"]>[0]): string[] | undefined {
  const given = item[key];
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given)) throw ValidationError.of(`${path}.${key}`, "must be a list of names");
  return given.map((reference, at) => references.idOf(kind, reference, customerOfItem(item), `${path}.${key}.${at}`));
}

function idAt({ item, path, references }: Given, key: string, kind: Parameters<References["idOf"]>[0]): string | null | undefined {
  const given = item[key];
  return given === undefined || given === null ? given : references.idOf(kind, given, customerOfItem(item), `${path}.${key}`);
}

function memberIds(given: Given): object {
  return { contactIds: idsAt(given, "contacts", "contacts"), groupIds: idsAt(given, "groups", "contactGroups") };
}

function channelInput(given: Given): Item {
  const { account: _, contact: __, overrides: ___, fallback: ____, ...rest } = withSeconds(given.item, given.path);
  // For a channel's own name of itself, the empty text is none.
  const displayName = rest["displayName"] === null ? { displayName: "" } : {};
  return { ...rest, ...displayName, config: configOf(given), accountId: idAt(given, "account", "providerAccounts"), contactId: idAt(given, "contact", "contacts"), fallbackId: idAt(given, "fallback", "channels") } as Item;
}

/** The one config that is given; undefined when none is. */
function configOf({ item, path }: Given): Item | undefined {
  const { config } = item;
  if (config === undefined) return undefined;
  const isOne = config !== null && typeof config === "object" && !Array.isArray(config) && Object.keys(config).length === 1;
  if (!isOne) throw ValidationError.of(`${path}.config`, 'must hold the config of exactly one kind, e.g. { "webhook": { … } }');
  return config;
}

/** The objects of a list; undefined where the document leaves it out. */
function objectsAt({ item, path }: Given, key: string): Item[] | undefined {
  const given = item[key];
  if (given === undefined || given === null) return undefined;
  const areObjects = Array.isArray(given) && given.every((one) => one !== null && typeof one === "object" && !Array.isArray(one));
  if (!areObjects) throw ValidationError.of(`${path}.${key}`, "must be a list of objects");
  return given as Item[];
}

/** Those that the document names, and no others. */
async function setOverrides(id: string, given: Given): Promise<void> {
  const { path, services, by } = given;
  const overrides = objectsAt(given, "overrides");
  if (!overrides) return;
  const kept = new Set<string>();
  for (const [at, { enabled, ...target }] of overrides.entries()) {
    if (typeof enabled !== "boolean") throw ValidationError.of(`${path}.overrides.${at}.enabled`, "must be true or false");
    const found = await services.triggers.overrideTarget(target as never, by);
    kept.add(JSON.stringify(found));
    await services.channels.setOverride(id, found, enabled, by);
  }
  for (const { eventType, category } of (await services.channels.get(id, by)).overrides) {
    const target = eventType === null ? { category: category as string } : { eventType };
    if (!kept.has(JSON.stringify(target))) await services.channels.setOverride(id, target, null, by);
  }
}

async function setTrigger(given: Given): Promise<void> {
  const { item, path, references, services } = given;
  const { eventType, channels, recipients, ...change } = withSeconds(item, path);
  const channelIds = channels === null ? null : idsAt(given, "channels", "channels");
  const ids = objectsAt(given, "recipients")?.map(({ channel, config }, at) => ({
    channelId: references.idOf("channels", channel, null, `${path}.recipients.${at}.channel`),
    config: configOf({ ...given, item: { config: config ?? null }, path: `${path}.recipients.${at}` }),
  }));
  await services.triggers.update(eventType as string, { ...change, channelIds, recipients: recipients === null ? null : ids } as never);
}

function ruleInput(given: Given): Item {
  const { contacts: _, groups: __, channels: ___, escalationPolicy: ____, ...rest } = given.item;
  return { ...rest, ...targetIds(given), escalationPolicyId: idAt(given, "escalationPolicy", "escalationPolicies") } as unknown as Item;
}

function targetIds(given: Given): object {
  return { contactIds: idsAt(given, "contacts", "contacts"), groupIds: idsAt(given, "groups", "contactGroups"), channelIds: idsAt(given, "channels", "channels") };
}

function policyInput(given: Given): Item {
  const steps = objectsAt(given, "steps")?.map((step, at) => {
    const { contacts: _, groups: __, channels: ___, ...rest } = step;
    // A step belongs to whom its policy belongs.
    return { ...rest, ...targetIds({ ...given, item: { ...step, customer: customerOfItem(given.item) }, path: `${given.path}.steps.${at}` }) };
  });
  return withSeconds({ ...given.item, steps } as unknown as Item, given.path);
}

function silenceInput({ reason, matchers, startsAt, endsAt, schedule }: Item): object {
  const time = (value: Json | undefined) => (typeof value === "string" ? new Date(value) : value);
  return { reason, matchers, startsAt: time(startsAt), endsAt: time(endsAt), schedule };
}
