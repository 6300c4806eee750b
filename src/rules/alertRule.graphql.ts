import { ownCustomers, ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import type { Way } from "../decide/settings.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { EscalationPolicyType } from "../escalations/escalationPolicy.graphql.ts";
import { builder } from "../graphql/builder.ts";
import { deletePayload, DeletionImpactType } from "../graphql/deletionImpact.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { MatcherInput, MatcherType } from "../matchers/matcher.graphql.ts";
import { ContactType } from "../people/contact.graphql.ts";
import { ContactGroupType } from "../people/contactGroup.graphql.ts";
import type { Services } from "../services.ts";
import { RULE_LIMITS, alertRuleWarnings, matchesNothing } from "./alertRule.model.ts";
import { alertRuleOf } from "./alertRule.service.ts";
import type { AlertRuleRow, RuleWithTargets } from "./alertRule.store.ts";

/** So many channels are listed of those that a rule leads to. */
const MOST_REACHED = 100;

const AlertRuleReachType = builder.objectRef<readonly Way[]>("AlertRuleReach").implement({
  description: "Whom an alert rule leads to at present, by contacts, groups and groups in groups. Each of the channels still has its own filters, and its owner's preferences.",
  fields: (t) => ({
    channelCount: t.int({ description: "How many channels.", complexity: 1, resolve: (ways) => ways.length }),
    contactCount: t.int({ description: "Of how many people.", complexity: 1, resolve: (ways) => new Set(ways.flatMap(({ contact }) => contact?.id ?? [])).size }),
    channels: t.prismaField({
      type: [ChannelType],
      description: `The channels, the oldest first, at most ${MOST_REACHED}.`,
      resolve: (query, ways, _args, { services }) => services.db.channel.findMany({ ...query, where: { id: { in: ways.map(({ channelId }) => channelId).sort().slice(0, MOST_REACHED) } }, orderBy: { id: "asc" } }),
    }),
  }),
});

const AlertRuleType = builder.prismaNode("AlertRule", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal) }),
  nullable: true,
  description: "Says which events go to whom. Rules are asked in order; what they lead to is resolved from groups to contacts to channels, and each channel gets an event once.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer that it belongs to: it covers only that customer's events, and neither stops nor is stopped by other people's. Null: the server's own." }),
    enabled: t.exposeBoolean("enabled", { description: "Whether it is asked." }),
    position: t.exposeInt("position", { description: "Its place: rules are asked from the lowest number on, those with the same number in the order in which they were made." }),
    stop: t.exposeBoolean("stop", { description: "True: no further rule is asked about what this one matches." }),
    matchers: t.field({ type: [MatcherType], description: "What an event must be like: all of them. None: every event.", resolve: (row) => alertRuleOf(row as RuleWithTargets).matchers }),
    contacts: t.prismaField({
      type: [ContactType],
      description: "The contacts that it names itself.",
      resolve: (query, { id }, _args, { services }) => services.db.contact.findMany({ ...query, where: namedBy(id), orderBy: { id: "asc" } }),
    }),
    groups: t.prismaField({
      type: [ContactGroupType],
      description: "The contact groups that it names.",
      resolve: (query, { id }, _args, { services }) => services.db.contactGroup.findMany({ ...query, where: namedBy(id), orderBy: { id: "asc" } }),
    }),
    channels: t.prismaField({
      type: [ChannelType],
      description: "The channels that it names itself.",
      resolve: (query, { id }, _args, { services }) => services.db.channel.findMany({ ...query, where: namedBy(id), orderBy: { id: "asc" } }),
    }),
    escalationPolicy: t.relation("escalationPolicy", { nullable: true, description: "How problems that it matches are escalated; null: they are not." }),
    reaches: t.field({ type: AlertRuleReachType, description: "Whom it leads to at present.", resolve: async (row, _args, { services }) => waysOf(await withTargets(row, services), services) }),
    matchesNothing: t.boolean({ description: "Whether no event at all can match.", resolve: (row, _args, { services }) => matchesNothing(alertRuleOf(row as RuleWithTargets), services.snapshot.current.catalogue) }),
    warnings: t.stringList({ description: "What of it can hardly be meant, e.g. that it matches nothing or leads to nobody.", resolve: (row, _args, { services }) => warningsOf(row, services) }),
    deletionImpact: t.field({ type: DeletionImpactType, description: "What deleting it would take along: nothing but itself.", resolve: ({ id }, _args, { services, principal }) => services.alertRules.deletionImpact(id, principal) }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

function namedBy(ruleId: string) {
  return { alertRuleTargets: { some: { ruleId } } };
}

async function withTargets(row: AlertRuleRow, { db }: Services): Promise<RuleWithTargets> {
  return { ...row, targets: await db.alertRuleTarget.findMany({ where: { ruleId: row.id }, orderBy: { id: "asc" } }) };
}

async function warningsOf(row: AlertRuleRow, services: Services): Promise<string[]> {
  const { catalogue, directory } = services.snapshot.current;
  return alertRuleWarnings(alertRuleOf(await withTargets(row, services)), catalogue, directory);
}

/** Each channel once. */
function waysOf({ targets }: RuleWithTargets, { snapshot }: Services): Way[] {
  const ways = targets.flatMap((target) => snapshot.current.directory.reach(target).ways);
  return [...new Map(ways.map((way) => [way.channelId, way])).values()];
}

const IN_ORDER = [{ position: "asc" as const }, { id: "asc" as const }];

builder.prismaObjectField(ContactType, "rules", (t) =>
  t.prismaField({
    type: [AlertRuleType],
    description: "The alert rules that lead to it, by itself or by its groups, in the order in which they are asked.",
    resolve: (query, { id }, _args, { services, principal }) => services.db.alertRule.findMany({ ...query, where: { targets: { some: { OR: leadingTo(id, services) } }, ...ownedBy(principal) }, orderBy: IN_ORDER }),
  }),
);

builder.prismaObjectField(ContactGroupType, "rules", (t) =>
  t.prismaField({
    type: [AlertRuleType],
    description: "The alert rules that lead to it, by itself or by groups that it is in, in the order in which they are asked.",
    resolve: (query, { id }, _args, { services, principal }) =>
      services.db.alertRule.findMany({ ...query, where: { targets: { some: { groupId: { in: services.snapshot.current.directory.groupsAround([id]) } } }, ...ownedBy(principal) }, orderBy: IN_ORDER }),
  }),
);

builder.prismaObjectField(ChannelType, "rules", (t) =>
  t.prismaField({
    type: [AlertRuleType],
    description: "The alert rules that lead to it, by itself or by its owner, in the order in which they are asked.",
    resolve: (query, { id, contactId }, _args, { services, principal }) =>
      services.db.alertRule.findMany({ ...query, where: { targets: { some: { OR: [{ channelId: id }, ...(contactId ? leadingTo(contactId, services) : [])] } }, ...ownedBy(principal) }, orderBy: IN_ORDER }),
  }),
);

function leadingTo(contactId: string, { snapshot }: Services) {
  return [{ contactId }, { groupId: { in: snapshot.current.directory.groupsOf(contactId) } }];
}

const AlertRuleFilter = builder.inputType("AlertRuleFilter", {
  description: "Which alert rules are wanted; what is left out does not matter.",
  fields: (t) => ({
    names: t.stringList({ description: "With one of these names." }),
    customers: t.stringList({ description: "Of these customers." }),
    enabled: t.boolean({ description: "Switched on, or off." }),
  }),
});

builder.queryField("alertRules", (t) =>
  t.prismaConnection(
    {
      type: AlertRuleType,
      cursor: "id",
      description: "The alert rules, in the order in which they are asked.",
      authScopes: { may: "SETTINGS_READ" },
      args: { filter: t.arg({ type: AlertRuleFilter, description: "Left out: all." }) },
      resolve: (query, _root, { filter }, { services, principal }) => services.db.alertRule.findMany({ ...query, where: ruleWhere(filter, principal), orderBy: IN_ORDER }),
      totalCount: (_root, { filter }, { services, principal }) => services.db.alertRule.count({ where: ruleWhere(filter, principal) }),
    },
    { name: "AlertRuleConnection", description: "A page of alert rules." },
    { name: "AlertRuleEdge", description: "An alert rule and its place in the list." },
  ),
);

function ruleWhere(filter: typeof AlertRuleFilter.$inferInput | null | undefined, principal: Principal | null) {
  const { names, customers, enabled } = filter ?? {};
  const own = ownCustomers(principal, customers);
  return { ...(names ? { name: { in: names } } : {}), ...(own ? { customer: { in: [...own] } } : {}), ...(enabled === null || enabled === undefined ? {} : { enabled }) };
}

builder.queryField("alertRule", (t) =>
  t.prismaField({
    type: AlertRuleType,
    nullable: true,
    description: "One alert rule; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: AlertRuleType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.alertRule.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal) } }),
  }),
);

const NAME = "Its name: unique, at most 100 characters.";
const POSITION = "Its place, from 0 to 1,000,000: rules are asked from the lowest number on.";
const STOP = "Whether no further rule is asked about what this one matches.";
const MATCHERS = "What an event must be like: at most 20, all of which must hold; none: every event.";
const MOST = `at most ${RULE_LIMITS.targets} contacts, groups and channels in all`;

const CreateAlertRuleInput = builder.inputType("CreateAlertRuleInput", {
  description: "A new alert rule.",
  fields: (t) => ({
    name: t.string({ required: true, description: NAME }),
    customer: t.string({ description: "The customer that it belongs to: then so must whom it leads to. Left out: the token's, or none." }),
    enabled: t.boolean({ description: "Whether it is asked. Left out: true." }),
    position: t.int({ description: `${POSITION} Left out: behind all others.` }),
    stop: t.boolean({ description: `${STOP} Left out: false.` }),
    matchers: t.field({ type: [MatcherInput], required: true, description: MATCHERS }),
    contactIds: t.globalIDList({ for: ContactType, description: `The contacts that it leads to: ${MOST}.` }),
    groupIds: t.globalIDList({ for: ContactGroupType, description: `The contact groups that it leads to: ${MOST}.` }),
    channelIds: t.globalIDList({ for: ChannelType, description: `The channels that it leads to: ${MOST}.` }),
    escalationPolicyId: t.globalID({ for: EscalationPolicyType, description: "How problems that it matches are escalated. Left out: they are not." }),
  }),
});

const UpdateAlertRuleInput = builder.inputType("UpdateAlertRuleInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: NAME }),
    enabled: t.boolean({ description: "Whether it is asked." }),
    position: t.int({ description: POSITION }),
    stop: t.boolean({ description: STOP }),
    matchers: t.field({ type: [MatcherInput], description: MATCHERS }),
    contactIds: t.globalIDList({ for: ContactType, description: `The contacts that it leads to, the whole list: ${MOST}.` }),
    groupIds: t.globalIDList({ for: ContactGroupType, description: `The contact groups that it leads to, the whole list: ${MOST}.` }),
    channelIds: t.globalIDList({ for: ChannelType, description: `The channels that it leads to, the whole list: ${MOST}.` }),
    escalationPolicyId: t.globalID({ for: EscalationPolicyType, description: "How problems that it matches are escalated; null: they are not." }),
  }),
});

