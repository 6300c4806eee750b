import type { MessageReason, Severity } from "../render/message.ts";
import type { IncomingEvent } from "./event.ts";
import type { CompiledAlertRule, CompiledTrigger, Settings } from "./settings.ts";
import type { BurstWindow, Flapping, Inhibitor, OpenCondition, State } from "./state.ts";
import type { ChannelVerdict, HoldReason, Verdict, Via } from "./verdict.ts";

/** A decision in the making, handed from stage to stage. Never changed in place. */
export interface Draft {
  readonly event: IncomingEvent;
  readonly trigger: CompiledTrigger;
  /** The type that the fingerprint is of: a recovery's is that of the problem it ends. */
  readonly problem: CompiledTrigger;
  /** True when no event has come: a condition is decided about again, by one of its events. */
  readonly again: boolean;
  readonly fingerprint: string;
  readonly severity: Severity;
  /** PROBLEM opens or counts a condition, RECOVERY closes it, OCCURRENCE stands for itself. */
  readonly role: "PROBLEM" | "RECOVERY" | "OCCURRENCE";
  /** The open condition of this fingerprint, or one that is over but for its flapping, as it was before this event. */
  readonly open: OpenCondition | null;
  /** When conditions of this fingerprint opened lately, this time included. */
  readonly openings: readonly Date[];
  /** As it is after this event. */
  readonly flapping: Flapping | null;
  /** The flapping that is over by now. */
  readonly steady: Flapping | null;
  /** The open condition that keeps this from being sent. */
  readonly inhibitor: Inhibitor | null;
  /** Windows of bursts that this event has changed. */
  readonly bursts: readonly BurstWindow[];
  readonly reason: MessageReason;
  /** The alert rules that match, in the order in which they were asked. */
  readonly rules: readonly CompiledAlertRule[];
  /** Where they lead: by channel, the first way to it. */
  readonly ways: ReadonlyMap<string, Via>;
  /** The threshold step that this event has reached. */
  readonly step: number | null;
  /** Set by the stage that stopped the event; later stages let it pass. */
  readonly stopped: Verdict | null;
  readonly channels: readonly ChannelVerdict[];
}

export interface StageContext {
  readonly settings: Settings;
  readonly state: State;
  readonly now: Date;
}

/** One step of deciding: pure, and silent about everything but its own subject. */
export type Stage = (draft: Draft, context: StageContext) => Draft;

export function stop(draft: Draft, because: Verdict["because"], until: Date | null = null, detail?: string): Draft {
  return { ...draft, stopped: { action: "SUPPRESS", because, until, ...(detail ? { detail } : {}) } };
}

/** Keeps what would be sent from channels. @param why gives the reason for a channel; null sends */
export function suppress(draft: Draft, why: (channelId: string) => Omit<Verdict, "action"> | null): Draft {
  const channels = draft.channels.map((verdict): ChannelVerdict => {
    const reason = verdict.action === "SEND" ? why(verdict.channelId) : null;
    return reason ? { ...verdict, ...reason, action: "SUPPRESS" } : verdict;
  });
  return { ...draft, channels };
}

/**
 * Holds back what would be sent to a channel.
 * @param until gives until when for a channel; null sends
 */
export function hold(draft: Draft, heldFor: Exclude<HoldReason, "RATE_LIMIT">, until: (channelId: string) => Date | null, detail?: string): Draft {
  const held = new Map<string, Date>();
  for (const { action, channelId } of draft.channels) {
    const end = action === "SEND" ? until(channelId) : null;
    if (end) held.set(channelId, end);
  }
  // Most events are held for nobody, and there may be many channels.
  if (held.size === 0) return draft;
  const channels = draft.channels.map((verdict): ChannelVerdict => {
    const end = held.get(verdict.channelId);
    return end ? { ...verdict, action: "HOLD", because: heldFor, until: end, heldFor, ...(detail ? { detail } : {}) } : verdict;
  });
  return { ...draft, channels };
}
