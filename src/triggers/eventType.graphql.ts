import { isCustomers, ownedBy } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { Category } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import { concernsServices, isOffered } from "../catalogue/offered.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { RecipientConfig } from "../channels/channelKind.graphql.ts";
import type { BurstRule, CompiledTrigger, RoutedChannel } from "../decide/settings.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { Services } from "../services.ts";

const ThresholdDirectionEnum = builder.enumType("ThresholdDirection", {
  description: "Which values reach a threshold.",
  values: {
    AT_LEAST: { value: "AT_LEAST" as const, description: "A value equal or above, e.g. disk usage in percent." },
    AT_MOST: { value: "AT_MOST" as const, description: "A value equal or below, e.g. days left of a certificate." },
  },
});

const ThresholdType = builder.objectRef<NonNullable<CompiledTrigger["threshold"]>>("Threshold").implement({
  description: "An event with a value fires only when the value has reached a step.",
  fields: (t) => ({
    direction: t.expose("direction", { type: ThresholdDirectionEnum, description: "Which values reach it." }),
    steps: t.floatList({ description: "The steps in the order in which they are crossed. Of several, each fires once while the problem goes on.", resolve: ({ steps }) => [...steps] }),
    unit: t.exposeString("unit", { description: "What is measured, e.g. % or days." }),
  }),
});

const BurstType = builder.objectRef<BurstRule>("Burst").implement({
  description: "So many messages on one event type a channel gets one by one within a time; the rest comes as one message.",
  fields: (t) => ({
    count: t.exposeInt("count", { description: "So many come one by one." }),
    window: t.expose("seconds", { type: "Duration", description: "The time that they are counted in." }),
  }),
});

interface TriggerRecipient {
  channelId: string;
  config: Record<string, unknown>;
}

const TriggerRecipientType = builder.objectRef<TriggerRecipient>("TriggerRecipient").implement({
  description: "Who gets an event type's events on one channel, in place of whom the channel names.",
  fields: (t) => ({
    channel: t.prismaField({ type: ChannelType, description: "The channel.", resolve: (query, { channelId }, _args, { services }) => services.db.channel.findUniqueOrThrow({ ...query, where: { id: channelId } }) }),
    config: t.field({
      type: RecipientConfig,
      description: "Who gets them.",
      resolve: ({ channelId, config }, _args, { services }) => ({ kind: services.snapshot.current.channels.get(channelId)?.kind ?? "", config, secretsSet: [] }),
    }),
  }),
});

export const EventTypeType = builder.objectRef<CompiledTrigger>("EventType").implement({
  description: "A kind of event, with the settings of its trigger applied.",
  fields: (t) => ({
    name: t.string({ description: "The canonical name, e.g. backup.failure.", resolve: ({ type }) => type.name }),
    title: t.string({ description: "The name for people.", resolve: ({ type }) => type.title }),
    description: t.string({ description: "When it is sent.", resolve: ({ type }) => type.description }),
    category: t.string({ description: "The name of its category.", resolve: ({ type }) => type.category }),
    builtIn: t.boolean({ description: "False for types that were registered here.", resolve: ({ type }, _args, { services }) => services.triggers.isBuiltIn(type.name) }),
    enabled: t.exposeBoolean("enabled", { description: "The master toggle: off here is off everywhere." }),
    severity: t.expose("severity", { type: SeverityEnum, description: "The severity of an event that brings none." }),
    condition: t.boolean({ description: "True for a problem that goes on until it recovers, false for a one-off.", resolve: ({ type }) => type.kind === "CONDITION" }),
    recovers: t.string({ nullable: true, description: "The type whose problem this one ends.", resolve: ({ type }) => type.recovers ?? null }),
    fingerprint: t.stringList({ description: "The fields that tell one problem from another. Empty: all details.", resolve: ({ type }) => type.fingerprint }),
    threshold: t.expose("threshold", { type: ThresholdType, nullable: true, description: "The threshold, for types that have one." }),
    cooldown: t.field({ type: "Duration", nullable: true, description: "Its own or its category's cooldown; null: the general one of the settings.", resolve: ({ cooldownSeconds }) => cooldownSeconds }),
    hold: t.field({ type: "Duration", nullable: true, description: "How long a problem must go on before it is told of; null: it is told of at once.", resolve: ({ holdSeconds }) => holdSeconds || null }),
    burst: t.expose("burst", { type: BurstType, nullable: true, description: "The burst in force: its own, the catalogue's, or the general one of the settings; null: every message comes by itself." }),
    liveAction: t.boolean({ description: "True for starts, stops and failures, which no digest holds back.", resolve: ({ type }) => type.live }),
    aliases: t.stringList({ description: "Other names that events may use.", resolve: ({ type }) => type.aliases }),
    channels: t.prismaField({
      type: [ChannelType],
      nullable: true,
      description: "The only channels that receive it; null lets each channel decide by its overrides and filters.",
      resolve: (query, { type }, _args, { services, principal }) => {
        const ids = services.snapshot.current.triggers.get(type.name)?.channelIds;
        return ids ? services.db.channel.findMany({ ...query, where: { id: { in: ids }, ...ownedBy(principal) } }) : null;
      },
    }),
  }),
});

