import { stop } from "../draft.ts";
import type { Draft } from "../draft.ts";

/** That a problem still goes on is no news once somebody has taken it on; that it gets worse is. */
export function acknowledgedStage(draft: Draft): Draft {
  const { open } = draft;
  if (draft.stopped || draft.steady || draft.reason !== "ONGOING" || !open?.acknowledgedAt) return draft;
  return stop(draft, "ACKNOWLEDGED", null, `That was ${open.acknowledgedBy ?? "somebody"}.`);
}
