import { createErrorProxy } from "@pothos/plugin-errors";
import { CallerError, IdempotencyConflictError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { EventStatusEnum, SeverityEnum } from "../graphql/enums.ts";
import { OtherErrorType } from "../graphql/errorTypes.ts";
import { NEAR_NAMES } from "../intake/intake.ts";
import type { Accepted } from "../intake/intake.ts";
import { DecisionType } from "./decision.graphql.ts";
import type { DecisionShape } from "./decision.graphql.ts";
import { EventType } from "./event.graphql.ts";
import { storedDecision } from "./event.model.ts";

/** The most events of one emitEvents. */
export const LARGEST_EMIT = 1000;

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