builder.objectField(EventTypeType, "recipients", (t) =>
  t.field({
    type: [TriggerRecipientType],
    description: "Who gets its events in place of whom a channel names.",
    resolve: ({ type }, _args, { services, principal }) =>
      Object.entries(services.snapshot.current.triggers.get(type.name)?.recipients ?? {}).flatMap(([channelId, config]) => (isOwnChannel(services, channelId, principal) ? [{ channelId, config }] : [])),
  }),
);

export const CategoryType = builder.objectRef<Category>("Category").implement({
  description: "Event types that belong together.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    title: t.exposeString("title", { description: "Its name for people." }),
    description: t.exposeString("description", { description: "What is in it." }),
    emoji: t.exposeString("emoji", { description: "Put before titles in rich messages." }),
    totalCount: t.int({ description: "How many types are in it.", complexity: 1, resolve: ({ name }, _args, { services, principal }) => typesIn(services, name, principal).length }),
    enabledCount: t.int({
      description: "How many of them are on: at the master toggle, or with channelId for that channel.",
      args: { channelId: t.arg.globalID({ for: ChannelType, description: "A channel; left out: the master toggles." }) },
      resolve: ({ name }, { channelId }, { services, principal }) => {
        const channel = channelId ? services.snapshot.current.settings.channels.get(channelId.id) : null;
        if (channel === undefined || (channel && !isOwnChannel(services, channel.id, principal))) return 0;
        return typesIn(services, name, principal).filter((trigger) => isOn(trigger, channel)).length;
      },
    }),
    eventTypes: t.field({ type: [EventTypeType], description: "Its types.", resolve: ({ name }, _args, { services, principal }) => typesIn(services, name, principal) }),
  }),
});

function typesIn(services: Services, category: string, by: Owner): CompiledTrigger[] {
  return typesFor(services, by).filter(({ type }) => type.category === category);
}

/** Customers are shown what concerns services. */
function typesFor({ snapshot }: Services, by: Owner): CompiledTrigger[] {
  const all = [...snapshot.current.settings.triggers.values()];
  return isCustomers(by) ? all.filter(({ type }) => isOffered(type)) : all;
}

function isOwnChannel({ snapshot }: Services, channelId: string, by: Owner): boolean {
  return !isCustomers(by) || snapshot.current.channels.get(channelId)?.customer === by.customer;
}

function isOn(trigger: CompiledTrigger, channel: RoutedChannel | null): boolean {
  return trigger.enabled && (channel === null || trigger.routeOf(channel).barredBy === null);
}

function compiled({ snapshot }: Services, name: string, by: Owner): CompiledTrigger | null {
  const { catalogue, offered, settings } = snapshot.current;
  return settings.triggers.get((isCustomers(by) ? offered : catalogue).resolve(name)?.name ?? "") ?? null;
}

builder.queryFields((t) => ({
  categories: t.field({
    type: [CategoryType],
    description: "All categories of event types; for customers those that concern services.",
    authScopes: { may: "SETTINGS_READ" },
    complexity: { field: 1, multiplier: 3 },
    resolve: (_root, _args, { principal }) => CATEGORIES.filter(({ name }) => !isCustomers(principal) || concernsServices(name)),
  }),
  eventTypes: t.field({
    type: [EventTypeType],
    description: "All event types, built in and registered, with their settings; for customers those that concern services.",
    authScopes: { may: "SETTINGS_READ" },
    args: {
      category: t.arg.string({ description: "Only those of this category." }),
      search: t.arg.string({ description: "Only those with this in their name, title or aliases." }),
    },
    resolve: (_root, { category, search }, { services, principal }) =>
      typesFor(services, principal).filter(({ type }) => (!category || type.category === category) && (!search || mentions(type, search.toLowerCase()))),
  }),
  eventType: t.field({
    type: EventTypeType,
    nullable: true,
    description: "One event type by its name, alias or title.",
    authScopes: { may: "SETTINGS_READ" },
    args: { name: t.arg.string({ required: true, description: "Any of its names." }) },
    resolve: (_root, { name }, { services, principal }) => compiled(services, name, principal),
  }),
}));

