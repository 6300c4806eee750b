import type { MessageReason, Severity } from "../render/message.ts";
import type { BurstWindow, Flapping, Inhibitor, OccurrenceCooldown, OpenCondition } from "./state.ts";
import type { ChannelVerdict, Verdict } from "./verdict.ts";

/** The fate of one event: what each channel gets and why, and what is to be remembered. */
export interface Decision {
  /** Of the event as a whole: SEND when at least one channel gets it. */
  verdict: Verdict;
  /** Every channel that was looked at; empty when the event was stopped before any was: then `verdict` is every channel's. */
  channels: ChannelVerdict[];
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
  /** Rules that it matched. */
  rules: { escalationPolicyId: string | null }[];
  /** The flapping that the message tells of: its beginning, or its end. */
  flapping: Flapping | null;
}
