import { ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { MOST_COUNTED } from "../db/deletionImpact.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { ContactType } from "../people/contact.graphql.ts";
import { ContactGroupType } from "../people/contactGroup.graphql.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { PolicyRow } from "./escalationPolicy.store.ts";

const EscalationStepType = builder.prismaObject("EscalationStep", {
  description: "A step of an escalation policy.",
  fields: (t) => ({
    delay: t.expose("delaySeconds", { type: "Duration", description: "How long after the step before it, or after the problem was first told of." }),
    contacts: t.prismaField({ type: [ContactType], description: "The contacts whose channels it tells.", resolve: (query, { id }, _args, { services }) => services.db.contact.findMany({ ...query, where: { escalationTargets: { some: { stepId: id } } }, orderBy: { id: "asc" } }) }),
    groups: t.prismaField({ type: [ContactGroupType], description: "The contact groups whose members' channels it tells.", resolve: (query, { id }, _args, { services }) => services.db.contactGroup.findMany({ ...query, where: { escalationTargets: { some: { stepId: id } } }, orderBy: { id: "asc" } }) }),
    channels: t.prismaField({ type: [ChannelType], description: "The channels that it tells.", resolve: (query, { id }, _args, { services }) => services.db.channel.findMany({ ...query, where: { escalationTargets: { some: { stepId: id } } }, orderBy: { id: "asc" } }) }),
  }),
});

export const EscalationPolicyType = builder.prismaNode("EscalationPolicy", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal), ...NOT_DELETED }),
  nullable: true,
  description: "Whom to tell, one after another, of a problem that nobody takes on. Alert rules name it.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer that it belongs to; null: the server's own." }),
    enabled: t.exposeBoolean("enabled", { description: "Whether it is in force. Switched off, it ends what it is at work on." }),
    rounds: t.exposeInt("rounds", { nullable: true, description: "How often its steps are gone through; null: until the problem is taken on or over." }),
    reminder: t.expose("reminderSeconds", { type: "Duration", nullable: true, description: "How long after it was taken on a problem that is not over is told of again, to all who know of it. As long again without an answer, the steps begin anew. Null: never." }),
    steps: t.relation("steps", { type: EscalationStepType, description: "Its steps, in order.", query: { orderBy: { position: "asc" } } }),
    rules: t.relation("alertRules", { description: "The alert rules that name it, in the order in which they are asked.", query: { orderBy: [{ position: "asc" }, { id: "asc" }] } }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

builder.queryField("escalationPolicies", (t) =>
  t.prismaConnection(
    {
      type: EscalationPolicyType,
      cursor: "id",
      description: "The escalation policies, the oldest first.",
      authScopes: { may: "SETTINGS_READ" },
      resolve: (query, _root, _args, { services, principal }) => services.db.escalationPolicy.findMany({ ...query, where: { ...ownedBy(principal), ...NOT_DELETED }, orderBy: { id: "asc" } }),
      totalCount: (_root, _args, { services, principal }) => services.db.escalationPolicy.count({ where: { ...ownedBy(principal), ...NOT_DELETED } }),
    },
    { name: "EscalationPolicyConnection", description: "A page of escalation policies." },
    { name: "EscalationPolicyEdge", description: "An escalation policy and its place in the list." },
  ),
);

builder.queryField("escalationPolicy", (t) =>
  t.prismaField({
    type: EscalationPolicyType,
    nullable: true,
    description: "One escalation policy; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: EscalationPolicyType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.escalationPolicy.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal), ...NOT_DELETED } }),
  }),
);

const EscalationStepInput = builder.inputType("EscalationStepInput", {
  description: "A step: how long it waits, and whom it tells, at most 50 targets.",
  fields: (t) => ({
    delay: t.field({ type: "Duration", required: true, description: "How long after the step before it, or after the problem was first told of: PT0S to P30D." }),
    contactIds: t.globalIDList({ for: ContactType, description: "Ids of contacts whose channels it tells, whatever they like to hear of." }),
    groupIds: t.globalIDList({ for: ContactGroupType, description: "Ids of contact groups whose members' channels it tells." }),
    channelIds: t.globalIDList({ for: ChannelType, description: "Ids of channels that it tells." }),
  }),
});

const NAME = "Its name: unique among the escalation policies of its customer, at most 100 characters.";
const ROUNDS = "How often its steps are gone through: 1 to 100; null: until the problem is taken on or over.";
const REMINDER = "How long after it was taken on a problem that is not over is told of again: PT1M to P30D; null: never.";
const STEPS = "Its steps, in order: 1 to 20. Together they take at least a minute, unless rounds is 1.";

const CreateEscalationPolicyInput = builder.inputType("CreateEscalationPolicyInput", {
  description: "A new escalation policy.",
  fields: (t) => ({
    name: t.string({ required: true, description: NAME }),
    customer: t.string({ description: "The customer that it is to belong to: its targets must be that customer's. Left out: the token's customer, else the server." }),
    enabled: t.boolean({ description: "Left out: true." }),
    rounds: t.int({ description: `${ROUNDS} Left out: null.` }),
    reminder: t.field({ type: "Duration", description: `${REMINDER} Left out: null.` }),
    steps: t.field({ type: [EscalationStepInput], required: true, description: STEPS }),
  }),
});

const UpdateEscalationPolicyInput = builder.inputType("UpdateEscalationPolicyInput", {
  description: "What is left out stays as it is. What a policy is at work on goes on with its new steps.",
  fields: (t) => ({
    name: t.string({ description: NAME }),
    enabled: t.boolean({ description: "Whether it is in force. Switched off, it ends what it is at work on." }),
    rounds: t.int({ description: ROUNDS }),
    reminder: t.field({ type: "Duration", description: REMINDER }),
    steps: t.field({ type: [EscalationStepInput], description: STEPS }),
  }),
});

function idsOf(given: readonly { id: string }[] | null | undefined): string[] {
  return (given ?? []).map(({ id }) => id);
}

function stepsOf(steps: readonly (typeof EscalationStepInput.$inferInput)[] | null | undefined) {
  return steps?.map(({ delay, channelIds, contactIds, groupIds }) => ({ delay, channelIds: idsOf(channelIds), contactIds: idsOf(contactIds), groupIds: idsOf(groupIds) }));
}

/** Payloads that hold the policy as it is now. */
function policyPayload(name: string, description: string) {
  return builder.objectRef<{ escalationPolicy: PolicyRow }>(name).implement({
    description,
    fields: (t) => ({ escalationPolicy: t.field({ type: EscalationPolicyType, description: "The escalation policy as it is now.", resolve: ({ escalationPolicy }) => escalationPolicy }) }),
  });
}

builder.mutationField("createEscalationPolicy", (t) =>
  t.field({
    type: policyPayload("CreateEscalationPolicyPayload", "The escalation policy is made."),
    description: "Makes an escalation policy. It works on the problems that alert rules which name it match.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createEscalationPolicy", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateEscalationPolicyInput, required: true, description: "The escalation policy." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ escalationPolicy: await services.escalationPolicies.create({ ...input, steps: stepsOf(input.steps) } as never, principal as Principal) }),
  }),
);

