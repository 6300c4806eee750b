import { isCustomers, isOwnEvent, ownCategories, ownCustomers, ownEvents } from "../access/principal.ts";
import type { Owner, Principal } from "../access/principal.ts";
import { canonicalNames } from "../catalogue/catalogue.ts";
import type { Condition } from "../db/generated/client.ts";
import { newestOfEach } from "../db/newestOfEach.ts";
import { readRows } from "../db/readRows.ts";
import { parsedJson } from "../db/sql.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { knowsWhoTook } from "../escalations/acknowledgement.model.ts";
import { eventById, EventType } from "../events/event.graphql.ts";
import type { StoredEvent } from "../events/event.model.ts";
import { EVENTS } from "../events/eventFilter.ts";
import { builder } from "../graphql/builder.ts";
import { ConditionStatusEnum, SeverityEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { groupedBy, readTogether, rowById } from "../graphql/readTogether.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import { CONDITIONS, conditionSearch } from "./conditionFilter.ts";

interface Acknowledgement {
  at: Date;
  by: string | null;
  note: string | null;
}

function acknowledgementFor(reader: Owner, condition: Pick<Condition, "acknowledgedAt" | "acknowledgedBy" | "acknowledgementNote" | "acknowledgedFor">): Acknowledgement | null {
  const { acknowledgedAt: at, acknowledgedBy: by, acknowledgementNote: note } = condition;
  return at && (knowsWhoTook(reader, condition) ? { at, by, note } : { at, by: null, note: null });
}

const AcknowledgementType = builder.objectRef<Acknowledgement>("Acknowledgement").implement({
  description: "That somebody has taken a problem on.",
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When." }),
    by: t.exposeString("by", { nullable: true, description: "Who: the name of the token, or of the contact or channel whose message had the link. For customers null, unless it was one of their own." }),
    note: t.exposeString("note", { nullable: true, description: "What they said of it; as `by` for customers." }),
  }),
});

/** Ids of the newest events, by how many are wanted and the condition's id. */
const newestEvents = readTogether(async (keys, { services }) => {
  const asked = groupedBy(keys.map((key) => key.split(" ") as [string, string]), ([take]) => take);
  const found = await Promise.all([...asked].map(async ([take, pairs]) => {
    const newest = await newestOfEach(services.db, EVENTS, "conditionId", pairs.map(([, id]) => id), Number(take));
    return [...newest].map(([id, events]) => [`${take} ${id}`, events] as const);
  }));
  return found.flat();
});

/** When a customer's own channels were last told of conditions. */
const lastTold = readTogether((ids, { services, principal }) => services.deliveries.lastTold(ids, principal));

export const ConditionType = builder.prismaNode("Condition", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownEvents(principal) }),
  nullable: true,
  description: "A problem that goes on, from the event that opened it to its recovery.",
  authScopes: (condition, { principal }) => ({ $all: { may: "EVENTS_READ", isOwn: isOwnEvent(principal, condition) } }),
  fields: (t) => ({
    type: t.exposeString("type", { description: "The canonical name of its event type." }),
    category: t.exposeString("category", { description: "The category of its type." }),
    severity: t.expose("severity", { type: SeverityEnum, description: "The highest severity seen." }),
    status: t.expose("status", { type: ConditionStatusEnum, description: "Whether it goes on." }),
    title: t.exposeString("title", { description: "The title of the event that opened it." }),
    source: t.exposeString("source", { nullable: true, description: "The machine or program that it comes from." }),
    service: t.exposeString("service", { nullable: true, description: "The service that it is about." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose service it is." }),
    openedAt: t.expose("openedAt", { type: "DateTime", description: "When it was first seen." }),
    lastSeenAt: t.expose("lastSeenAt", { type: "DateTime", description: "When it was last heard of." }),
    closedAt: t.expose("closedAt", { type: "DateTime", nullable: true, description: "When it ended." }),
    count: t.exposeInt("count", { description: "How often it was seen." }),
    lastNotifiedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When channels were last told of it; for customers: their own.",
      resolve: async ({ id, lastNotifiedAt }, _args, context) => (isCustomers(context.principal) ? ((await lastTold(context, id)) ?? null) : lastNotifiedAt),
    }),
    recheckAt: t.expose("recheckAt", { type: "DateTime", nullable: true, description: "When it is decided about again though no event comes: a hold is over, a silence ends, it may be steady. Null when nothing is waited for." }),
    flappingSince: t.field({ type: "DateTime", nullable: true, description: "Since when it comes and goes too often to tell of each time; null when it does not.", resolve: ({ flapping }) => (flapping ? new Date(parsedJson<{ since: string }>(flapping).since) : null) }),
    acknowledgement: t.field({
      type: AcknowledgementType,
      nullable: true,
      description: "Who has taken it on; null when nobody has.",
      resolve: (condition, _args, { principal }) => acknowledgementFor(principal, condition),
    }),
    coveredCount: t.exposeInt("covers", { description: "How many other conditions and one-off events were not sent because this one accounts for them." }),
    events: t.connection(
      {
        type: EventType,
        description: "The events that belong to it, the newest first.",
        resolve: ({ id }, args, context) =>
          searchConnection(context.services.db, {
            table: EVENTS,
            filter: { oneOf: { conditionId: [id] } },
            args,
            ...cursors("event"),
            load: async (ids) => (await Promise.all(ids.map((event) => eventById(context, event)))).filter((event) => event !== null),
            newest: async (take) => (await newestEvents(context, `${take} ${id}`)) ?? [],
          }),
      },
      { name: "ConditionEventConnection", description: "A page of a condition's events." },
      { name: "ConditionEventEdge", description: "An event of a condition and its place in the list." },
    ),
  }),
});

