import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { canonicalNames } from "../catalogue/catalogue.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { ChannelKindEnum } from "../channels/channelKind.graphql.ts";
import { readRows } from "../db/readRows.ts";
import { deliveryById, DeliveryType } from "../dispatch/delivery.graphql.ts";
import { eventById, EventType } from "../events/event.graphql.ts";
import { builder, PAGE } from "../graphql/builder.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { AttemptOutcomeEnum, MessageReasonEnum, SeverityEnum } from "../graphql/enums.ts";
import { ValidationError } from "../errors.ts";
import { countedOf, ENDS_EARLY, LARGEST_OFFSET, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { Services } from "../services.ts";
import { ATTEMPTS, attemptSearch } from "./attemptFilter.ts";
import type { AttemptFilter } from "./attemptFilter.ts";
import type { Cleared } from "./clearing.ts";
import { cursorOf } from "./history.service.ts";
import type { Dispatched } from "./history.service.ts";

export const AttemptType = builder.prismaNode("Attempt", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...(isCustomers(principal) ? { channelCustomer: principal.customer } : {}) }),
  nullable: true,
  description: "One try at a delivery and what came of it. It keeps what it says even when its channel or event is gone.",
  authScopes: ({ channelCustomer }) => ({ mayRead: { scope: "HISTORY_READ", customer: channelCustomer } }),
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When it ended." }),
    channelId: t.field({ type: "ID", description: "The channel.", resolve: ({ channelId }) => globalIdOf("Channel", channelId) }),
    channelName: t.exposeString("channelName", { description: "The channel's name at that time." }),
    kind: t.field({ type: ChannelKindEnum, description: "The channel's kind.", resolve: ({ kind }) => kind }),
    type: t.exposeString("type", { description: "The event type; test for a test by hand." }),
    category: t.exposeString("category", { description: "The category." }),
    severity: t.expose("severity", { type: SeverityEnum, description: "The severity." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer." }),
    reason: t.expose("reason", { type: MessageReasonEnum, description: "Why the message existed." }),
    title: t.exposeString("title", { description: "The message's title." }),
    body: t.exposeString("body", { description: "The text as sent." }),
    outcome: t.expose("outcome", { type: AttemptOutcomeEnum, description: "What came of it." }),
    delivered: t.boolean({ description: "True when the provider has taken it.", resolve: ({ outcome }) => outcome === "DELIVERED" }),
    status: t.exposeString("status", { nullable: true, description: "The provider's status, e.g. 200 or 550 5.1.1." }),
    error: t.exposeString("error", { nullable: true, description: "The provider's own error." }),
    hint: t.exposeString("hint", { nullable: true, description: "What is wrong in plain words, and what to do about it." }),
    durationMs: t.exposeInt("durationMs", { description: "How long it took, in milliseconds." }),
    tryNumber: t.exposeInt("tryNumber", { description: "1 for the first try." }),
    nextTryAt: t.expose("nextTryAt", { type: "DateTime", nullable: true, description: "When it is tried again." }),
    event: t.field({ type: EventType, nullable: true, description: "The event that it told of, while that is kept.", resolve: ({ eventId }, _args, context) => eventById(context, eventId) }),
    delivery: t.field({ type: DeliveryType, nullable: true, description: "The delivery that it was a try at; none for a test.", resolve: ({ deliveryId }, _args, context) => deliveryById(context, deliveryId) }),
  }),
});

const AttemptFilterInput = builder.inputType("AttemptFilter", {
  description: "Which attempts are wanted; what is left out does not matter. The same for the history and its live feed.",
  fields: (t) => ({
    channelIds: t.globalIDList({ for: ChannelType, description: "Ids of channels." }),
    kinds: t.field({ type: [ChannelKindEnum], description: "Channel kinds." }),
    types: t.stringList({ description: "Event types by any of their names." }),
    categories: t.stringList({ description: "Names of categories." }),
    severities: t.field({ type: [SeverityEnum], description: "Severities." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "This severity and those above." }),
    customers: t.stringList({ description: "Customers." }),
    outcomes: t.field({ type: [AttemptOutcomeEnum], description: "Outcomes." }),
    from: t.field({ type: "DateTime", description: "From this time on." }),
    to: t.field({ type: "DateTime", description: "Before this time." }),
  }),
});

