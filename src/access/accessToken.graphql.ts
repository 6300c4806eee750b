import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { RoleEnum, ScopeEnum } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { ContactType } from "../people/contact.graphql.ts";
import { scopesOf } from "./accessToken.model.ts";
import type { AccessToken } from "./accessToken.store.ts";
import { serversOwn } from "./principal.ts";
import type { Principal } from "./principal.ts";
import type { Scope } from "./scope.ts";

const CONTACT_ID = "The person who uses it, where that is known.";
const REQUESTS_PER_MINUTE = "How many requests it may make in a minute, all of them at once if need be; null: as many as it likes. Each server process counts by itself.";

export const AccessTokenType = builder.prismaNode("AccessToken", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...serversOwn(principal) }),
  nullable: true,
  description: "Lets a program or a person in. The token itself is shown once, when it is made.",
  authScopes: { mayOnServer: "TOKENS_MANAGE" },
  fields: (t) => ({
    name: t.exposeString("name", { description: "What it is for." }),
    role: t.expose("role", { type: RoleEnum, description: "What it may do." }),
    scopes: t.field({ type: [ScopeEnum], description: "What it may do, one by one: all that its role may, or less.", resolve: ({ role, scopes }) => [...scopesOf(role, scopes as Scope[] | null)] }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it is: it sees and changes only what is that customer's own. Null: it is nobody's, and sees all." }),
    contactId: t.field({ type: "ID", nullable: true, description: CONTACT_ID, resolve: ({ contactId }) => contactId && globalIdOf("Contact", contactId) }),
    requestsPerMinute: t.exposeInt("requestsPerMinute", { nullable: true, description: REQUESTS_PER_MINUTE }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: true, description: "When it ends; null: never." }),
    lastUsedAt: t.expose("lastUsedAt", { type: "DateTime", nullable: true, description: "When it was last used, to about a minute." }),
    revokedAt: t.expose("revokedAt", { type: "DateTime", nullable: true, description: "When it was revoked." }),
  }),
});

const AccessTokenFilter = builder.inputType("AccessTokenFilter", {
  description: "Which access tokens are wanted; what is left out does not matter.",
  fields: (t) => ({
    roles: t.field({ type: [RoleEnum], description: "Roles." }),
    customers: t.stringList({ description: "Customers." }),
    contactIds: t.globalIDList({ for: ContactType, description: "Ids of contacts." }),
    valid: t.boolean({ description: "True leaves out what was revoked or has expired; false gives only that." }),
  }),
});

builder.queryField("accessTokens", (t) =>
  t.prismaField({
    type: [AccessTokenType],
    description: "Access tokens, revoked ones included, the oldest first.",
    authScopes: { mayOnServer: "TOKENS_MANAGE" },
    args: { filter: t.arg({ type: AccessTokenFilter, description: "Left out: all." }) },
    resolve: (query, _root, { filter }, { services }) => services.db.accessToken.findMany({ ...query, where: tokenWhere(filter, services.clock.now()), orderBy: { id: "asc" } }),
  }),
);

function tokenWhere(filter: typeof AccessTokenFilter.$inferInput | null | undefined, now: Date) {
  const { roles, customers, contactIds, valid } = filter ?? {};
  const isOver = { OR: [{ revokedAt: { not: null } }, { expiresAt: { lte: now } }] };
  const isValid = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
  return {
    ...(roles ? { role: { in: roles } } : {}),
    ...(customers ? { customer: { in: customers } } : {}),
    ...(contactIds ? { contactId: { in: contactIds.map(({ id }) => id) } } : {}),
    ...(typeof valid === "boolean" ? (valid ? isValid : isOver) : {}),
  };
}

const ViewerType = builder.objectRef<Principal>("Viewer").implement({
  description: "Whom the server takes you for.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The name of your token." }),
    role: t.expose("role", { type: RoleEnum, description: "Its role." }),
    scopes: t.field({ type: [ScopeEnum], description: "What you may do.", resolve: ({ scopes }) => [...scopes] }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose token it is: you see and change only what is that customer's own. Null: all." }),
    contactId: t.field({ type: "ID", nullable: true, description: "The person whom the server takes you for, where that is known.", resolve: ({ contactId }) => contactId && globalIdOf("Contact", contactId) }),
    requestsPerMinute: t.exposeInt("requestsPerMinute", { nullable: true, description: "How many requests you may make in a minute; null: as many as you like." }),
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
    scopes: t.field({ type: [ScopeEnum], description: "Limits it to these of its role's scopes. Left out: all of them." }),
    customer: t.string({ description: "The customer whose it is: it sees and changes only what is that customer's own. For the roles CUSTOMER, which needs it, VIEWER and PRODUCER. At most 200 characters." }),
    contactId: t.globalID({ for: ContactType, description: "The contact who uses it: one of the same customer." }),
    requestsPerMinute: t.int({ description: "How many requests it may make in a minute: 1 to 1,000,000. Left out: as many as it likes." }),
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
    authScopes: { mayOnServer: "TOKENS_MANAGE" },
    errors: resultOf("createAccessToken", ValidationError),
    args: { input: t.arg({ type: CreateAccessTokenInput, required: true, description: "The token." }) },
    resolve: (_root, { input }, { services, principal }) => services.accessTokens.create({ ...input, contactId: input.contactId?.id ?? null }, principal as Principal),
  }),
);

const UpdateAccessTokenInput = builder.inputType("UpdateAccessTokenInput", {
  description: "What is left out stays as it is. What a token may do never changes: create another one for that.",
  fields: (t) => ({
    name: t.string({ description: "What it is for, at most 100 characters." }),
    expiresAt: t.field({ type: "DateTime", description: "When it ends; null: never." }),
    requestsPerMinute: t.int({ description: "How many requests it may make in a minute: 1 to 1,000,000; null: as many as it likes." }),
  }),
});

const UpdateAccessTokenPayload = builder.objectRef<{ accessToken: AccessToken }>("UpdateAccessTokenPayload").implement({
  description: "The token is changed; what it has open goes on.",
  fields: (t) => ({ accessToken: t.field({ type: AccessTokenType, description: "The token as it is now.", resolve: ({ accessToken }) => accessToken }) }),
});

builder.mutationField("updateAccessToken", (t) =>
  t.field({
    type: UpdateAccessTokenPayload,
    description: "Changes an access token's name, end or rate.",
    authScopes: { mayOnServer: "TOKENS_MANAGE" },
    errors: resultOf("updateAccessToken", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: AccessTokenType, description: "The token's id." }),
      input: t.arg({ type: UpdateAccessTokenInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services }) => ({ accessToken: await services.accessTokens.update(id.id, input) }),
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
    authScopes: { mayOnServer: "TOKENS_MANAGE" },
    errors: resultOf("revokeAccessToken", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: AccessTokenType, description: "The token's id." }) },
    resolve: async (_root, { id }, { services }) => ({ accessToken: await services.accessTokens.revoke(id.id) }),
  }),
);
