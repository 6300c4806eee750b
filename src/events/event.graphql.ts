import { createErrorProxy } from "@pothos/plugin-errors";
import { isCustomers, isOwnEvent, ownCategories, ownCustomers, ownEvents } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { canonicalNames } from "../catalogue/catalogue.ts";
import { readRows } from "../db/readRows.ts";
import { parsedJson } from "../db/sql.ts";
import { leftOutVerdict } from "../decide/leftOut.ts";
import type { Named } from "../decide/settings.ts";
import type { ChannelVerdict, Verdict, Via } from "../decide/verdict.ts";
import { VERDICT_REASONS } from "../decide/verdict.ts";
import { CallerError, IdempotencyConflictError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import type { Context } from "../graphql/context.ts";
import { EventStatusEnum, MessageReasonEnum, SeverityEnum, VerdictActionEnum, VerdictReasonEnum } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import { OtherErrorType } from "../graphql/errorTypes.ts";
import { NEAR_NAMES } from "../intake/intake.ts";
import { rowById } from "../graphql/readTogether.ts";
import type { Accepted } from "../intake/intake.ts";
import type { Json } from "../render/message.ts";
import type { Owner } from "../access/principal.ts";
import type { Snapshot } from "../settings/snapshot.ts";
import { storedDecision } from "./event.model.ts";
import type { StoredDecision } from "./event.model.ts";
import { EVENTS, eventSearch } from "./eventFilter.ts";

/** The most events of one emitEvents. */
export const LARGEST_EMIT = 1000;

/** So many channels that no rule leads to are listed of one event. */
const MOST_LEFT_OUT = 100;

interface LeftOut extends ChannelVerdict {
  onlyByRules: boolean;
}

interface DecisionShape extends StoredDecision {
  /** Channels that are younger than the event had no part in it. Null for a simulation. */
  eventId: string | null;
}

/** As far as the token may know: a customer does not learn of other people's rules and groups. */
function viaOf({ via }: ChannelVerdict, { principal, services }: Context): Via | null {
  const own = !via || principal?.customer === null || services.snapshot.current.settings.rules.some(({ id, customer }) => id === via.rule.id && customer === principal?.customer);
  return own ? (via ?? null) : null;
}

const ViaType = builder.objectRef<Via>("Via").implement({
  description: "How an alert rule leads to a channel: the first way in the order of the rules. Names are those of that moment.",
  fields: (t) => ({
    ruleId: t.field({ type: "ID", description: "The rule's id, for alertRule(id).", resolve: ({ rule }) => globalIdOf("AlertRule", rule.id) }),
    rule: t.string({ description: "The rule.", resolve: ({ rule }) => rule.name }),
    contactId: t.field({ type: "ID", nullable: true, description: "The contact's id, for contact(id).", resolve: ({ contact }) => (contact ? globalIdOf("Contact", contact.id) : null) }),
    contact: t.string({ nullable: true, description: "The contact whose channel it is; null when the rule names the channel itself.", resolve: ({ contact }) => contact?.name ?? null }),
    groupId: t.field({ type: "ID", nullable: true, description: "The group's id, for contactGroup(id).", resolve: ({ group }) => (group ? globalIdOf("ContactGroup", group.id) : null) }),
    group: t.string({ nullable: true, description: "The contact group that the rule names, where the contact is in one.", resolve: ({ group }) => group?.name ?? null }),
  }),
});

const MatchedRuleType = builder.objectRef<Named>("MatchedRule").implement({
  description: "An alert rule that matched an event.",
  fields: (t) => ({
    id: t.field({ type: "ID", description: "Its id, for alertRule(id).", resolve: ({ id }) => globalIdOf("AlertRule", id) }),
    name: t.exposeString("name", { description: "Its name at that moment." }),
  }),
});

const ChannelVerdictType = builder.objectRef<ChannelVerdict>("ChannelVerdict").implement({
  description: "What one channel gets of an event, and why.",
  fields: (t) => ({
    channelId: t.field({ type: "ID", description: "The channel's id, for channel(id).", resolve: (verdict) => globalIdOf("Channel", verdict.channelId) }),
    channelName: t.exposeString("channelName", { description: "The channel's name at that moment." }),
    action: t.expose("action", { type: VerdictActionEnum, description: "Sent or not." }),
    because: t.expose("because", { type: VerdictReasonEnum, description: "Why." }),
    explanation: t.string({ description: "Why, in plain words.", resolve: (verdict, _args, context) => `${explanationOf(verdict)}${wayText(viaOf(verdict, context))}` }),
    until: t.expose("until", { type: "DateTime", nullable: true, description: "Until when the reason holds, where it ends by itself." }),
    via: t.field({ type: ViaType, nullable: true, description: "How an alert rule leads to it, sent or not; null when none does.", resolve: (verdict, _args, context) => viaOf(verdict, context) }),
  }),
});

const DecisionType = builder.objectRef<DecisionShape>("Decision").implement({
  description: "What becomes of an event, and why. The stored decision of a past event and a simulation say the same in the same form.",
  fields: (t) => ({
    action: t.field({ type: VerdictActionEnum, description: "SEND when at least one channel gets it.", resolve: ({ verdict }) => verdict.action }),
    because: t.field({ type: VerdictReasonEnum, description: "Why, of the event as a whole.", resolve: ({ verdict }) => verdict.because }),
    explanation: t.string({ description: "Why, in plain words.", resolve: ({ verdict }) => explanationOf(verdict) }),
    until: t.field({ type: "DateTime", nullable: true, description: "Until when the reason holds, where it ends by itself.", resolve: ({ verdict }) => dateOf(verdict.until) }),
    reason: t.expose("reason", { type: MessageReasonEnum, description: "Why a message about it exists, or would." }),
    channels: t.field({
      type: [ChannelVerdictType],
      description: `Every channel: whether it gets the event, and why. Of those that hear only of what an alert rule leads to them, and to which none did, the first ${MOST_LEFT_OUT}: channel(id) tells of any.`,
      resolve(decision, _args, { services, principal }) {
        const others = leftOut(decision, services.snapshot.current, principal);
        return [...channelVerdicts(decision), ...others.filter(({ onlyByRules }) => !onlyByRules), ...others.filter(({ onlyByRules }) => onlyByRules).slice(0, MOST_LEFT_OUT)];
      },
    }),
    channel: t.field({
      type: ChannelVerdictType,
      nullable: true,
      description: "Whether one channel gets the event, and why; null when it was not there yet.",
      args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
      resolve: (decision, { id }, { services, principal }) => [...channelVerdicts(decision), ...leftOut(decision, services.snapshot.current, principal)].find(({ channelId }) => channelId === id.id) ?? null,
    }),
    rules: t.field({
      type: [MatchedRuleType],
      description: "The alert rules that matched, in the order in which they were asked, the first 100. None where the event was stopped before, or is the end of a problem.",
      resolve: ({ rules }, _args, { services, principal }) => (rules ?? []).filter(({ id }) => principal?.customer === null || services.snapshot.current.settings.rules.some((rule) => rule.id === id && rule.customer === principal?.customer)),
    }),
  }),
});

function explanationOf({ because, detail }: Verdict): string {
  return detail ? `${VERDICT_REASONS[because]} ${detail}` : VERDICT_REASONS[because];
}

function wayText(via: Via | null): string {
  if (!via) return "";
  const contact = via.contact ? ` by the contact "${via.contact.name}"` : "";
  const group = via.group ? ` of the group "${via.group.name}"` : "";
  return ` The alert rule "${via.rule.name}" leads to it${contact}${group}.`;
}

function channelVerdicts({ channels }: DecisionShape): ChannelVerdict[] {
  return channels.map((channel) => ({ ...channel, until: dateOf(channel.until) }));
}

/** What there is to say of the channels that the decision does not list, but which were there at its time. */
function leftOut(decision: DecisionShape, { channels }: Snapshot, by: Owner): LeftOut[] {
  const listed = new Set(decision.channels.map(({ channelId }) => channelId));
  const verdict = leftOutVerdict(decision);
  const missing = [...channels.values()].filter(({ id, customer }) => !listed.has(id) && (!isCustomers(by) || customer === by.customer) && (decision.eventId === null || id < decision.eventId));
  return missing.map(({ id, name, onlyByRules }) => ({ ...verdict, until: dateOf(verdict.until), channelId: id, channelName: name, onlyByRules }));
}

/** Stored decisions are JSON: their times come back as text. */
function dateOf(time: Verdict["until"] | string): Date | null {
  return time === null ? null : new Date(time);
}

export const EventType = builder.prismaNode("Event", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownEvents(principal) }),
  nullable: true,
  description: "Something that happened, as it was taken in.",
  // Whoever sent an event may see it in the answer, even without the scope to read events.
  authScopes: (event, { principal }) => ({ $any: { $granted: "emitted", $all: { may: "EVENTS_READ", isOwn: isOwnEvent(principal, event) } } }),
  fields: (t) => ({
    type: t.exposeString("type", { description: "The canonical name of its type, e.g. backup.failure." }),
    category: t.exposeString("category", { description: "The category of its type." }),
    severity: t.expose("severity", { type: SeverityEnum, description: "Its severity: the producer's, else its type's." }),
    status: t.expose("status", { type: EventStatusEnum, nullable: true, description: "Whether it opened or closed a condition, as the producer said." }),
    source: t.exposeString("source", { nullable: true, description: "The machine or program that it comes from." }),
    service: t.exposeString("service", { nullable: true, description: "The service that it is about." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose service it is." }),
    title: t.exposeString("title", { description: "One line: the producer's, else its type's." }),
    message: t.exposeString("message", { description: "The text: the producer's, else made from its type's template." }),
    details: t.field({ type: "JSONObject", description: "Further facts, as the producer gave them.", resolve: ({ details }) => parsedJson<{ [key: string]: Json }>(details) }),
    value: t.exposeFloat("value", { nullable: true, description: "The measured value that a threshold is held against." }),
    dedupKey: t.exposeString("dedupKey", { nullable: true, description: "The producer's own name of the problem." }),
    occurredAt: t.expose("occurredAt", { type: "DateTime", description: "When it happened." }),
    receivedAt: t.expose("receivedAt", { type: "DateTime", description: "When the server took it in." }),
    decision: t.field({
      type: DecisionType,
      description: "What became of it and why, for each channel.",
      resolve: async (event, _args, { services, principal }) => ({ ...(await services.ownDecisions.read(parsedJson<StoredDecision>(event.decision), event, principal)), eventId: event.id }),
    }),
  }),
});

