import { NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { RoleEnum, ScopeEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { AccessToken } from "./accessToken.store.ts";
import type { Principal } from "./principal.ts";
import { ROLE_SCOPES } from "./scope.ts";

const AccessTokenType = builder.prismaNode("AccessToken", {
  id: { field: "id" },
  nullable: true,
  description: "Lets a program or a person in. The token itself is shown once, when it is made.",
  authScopes: { may: "TOKENS_MANAGE" },
  fields: (t) => ({
    name: t.exposeString("name", { description: "What it is for." }),
    role: t.expose("role", { type: RoleEnum, description: "What it may do." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: true, description: "When it ends; null: never." }),
    lastUsedAt: t.expose("lastUsedAt", { type: "DateTime", nullable: true, description: "When it was last used, to about a minute." }),
    revokedAt: t.expose("revokedAt", { type: "DateTime", nullable: true, description: "When it was revoked." }),
  }),
});

builder.queryField("accessTokens", (t) =>
  t.prismaField({
    type: [AccessTokenType],
    description: "All access tokens, revoked ones included.",
    authScopes: { may: "TOKENS_MANAGE" },
    resolve: (query, _root, _args, { services }) => services.db.accessToken.findMany({ ...query, orderBy: { id: "asc" } }),
  }),
);

const ViewerType = builder.objectRef<Principal>("Viewer").implement({
  description: "Whom the server takes you for.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The name of your token." }),
    role: t.expose("role", { type: RoleEnum, description: "Its role." }),
    scopes: t.field({ type: [ScopeEnum], description: "What you may do.", resolve: ({ role }) => [...ROLE_SCOPES[role]] }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: true, description: "When your token ends; null: never." }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: ViewerType,
    nullable: true,
    description: "Whom the server takes you for; null without a valid token.",
    resolve: (_root, _args, { principal }) => principal,
  }),
);

const CreateAccessTokenInput = builder.inputType("CreateAccessTokenInput", {
  description: "A new access token.",
  fields: (t) => ({
    name: t.string({ required: true, description: "What it is for, at most 100 characters." }),
    role: t.field({ type: RoleEnum, required: true, description: "What it may do." }),
    expiresAt: t.field({ type: "DateTime", description: "When it ends; left out: never." }),
  }),
});

const CreateAccessTokenPayload = builder.objectRef<{ token: string; accessToken: AccessToken }>("CreateAccessTokenPayload").implement({
  description: "The token is made.",
  fields: (t) => ({
    token: t.exposeString("token", { description: "The token: shown now and never again." }),
    accessToken: t.field({ type: AccessTokenType, description: "What is kept of it.", resolve: ({ accessToken }) => accessToken }),
  }),
});

builder.mutationField("createAccessToken", (t) =>
  t.field({
    type: CreateAccessTokenPayload,
    description: "Makes an access token.",
    authScopes: { may: "TOKENS_MANAGE" },
    errors: resultOf("createAccessToken", ValidationError),
    args: { input: t.arg({ type: CreateAccessTokenInput, required: true, description: "The token." }) },
    resolve: (_root, { input }, { services }) => services.accessTokens.create(input),
  }),
);

const RevokeAccessTokenPayload = builder.objectRef<{ accessToken: AccessToken }>("RevokeAccessTokenPayload").implement({
  description: "The token opens nothing any more; its open connections are closed.",
  fields: (t) => ({ accessToken: t.field({ type: AccessTokenType, description: "The token.", resolve: ({ accessToken }) => accessToken }) }),
});

builder.mutationField("revokeAccessToken", (t) =>
  t.field({
    type: RevokeAccessTokenPayload,
    description: "Takes an access token out of use at once.",
    authScopes: { may: "TOKENS_MANAGE" },
    errors: resultOf("revokeAccessToken", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: AccessTokenType, description: "The token's id." }) },
    resolve: async (_root, { id }, { services }) => ({ accessToken: await services.accessTokens.revoke(id.id) }),
  }),
);
