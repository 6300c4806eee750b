import { MOST_COUNTED } from "../db/deletionImpact.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { builder } from "./builder.ts";

const most = MOST_COUNTED.toLocaleString("en-US");

/** The same before a deletion and after it. */
export const DeletionImpactType = builder.objectRef<DeletionImpact>("DeletionImpact").implement({
  description: "What a deletion takes along, and what loses by it. Names are in alphabetical order, as far as they are the token's to know.",
  fields: (t) => ({
    channels: t.exposeStringList("channels", { description: "Channels that are deleted with it." }),
    waitingDeliveries: t.exposeInt("waitingDeliveries", { description: `Deliveries that wait to be sent and are not sent then, counted up to ${most}.` }),
    inboxMessages: t.exposeInt("inboxMessages", { description: `Inbox messages that are deleted with it, counted up to ${most}.` }),
    contactGroups: t.exposeStringList("contactGroups", { description: "Contact groups that it is taken out of." }),
    alertRules: t.exposeStringList("alertRules", { description: "Alert rules that no longer lead to it." }),
    escalationPolicies: t.exposeStringList("escalationPolicies", { description: "Escalation policies with steps that no longer tell it." }),
    eventTypes: t.exposeStringList("eventTypes", { description: "Event types whose triggers no longer name it." }),
    fallbackOf: t.exposeStringList("fallbackOf", { description: "Channels that lose their fallback." }),
    accessTokens: t.exposeStringList("accessTokens", { description: "Access tokens that no longer stand for a person." }),
  }),
});

/** Payloads of mutations that delete. */
export function deletePayload(name: string, description: string) {
  return builder.objectRef<{ id: string; impact: DeletionImpact }>(name).implement({
    description,
    fields: (t) => ({
      deletedId: t.exposeID("id", { description: "The id that it had." }),
      impact: t.expose("impact", { type: DeletionImpactType, description: "What went with it." }),
    }),
  });
}