/** The event with an id, whoever may see it; null when it is not kept any more. */
export const eventById = rowById((ids, { services }) => readRows(services.db, "Event", "id", ids));

const EmitEventInput = builder.inputType("EmitEventInput", {
  description: "An event as a producer sends it. Only the type is needed.",
  fields: (t) => ({
    type: t.string({ required: true, description: "The event type by its name or any alias, e.g. backup.failure, backup_fail or \"Backup failed\". The eventTypes query lists them. At most 100 characters." }),
    severity: t.field({ type: SeverityEnum, description: "Left out: the type's own." }),
    status: t.field({ type: EventStatusEnum, description: "FIRING opens a condition or counts towards it, RESOLVED closes it. Types with a recovery pair need none." }),
    source: t.string({ description: "The machine or program that it comes from. At most 200 characters." }),
    service: t.string({ description: "The service that it is about. At most 200 characters." }),
    customer: t.string({ description: "The customer whose service it is. At most 200 characters." }),
    title: t.string({ description: "One line of at most 300 characters. Left out: the type's own." }),
    message: t.string({ description: "The text, at most 20,000 characters; plain text, shown as it is. Left out: made from the type's template." }),
    details: t.field({ type: "JSONObject", description: "Further facts: at most 32 KiB of JSON, nested at most 8 deep." }),
    value: t.float({ description: "A measured value, for types with a threshold: the event fires only when the threshold is reached." }),
    occurredAt: t.field({ type: "DateTime", description: "When it happened. Left out: now." }),
    dedupKey: t.string({ description: "Your own name of the problem: events of one type with one dedupKey are about the same thing. Left out: the type's key fields. At most 200 characters." }),
    idempotencyKey: t.string({ description: "Makes sending again safe: within 24 hours the same key of the same token answers with the first result. At most 200 characters." }),
  }),
});