/** Attempts are whose channel they were of: what the server's channels were told of a customer is the server's. */
function filterOf(input: typeof AttemptFilterInput.$inferInput | null | undefined, by: Owner, { snapshot }: Services): AttemptFilter {
  return { ...input, types: canonicalNames(snapshot.current.catalogue, input?.types), channelIds: input?.channelIds?.map(({ id }) => id), channelCustomer: by?.customer };
}

builder.queryField("history", (t) =>
  t.connection(
    {
      type: AttemptType,
      description: `Every attempt at a delivery, the newest first. Page with first and after, or with limit and offset. ${ENDS_EARLY}`,
      authScopes: { may: "HISTORY_READ" },
      args: {
        filter: t.arg({ type: AttemptFilterInput, description: "Left out: all." }),
        limit: t.arg.int({ description: `The same as first, which it goes before: at most ${PAGE.most}.` }),
        offset: t.arg.int({ description: `In place of after: how many to pass over, at most ${LARGEST_OFFSET.toLocaleString("en-US")}.` }),
      },
      resolve: (_root, { limit, offset, filter, ...paging }, { services, principal }) =>
        searchConnection(services.db, {
          table: ATTEMPTS,
          filter: attemptSearch(filterOf(filter, principal, services)),
          args: { ...paging, first: limit ?? paging.first ?? null },
          offset,
          cursorOf,
          idOf: services.history.idOf,
          load: (ids) => readRows(services.db, "Attempt", "id", ids),
        }),
    },
    {
      name: "AttemptConnection",
      description: "A page of the history.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "AttemptEdge", description: "An attempt and its place in the history. The cursor also starts notificationDispatched." },
  ),
);

builder.queryField("liveCursor", (t) =>
  t.string({
    description: "Where the live feed is now. As after of notificationDispatched it gives everything from here on, however long the history is, even when it is empty.",
    authScopes: { may: "HISTORY_READ" },
    resolve: (_root, _args, { services, principal }) => services.history.position(isCustomers(principal)),
  }),
);

const ClearHistoryPayload = builder.objectRef<Cleared>("ClearHistoryPayload").implement({
  description: "The attempts are deleted, or are being deleted.",
  fields: (t) => ({
    deletedCount: t.int({ description: "How many were deleted until this answer.", resolve: ({ deleted }) => deleted }),
    complete: t.boolean({ description: "True: that is all of them. False: there are so many that it goes on after this answer; the history shows what is left. A stop of the server ends it.", resolve: ({ isComplete }) => isComplete }),
  }),
});

builder.mutationField("clearHistory", (t) =>
  t.field({
    type: ClearHistoryPayload,
    description: "Deletes attempts from the history: for some seconds until the answer, and the rest after it. Events and what waits to be sent stay.",
    authScopes: { may: "HISTORY_MANAGE" },
    errors: resultOf("clearHistory", ValidationError),
    args: { filter: t.arg({ type: AttemptFilterInput, description: "Which; left out: all." }) },
    resolve: (_root, { filter }, { services, principal }) => services.history.clear(filterOf(filter, principal, services)),
  }),
);

const NotificationDispatched = builder.objectRef<Dispatched>("NotificationDispatched").implement({
  description: "A finished attempt on the live feed.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", { description: "Keep the last one: given as after, it resumes right behind this attempt." }),
    missed: t.exposeInt("missed", { description: "Attempts dropped right before this one because this client was slow. Resume from the cursor before it to get them." }),
    attempt: t.field({ type: AttemptType, description: "The attempt.", resolve: ({ attempt }) => attempt as never }),
  }),
});

builder.subscriptionField("notificationDispatched", (t) =>
  t.field({
    type: NotificationDispatched,
    description: "Every attempt as it finishes. With after, first all that finished since that cursor: no gap, no repeat, server restarts included.",
    authScopes: { may: "HISTORY_READ" },
    args: {
      filter: t.arg({ type: AttemptFilterInput, description: "Left out: all." }),
      after: t.arg.string({ description: "The last cursor that was received, the liveCursor query's, or one of the history query." }),
    },
    subscribe: (_root, { filter, after }, { services, principal }) =>
      services.history.watch(filterOf(filter, principal, services), after ?? null, () => principal !== null && services.accessTokens.isValid(principal.tokenId)),
    resolve: (dispatched) => dispatched,
  }),
);