interface GivenTargets {
  contactIds?: { id: string }[] | null | undefined;
  groupIds?: { id: string }[] | null | undefined;
  channelIds?: { id: string }[] | null | undefined;
  escalationPolicyId?: { id: string } | null | undefined;
}

/** Whom a rule leads to by the ids that the database has; null takes the policy away. */
function targetsOf({ contactIds, groupIds, channelIds, escalationPolicyId }: GivenTargets) {
  return { contactIds: contactIds?.map(({ id }) => id), groupIds: groupIds?.map(({ id }) => id), channelIds: channelIds?.map(({ id }) => id), escalationPolicyId: escalationPolicyId && escalationPolicyId.id };
}

/** Payloads that hold the rule as it is now. */
function rulePayload(name: string, description: string) {
  return builder.objectRef<{ alertRule: AlertRuleRow }>(name).implement({
    description,
    fields: (t) => ({
      alertRule: t.field({ type: AlertRuleType, description: "The alert rule as it is now.", resolve: ({ alertRule }) => alertRule }),
      warnings: t.stringList({ description: "What was taken but can hardly be meant, e.g. that it matches nothing or leads to nobody.", resolve: ({ alertRule }, _args, { services }) => warningsOf(alertRule, services) }),
    }),
  });
}

builder.mutationField("createAlertRule", (t) =>
  t.field({
    type: rulePayload("CreateAlertRulePayload", "The alert rule is made."),
    description: "Makes a rule that leads matching events to people, groups and channels.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createAlertRule", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateAlertRuleInput, required: true, description: "The alert rule." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ alertRule: await services.alertRules.create({ ...input, ...targetsOf(input) } as never, principal as Principal) }),
  }),
);

builder.mutationField("updateAlertRule", (t) =>
  t.field({
    type: rulePayload("UpdateAlertRulePayload", "The alert rule is changed."),
    description: "Changes an alert rule, moves it, or switches it on or off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateAlertRule", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: AlertRuleType, description: "The alert rule." }),
      input: t.arg({ type: UpdateAlertRuleInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ alertRule: await services.alertRules.update(id.id, { ...input, ...targetsOf(input) } as never, principal as Principal) }),
  }),
);

builder.mutationField("deleteAlertRule", (t) =>
  t.field({
    type: deletePayload("DeleteAlertRulePayload", "The alert rule is gone. Whom it led to stays."),
    description: "Deletes an alert rule.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteAlertRule", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: AlertRuleType, description: "The alert rule." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ id: globalIdOf("AlertRule", id.id), impact: await services.alertRules.delete(id.id, principal as Principal) }),
  }),
);
