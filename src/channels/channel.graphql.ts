import { ownChannelIds, ownCustomers, ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { AttemptOutcomeEnum, SeverityEnum } from "../graphql/enums.ts";
import { findDeletedChannels } from "../db/deletedChannels.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import type { Context } from "../graphql/context.ts";
import { deletePayload, DeletionImpactType } from "../graphql/deletionImpact.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { rowById } from "../graphql/readTogether.ts";
import { providerOf } from "../providers/registry.ts";
import type { HealthChange } from "./channelHealthFeed.ts";
import type { References } from "./channel.service.ts";
import type { ChannelRow } from "./channel.store.ts";
import { ChannelConfig, ChannelConfigInput, ChannelKindEnum, PaceType } from "./channelKind.graphql.ts";
import { channelWarnings, paceOf } from "./channel.model.ts";
import type { StoredPace } from "./channel.model.ts";
import { DigestInput, DigestType, QuietHoursInput, QuietHoursType } from "../schedules/schedule.graphql.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";

const OverrideType = builder.prismaObject("ChannelOverride", {
  description: "A channel's own word on one event type or one category.",
  fields: (t) => ({
    eventType: t.exposeString("eventType", { nullable: true, description: "The event type; null when it is about a category." }),
    category: t.exposeString("category", { nullable: true, description: "The category: for its types without an override of their own." }),
    enabled: t.exposeBoolean("enabled", { description: "Whether the channel takes it. A type that is off for all stays off." }),
  }),
});

const ChannelHealthEnum = builder.enumType("ChannelHealth", {
  description: "Whether messages reach a channel.",
  values: {
    HEALTHY: { value: "HEALTHY" as const, description: "As far as is known, they do." },
    FAILING: { value: "FAILING" as const, description: "One had to be given up, or tries have failed for a minute and five times in a row; nothing has been delivered since." },
  },
});

const healthOf = ({ failingSince }: { failingSince: Date | null }) => (failingSince ? ("FAILING" as const) : ("HEALTHY" as const));

export const ChannelType = builder.prismaNode("Channel", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal), ...NOT_DELETED }),
  nullable: true,
  description: "A configured destination.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it is: it hears of that customer's services only. Null: the server's own." }),
    kind: t.field({ type: ChannelKindEnum, description: "What it sends by.", resolve: ({ kind }) => kind }),
    enabled: t.exposeBoolean("enabled", { description: "Whether it is sent anything." }),
    onlyByRules: t.exposeBoolean("onlyByRules", { description: "True: it hears only of what an alert rule, a trigger that names it or an escalation leads to it." }),
    disabledReason: t.exposeString("disabledReason", { nullable: true, description: "Why the server switched it off, when it did." }),
    health: t.field({ type: ChannelHealthEnum, description: "Whether messages reach it.", resolve: healthOf }),
    failingSince: t.expose("failingSince", { type: "DateTime", nullable: true, description: "Since when nothing could be delivered to it; null while it is HEALTHY." }),
    fallback: t.relation("fallback", { nullable: true, description: "The channel that gets what this one could not deliver, marked so." }),
    config: t.field({
      type: ChannelConfig,
      description: "Its own config without secrets; what its provider account gives is in `account`.",
      resolve: ({ kind, config, secretsSet }) => ({ kind, config: config as Record<string, unknown>, secretsSet: secretsSet as string[] }),
    }),
    rich: t.exposeBoolean("rich", { description: "Whether messages take the kind's native form: formatting, colours, an emoji before the title." }),
    pace: t.field({ type: PaceType, description: "How fast it is used: its kind's default, but for what it sets itself.", resolve: ({ kind, pace }) => paceOf(providerOf(kind).pace, pace as StoredPace) }),
    quietHours: t.field({ type: QuietHoursType, nullable: true, description: "When it stays quiet; null: never.", resolve: ({ quietHours }) => quietHours as unknown as QuietHours | null }),
    digest: t.field({
      type: DigestType,
      nullable: true,
      description: "When it gets its daily digest; null: what is information comes at once.",
      resolve: ({ digest, quietHours }) => (digest === null ? null : { ...(digest as unknown as Digest), quietHours: quietHours as unknown as QuietHours | null }),
    }),
    displayName: t.exposeString("displayName", { nullable: true, description: "Its own label for where alerts come from; null takes the server's." }),
    minimumSeverity: t.expose("minimumSeverity", { type: SeverityEnum, description: "It gets this severity and those above." }),
    customers: t.stringList({ description: "Customers that it hears of; empty: all.", resolve: ({ customers }) => customers as string[] }),
    services: t.stringList({ description: "Services that it hears of; empty: all.", resolve: ({ services }) => services as string[] }),
    sources: t.stringList({ description: "Sources that it hears of; empty: all.", resolve: ({ sources }) => sources as string[] }),
    overrides: t.relation("overrides", { type: OverrideType, description: "Its own word on event types and categories." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

const ChannelFilter = builder.inputType("ChannelFilter", {
  description: "Which channels are wanted; what is left out does not matter.",
  fields: (t) => ({
    names: t.stringList({ description: "With one of these names." }),
    kinds: t.field({ type: [ChannelKindEnum], description: "Of these kinds." }),
    customers: t.stringList({ description: "Of these customers." }),
    enabled: t.boolean({ description: "Switched on, or off." }),
  }),
});

function channelWhere(filter: typeof ChannelFilter.$inferInput | null | undefined, principal: Principal | null) {
  const { names, kinds, customers, enabled } = filter ?? {};
  const own = ownCustomers(principal, customers);
  return {
    ...NOT_DELETED,
    ...(names ? { name: { in: names } } : {}),
    ...(kinds ? { kind: { in: kinds } } : {}),
    ...(own ? { customer: { in: [...own] } } : {}),
    ...(enabled === null || enabled === undefined ? {} : { enabled }),
  };
}

/** The channel with an id, whoever may see it. */
export const channelById = rowById((ids, { services }) => services.db.channel.findMany({ where: { id: { in: ids } } }));

/**
 * The channels whose rows are listed and counted; null: all that have any. Until what deleted ones have left is removed, the others
 * are named, whose indexes say how many rows there are without a look at any.
 */
export async function listedChannelIds({ principal, services }: Context): Promise<string[] | null> {
  const { channels } = services.snapshot.current;
  const own = ownChannelIds(principal, channels);
  if (own) return own;
  const deleted = await findDeletedChannels(services.db);
  return deleted.length === 0 ? null : [...channels.keys()].filter((id) => !deleted.includes(id));
}

builder.queryField("channels", (t) =>
  t.prismaConnection(
    {
      type: ChannelType,
      cursor: "id",
      description: "The configured destinations, the oldest first.",
      authScopes: { may: "SETTINGS_READ" },
      args: { filter: t.arg({ type: ChannelFilter, description: "Left out: all." }) },
      resolve: (query, _root, { filter }, { services, principal }) => services.db.channel.findMany({ ...query, where: channelWhere(filter, principal), orderBy: { id: "asc" } }),
      totalCount: (_root, { filter }, { services, principal }) => services.db.channel.count({ where: channelWhere(filter, principal) }),
    },
    { name: "ChannelConnection", description: "A page of channels." },
    { name: "ChannelEdge", description: "A channel and its place in the list." },
  ),
);

builder.queryField("channel", (t) =>
  t.prismaField({
    type: ChannelType,
    nullable: true,
    description: "One channel; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.channel.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal), ...NOT_DELETED } }),
  }),
);

const ChannelPaceInput = builder.inputType("ChannelPaceInput", {
  description: "How fast a channel may be used. What is left out is as the kind has it: the provider's documented limit.",
  fields: (t) => ({
    concurrency: t.int({ description: "Messages under way at once: 1 to 100." }),
    perSecond: t.float({ description: "Messages per second on average: 0.001 to 10,000." }),
    burst: t.int({ description: "Messages that may go out at once before `perSecond` holds: 1 to 10,000." }),
    timeout: t.field({ type: "Duration", description: "One try's time: PT1S to PT5M." }),
  }),
});

const CreateChannelInput = builder.inputType("CreateChannelInput", {
  description: "A new channel.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: unique among the channels of its customer, at most 100 characters." }),
    config: t.field({ type: ChannelConfigInput, required: true, description: "Its config: the one member that is set says which kind it is." }),
    accountId: t.globalID({ description: "A provider account that gives the credentials, for kinds that have one. What stands in `config` goes before it." }),
    fallbackId: t.globalID({ description: "A channel that gets what this one could not deliver. It may have a fallback itself, up to 5 in a row." }),
    contactId: t.globalID({ description: "The contact whose channel it is. It belongs to the customer that the contact belongs to." }),
    onlyByRules: t.boolean({ description: "Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it. Left out: true for a contact's channel, else false." }),
    enabled: t.boolean({ description: "Left out: true." }),
    rich: t.boolean({ description: "Left out: true." }),
    pace: t.field({ type: ChannelPaceInput, description: "Left out: as the kind has it." }),
    quietHours: t.field({ type: QuietHoursInput, description: "When it stays quiet. Left out: never." }),
    digest: t.field({ type: DigestInput, description: "When it gets one digest a day of what is only information. Left out: that comes at once." }),
    displayName: t.string({ description: "Its own label for where alerts come from. Left out: the server's." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "Left out: INFO, which is everything." }),
    customers: t.stringList({ description: "Customers to hear of. Left out: all." }),
    services: t.stringList({ description: "Services to hear of. Left out: all." }),
    sources: t.stringList({ description: "Sources to hear of. Left out: all." }),
  }),
});

