import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { createCatalogue, DuplicateNameError, notAnEventType } from "../catalogue/catalogue.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import { EVENT_TYPES } from "../catalogue/eventTypes.ts";
import { concernsServices, offeredCatalogue } from "../catalogue/offered.ts";
import type { Channel } from "../channels/channel.model.ts";
import type { OverrideTarget } from "../channels/channel.service.ts";
import type { Clock } from "../clock.ts";
import { createBatch } from "../db/batch.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Log } from "../log.ts";
import { parseInput } from "../parseInput.ts";
import { checkedRecipients } from "./recipients.ts";
import { canonicalName, eventTypeChange, eventTypeInput, eventTypeOf, triggerChange, unknownType } from "./trigger.model.ts";
import type { CustomEventType, EventTypeChange, EventTypeInput, Trigger, TriggerChange } from "./trigger.model.ts";
import type { TriggerStore } from "./trigger.store.ts";

/** So many types may register themselves by being sent; beyond it they must be registered by hand. */
export const MOST_CUSTOM_TYPES = 2000;

export interface TriggerService {
  /** Built-in and custom types, found by any of their names. */
  catalogue(): Promise<Catalogue>;
  triggers(): Promise<Trigger[]>;
  update(eventType: string, change: TriggerChange): Promise<void>;
  reset(eventType: string): Promise<void>;
  /** Flips the master toggle of every type in the category. */
  setCategoryEnabled(category: string, enabled: boolean): Promise<void>;
  register(input: EventTypeInput): Promise<CustomEventType>;
  /** Registers a type that was sent without being known, under the name it was sent by; leaves it alone when it is known by now. */
  registerUnknown(given: string): Promise<void>;
  updateEventType(name: string, change: EventTypeChange): Promise<CustomEventType>;
  deleteEventType(name: string): Promise<void>;
  isBuiltIn(name: string): boolean;
  /** What an override is about, by its canonical name: of what is offered to whoever asks. @throws {ValidationError} when there is no such type or category */
  overrideTarget(given: { eventType?: string | null | undefined; category?: string | null | undefined }, by: Owner): Promise<OverrideTarget>;
}

/**
 * @param changed called after every change, so that the new settings take effect
 * @param channelOf gives the channel with this id; undefined when there is none
 */
