import { builder } from "./builder.ts";
import { describeCommonFields } from "./commonDescriptions.ts";
import { noteChanges } from "./noteChanges.ts";
import "./scalars.ts";
import "./errorTypes.ts";
import "../access/accessToken.graphql.ts";
import "../accounts/providerAccount.graphql.ts";
import "../audit/audit.graphql.ts";
import "../channels/appriseServices.graphql.ts";
import "../channels/channel.graphql.ts";
import "../channels/channelChanges.graphql.ts";
import "../channels/channelKind.graphql.ts";
import "../channels/channelTest.graphql.ts";
import "../conditions/condition.graphql.ts";
import "../configuration/configuration.graphql.ts";
import "../dispatch/delivery.graphql.ts";
import "../escalations/acknowledgement.graphql.ts";
import "../escalations/escalation.graphql.ts";
import "../escalations/escalationPolicy.graphql.ts";
import "../events/decision.graphql.ts";
import "../events/emitEvent.graphql.ts";
import "../events/event.graphql.ts";
import "../history/attempt.graphql.ts";
import "../inbox/inbox.graphql.ts";
import "../inhibitions/inhibitionRule.graphql.ts";
import "../people/contact.graphql.ts";
import "../people/contactGroup.graphql.ts";
import "../rules/alertRule.graphql.ts";
import "../settings/settings.graphql.ts";
import "../silences/silence.graphql.ts";
import "../triggers/eventType.graphql.ts";
import "../triggers/trigger.graphql.ts";

builder.queryType({ description: "What can be read." });
builder.mutationType({ description: "What can be changed. Each gives its payload, or an error as data." });
builder.subscriptionType({ description: "What can be watched live, over WebSocket (graphql-transport-ws) or Server-Sent Events." });

/** In the order of the files: to sort it is to build all types once more. What is printed is sorted, see schema/print.ts. */
export const schema = noteChanges(describeCommonFields(builder.toSchema({ sortSchema: false })));