const UpdateChannelInput = builder.inputType("UpdateChannelInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: "Its name: unique among the channels of its customer, at most 100 characters." }),
    config: t.field({ type: ChannelConfigInput, description: "Its whole config, of the same kind. Secrets that are left out stay." }),
    accountId: t.globalID({ description: "The provider account that gives the credentials from now on, in place of its own; null takes it away." }),
    fallbackId: t.globalID({ description: "The channel that gets what this one could not deliver from now on; null: none." }),
    contactId: t.globalID({ description: "The contact whose channel it is from now on: it then hears only of what rules lead to it, unless onlyByRules says otherwise. Null: nobody's." }),
    onlyByRules: t.boolean({ description: "Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it." }),
    enabled: t.boolean({ description: "Whether it is sent anything." }),
    rich: t.boolean({ description: "Whether messages take the kind's native form." }),
    pace: t.field({ type: ChannelPaceInput, description: "How fast it may be used; null returns to what the kind has." }),
    quietHours: t.field({ type: QuietHoursInput, description: "When it stays quiet; null: never. What waits follows the new hours." }),
    digest: t.field({ type: DigestInput, description: "When it gets its daily digest; null: what is information comes at once from now on." }),
    displayName: t.string({ description: "Its own label; empty takes the server's." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "It gets this severity and those above." }),
    customers: t.stringList({ description: "Customers to hear of; empty: all." }),
    services: t.stringList({ description: "Services to hear of; empty: all." }),
    sources: t.stringList({ description: "Sources to hear of; empty: all." }),
  }),
});

