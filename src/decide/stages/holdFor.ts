import { durationText } from "../../render/duration.ts";
import { stop } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";

/** Waits with a problem until it has gone on for as long as its trigger says: what is over before wakes nobody. */
export function holdForStage(draft: Draft, { now }: StageContext): Draft {
  const { holdSeconds } = draft.problem;
  if (draft.stopped || draft.role === "OCCURRENCE" || holdSeconds === 0) return draft;
  if (draft.open && (draft.open.lastNotifiedAt !== null || draft.open.flapping)) return draft;
  if (draft.role === "RECOVERY" && !draft.open) return draft;
  const until = new Date((draft.open?.openedAt ?? now).getTime() + holdSeconds * 1000);
  if (now >= until) return draft;
  if (draft.role === "RECOVERY") return stop(draft, "RESOLVED_WITHIN_HOLD", null, `The hold is ${durationText(holdSeconds * 1000)}.`);
  return stop(draft, "HOLD", until, `The hold is ${durationText(holdSeconds * 1000)}.`);
}
