import { isCustomers, ownChannels } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { channelById, ChannelType, listedChannelIds } from "../channels/channel.graphql.ts";
import { ofChannels, readRows } from "../db/readRows.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import { eventById, EventType } from "../events/event.graphql.ts";
import { builder } from "../graphql/builder.ts";
import { DeliveryStateEnum, HoldReasonEnum, MessageReasonEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { groupedBy, readTogether, rowById, stillThere } from "../graphql/readTogether.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import type { Delivery } from "./delivery.model.ts";
import { DELIVERIES, deliverySearch } from "./deliveryFilter.ts";

export const DeliveryType = builder.prismaNode("Delivery", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownChannels(principal) }),
  nullable: true,
  description: "One notification for one channel, from planned to done.",
  authScopes: ({ channelId }, { services }) => ({ mayRead: { scope: "HISTORY_READ", customer: services.snapshot.current.channels.get(channelId)?.customer ?? null } }),
  fields: (t) => ({
    state: t.expose("state", { type: DeliveryStateEnum, description: "How far it has come." }),
    reason: t.expose("reason", { type: MessageReasonEnum, description: "Why it exists." }),
    tries: t.exposeInt("tries", { description: "Tries so far." }),
    dueAt: t.expose("dueAt", { type: "DateTime", description: "When it is, or was, due to be tried next." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was planned." }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true, description: "When it was done with." }),
    heldFor: t.expose("heldFor", { type: HoldReasonEnum, nullable: true, description: "What held, or holds, it back." }),
    reference: t.exposeString("reference", { nullable: true, description: "The provider's name of the message." }),
    event: t.field({ type: EventType, description: "The event that it tells of.", resolve: async ({ eventId }, _args, context) => stillThere(await eventById(context, eventId), "The event") }),
    channel: t.field({ type: ChannelType, description: "The channel that it goes to.", resolve: async ({ channelId }, _args, context) => stillThere(await channelById(context, channelId), "The channel") }),
  }),
});

/** The delivery with an id, whoever may see it; null when it, or its channel, is not there any more. */
export const deliveryById = rowById((ids, { services }) => readRows(services.db, "Delivery", "id", ids, ofChannels(ownChannels(null))));

builder.prismaObjectField(DeliveryType, "insteadOf", (t) =>
  t.field({
    type: DeliveryType,
    nullable: true,
    description: "The delivery that could not be made on another channel, which this one stands in for; null for what is meant for this channel, or when that is not kept any more.",
    resolve: ({ insteadOf }, _args, context) => deliveryById(context, insteadOf),
  }),
);

/** More deliveries of one event nobody reads. */
const MOST_OF_EVENT = 1000;

/** By event, in order. */
const deliveriesOfEvent = readTogether(async (eventIds, { services, principal }) => {
  const rows = await readRows(services.db, "Delivery", "eventId", eventIds, ofChannels(ownChannels(principal)));
  return groupedBy(rows.sort((one, other) => (one.id < other.id ? -1 : 1)), ({ eventId }) => eventId);
});

builder.prismaObjectField(EventType, "deliveries", (t) =>
  t.field({
    type: [DeliveryType],
    description: "The notifications that came of it. A summary that carried some of them is not among them.",
    // A summary is a row of one event only because it must be one of some event.
    resolve: async ({ id }, _args, context) => ((await deliveriesOfEvent(context, id)) ?? []).filter(({ reason }) => reason !== "SUMMARY").slice(0, MOST_OF_EVENT),
  }),
);

const DeliveryFilter = builder.inputType("DeliveryFilter", {
  description: "Which deliveries are wanted; what is left out does not matter.",
  fields: (t) => ({
    states: t.field({ type: [DeliveryStateEnum], description: "HELD for what waits for a summary, PENDING and RETRY for what waits for a try, FAILED for what was given up." }),
    channelIds: t.globalIDList({ for: ChannelType, description: "Ids of channels." }),
  }),
});

builder.queryField("deliveries", (t) =>
  t.connection(
    {
      type: DeliveryType,
      description: `Notifications with how far they have come, the newest first. ${ENDS_EARLY}`,
      authScopes: { may: "HISTORY_READ" },
      args: { filter: t.arg({ type: DeliveryFilter, description: "Left out: all." }) },
      resolve: async (_root, { filter, ...args }, context) => {
        const { services: { db }, principal } = context;
        const filters = deliverySearch({ states: filter?.states, channelIds: filter?.channelIds?.map(({ id }) => id) }, await listedChannelIds(context), isCustomers(principal) ? "channelId" : undefined);
        return searchConnection(db, { table: DELIVERIES, filter: filters, args, ...cursors("delivery"), load: (ids) => readRows(db, "Delivery", "id", ids, ofChannels(ownChannels(principal))) });
      },
    },
    {
      name: "DeliveryConnection",
      description: "A page of deliveries.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "DeliveryEdge", description: "A delivery and its place in the list." },
  ),
);

const ResendDeliveryPayload = builder.objectRef<{ delivery: Delivery }>("ResendDeliveryPayload").implement({
  description: "The message is on its way again.",
  fields: (t) => ({
    delivery: t.field({ type: DeliveryType, description: "The new delivery.", resolve: ({ delivery }) => delivery as never }),
  }),
});

builder.mutationField("resendDelivery", (t) =>
  t.field({
    type: ResendDeliveryPayload,
    description: "Sends the message of a finished delivery again, as a new delivery.",
    authScopes: { may: "HISTORY_MANAGE" },
    errors: resultOf("resendDelivery", NotFoundError, ConflictError),
    args: { id: t.arg.globalID({ required: true, for: DeliveryType, description: "The delivery." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ delivery: await services.deliveries.resend(id.id, principal as Principal) }),
  }),
);

const FlushChannelPayload = builder.objectRef<{ count: number }>("FlushChannelPayload").implement({
  description: "What was held is on its way as one summary; bursts as one for each event type.",
  fields: (t) => ({ deliveryCount: t.exposeInt("count", { description: "How many messages it carries; 0 when nothing waited." }) }),
});

builder.mutationField("flushChannel", (t) =>
  t.field({
    type: FlushChannelPayload,
    description: "Sends a channel now what is held back from it: for its quiet hours, for its digest, in bursts, or by its rate limit.",
    authScopes: { may: "HISTORY_MANAGE" },
    errors: resultOf("flushChannel", NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }),
      heldFor: t.arg({ type: HoldReasonEnum, required: true, description: "What has held it." }),
    },
    resolve: async (_root, { id, heldFor }, { services, principal }) => ({ count: await services.deliveries.flush(id.id, heldFor, principal) }),
  }),
);

const DropDeliveryPayload = builder.objectRef<{ delivery: Delivery }>("DropDeliveryPayload").implement({
  description: "The message will not be sent.",
  fields: (t) => ({ delivery: t.field({ type: DeliveryType, description: "The delivery as it is now.", resolve: ({ delivery }) => delivery as never }) }),
});

builder.mutationField("dropDelivery", (t) =>
  t.field({
    type: DropDeliveryPayload,
    description: "Takes a held message out of the summary that it waits for.",
    authScopes: { may: "HISTORY_MANAGE" },
    errors: resultOf("dropDelivery", NotFoundError, ConflictError),
    args: { id: t.arg.globalID({ required: true, for: DeliveryType, description: "The delivery: one that is HELD." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ delivery: await services.deliveries.drop(id.id, principal as Principal) }),
  }),
);