interface GivenId {
  typename: string;
  id: string;
}

/** @returns what is another type's id as one that there is not, for the service to refuse */
function idOf(type: "Channel" | "Contact" | "ProviderAccount", given: GivenId | null | undefined): string | null | undefined {
  return given && given.typename !== type ? "" : (given?.id ?? (given as null | undefined));
}

function referencesOf({ accountId, contactId, fallbackId }: { [Name in keyof References]: GivenId | null | undefined }): References {
  return { accountId: idOf("ProviderAccount", accountId), contactId: idOf("Contact", contactId), fallbackId: idOf("Channel", fallbackId) };
}

/** Payloads that hold the channel as it is now. */
function channelPayload(name: string, description: string) {
  return builder.objectRef<{ channel: ChannelRow }>(name).implement({
    description,
    fields: (t) => ({
      channel: t.field({ type: ChannelType, description: "The channel as it is now.", resolve: ({ channel }) => channel }),
      warnings: t.stringList({
        description: "What was taken but can hardly be meant, e.g. quiet hours that never end.",
        resolve: ({ channel: { minimumSeverity, quietHours, digest } }, _args, { services }) =>
          channelWarnings({ minimumSeverity, quietHours: quietHours as unknown as QuietHours | null, digest: digest as unknown as Digest | null }, services.clock.now()),
      }),
    }),
  });
}

