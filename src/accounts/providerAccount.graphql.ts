import { ownedBy } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { ProviderAccountKindEnum } from "../channels/channelKind.graphql.ts";
import { configOutput, oneOfConfigInput, typeNameOf } from "../channels/configTypes.graphql.ts";
import type { TryResult } from "../dispatch/sendMessage.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { ACCOUNTS } from "../providers/registry.ts";
import type { ProviderAccountRow } from "./providerAccount.store.ts";

const ProviderAccountConfigInput = oneOfConfigInput("ProviderAccountConfigInput", "The config of a provider account: exactly one member, named after its kind.", ACCOUNTS, (account) => ({
  name: `${typeNameOf(account.kind)}AccountConfigInput`,
  description: `Config of a provider account: ${account.title}.`,
  about: `${account.title}.`,
}));

const ProviderAccountConfig = builder.unionType("ProviderAccountConfig", {
  description: "What may be read of a provider account's config: everything but its secrets.",
  types: ACCOUNTS.map((account) => configOutput(account, `${typeNameOf(account.kind)}AccountConfig`, `Config of a provider account, without its secrets: ${account.title}.`, true)),
  resolveType: ({ kind }) => `${typeNameOf(kind)}AccountConfig`,
});

export const ProviderAccountType = builder.prismaNode("ProviderAccount", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal) }),
  nullable: true,
  description: "Credentials that channels share, e.g. a Telegram bot. Changed here, they change in every channel that uses them.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it is, and whose channels may use it. Null: the server's own." }),
    kind: t.field({ type: ProviderAccountKindEnum, description: "What it is of.", resolve: ({ kind }) => kind }),
    config: t.field({
      type: ProviderAccountConfig,
      description: "Its config without secrets.",
      resolve: ({ kind, config, secretsSet }) => ({ kind, config: config as Record<string, unknown>, secretsSet: secretsSet as string[] }),
    }),
    channels: t.relation("channels", { type: ChannelType, description: "The channels that use it.", query: { orderBy: { id: "asc" } } }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

builder.prismaObjectField(ChannelType, "account", (t) =>
  t.relation("account", { type: ProviderAccountType, nullable: true, description: "The provider account that gives its credentials; null when it has its own." }),
);

builder.queryField("providerAccounts", (t) =>
  t.prismaConnection(
    {
      type: ProviderAccountType,
      cursor: "id",
      description: "The provider accounts, the oldest first.",
      authScopes: { may: "SETTINGS_READ" },
      resolve: (query, _root, _args, { services, principal }) => services.db.providerAccount.findMany({ ...query, where: ownedBy(principal), orderBy: { id: "asc" } }),
      totalCount: (_root, _args, { services, principal }) => services.db.providerAccount.count({ where: ownedBy(principal) }),
    },
    { name: "ProviderAccountConnection", description: "A page of provider accounts." },
    { name: "ProviderAccountEdge", description: "A provider account and its place in the list." },
  ),
);

builder.queryField("providerAccount", (t) =>
  t.prismaField({
    type: ProviderAccountType,
    nullable: true,
    description: "One provider account; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: ProviderAccountType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.providerAccount.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal) } }),
  }),
);

const CreateProviderAccountInput = builder.inputType("CreateProviderAccountInput", {
  description: "A new provider account.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: unique among the accounts of its customer, at most 100 characters." }),
    config: t.field({ type: ProviderAccountConfigInput, required: true, description: "Its config: the one member that is set says which kind it is." }),
  }),
});

const UpdateProviderAccountInput = builder.inputType("UpdateProviderAccountInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: "Its name: unique among the accounts of its customer, at most 100 characters." }),
    config: t.field({ type: ProviderAccountConfigInput, description: "Its whole config, of the same kind. Secrets that are left out stay." }),
  }),
});

/** Payloads that hold the account as it is now. */
function accountPayload(name: string, description: string) {
  return builder.objectRef<{ providerAccount: ProviderAccountRow }>(name).implement({
    description,
    fields: (t) => ({ providerAccount: t.field({ type: ProviderAccountType, description: "The provider account as it is now.", resolve: ({ providerAccount }) => providerAccount }) }),
  });
}