function mentions(type: EventType, text: string): boolean {
  return [type.name, type.title, ...type.aliases].some((name) => name.toLowerCase().includes(text));
}

/** Payloads that hold the event type as it is now. */
export function eventTypePayload(name: string, description: string) {
  return builder.objectRef<{ eventType: CompiledTrigger }>(name).implement({
    description,
    fields: (t) => ({ eventType: t.expose("eventType", { type: EventTypeType, description: "The event type as it is now." }) }),
  });
}

export function compiledOrThrow(services: Services, name: string): { eventType: CompiledTrigger } {
  const eventType = compiled(services, name, null);
  if (!eventType) throw new NotFoundError(`The event type "${name.slice(0, 100)}"`);
  return { eventType };
}

const RegisterEventTypeInput = builder.inputType("RegisterEventTypeInput", {
  description: "An event type of your own.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Lower-case words joined by dots, e.g. order.payment_failed." }),
    title: t.string({ required: true, description: "The name for people, at most 100 characters." }),
    description: t.string({ description: "When it is sent." }),
    category: t.string({ description: "The name of a category. Left out: custom." }),
    severity: t.field({ type: SeverityEnum, description: "The severity of an event that brings none. Left out: INFO." }),
    condition: t.boolean({ description: "True for a problem that goes on until a RESOLVED event. Left out: false, a one-off." }),
    fingerprint: t.stringList({ description: "The fields that tell one problem from another: service, source, customer, details.<name>. Left out: all details." }),
    aliases: t.stringList({ description: "Other names that events may use." }),
  }),
});

const UpdateEventTypeInput = builder.inputType("UpdateEventTypeInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    title: t.string({ description: "The name for people, at most 100 characters." }),
    description: t.string({ description: "When it is sent." }),
    category: t.string({ description: "The name of a category." }),
    severity: t.field({ type: SeverityEnum, description: "The severity of an event that brings none." }),
    condition: t.boolean({ description: "True for a problem that goes on until a RESOLVED event." }),
    fingerprint: t.stringList({ description: "The fields that tell one problem from another." }),
    aliases: t.stringList({ description: "Other names that events may use." }),
  }),
});

builder.mutationField("registerEventType", (t) =>
  t.field({
    type: eventTypePayload("RegisterEventTypePayload", "The event type is registered and switched on."),
    description: "Registers an event type of your own.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("registerEventType", ValidationError, ConflictError),
    args: { input: t.arg({ type: RegisterEventTypeInput, required: true, description: "The event type." }) },
    resolve: async (_root, { input }, { services }) => compiledOrThrow(services, (await services.triggers.register(input)).name),
  }),
);

builder.mutationField("updateEventType", (t) =>
  t.field({
    type: eventTypePayload("UpdateEventTypePayload", "The event type is changed."),
    description: "Changes an event type that was registered here. Built-in types are adjusted by updateTrigger.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("updateEventType", ValidationError, NotFoundError, ConflictError),
    args: {
      name: t.arg.string({ required: true, description: "Its canonical name." }),
      input: t.arg({ type: UpdateEventTypeInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { name, input }, { services }) => compiledOrThrow(services, (await services.triggers.updateEventType(name, input as never)).name),
  }),
);

const DeleteEventTypePayload = builder.objectRef<{ name: string }>("DeleteEventTypePayload").implement({
  description: "The event type is gone, with its trigger. Events of it stay.",
  fields: (t) => ({ deletedName: t.exposeString("name", { description: "The name that it had." }) }),
});

builder.mutationField("deleteEventType", (t) =>
  t.field({
    type: DeleteEventTypePayload,
    description: "Removes an event type that was registered here.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("deleteEventType", ValidationError, NotFoundError),
    args: { name: t.arg.string({ required: true, description: "Its canonical name." }) },
    resolve: async (_root, { name }, { services }) => {
      await services.triggers.deleteEventType(name);
      return { name };
    },
  }),
);

