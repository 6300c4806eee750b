import { ownChannelIds, ownCustomers, ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { findDeletedChannels } from "../db/deletedChannels.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { builder } from "../graphql/builder.ts";
import type { Context } from "../graphql/context.ts";
import { DeletionImpactType } from "../graphql/deletionImpact.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { rowById } from "../graphql/readTogether.ts";
import { providerOf } from "../providers/registry.ts";
import { DigestType, QuietHoursType } from "../schedules/schedule.graphql.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";
import type { HealthChange } from "./channelHealthFeed.ts";
import { ChannelConfig, ChannelKindEnum, PaceType } from "./channelKind.graphql.ts";
import { paceOf } from "./channel.model.ts";
import type { StoredPace } from "./channel.model.ts";

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
    deletionImpact: t.field({ type: DeletionImpactType, description: "What deleting it would take along.", resolve: ({ id }, _args, { services, principal }) => services.channels.deletionImpact(id, principal) }),
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