builder.mutationField("createProviderAccount", (t) =>
  t.field({
    type: accountPayload("CreateProviderAccountPayload", "The provider account is made."),
    description: "Makes a provider account. Test its config first with testProviderAccountConfig.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createProviderAccount", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateProviderAccountInput, required: true, description: "The provider account." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ providerAccount: await services.providerAccounts.create(input as never, principal) }),
  }),
);

builder.mutationField("updateProviderAccount", (t) =>
  t.field({
    type: accountPayload("UpdateProviderAccountPayload", "The provider account is changed, and with it every channel that uses it."),
    description: "Changes a provider account.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateProviderAccount", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ProviderAccountType, description: "The provider account." }),
      input: t.arg({ type: UpdateProviderAccountInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ providerAccount: await services.providerAccounts.update(id.id, input as never, principal) }),
  }),
);

const DeleteProviderAccountPayload = builder.objectRef<{ id: string }>("DeleteProviderAccountPayload").implement({
  description: "The provider account is gone. Channels that used it are switched off.",
  fields: (t) => ({ deletedId: t.exposeID("id", { description: "The id that it had." }) }),
});

builder.mutationField("deleteProviderAccount", (t) =>
  t.field({
    type: DeleteProviderAccountPayload,
    description: "Deletes a provider account. One that channels use is kept, unless evenIfUsed is given.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteProviderAccount", NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ProviderAccountType, description: "The provider account." }),
      evenIfUsed: t.arg.boolean({ defaultValue: false, description: "True deletes it although channels use it, and switches those off." }),
    },
    resolve: async (_root, { id, evenIfUsed }, { services, principal }) => {
      await services.providerAccounts.delete(id.id, evenIfUsed ?? false, principal);
      return { id: globalIdOf("ProviderAccount", id.id) };
    },
  }),
);

function testPayload(name: string) {
  return builder.objectRef<TryResult>(name).implement({
    description: "What the provider said to the credentials.",
    fields: (t) => ({
      accepted: t.boolean({ description: "True when nothing is wrong with them, as far as the provider can be asked: see `status`.", resolve: ({ outcome }) => outcome === "DELIVERED" }),
      status: t.string({ nullable: true, description: "The provider's status, or that it has no way to ask.", resolve: (result) => (result.outcome === "DELIVERED" ? result.receipt.status : result.status) }),
      error: t.string({ nullable: true, description: "The provider's own error.", resolve: (result) => (result.outcome === "DELIVERED" ? null : result.error) }),
      hint: t.string({ nullable: true, description: "What is wrong in plain words, and what to do about it.", resolve: (result) => (result.outcome === "DELIVERED" ? null : result.hint) }),
      durationMs: t.exposeInt("durationMs", { description: "How long it took, in milliseconds." }),
    }),
  });
}

builder.mutationField("testProviderAccount", (t) =>
  t.field({
    type: testPayload("TestProviderAccountPayload"),
    description: "Asks the provider whether it takes a saved account's credentials. Nothing is sent to anyone.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testProviderAccount", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ProviderAccountType, description: "The provider account." }) },
    resolve: (_root, { id }, { services, principal }) => services.providerAccountTester.testSaved(id.id, principal),
  }),
);

builder.mutationField("testProviderAccountConfig", (t) =>
  t.field({
    type: testPayload("TestProviderAccountConfigPayload"),
    description: "Asks the provider whether it takes credentials that are not saved. Nothing is sent to anyone, and nothing is stored.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testProviderAccountConfig", ValidationError, NotFoundError),
    args: {
      config: t.arg({ type: ProviderAccountConfigInput, required: true, description: "The config." }),
      accountId: t.arg.globalID({ for: ProviderAccountType, description: "A saved account of the same kind, whose secrets stand in for those left out." }),
    },
    resolve: (_root, { config, accountId }, { services, principal }) => services.providerAccountTester.testUnsaved(config as never, accountId?.id ?? null, principal),
  }),
);