const EmitEventPayload = builder.objectRef<Accepted>("EmitEventPayload").implement({
  description: "The event was stored durably; what is to be sent is on its way.",
  fields: (t) => ({
    event: t.field({ type: EventType, grantScopes: ["emitted"], description: "The event as stored.", resolve: ({ event }) => event as never }),
    decision: t.field({ type: DecisionType, description: "What becomes of it and why.", resolve: async ({ event }, _args, { services, principal }) => ({ ...(await services.ownDecisions.read(event.decision, event, principal)), eventId: event.id }) }),
    deduplicated: t.exposeBoolean("deduplicated", { description: "True when its idempotencyKey answered with an earlier result; nothing new was stored." }),
    nearestTypes: t.stringList({
      nullable: true,
      description: "When nobody knew the type and it was registered under the category custom: known types of a similar name. Null for known types.",
      resolve: ({ nearestTypes }) => nearestTypes,
    }),
  }),
});

const EmitEventResult = builder.unionType("EmitEventResult", {
  description: "What emitEvent gives: its payload, or what was wrong.",
  types: [EmitEventPayload, ValidationError, IdempotencyConflictError, OtherErrorType],
  resolveType: (result) => errorTypeOf(result) ?? "EmitEventPayload",
});

/** GraphQL throws whatever Error a resolver gives; in this wrapper of the errors plugin it stays data. */
function asData<Result extends object>(result: Result): Result {
  return result instanceof CallerError ? (createErrorProxy(result, result.constructor, { wrapped: true }) as Result) : result;
}

