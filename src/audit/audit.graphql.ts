import { AccessTokenType } from "../access/accessToken.graphql.ts";
import { serversOwn } from "../access/principal.ts";
import { builder } from "../graphql/builder.ts";
import { valuesOf } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { countedOf, cursors, ENDS_EARLY, searchConnection, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from "../graphql/searchConnection.ts";
import type { Json } from "../render/message.ts";
import { AUDIT_SUBJECTS } from "./audit.ts";
import type { AuditSubject } from "./audit.ts";
import { AUDIT_ENTRIES } from "./auditEntries.ts";
import { differences } from "./differences.ts";
import type { Difference } from "./differences.ts";

type Shown = { [key: string]: Json };

/** Nodes of the API, by what entries call them; the others have no id of their own. */
const NODE_TYPES: Partial<Record<AuditSubject, string>> = {
  ACCESS_TOKEN: "AccessToken",
  ALERT_RULE: "AlertRule",
  CHANNEL: "Channel",
  CONTACT: "Contact",
  CONTACT_GROUP: "ContactGroup",
  ESCALATION_POLICY: "EscalationPolicy",
  INHIBITION_RULE: "InhibitionRule",
  PROVIDER_ACCOUNT: "ProviderAccount",
  SILENCE: "Silence",
};

const AuditSubjectEnum = builder.enumType("AuditSubject", { description: "What was changed.", values: valuesOf<AuditSubject>(AUDIT_SUBJECTS) });

export const DifferenceType = builder.objectRef<Difference>("Difference").implement({
  description: "One value that a change has made another.",
  fields: (t) => ({
    path: t.exposeString("path", { description: "Where it is, e.g. config.url." }),
    before: t.string({ nullable: true, description: "What it was, as JSON; null: it was not there.", resolve: ({ before }) => (before === undefined ? null : JSON.stringify(before)) }),
    after: t.string({ nullable: true, description: "What it is, as JSON; null: it is not there any more.", resolve: ({ after }) => (after === undefined ? null : JSON.stringify(after)) }),
  }),
});

const AuditEntryType = builder.prismaNode("AuditEntry", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...serversOwn(principal) }),
  nullable: true,
  description: "One change of settings. Secrets are never in it, only that they were changed.",
  authScopes: { mayOnServer: "AUDIT_READ" },
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When." }),
    actorName: t.exposeString("actorName", { description: "Who: the name of the token, or \"server\" for what the server changed by itself." }),
    actorId: t.id({ nullable: true, description: "The id of the token; null: the server.", resolve: ({ tokenId }) => tokenId && globalIdOf("AccessToken", tokenId) }),
    address: t.exposeString("address", { nullable: true, description: "The address that the request came from; null: the server." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it was." }),
    action: t.exposeString("action", { description: "What was done, by the name of the mutation, e.g. updateChannel." }),
    subjectType: t.field({ type: AuditSubjectEnum, description: "What kind of thing was changed.", resolve: ({ subjectType }) => subjectType as AuditSubject }),
    subjectId: t.id({
      nullable: true,
      description: "Its id; null for what has none. What was deleted is not found by it any more.",
      resolve: ({ subjectType, subjectId }) => {
        const type = NODE_TYPES[subjectType as AuditSubject];
        return type && subjectId ? globalIdOf(type, subjectId) : null;
      },
    }),
    subjectName: t.exposeString("subjectName", { nullable: true, description: "Its name then." }),
    before: t.field({ type: "JSONObject", nullable: true, description: "What it was; null: it was not there.", resolve: ({ before }) => before as Shown | null }),
    after: t.field({ type: "JSONObject", nullable: true, description: "What it became; null: it is gone.", resolve: ({ after }) => after as Shown | null }),
    differences: t.field({ type: [DifferenceType], description: "What is different, value by value.", resolve: ({ before, after }) => differences(before as Json, after as Json) }),
  }),
});

const AuditFilter = builder.inputType("AuditFilter", {
  description: "Which changes are wanted; what is left out does not matter.",
  fields: (t) => ({
    actions: t.stringList({ description: "Names of mutations, e.g. updateChannel." }),
    subjectTypes: t.field({ type: [AuditSubjectEnum], description: "What kinds of things were changed." }),
    subjectIds: t.globalIDList({ description: "Ids of what was changed, be it deleted meanwhile." }),
    actorIds: t.globalIDList({ for: AccessTokenType, description: "Ids of the tokens that changed it, be they revoked." }),
    customers: t.stringList({ description: "Customers whose it was." }),
    from: t.field({ type: "DateTime", description: "From this time on." }),
    to: t.field({ type: "DateTime", description: "Before this time." }),
  }),
});

builder.queryField("auditLog", (t) =>
  t.connection(
    {
      type: AuditEntryType,
      description: `Every change of settings, the newest first: who, when, from where, what it was and what it became. ${ENDS_EARLY}`,
      authScopes: { mayOnServer: "AUDIT_READ" },
      args: { filter: t.arg({ type: AuditFilter, description: "Left out: all." }) },
      resolve: (_root, { filter, ...args }, { services: { db } }) => {
        const { actions, subjectTypes, subjectIds, actorIds, customers, from, to } = filter ?? {};
        return searchConnection(db, {
          table: AUDIT_ENTRIES,
          filter: {
            oneOf: {
              action: actions,
              subjectType: subjectTypes,
              subjectId: subjectIds?.map(({ id }) => id),
              tokenId: actorIds?.map(({ id }) => id),
              customer: customers,
            },
            from,
            to,
          },
          args,
          ...cursors("audit"),
          load: (ids) => db.auditEntry.findMany({ where: { id: { in: ids } } }),
        });
      },
    },
    {
      name: "AuditConnection",
      description: "A page of changes.",
      fields: (connection) => ({
        totalCount: connection.int({ description: TOTAL_COUNT, resolve: async (page) => (await countedOf(page)).count }),
        totalCountIsExact: connection.boolean({ description: TOTAL_COUNT_IS_EXACT, resolve: async (page) => (await countedOf(page)).isExact }),
      }),
    },
    { name: "AuditEdge", description: "A change and its place in the list." },
  ),
);