builder.mutationField("updateEscalationPolicy", (t) =>
  t.field({
    type: policyPayload("UpdateEscalationPolicyPayload", "The escalation policy is changed."),
    description: "Changes an escalation policy, or switches it on or off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateEscalationPolicy", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: EscalationPolicyType, description: "The escalation policy." }),
      input: t.arg({ type: UpdateEscalationPolicyInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ escalationPolicy: await services.escalationPolicies.update(id.id, { ...input, steps: stepsOf(input.steps) } as never, principal as Principal) }),
  }),
);

const DeleteEscalationPolicyPayload = builder.objectRef<{ id: string; ended: number }>("DeleteEscalationPolicyPayload").implement({
  description: "The escalation policy is gone, with its steps and what it was at work on; alert rules that named it name none. Messages that were sent, and the history, stay.",
  fields: (t) => ({
    deletedId: t.exposeID("id", { description: "The id that it had." }),
    endedCount: t.exposeInt("ended", { description: `On how many open problems it was at work, counted up to ${MOST_COUNTED.toLocaleString("en")}: they are escalated no further by it.` }),
  }),
});

builder.mutationField("deleteEscalationPolicy", (t) =>
  t.field({
    type: DeleteEscalationPolicyPayload,
    description: "Deletes an escalation policy.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteEscalationPolicy", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: EscalationPolicyType, description: "The escalation policy." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ ended: await services.escalationPolicies.delete(id.id, principal as Principal), id: globalIdOf("EscalationPolicy", id.id) }),
  }),
);
