import { serversOwn } from "../access/principal.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { MatcherInput, MatcherType } from "../matchers/matcher.graphql.ts";
import { inhibitionWarnings } from "./inhibitionRule.model.ts";
import { ruleOf } from "./inhibitionRule.service.ts";
import type { InhibitionRuleRow } from "./inhibitionRule.store.ts";

/** Rules hold for the whole server, so a customer's token does not see them. */
const MAY_READ = { mayOnServer: "SETTINGS_READ" as const };

const InhibitionRuleType = builder.prismaNode("InhibitionRule", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...serversOwn(principal) }),
  nullable: true,
  description: "While a problem of one of some event types is open, matching events about the same thing are not sent: a host that is down accounts for its checks.",
  authScopes: MAY_READ,
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    enabled: t.exposeBoolean("enabled", { description: "Whether it is in force." }),
    whileOpen: t.stringList({ description: "Canonical names of the event types of which an open problem holds others back.", resolve: (row) => ruleOf(row).whileOpen }),
    matchers: t.field({ type: [MatcherType], description: "What an event must be like to be held back: all of them.", resolve: (row) => ruleOf(row).matchers }),
    sameFields: t.stringList({ description: "What must be the same in the event and in the open problem, beside the customer, which always must be.", resolve: (row) => ruleOf(row).sameFields }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

builder.queryField("inhibitionRules", (t) =>
  t.prismaConnection(
    {
      type: InhibitionRuleType,
      cursor: "id",
      description: "The inhibition rules, the oldest first.",
      authScopes: MAY_READ,
      resolve: (query, _root, _args, { services }) => services.db.inhibitionRule.findMany({ ...query, orderBy: { id: "asc" } }),
      totalCount: (_root, _args, { services }) => services.db.inhibitionRule.count(),
    },
    { name: "InhibitionRuleConnection", description: "A page of inhibition rules." },
    { name: "InhibitionRuleEdge", description: "An inhibition rule and its place in the list." },
  ),
);

builder.queryField("inhibitionRule", (t) =>
  t.prismaField({
    type: InhibitionRuleType,
    nullable: true,
    description: "One inhibition rule; null when there is none with this id.",
    authScopes: MAY_READ,
    args: { id: t.arg.globalID({ required: true, for: InhibitionRuleType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services }) => services.db.inhibitionRule.findUnique({ ...query, where: { id: id.id } }),
  }),
);

const NAME = "Its name: unique, at most 100 characters.";
const WHILE_OPEN = "Event types by any of their names, 1 to 20: an open problem of one of them holds others back.";
const MATCHERS = "What an event must be like to be held back: 1 to 20, all of which must hold.";
const SAME_FIELDS = "What must be the same in both: service, source, customer or details.<name>, at most 10. With none, one open problem holds back every matching event on the whole server.";

const CreateInhibitionRuleInput = builder.inputType("CreateInhibitionRuleInput", {
  description: "A new inhibition rule.",
  fields: (t) => ({
    name: t.string({ required: true, description: NAME }),
    enabled: t.boolean({ description: "Whether it is in force. Left out: true." }),
    whileOpen: t.stringList({ required: true, description: WHILE_OPEN }),
    matchers: t.field({ type: [MatcherInput], required: true, description: MATCHERS }),
    sameFields: t.stringList({ required: true, description: SAME_FIELDS }),
  }),
});

const UpdateInhibitionRuleInput = builder.inputType("UpdateInhibitionRuleInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: NAME }),
    enabled: t.boolean({ description: "Whether it is in force." }),
    whileOpen: t.stringList({ description: WHILE_OPEN }),
    matchers: t.field({ type: [MatcherInput], description: MATCHERS }),
    sameFields: t.stringList({ description: SAME_FIELDS }),
  }),
});

/** Payloads that hold the rule as it is now. */
function rulePayload(name: string, description: string) {
  return builder.objectRef<{ inhibitionRule: InhibitionRuleRow }>(name).implement({
    description,
    fields: (t) => ({
      inhibitionRule: t.field({ type: InhibitionRuleType, description: "The inhibition rule as it is now.", resolve: ({ inhibitionRule }) => inhibitionRule }),
      warnings: t.stringList({
        description: "What was taken but can hardly be meant, e.g. that nothing must be the same.",
        resolve: ({ inhibitionRule }, _args, { services }) => inhibitionWarnings(ruleOf(inhibitionRule), services.snapshot.current.catalogue),
      }),
    }),
  });
}

builder.mutationField("createInhibitionRule", (t) =>
  t.field({
    type: rulePayload("CreateInhibitionRulePayload", "The inhibition rule is made."),
    description: "Makes a rule by which an open problem keeps what it accounts for from being sent.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("createInhibitionRule", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateInhibitionRuleInput, required: true, description: "The inhibition rule." }) },
    resolve: async (_root, { input }, { services }) => ({ inhibitionRule: await services.inhibitionRules.create(input as never) }),
  }),
);

builder.mutationField("updateInhibitionRule", (t) =>
  t.field({
    type: rulePayload("UpdateInhibitionRulePayload", "The inhibition rule is changed."),
    description: "Changes an inhibition rule.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("updateInhibitionRule", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: InhibitionRuleType, description: "The inhibition rule." }),
      input: t.arg({ type: UpdateInhibitionRuleInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services }) => ({ inhibitionRule: await services.inhibitionRules.update(id.id, input as never) }),
  }),
);

const DeleteInhibitionRulePayload = builder.objectRef<{ id: string }>("DeleteInhibitionRulePayload").implement({
  description: "The inhibition rule is gone.",
  fields: (t) => ({ deletedId: t.exposeID("id", { description: "The id that it had." }) }),
});

builder.mutationField("deleteInhibitionRule", (t) =>
  t.field({
    type: DeleteInhibitionRulePayload,
    description: "Deletes an inhibition rule.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("deleteInhibitionRule", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: InhibitionRuleType, description: "The inhibition rule." }) },
    resolve: async (_root, { id }, { services }) => {
      await services.inhibitionRules.delete(id.id);
      return { id: globalIdOf("InhibitionRule", id.id) };
    },
  }),
);
