import { ProviderAccountType } from "../accounts/providerAccount.graphql.ts";
import type { TryResult } from "../dispatch/sendMessage.ts";
import { builder } from "../graphql/builder.ts";
import type { AppriseService } from "../providers/apprise.ts";

const AppriseServiceType = builder.objectRef<AppriseService>("AppriseService").implement({
  description: "A service that Apprise can send to.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name, e.g. Telegram." }),
    schemas: t.exposeStringList("schemas", { description: "What its Apprise URLs may begin with, before ://, e.g. tgram." }),
    setupUrl: t.exposeString("setupUrl", { nullable: true, description: "Where Apprise explains its URLs; the program on this machine does not tell." }),
  }),
});

const AppriseServicesType = builder.objectRef<TryResult<AppriseService[]>>("AppriseServices").implement({
  description: "Whether there is an Apprise, and what it can send to.",
  fields: (t) => ({
    available: t.boolean({ description: "True when there is one.", resolve: ({ outcome }) => outcome === "DELIVERED" }),
    error: t.string({ nullable: true, description: "Why there is none.", resolve: (result) => (result.outcome === "DELIVERED" ? null : result.error) }),
    hint: t.string({ nullable: true, description: "What to do about it.", resolve: (result) => (result.outcome === "DELIVERED" ? null : result.hint) }),
    services: t.field({ type: [AppriseServiceType], description: "The services that it can send to.", resolve: (result) => (result.outcome === "DELIVERED" ? result.receipt : []) }),
  }),
});

builder.queryField("appriseServices", (t) =>
  t.field({
    type: AppriseServicesType,
    description: "What channels of the kind APPRISE can send to: the services of an Apprise API server, or of the program apprise on the server's machine.",
    // It runs a program or asks another server, which reading alone should not.
    authScopes: { may: "SETTINGS_MANAGE" },
    args: { accountId: t.arg.globalID({ for: ProviderAccountType, description: "A provider account with an Apprise API server. Left out: the program on the server's machine." }) },
    resolve: (_root, { accountId }, { services, principal }) => services.appriseServices.list(accountId?.id ?? null, principal),
  }),
);
