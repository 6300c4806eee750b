import { ownChannelIds, ownChannels } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { DeliveryStateEnum, HoldReasonEnum, MessageReasonEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { countedOf, cursors, ENDS_EARLY, relationsOf, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
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
    insteadOf: t.prismaField({
      type: "Delivery",
      nullable: true,
      description: "The delivery that could not be made on another channel, which this one stands in for; null for what is meant for this channel, or when that is not kept any more.",
      resolve: (query, { insteadOf }, _args, { services }) => (insteadOf === null ? null : services.db.delivery.findUnique({ ...query, where: { id: insteadOf, channel: NOT_DELETED } })),
    }),
    event: t.relation("event", { description: "The event that it tells of." }),
    channel: t.relation("channel", { description: "The channel that it goes to." }),
  }),
});

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
      resolve: (_root, { filter, ...args }, context, info) => {
        const { db } = context.services;
        const relations = relationsOf(context, info);
        const filters = deliverySearch({ states: filter?.states, channelIds: filter?.channelIds?.map(({ id }) => id) }, ownChannelIds(context.principal, context.services.snapshot.current.channels));
        return searchConnection(db, { table: DELIVERIES, filter: filters, args, ...cursors("delivery"), load: (ids) => db.delivery.findMany({ ...relations, where: { id: { in: ids }, ...ownChannels(context.principal) } }) });
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