export function createTriggerService(
  store: TriggerStore,
  clock: Clock,
  log: Log,
  changed: () => Promise<void>,
  channelOf: (id: string) => Channel | undefined,
): TriggerService {
  async function catalogue(): Promise<Catalogue> {
    return catalogueWith(await store.customTypes(), log);
  }

  async function typeNamed(name: string): Promise<EventType> {
    const type = (await catalogue()).resolve(name);
    if (!type) throw new NotFoundError(`The event type "${name.slice(0, 100)}"`);
    return type;
  }

  async function customTypeNamed(name: string): Promise<CustomEventType> {
    const type = (await store.customTypes()).find((custom) => custom.name === name);
    if (type) return type;
    const known = EVENT_TYPES.some((builtIn) => builtIn.name === name);
    throw known ? ValidationError.of("name", "is built in: it can be switched off and adjusted by updateTrigger, but not changed or removed") : new NotFoundError(`The event type "${name.slice(0, 100)}"`);
  }

  // One after the other: two events of one new type that come together must not both register it.
  const unknownTypes = createBatch(async (given: string[]) => {
    const known = await catalogue();
    const custom = await store.customTypes();
    const fresh = new Map(given.filter((name) => !known.resolve(name)).map((name) => [canonicalName(name), name]));
    for (const name of fresh.keys()) if (known.resolve(name)) fresh.delete(name);
    const types = [...fresh.values()].slice(0, Math.max(0, MOST_CUSTOM_TYPES - custom.length)).map((name) => unknownType(name, clock.now()));
    if (types.length > 0) await store.insertUnknownTypes(types);
    // What another process has registered a moment ago is only to be read.
    if (types.length > 0 || given.some((name) => known.resolve(name))) await changed();
    return given.map(() => undefined);
  }, MOST_CUSTOM_TYPES);

  return {
    catalogue,
    triggers: () => store.triggers(),

    async update(eventType, input) {
      const type = await typeNamed(eventType);
      const change = parseInput(triggerChange, input);
      if (change.steps && !type.threshold) throw ValidationError.of("steps", `must be left out: ${type.name} has no threshold`);
      const unknown = change.channelIds?.findIndex((id) => !channelOf(id)) ?? -1;
      if (unknown >= 0) throw ValidationError.of(`channelIds.${unknown}`, "must be the id of a channel", "not_found");
      const { cooldown, hold, burst, recipients, ...rest } = change;
      if (hold && type.recovers) throw ValidationError.of("hold", `must be left out: a hold is for problems, and this type ends one. Set it on ${type.recovers}`);
      if (recipients?.length && type.recovers) throw ValidationError.of("recipients", `must be left out: a recovery goes to those who were told of the problem. Set them on ${type.recovers}`);
      const recipientsByChannel = recipients === null ? {} : recipients && checkedRecipients(recipients, channelOf);
      const burstRule = burst && { count: burst.count, seconds: burst.window };
      const columns = { ...rest, recipients: recipientsByChannel, cooldownSeconds: cooldown, holdSeconds: hold, burst: burstRule };
      const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
      await store.change([type.name], (before) => ({ ...before, ...given }), clock.now());
      await changed();
    },

    async reset(eventType) {
      await store.delete((await typeNamed(eventType)).name);
      await changed();
    },

    async setCategoryEnabled(category, enabled) {
      if (!CATEGORIES.some(({ name }) => name === category)) throw new NotFoundError(`The category "${category.slice(0, 100)}"`);
      const types = (await catalogue()).types.filter((type) => type.category === category);
      await store.change(types.map(({ name }) => name), (before) => ({ ...before, enabled }), clock.now());
      await changed();
    },

    async register(input) {
      const type = { ...parseInput(eventTypeInput, input), createdAt: clock.now() };
      const custom = await store.customTypes();
      refuseClash([...custom, type]);
      await store.insertCustomTypes([type]);
      await changed();
      return type;
    },

    registerUnknown: (given) => unknownTypes.add(given),

    async updateEventType(name, input) {
      const before = await customTypeNamed(name);
      const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
      const changes = parseInput(eventTypeChange, given) as Partial<CustomEventType>;
      const after = { ...before, ...changes };
      const others = (await store.customTypes()).filter((type) => type.name !== name);
      refuseClash([...others, after]);
      await store.updateCustomType(name, changes);
      await changed();
      return after;
    },

    async deleteEventType(name) {
      await customTypeNamed(name);
      await store.deleteCustomType(name);
      await changed();
    },

    isBuiltIn: (name) => EVENT_TYPES.some((type) => type.name === name),

    async overrideTarget({ eventType, category }, by) {
      if (!eventType) {
        const names = CATEGORIES.map(({ name }) => name).filter((name) => !isCustomers(by) || concernsServices(name));
        if (names.some((name) => name === category)) return { category: category as string };
        throw ValidationError.of("target.category", `must be one of ${names.join(", ")}`, "not_found");
      }
      const types = isCustomers(by) ? offeredCatalogue(await catalogue()) : await catalogue();
      const type = types.resolve(eventType);
      if (type) return { eventType: type.name };
      throw ValidationError.of("target.eventType", notAnEventType(eventType, types), "not_found");
    },
  };
}

function refuseClash(custom: CustomEventType[]): void {
  try {
    createCatalogue([...EVENT_TYPES, ...custom.map(eventTypeOf)]);
  } catch (error) {
    if (!(error instanceof DuplicateNameError)) throw error;
    throw new ConflictError(`The name "${error.claimed}" already stands for the event type ${error.types[0]}. Choose another name, title or alias.`);
  }
}

/** A custom type whose name a newer version has built in gives way, so that an upgrade always starts. */
function catalogueWith(custom: CustomEventType[], log: Log): Catalogue {
  try {
    return createCatalogue([...EVENT_TYPES, ...custom.map(eventTypeOf)]);
  } catch (error) {
    if (!(error instanceof DuplicateNameError)) throw error;
    const { types } = error;
    log.warn({ types }, "a custom event type shares a name with another one and is left out");
    return catalogueWith(custom.filter((type) => type.name !== types[1]), log);
  }
}