builder.mutationField("createChannel", (t) =>
  t.field({
    type: channelPayload("CreateChannelPayload", "The channel is made and in use."),
    description: "Makes a channel. Test the config first with testChannelConfig.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createChannel", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateChannelInput, required: true, description: "The channel." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ channel: await services.channels.create({ ...input, ...referencesOf(input) } as never, principal) }),
  }),
);

builder.mutationField("updateChannel", (t) =>
  t.field({
    type: channelPayload("UpdateChannelPayload", "The channel is changed."),
    description: "Changes a channel, or switches it on or off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateChannel", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }),
      input: t.arg({ type: UpdateChannelInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ channel: await services.channels.update(id.id, { ...input, ...referencesOf(input) } as never, principal) }),
  }),
);

builder.mutationField("duplicateChannel", (t) =>
  t.field({
    type: channelPayload("DuplicateChannelPayload", "The copy is made; it is switched off."),
    description: "Copies a channel with its secrets and overrides under another name. The copy is switched off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("duplicateChannel", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel to copy." }),
      name: t.arg.string({ required: true, description: "The copy's name." }),
    },
    resolve: async (_root, { id, name }, { services, principal }) => ({ channel: await services.channels.duplicate(id.id, name, principal) }),
  }),
);

builder.prismaObjectField(ChannelType, "deletionImpact", (t) =>
  t.field({ type: DeletionImpactType, description: "What deleting it would take along.", resolve: ({ id }, _args, { services, principal }) => services.channels.deletionImpact(id, principal) }),
);

builder.mutationField("deleteChannel", (t) =>
  t.field({
    type: deletePayload("DeleteChannelPayload", "The channel is gone, with its overrides, inbox messages and what waited to be sent. Its history stays."),
    description: "Deletes a channel.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteChannel", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ id: globalIdOf("Channel", id.id), impact: await services.channels.delete(id.id, principal) }),
  }),
);

/** A test's outcome, of a saved channel's attempt or of a config that is not saved. */
interface TestResult {
  outcome: string;
  status: string | null;
  error: string | null;
  hint: string | null;
  durationMs: number;
  body: string;
}

function testPayload(name: string, description: string) {
  return builder.objectRef<TestResult>(name).implement({
    description,
    fields: (t) => ({
      delivered: t.boolean({ description: "True when the provider has taken it.", resolve: ({ outcome }) => outcome === "DELIVERED" }),
      outcome: t.field({ type: AttemptOutcomeEnum, description: "What came of it.", resolve: ({ outcome }) => outcome as "DELIVERED" }),
      status: t.exposeString("status", { nullable: true, description: "The provider's status." }),
      error: t.exposeString("error", { nullable: true, description: "The provider's own error." }),
      hint: t.exposeString("hint", { nullable: true, description: "What is wrong in plain words, and what to do about it." }),
      durationMs: t.exposeInt("durationMs", { description: "How long it took, in milliseconds." }),
      body: t.exposeString("body", { description: "The text as sent." }),
    }),
  });
}

builder.mutationField("testChannel", (t) =>
  t.field({
    type: testPayload("TestChannelPayload", "What came of the test message."),
    description: "Sends a test message by a saved channel, switched on or not. It is recorded in the history as a test.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testChannel", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
    resolve: (_root, { id }, { services, principal }) => services.channelTester.testSaved(id.id, principal),
  }),
);

