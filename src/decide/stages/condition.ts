import { stop } from "../draft.ts";
import type { Draft } from "../draft.ts";
import { isBelow } from "../severity.ts";

/** Tells the first sight of a problem from its going on, getting worse and ending. */
export function conditionStage(draft: Draft): Draft {
  if (draft.role === "RECOVERY") {
    const recovery: Draft = { ...draft, reason: "RECOVERY" };
    return draft.stopped || draft.open ? recovery : stop(recovery, "NOTHING_OPEN");
  }
  if (draft.stopped || draft.role === "OCCURRENCE" || !draft.open) return draft;
  if (draft.open.lastNotifiedAt === null) return draft;
  const worse = isFurther(draft, draft.open.step) || isBelow(draft.open.severity, draft.severity);
  return { ...draft, reason: worse ? "ESCALATED" : "ONGOING" };
}

/** Whether it has reached a step behind the one that was told of: one that comes again while it flaps may be back at an earlier one. */
function isFurther({ step, trigger }: Draft, before: number | null): boolean {
  if (step === null) return false;
  if (before === null) return true;
  return trigger.threshold?.direction === "AT_MOST" ? step < before : step > before;
}
