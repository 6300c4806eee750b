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
  const newStep = draft.step !== null && draft.step !== draft.open.step;
  const worse = newStep || isBelow(draft.open.severity, draft.severity);
  return { ...draft, reason: worse ? "ESCALATED" : "ONGOING" };
}
