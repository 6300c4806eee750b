import type { MessageReason, Severity } from "../render/message.ts";
import type { Named } from "./settings.ts";
import type { BurstWindow, Flapping, Inhibitor, OccurrenceCooldown, OpenCondition } from "./state.ts";
import type { ChannelVerdict, Verdict } from "./verdict.ts";

/** An alert rule that matched an event, and the policy by which its problem is escalated. */
export interface MatchedRule extends Named {
  escalationPolicyId: string | null;
}

/** The fate of one event: what each channel gets and why, and what is to be remembered. */
export interface Decision {
  /** Of the event as a whole: SEND when at least one channel gets it. */
  verdict: Verdict;
  /**
   * Every channel that was looked at; empty when the event was stopped before any was: then `verdict` is every channel's.
   * Channels that hear only of what a rule leads to them are left out where none does: there may be thousands.
   */
  channels: ChannelVerdict[];
  /** The alert rules that matched, in the order in which they were asked. */
  rules: MatchedRule[];
  severity: Severity;
  /** Why a message about it exists, were there one. */
  reason: MessageReason;
  fingerprint: string;
  /** The condition it belongs to, as it is after this event. */
  condition: { change: "OPENED" | "COUNTED" | "CLOSED"; after: OpenCondition } | null;
  /** The cooldown as it is after this event; null leaves it as it was. */
  cooldown: OccurrenceCooldown | null;
  /** Windows of bursts that it has changed. */
  bursts: BurstWindow[];
  /** The open condition that keeps it from being sent, where that is news. */
  inhibitedBy: Inhibitor | null;
  /** The flapping that the message tells of: its beginning, or its end. */
  flapping: Flapping | null;
}
