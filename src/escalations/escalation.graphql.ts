import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { deliveryById, DeliveryType } from "../dispatch/delivery.graphql.ts";
import { builder } from "../graphql/builder.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { groupedBy, readTogether, rowById } from "../graphql/readTogether.ts";
import { EscalationPolicyType } from "./escalationPolicy.graphql.ts";

const EscalationNoticeType = builder.prismaObject("EscalationNotice", {
  description: "That somebody was told of a problem by a step of an escalation policy. It keeps what it says even when the contact or the channel is gone.",
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When." }),
    step: t.int({ description: "By which step, from 1.", resolve: ({ step }) => step + 1 }),
    round: t.int({ description: "In which round, from 1.", resolve: ({ round }) => round + 1 }),
    reminder: t.exposeBoolean("reminder", { description: "True for a reminder of a problem that was taken on." }),
    channelId: t.field({ type: "ID", description: "The channel.", resolve: ({ channelId }) => globalIdOf("Channel", channelId) }),
    channelName: t.exposeString("channelName", { description: "The channel's name at that time." }),
    contactName: t.exposeString("contactName", { nullable: true, description: "The name of the contact that led to the channel; null where the step names the channel, and for reminders." }),
    delivery: t.field({ type: DeliveryType, nullable: true, description: "The message, while that is kept.", resolve: ({ deliveryId }, _args, context) => deliveryById(context, deliveryId) }),
  }),
});

/** More than this of one problem nobody reads; the newest are shown. */
const MOST_NOTICES = 100;

const noticesOf = readTogether(async (ids, { services }) => {
  const rows = await services.db.escalation.findMany({ where: { id: { in: ids } }, select: { id: true, notices: { orderBy: { id: "desc" }, take: MOST_NOTICES } } });
  return rows.map(({ id, notices }) => [id, notices] as const);
});

const policyById = rowById((ids, { services }) => services.db.escalationPolicy.findMany({ where: { id: { in: ids } } }));

const EscalationType = builder.prismaObject("Escalation", {
  description: "An escalation policy at work on one problem.",
  fields: (t) => ({
    policy: t.field({ type: EscalationPolicyType, nullable: true, description: "The policy; null where the token may not read settings.", resolve: ({ policyId }, _args, context) => policyById(context, policyId) }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When it went to work." }),
    step: t.int({ description: "The step that comes next, from 1.", resolve: ({ step }) => step + 1 }),
    round: t.int({ description: "The round that it is in, from 1.", resolve: ({ round }) => round + 1 }),
    nextAt: t.expose("nextAt", { type: "DateTime", nullable: true, description: "When the next step or reminder is due; null: nothing more is to come." }),
    notices: t.field({ type: [EscalationNoticeType], description: `Who was told when, the newest ${MOST_NOTICES}, the newest first.`, resolve: async ({ id }, _args, context) => (await noticesOf(context, id)) ?? [] }),
  }),
});

/** The database filter that keeps a customer's token to what its own policies do. */
function ownPolicies(owner: Owner): { policy?: { customer: string } } {
  return isCustomers(owner) ? { policy: { customer: owner.customer } } : {};
}

/** By condition, in order. */
const escalationsOf = readTogether(async (conditionIds, { services, principal }) => {
  const rows = await services.db.escalation.findMany({ where: { conditionId: { in: conditionIds }, ...ownPolicies(principal) }, orderBy: { id: "asc" } });
  return groupedBy(rows, ({ conditionId }) => conditionId);
});

builder.prismaObjectField("Condition", "escalations", (t) =>
  t.field({ type: [EscalationType], description: "The escalation policies that are, or were, at work on it; for customers: their own.", resolve: async ({ id }, _args, context) => (await escalationsOf(context, id)) ?? [] }),
);
