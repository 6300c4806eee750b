import type { Principal } from "../access/principal.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { DeliveryStateEnum, MessageReasonEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { Delivery } from "./delivery.model.ts";

export const DeliveryType = builder.prismaNode("Delivery", {
  id: { field: "id" },
  description: "One notification for one channel, from planned to done.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "HISTORY_READ", customer } }),
  fields: (t) => ({
    state: t.expose("state", { type: DeliveryStateEnum, description: "How far it has come." }),
    reason: t.expose("reason", { type: MessageReasonEnum, description: "Why it exists." }),
    tries: t.exposeInt("tries", { description: "Tries so far." }),
    dueAt: t.expose("dueAt", { type: "DateTime", description: "When it is, or was, due to be tried next." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was planned." }),
    finishedAt: t.expose("finishedAt", { type: "DateTime", nullable: true, description: "When it was done with." }),
    reference: t.exposeString("reference", { nullable: true, description: "The provider's name of the message." }),
    event: t.relation("event", { description: "The event that it tells of." }),
    channel: t.relation("channel", { description: "The channel that it goes to." }),
  }),
});

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
