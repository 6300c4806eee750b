import type { Principal } from "../access/principal.ts";
import { ConditionType } from "../conditions/condition.graphql.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { ConditionRow } from "./acknowledgement.store.ts";

/** Payloads that hold the condition as it is now. */
function conditionPayload(name: string, description: string) {
  return builder.objectRef<{ condition: ConditionRow }>(name).implement({
    description,
    fields: (t) => ({ condition: t.field({ type: ConditionType, description: "The condition as it is now.", resolve: ({ condition }) => condition }) }),
  });
}

builder.mutationField("acknowledgeCondition", (t) =>
  t.field({
    type: conditionPayload("AcknowledgeConditionPayload", "Somebody has taken the problem on."),
    description: "Takes an open problem on, or takes it over from somebody else: it is not escalated further, and that it still goes on is not told. That it gets worse, and that it is over, is.",
    authScopes: { may: "CONDITIONS_ACKNOWLEDGE" },
    errors: resultOf("acknowledgeCondition", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ConditionType, description: "The condition." }),
      note: t.arg.string({ description: "What is to be said of it: one line, at most 500 characters." }),
    },
    resolve: async (_root, { id, note }, { services, principal }) => ({ condition: await services.acknowledgements.acknowledge(id.id, note ?? null, principal as Principal) }),
  }),
);

builder.mutationField("unacknowledgeCondition", (t) =>
  t.field({
    type: conditionPayload("UnacknowledgeConditionPayload", "Nobody has taken the problem on."),
    description: "Gives a problem back that somebody has taken on: its escalations begin anew.",
    authScopes: { may: "CONDITIONS_ACKNOWLEDGE" },
    errors: resultOf("unacknowledgeCondition", NotFoundError, ConflictError),
    args: { id: t.arg.globalID({ required: true, for: ConditionType, description: "The condition." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ condition: await services.acknowledgements.unacknowledge(id.id, principal as Principal) }),
  }),
);
