import { builder } from "../graphql/builder.ts";
import { RECOVERY_FORMS } from "../providers/provider.ts";
import type { Account, Pace, Provider } from "../providers/provider.ts";
import { ACCOUNTS, PROVIDERS } from "../providers/registry.ts";
import { providersFor } from "./channel.service.ts";
import { configFields, configKey } from "./channelConfig.ts";
import { ConfigFieldType, configOutput, oneOfConfigInput, typeNameOf } from "./configTypes.graphql.ts";
import type { FormField } from "./configTypes.graphql.ts";
import { RECIPIENT_CONFIGS } from "./recipientConfig.ts";

export const ChannelKindEnum = builder.enumType("ChannelKind", {
  description: "What a channel sends by. The channelKinds query has each kind's setup guide and fields.",
  values: Object.fromEntries(PROVIDERS.map(({ kind, title }) => [kind, { value: kind, description: `Sends by ${title}.` }])),
});

export const ProviderAccountKindEnum = builder.enumType("ProviderAccountKind", {
  description: "What a provider account is of. The providerAccountKinds query has each kind's fields.",
  values: Object.fromEntries(ACCOUNTS.map(({ kind, title }) => [kind, { value: kind, description: `${title}.` }])),
});

const givenByAccount = ({ account }: Provider, name: string): boolean => account !== undefined && name in account.config.shape;

export const ChannelConfigInput = oneOfConfigInput("ChannelConfigInput", "The config of a channel: exactly one member, named after its kind.", PROVIDERS, (provider) => ({
  name: `${typeNameOf(provider.kind)}ConfigInput`,
  description: `Config of a channel of the kind ${provider.kind}. The channelKinds query tells how to get each value.`,
  comesFromElsewhere: ({ name }) => (givenByAccount(provider, name) ? "unless the channel's provider account has it" : undefined),
  about: `A channel that sends by ${provider.title}.`,
}));

export const ChannelConfig = builder.unionType("ChannelConfig", {
  description: "What may be read of a channel's config: everything but its secrets.",
  types: PROVIDERS.map((provider) =>
    configOutput(provider, `${typeNameOf(provider.kind)}Config`, `Config of a channel of the kind ${provider.kind}, without its secrets and without what its provider account gives.`, true),
  ),
  resolveType: ({ kind }) => `${typeNameOf(kind)}Config`,
});

/** Who gets a trigger's events on a channel, in place of whom the channel's config names. */
export const RecipientConfigInput = oneOfConfigInput("RecipientConfigInput", "Who gets it: exactly one member, named after the channel's kind.", RECIPIENT_CONFIGS, (owner) => ({
  name: `${typeNameOf(owner.kind)}RecipientInput`,
  description: `Who gets it on a channel of the kind ${owner.kind}. What is left out stays as the channel has it.`,
  about: `On a channel of the kind ${owner.kind}.`,
}));

export const RecipientConfig = builder.unionType("RecipientConfig", {
  description: "Who gets a trigger's events on a channel. What is null stays as the channel has it.",
  types: RECIPIENT_CONFIGS.map((owner) => configOutput(owner, `${typeNameOf(owner.kind)}Recipient`, `Who gets it on a channel of the kind ${owner.kind}.`, false)),
  resolveType: ({ kind }) => `${typeNameOf(kind)}Recipient`,
});

const RecoveryFormEnum = builder.enumType("RecoveryForm", {
  description: "How those who were told of a problem hear of its end.",
  values: {
    RESOLVES: { value: RECOVERY_FORMS[0], description: "The provider closes the incident that the problem opened." },
    REPLIES: { value: RECOVERY_FORMS[1], description: "A reply to the first message, or one in its thread." },
    REPLACES: { value: RECOVERY_FORMS[2], description: "A message that takes the place of the first one." },
    FOLLOWS: { value: RECOVERY_FORMS[3], description: "A second message." },
  },
});