/** The type of an error from `asData`, which `instanceof` does not know; undefined for payloads. */
function errorTypeOf({ constructor }: object): "ValidationError" | "IdempotencyConflictError" | "OtherError" | undefined {
  if (constructor === ValidationError) return "ValidationError";
  if (constructor === IdempotencyConflictError) return "IdempotencyConflictError";
  return constructor === CallerError ? "OtherError" : undefined;
}

const EmitEventsPayload = builder.objectRef<{ results: (Accepted | CallerError)[] }>("EmitEventsPayload").implement({
  description: "One result for each event, at its place. A wrong one does not keep the others back.",
  fields: (t) => ({
    results: t.field({ type: [EmitEventResult], complexity: { field: 1, multiplier: 1 }, description: "In the order of the input.", resolve: ({ results }) => results.map(asData) }),
    acceptedCount: t.int({ description: "How many were accepted.", resolve: ({ results }) => results.filter((result) => !(result instanceof CallerError)).length }),
  }),
});

builder.mutationField("emitEvent", (t) =>
  t.field({
    type: EmitEventResult,
    description: "Sends one event. It is stored durably before the answer; the answer says what becomes of it.",
    authScopes: { may: "EVENTS_EMIT" },
    args: { input: t.arg({ type: EmitEventInput, required: true, description: "The event." }) },
    resolve: async (_root, { input }, { services, principal }) => {
      const [result] = await services.intake.emit([input], principal?.tokenId ?? "", principal?.customer);
      return asData(result as Accepted | CallerError);
    },
  }),
);

builder.mutationField("emitEvents", (t) =>
  t.field({
    type: EmitEventsPayload,
    description: `Sends up to ${LARGEST_EMIT} events at once, each with a result of its own.`,
    authScopes: { may: "EVENTS_EMIT" },
    args: { input: t.arg({ type: [EmitEventInput], required: true, description: `The events, at most ${LARGEST_EMIT}.` }) },
    resolve: async (_root, { input }, { services, principal }) => {
      if (input.length > LARGEST_EMIT) throw new CallerError("BAD_REQUEST", `input: must hold at most ${LARGEST_EMIT} events at once.`);
      return { results: await services.intake.emit(input, principal?.tokenId ?? "", principal?.customer) };
    },
  }),
);

interface Simulated {
  decision: DecisionShape;
  nearestTypes: string[] | null;
}

