import { isCustomers, isOwnEvent, ownCategories, ownCustomers, ownEvents } from "../access/principal.ts";
import { canonicalNames } from "../catalogue/catalogue.ts";
import { readRows } from "../db/readRows.ts";
import { parsedJson } from "../db/sql.ts";
import { CallerError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { EventStatusEnum, SeverityEnum, VerdictReasonEnum } from "../graphql/enums.ts";
import { rowById } from "../graphql/readTogether.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import type { Json } from "../render/message.ts";
import { DecisionType } from "./decision.graphql.ts";
import type { StoredDecision } from "./event.model.ts";
import { EVENTS, eventSearch } from "./eventFilter.ts";

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