export const PaceType = builder.objectRef<Pace>("ChannelPace").implement({
  description: "How fast a channel is used.",
  fields: (t) => ({
    concurrency: t.exposeInt("concurrency", { description: "Messages under way at once." }),
    perSecond: t.float({ nullable: true, description: "Messages per second on average; null: no limit.", resolve: ({ perSecond }) => finite(perSecond) }),
    burst: t.int({ nullable: true, description: "Messages that may go out at once before `perSecond` holds; null: no limit.", resolve: ({ burst }) => finite(burst) }),
    timeout: t.field({ type: "Duration", description: "One try's time, connecting included.", resolve: ({ timeoutMs }) => timeoutMs / 1000 }),
  }),
});

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const ChannelKindInfo = builder.objectRef<Provider>("ChannelKindInfo").implement({
  description: "A channel kind: what it needs and how to get it.",
  fields: (t) => ({
    kind: t.field({ type: ChannelKindEnum, description: "The kind.", resolve: ({ kind }) => kind }),
    configKey: t.string({ description: "Its member in ChannelConfigInput.", resolve: ({ kind }) => configKey(kind) }),
    title: t.exposeString("title", { description: "The provider's name as people know it." }),
    docsUrl: t.string({ nullable: true, description: "The provider's own documentation.", resolve: ({ docs }) => docs || null }),
    guide: t.exposeStringList("guide", { description: "Steps to get every credential, in order." }),
    fields: t.field({ type: [ConfigFieldType], description: "The config's fields, in the order in which a form shows them.", resolve: (provider) => formFields(provider) }),
    accountKind: t.field({ type: ProviderAccountKindEnum, nullable: true, description: "The provider account that can give the credentials; null when each channel has its own.", resolve: ({ account }) => account?.kind ?? null }),
    recovery: t.expose("recovery", { type: RecoveryFormEnum, description: "How a recovery arrives." }),
    pace: t.expose("pace", { type: PaceType, description: "The provider's documented limits, which hold unless a channel sets others." }),
  }),
});

function formFields(provider: Provider): FormField[] {
  return configFields(provider).map((field) => ({
    ...field,
    fromAccount: givenByAccount(provider, field.name),
    recipient: provider.recipientFields?.includes(field.name) ?? false,
  }));
}

const ProviderAccountKindInfo = builder.objectRef<Account>("ProviderAccountKindInfo").implement({
  description: "A kind of provider account: the credentials that it holds for its channels.",
  fields: (t) => ({
    kind: t.field({ type: ProviderAccountKindEnum, description: "The kind.", resolve: ({ kind }) => kind }),
    configKey: t.string({ description: "Its member in ProviderAccountConfigInput.", resolve: ({ kind }) => configKey(kind) }),
    title: t.exposeString("title", { description: "What it is to people, e.g. Telegram bot." }),
    fields: t.field({
      type: [ConfigFieldType],
      description: "The config's fields, in the order in which a form shows them.",
      resolve: (account) => configFields(account).map((field) => ({ ...field, fromAccount: false, recipient: false })),
    }),
    channelKinds: t.field({ type: [ChannelKindEnum], description: "The channel kinds that can use it.", resolve: (account) => PROVIDERS.filter((provider) => provider.account === account).map(({ kind }) => kind) }),
  }),
});

builder.queryFields((t) => ({
  channelKinds: t.field({
    type: [ChannelKindInfo],
    description: "Every channel kind with its setup guide and its fields: enough to draw a form with no knowledge of the kind. Customers have none that uses the server's machine itself.",
    authScopes: { may: "SETTINGS_READ" },
    resolve: (_root, _args, { principal }) => [...providersFor(principal)],
  }),
  providerAccountKinds: t.field({
    type: [ProviderAccountKindInfo],
    description: "Every kind of provider account with its fields, and the channel kinds that can use it.",
    authScopes: { may: "SETTINGS_READ" },
    resolve: () => [...ACCOUNTS],
  }),
}));
