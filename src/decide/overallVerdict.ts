import type { MessageReason } from "../render/message.ts";
import type { ChannelVerdict, Verdict } from "./verdict.ts";

/** What becomes of an event as a whole, by what becomes of it on each of these channels. */
export function overallVerdict(channels: readonly ChannelVerdict[], reason: MessageReason): Verdict {
  const isRecovery = reason === "RECOVERY";
  if (channels.some(({ action }) => action === "SEND")) return { action: "SEND", because: isRecovery ? "TOLD_OF_PROBLEM" : "MATCHED", until: null };
  const kept = channels.find(({ action }) => action === "HOLD") ?? channels.find(isKept);
  if (kept) return { action: kept.action, because: kept.because, until: kept.until, ...(kept.detail ? { detail: kept.detail } : {}) };
  return { action: "SUPPRESS", because: isRecovery ? "NOBODY_TOLD" : "NO_CHANNEL", until: null };
}

/** Would have been sent, but for what is going to end. */
export function isKept({ because }: ChannelVerdict): boolean {
  return because === "SILENCED" || because === "INHIBITED";
}
