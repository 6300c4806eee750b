import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { leftOutVerdict } from "../decide/leftOut.ts";
import type { Named } from "../decide/settings.ts";
import { VERDICT_REASONS } from "../decide/verdict.ts";
import type { ChannelVerdict, Verdict, Via } from "../decide/verdict.ts";
import { builder } from "../graphql/builder.ts";
import type { Context } from "../graphql/context.ts";
import { MessageReasonEnum, VerdictActionEnum, VerdictReasonEnum } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import type { Snapshot } from "../settings/snapshot.ts";
import type { StoredDecision } from "./event.model.ts";

/** So many channels that no rule leads to are listed of one event. */
const MOST_LEFT_OUT = 100;

interface LeftOut extends ChannelVerdict {
  onlyByRules: boolean;
}

export interface DecisionShape extends StoredDecision {
  /** Channels that are younger than the event had no part in it. Null for a simulation. */
  eventId: string | null;
}

/** As far as the token may know: a customer does not learn of other people's rules and groups. */
function viaOf({ via }: ChannelVerdict, { principal, services }: Context): Via | null {
  const own = !via || principal?.customer === null || services.snapshot.current.settings.rules.some(({ id, customer }) => id === via.rule.id && customer === principal?.customer);
  return own ? (via ?? null) : null;
}

const ViaType = builder.objectRef<Via>("Via").implement({
  description: "How an alert rule leads to a channel: the first way in the order of the rules. Names are those of that moment.",
  fields: (t) => ({
    ruleId: t.field({ type: "ID", description: "The rule's id, for alertRule(id).", resolve: ({ rule }) => globalIdOf("AlertRule", rule.id) }),
    rule: t.string({ description: "The rule.", resolve: ({ rule }) => rule.name }),
    contactId: t.field({ type: "ID", nullable: true, description: "The contact's id, for contact(id).", resolve: ({ contact }) => (contact ? globalIdOf("Contact", contact.id) : null) }),
    contact: t.string({ nullable: true, description: "The contact whose channel it is; null when the rule names the channel itself.", resolve: ({ contact }) => contact?.name ?? null }),
    groupId: t.field({ type: "ID", nullable: true, description: "The group's id, for contactGroup(id).", resolve: ({ group }) => (group ? globalIdOf("ContactGroup", group.id) : null) }),
    group: t.string({ nullable: true, description: "The contact group that the rule names, where the contact is in one.", resolve: ({ group }) => group?.name ?? null }),
  }),
});

const MatchedRuleType = builder.objectRef<Named>("MatchedRule").implement({
  description: "An alert rule that matched an event.",
  fields: (t) => ({
    id: t.field({ type: "ID", description: "Its id, for alertRule(id).", resolve: ({ id }) => globalIdOf("AlertRule", id) }),
    name: t.exposeString("name", { description: "Its name at that moment." }),
  }),
});

const ChannelVerdictType = builder.objectRef<ChannelVerdict>("ChannelVerdict").implement({
  description: "What one channel gets of an event, and why.",
  fields: (t) => ({
    channelId: t.field({ type: "ID", description: "The channel's id, for channel(id).", resolve: (verdict) => globalIdOf("Channel", verdict.channelId) }),
    channelName: t.exposeString("channelName", { description: "The channel's name at that moment." }),
    action: t.expose("action", { type: VerdictActionEnum, description: "Sent or not." }),
    because: t.expose("because", { type: VerdictReasonEnum, description: "Why." }),
    explanation: t.string({ description: "Why, in plain words.", resolve: (verdict, _args, context) => `${explanationOf(verdict)}${wayText(viaOf(verdict, context))}` }),
    until: t.expose("until", { type: "DateTime", nullable: true, description: "Until when the reason holds, where it ends by itself." }),
    via: t.field({ type: ViaType, nullable: true, description: "How an alert rule leads to it, sent or not; null when none does.", resolve: (verdict, _args, context) => viaOf(verdict, context) }),
  }),
});