const SimulateEventPayload = builder.objectRef<Simulated>("SimulateEventPayload").implement({
  description: "What would become of the event if it were sent now.",
  fields: (t) => ({
    decision: t.expose("decision", { type: DecisionType, description: "The same decision that emitEvent would make." }),
    nearestTypes: t.exposeStringList("nearestTypes", { nullable: true, description: "When nobody knows the type, so that sending the event would register it: known types of a similar name. Null for known types." }),
  }),
});

const SimulateEventResult = builder.unionType("SimulateEventResult", {
  description: "What simulateEvent gives: its payload, or what was wrong.",
  types: [SimulateEventPayload, ValidationError, OtherErrorType],
  resolveType: (result) => (errorTypeOf(result) as "ValidationError" | "OtherError" | undefined) ?? "SimulateEventPayload",
});

builder.queryField("simulateEvent", (t) =>
  t.field({
    type: SimulateEventResult,
    description: "Says what would become of an event, for each channel and why, without storing or sending anything.",
    authScopes: { may: "EVENTS_EMIT" },
    args: {
      input: t.arg({ type: EmitEventInput, required: true, description: "The event." }),
      at: t.arg({ type: "DateTime", description: "The moment to decide for, with what is known now, e.g. tonight within quiet hours. Left out: now." }),
    },
    resolve: async (_root, { input, at }, { services, principal }) => {
      try {
        const decision = await services.intake.simulate(input, at ?? null, principal?.customer ?? null);
        const about = { fingerprint: decision.fingerprint, conditionId: decision.condition?.after.id ?? null };
        const { catalogue } = services.snapshot.current;
        const nearestTypes = catalogue.resolve(input.type) ? null : catalogue.nearest(input.type, NEAR_NAMES);
        return { decision: { ...(await services.ownDecisions.read(storedDecision(decision), about, principal)), eventId: null }, nearestTypes };
      } catch (error) {
        if (error instanceof CallerError) return asData(error);
        throw error;
      }
    },
  }),
);

builder.queryField("event", (t) =>
  t.prismaField({
    type: EventType,
    nullable: true,
    description: "One event; null when there is none with this id, or no longer. Its decision says why each channel got it or not.",
    authScopes: { may: "EVENTS_READ" },
    args: { id: t.arg.globalID({ required: true, for: EventType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.event.findFirst({ ...query, where: { id: id.id, ...ownEvents(principal) } }),
  }),
);

const EventFilter = builder.inputType("EventFilter", {
  description: "Which events are wanted; what is left out does not matter.",
  fields: (t) => ({
    types: t.stringList({ description: "Event types by any of their names." }),
    categories: t.stringList({ description: "Names of categories." }),
    severities: t.field({ type: [SeverityEnum], description: "Severities." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "This severity and those above." }),
    services: t.stringList({ description: "Services." }),
    sources: t.stringList({ description: "Sources." }),
    customers: t.stringList({ description: "Customers." }),
    because: t.field({ type: [VerdictReasonEnum], description: "What became of them. Not for customers: it is said of all channels together." }),
    from: t.field({ type: "DateTime", description: "Received from this time on." }),
    to: t.field({ type: "DateTime", description: "Received before this time." }),
  }),
});

builder.queryField("events", (t) =>
  t.connection(
    {
      type: EventType,
      description: `Events as they were taken in, the newest first. ${ENDS_EARLY}`,
      authScopes: { may: "EVENTS_READ" },
      args: { filter: t.arg({ type: EventFilter, description: "Left out: all." }) },
      resolve: (_root, { filter, ...args }, { services: { db, snapshot }, principal }) => {
        if (filter?.because && isCustomers(principal)) throw new CallerError("BAD_REQUEST", "filter.because: must be left out by customers. Ask for each event's decision.");
        const own = { ...filter, types: canonicalNames(snapshot.current.catalogue, filter?.types), categories: ownCategories(principal, filter?.categories) };
        return searchConnection(db, { table: EVENTS, filter: eventSearch(own, ownCustomers(principal, filter?.customers), isCustomers(principal) ? "customer" : undefined), args, ...cursors("event"), load: (ids) => readRows(db, "Event", "id", ids) });
      },
    },
    {
      name: "EventConnection",
      description: "A page of events.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "EventEdge", description: "An event and its place in the list." },
  ),
);
