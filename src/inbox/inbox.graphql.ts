import { isCustomers, ownChannels } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { channelById, ChannelType, listedChannelIds } from "../channels/channel.graphql.ts";
import { ofChannels, readRows } from "../db/readRows.ts";
import { ValidationError } from "../errors.ts";
import { eventById, EventType } from "../events/event.graphql.ts";
import { builder } from "../graphql/builder.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { stillThere } from "../graphql/readTogether.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import { INBOX_ITEMS, inboxSearch } from "./inboxFilter.ts";

const InboxItemType = builder.prismaNode("InboxItem", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownChannels(principal) }),
  nullable: true,
  description: "A message kept in the server.",
  authScopes: ({ channelId }, { services }) => ({ mayRead: { scope: "INBOX_READ", customer: services.snapshot.current.channels.get(channelId)?.customer ?? null } }),
  fields: (t) => ({
    type: t.exposeString("type", { description: "The event type." }),
    severity: t.expose("severity", { type: SeverityEnum, description: "The severity." }),
    title: t.exposeString("title", { description: "The message's title." }),
    body: t.exposeString("body", { description: "The message's text." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it came." }),
    readAt: t.expose("readAt", { type: "DateTime", nullable: true, description: "When it was marked as read; null while unread." }),
    event: t.field({ type: EventType, nullable: true, description: "The event that it tells of, while that is kept; null for summaries and tests.", resolve: ({ eventId }, _args, context) => eventById(context, eventId) }),
    channel: t.field({ type: ChannelType, description: "The INBOX channel that keeps it.", resolve: async ({ channelId }, _args, context) => stillThere(await channelById(context, channelId), "The channel") }),
  }),
});

builder.queryField("inbox", (t) =>
  t.connection(
    {
      type: InboxItemType,
      description: `The messages kept in the server, the newest first. ${ENDS_EARLY}`,
      authScopes: { may: "INBOX_READ" },
      args: { unreadOnly: t.arg.boolean({ defaultValue: false, description: "True leaves out what was marked as read." }) },
      resolve: async (_root, { unreadOnly, ...args }, context) => {
        const { services: { db }, principal } = context;
        const filter = inboxSearch({ unreadOnly: unreadOnly ?? false }, await listedChannelIds(context), isCustomers(principal) ? "channelId" : undefined);
        return searchConnection(db, { table: INBOX_ITEMS, filter, args, ...cursors("inbox"), load: (ids) => readRows(db, "InboxItem", "id", ids, ofChannels(ownChannels(principal))) });
      },
    },
    {
      name: "InboxItemConnection",
      description: "A page of the inbox.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "InboxItemEdge", description: "An inbox message and its place in the list." },
  ),
);

/** So many messages can be named at once. */
const MOST_NAMED = 1000;

/** @throws {ValidationError} when there are too many */
function namedIds(ids: readonly { id: string }[]): string[] {
  if (ids.length > MOST_NAMED) throw ValidationError.of("ids", `must be at most ${MOST_NAMED.toLocaleString("en-US")} at once`, "too_big");
  return ids.map(({ id }) => id);
}

const MarkInboxReadPayload = builder.objectRef<{ count: number }>("MarkInboxReadPayload").implement({
  description: "The messages are marked as read.",
  fields: (t) => ({ markedCount: t.int({ description: "How many were unread before.", resolve: ({ count }) => count }) }),
});

builder.mutationField("markInboxRead", (t) =>
  t.field({
    type: MarkInboxReadPayload,
    description: "Marks inbox messages as read.",
    authScopes: { may: "INBOX_MANAGE" },
    errors: resultOf("markInboxRead", ValidationError),
    args: { ids: t.arg.globalIDList({ for: InboxItemType, description: "The messages, at most 1,000; left out: all." }) },
    resolve: async (_root, { ids }, { services, principal }) => ({ count: await services.inbox.markRead(ids ? namedIds(ids) : null, principal as Principal) }),
  }),
);

const DeleteInboxItemsPayload = builder.objectRef<{ count: number }>("DeleteInboxItemsPayload").implement({
  description: "The messages are deleted.",
  fields: (t) => ({ deletedCount: t.int({ description: "How many were deleted.", resolve: ({ count }) => count }) }),
});

builder.mutationField("deleteInboxItems", (t) =>
  t.field({
    type: DeleteInboxItemsPayload,
    description: "Deletes inbox messages.",
    authScopes: { may: "INBOX_MANAGE" },
    errors: resultOf("deleteInboxItems", ValidationError),
    args: { ids: t.arg.globalIDList({ required: true, for: InboxItemType, description: "The messages, at most 1,000. What is gone already does not matter." }) },
    resolve: async (_root, { ids }, { services, principal }) => ({ count: await services.inbox.delete(namedIds(ids), principal as Principal) }),
  }),
);