export const DecisionType = builder.objectRef<DecisionShape>("Decision").implement({
  description: "What becomes of an event, and why. The stored decision of a past event and a simulation say the same in the same form.",
  fields: (t) => ({
    action: t.field({ type: VerdictActionEnum, description: "SEND when at least one channel gets it.", resolve: ({ verdict }) => verdict.action }),
    because: t.field({ type: VerdictReasonEnum, description: "Why, of the event as a whole.", resolve: ({ verdict }) => verdict.because }),
    explanation: t.string({ description: "Why, in plain words.", resolve: ({ verdict }) => explanationOf(verdict) }),
    until: t.field({ type: "DateTime", nullable: true, description: "Until when the reason holds, where it ends by itself.", resolve: ({ verdict }) => dateOf(verdict.until) }),
    reason: t.expose("reason", { type: MessageReasonEnum, description: "Why a message about it exists, or would." }),
    channels: t.field({
      type: [ChannelVerdictType],
      description: `Every channel: whether it gets the event, and why. Of those that hear only of what an alert rule leads to them, and to which none did, the first ${MOST_LEFT_OUT}: channel(id) tells of any.`,
      resolve(decision, _args, { services, principal }) {
        const others = leftOut(decision, services.snapshot.current, principal);
        return [...channelVerdicts(decision), ...others.filter(({ onlyByRules }) => !onlyByRules), ...others.filter(({ onlyByRules }) => onlyByRules).slice(0, MOST_LEFT_OUT)];
      },
    }),
    channel: t.field({
      type: ChannelVerdictType,
      nullable: true,
      description: "Whether one channel gets the event, and why; null when it was not there yet.",
      args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
      resolve: (decision, { id }, { services, principal }) => [...channelVerdicts(decision), ...leftOut(decision, services.snapshot.current, principal)].find(({ channelId }) => channelId === id.id) ?? null,
    }),
    rules: t.field({
      type: [MatchedRuleType],
      description: "The alert rules that matched, in the order in which they were asked, the first 100. None where the event was stopped before, or is the end of a problem.",
      resolve: ({ rules }, _args, { services, principal }) => (rules ?? []).filter(({ id }) => principal?.customer === null || services.snapshot.current.settings.rules.some((rule) => rule.id === id && rule.customer === principal?.customer)),
    }),
  }),
});

function explanationOf({ because, detail }: Verdict): string {
  return detail ? `${VERDICT_REASONS[because]} ${detail}` : VERDICT_REASONS[because];
}

function wayText(via: Via | null): string {
  if (!via) return "";
  const contact = via.contact ? ` by the contact "${via.contact.name}"` : "";
  const group = via.group ? ` of the group "${via.group.name}"` : "";
  return ` The alert rule "${via.rule.name}" leads to it${contact}${group}.`;
}

function channelVerdicts({ channels }: DecisionShape): ChannelVerdict[] {
  return channels.map((channel) => ({ ...channel, until: dateOf(channel.until) }));
}

/** What there is to say of the channels that the decision does not list, but which were there at its time. */
function leftOut(decision: DecisionShape, { channels }: Snapshot, by: Owner): LeftOut[] {
  const listed = new Set(decision.channels.map(({ channelId }) => channelId));
  const verdict = leftOutVerdict(decision);
  const missing = [...channels.values()].filter(({ id, customer }) => !listed.has(id) && (!isCustomers(by) || customer === by.customer) && (decision.eventId === null || id < decision.eventId));
  return missing.map(({ id, name, onlyByRules }) => ({ ...verdict, until: dateOf(verdict.until), channelId: id, channelName: name, onlyByRules }));
}

/** Stored decisions are JSON: their times come back as text. */
function dateOf(time: Verdict["until"] | string): Date | null {
  return time === null ? null : new Date(time);
}
