import type { MessageReason, Severity } from "../render/message.ts";
import type { IncomingEvent } from "./event.ts";
import type { CompiledTrigger, Settings } from "./settings.ts";
import type { OpenCondition, State } from "./state.ts";
import type { ChannelVerdict, HoldReason, Verdict } from "./verdict.ts";

/** A decision in the making, handed from stage to stage. Never changed in place. */
export interface Draft {
  readonly event: IncomingEvent;
  readonly trigger: CompiledTrigger;
  readonly fingerprint: string;
  readonly severity: Severity;
  /** PROBLEM opens or counts a condition, RECOVERY closes it, OCCURRENCE stands for itself. */
  readonly role: "PROBLEM" | "RECOVERY" | "OCCURRENCE";
  /** The open condition of this fingerprint, as it was before this event. */
  readonly open: OpenCondition | null;
  readonly reason: MessageReason;
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

export function stop(draft: Draft, because: Verdict["because"], until: Date | null = null): Draft {
  return { ...draft, stopped: { action: "SUPPRESS", because, until } };
}

/**
 * Holds back what would be sent to a channel.
 * @param until gives until when for a channel; null sends
 */
export function hold(draft: Draft, heldFor: HoldReason, until: (channelId: string) => Date | null): Draft {
  const held = new Map<string, Date>();
  for (const { action, channelId } of draft.channels) {
    const end = action === "SEND" ? until(channelId) : null;
    if (end) held.set(channelId, end);
  }
  // Most events are held for nobody, and there may be many channels.
  if (held.size === 0) return draft;
  const channels = draft.channels.map((verdict): ChannelVerdict => {
    const end = held.get(verdict.channelId);
    return end ? { ...verdict, action: "HOLD", because: heldFor, until: end, heldFor } : verdict;
  });
  return { ...draft, channels };
}