builder.mutationField("testChannelConfig", (t) =>
  t.field({
    type: testPayload("TestChannelConfigPayload", "What came of the test message."),
    description: "Sends a test message by a config that is not saved. Nothing is stored.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testChannelConfig", ValidationError, NotFoundError),
    args: {
      config: t.arg({ type: ChannelConfigInput, required: true, description: "The config." }),
      channelId: t.arg.globalID({ for: ChannelType, description: "A saved channel of the same kind, whose secrets stand in for those left out." }),
      accountId: t.arg.globalID({ description: "The provider account that is to give the credentials." }),
      rich: t.arg.boolean({ defaultValue: true, description: "Whether to send the rich form." }),
    },
    resolve: async (_root, { config, channelId, accountId, rich }, { services, principal }) => {
      const result = await services.channelTester.testUnsaved(config as never, { baseId: channelId?.id ?? null, accountId: idOf("ProviderAccount", accountId) ?? null, rich: rich ?? true }, principal);
      const failed = result.outcome === "DELIVERED" ? { status: result.receipt.status, error: null, hint: null } : result;
      return { outcome: result.outcome, status: failed.status, error: failed.error, hint: failed.hint, durationMs: result.durationMs, body: result.text };
    },
  }),
);

const ChannelOverrideTargetInput = builder.inputType("ChannelOverrideTargetInput", {
  description: "What an override is about: exactly one of both.",
  isOneOf: true,
  fields: (t) => ({
    eventType: t.string({ description: "An event type by any of its names." }),
    category: t.string({ description: "A category: for its types without an override of their own." }),
  }),
});

builder.mutationField("setChannelOverride", (t) =>
  t.field({
    type: channelPayload("SetChannelOverridePayload", "The override is set or removed."),
    description: "Switches an event type or a category on or off for one channel.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("setChannelOverride", ValidationError, NotFoundError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }),
      target: t.arg({ type: ChannelOverrideTargetInput, required: true, description: "What it is about." }),
      enabled: t.arg.boolean({ description: "Null or left out removes the override." }),
    },
    resolve: async (_root, { id, target, enabled }, { services, principal }) => ({
      channel: await services.channels.setOverride(id.id, await services.triggers.overrideTarget(target, principal), enabled ?? null, principal),
    }),
  }),
);

const ChannelHealthChanged = builder.objectRef<HealthChange>("ChannelHealthChanged").implement({
  description: "A channel has begun to fail, or works again.",
  fields: (t) => ({
    health: t.field({ type: ChannelHealthEnum, description: "Whether messages reach it now.", resolve: healthOf }),
    failingSince: t.expose("failingSince", { type: "DateTime", nullable: true, description: "Since when nothing could be delivered; null when it works again." }),
    at: t.expose("at", { type: "DateTime", description: "When this was noticed." }),
    channel: t.prismaField({ type: ChannelType, nullable: true, description: "The channel; null when it was deleted meanwhile.", resolve: (query, { channelId }, _args, { services }) => services.db.channel.findUnique({ ...query, where: { id: channelId, ...NOT_DELETED } }) }),
  }),
});

builder.subscriptionField("channelHealthChanged", (t) =>
  t.field({
    type: ChannelHealthChanged,
    description: "Every channel that begins to fail or works again, as it is noticed. What is so already, channels { health } tells.",
    authScopes: { may: "SETTINGS_READ" },
    args: { channelIds: t.arg.globalIDList({ for: ChannelType, description: "Ids of channels. Left out: all." }) },
    subscribe: (_root, { channelIds }, { services, principal }) => {
      const wanted = channelIds && new Set(channelIds.map(({ id }) => id));
      const own = ownedBy(principal).customer;
      return services.channelHealth.watch(
        ({ channelId, customer }) => (!wanted || wanted.has(channelId)) && (own === undefined || customer === own),
        () => principal !== null && services.accessTokens.isValid(principal.tokenId),
      );
    },
    resolve: (change) => change,
  }),
);
