import type { Decision } from "./decision.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Why a channel that a decision does not list did not get the event. It was there then: it is one of those that hear only
 * of what a rule leads to them, or the event was stopped before any channel was looked at.
 */
export function leftOutVerdict({ verdict, reason, channels }: Pick<Decision, "verdict" | "reason" | "channels">): Verdict {
  const stopped = channels.length === 0 && verdict.because !== "NO_CHANNEL" && verdict.because !== "NOBODY_TOLD";
  if (stopped) return verdict;
  return { action: "SUPPRESS", because: reason === "RECOVERY" ? "NOT_TOLD_OF_PROBLEM" : "NO_RULE", until: null };
}