const conditionById = rowById((ids, { services }) => readRows(services.db, "Condition", "id", ids));

builder.prismaObjectField(ConditionType, "inhibitedBy", (t) =>
  t.field({
    type: ConditionType,
    nullable: true,
    description: "The open condition that accounts for it; null when it is told of for itself.",
    resolve: async ({ inhibitedBy }, _args, context) => {
      const inhibitor = await conditionById(context, inhibitedBy);
      return inhibitor && isOwnEvent(context.principal, inhibitor) ? inhibitor : null;
    },
  }),
);

builder.prismaObjectField(EventType, "condition", (t) =>
  t.field({ type: ConditionType, nullable: true, description: "The condition that it opened, counted towards or closed.", resolve: ({ conditionId }, _args, context) => conditionById(context, conditionId) }),
);

const ConditionFilter = builder.inputType("ConditionFilter", {
  description: "Which conditions are wanted; what is left out does not matter.",
  fields: (t) => ({
    status: t.field({ type: ConditionStatusEnum, description: "OPEN for what goes on now." }),
    types: t.stringList({ description: "Event types by any of their names." }),
    severities: t.field({ type: [SeverityEnum], description: "Severities." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "This severity and those above." }),
    services: t.stringList({ description: "Services." }),
    customers: t.stringList({ description: "Customers." }),
    acknowledged: t.boolean({ description: "Whether somebody has taken it on." }),
  }),
});

builder.queryField("conditions", (t) =>
  t.connection(
    {
      type: ConditionType,
      description: `Problems that go on or went on, the newest first. ${ENDS_EARLY}`,
      authScopes: { may: "EVENTS_READ" },
      args: { filter: t.arg({ type: ConditionFilter, description: "Left out: all." }) },
      resolve: (_root, { filter, ...args }, { services: { db, snapshot }, principal }) => {
        const own = { ...filter, types: canonicalNames(snapshot.current.catalogue, filter?.types), categories: ownCategories(principal, null) };
        return searchConnection(db, { table: CONDITIONS, filter: conditionSearch(own, ownCustomers(principal, filter?.customers), isCustomers(principal) ? "customer" : undefined), args, ...cursors("condition"), load: (ids) => readRows(db, "Condition", "id", ids) });
      },
    },
    {
      name: "ConditionConnection",
      description: "A page of conditions.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "ConditionEdge", description: "A condition and its place in the list." },
  ),
);

const ResolveConditionPayload = builder.objectRef<{ event: StoredEvent }>("ResolveConditionPayload").implement({
  description: "The condition is closed; those who were told of it are told of its end.",
  fields: (t) => ({
    event: t.field({ type: EventType, description: "The event that closed it.", resolve: ({ event }) => event as never }),
  }),
});

builder.mutationField("resolveCondition", (t) =>
  t.field({
    type: ResolveConditionPayload,
    description: "Closes an open condition by hand.",
    authScopes: { may: "CONDITIONS_MANAGE" },
    errors: resultOf("resolveCondition", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ConditionType, description: "The condition." }),
      message: t.arg.string({ description: "What the recovery says, at most 20,000 characters. Left out: that it was resolved by hand, and by whom." }),
    },
    resolve: async (_root, { id, message }, { services, principal }) => ({ event: await services.conditions.resolve(id.id, message ?? null, principal as Principal) }),
  }),
);
