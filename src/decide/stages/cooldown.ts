import { stop } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";
import { isBelow } from "../severity.ts";

/** Holds back repeats: of a condition that goes on, and of an occurrence that was told of a short while ago. */
export function cooldownStage(draft: Draft, context: StageContext): Draft {
  // What is decided about again has waited long enough, and so has what was flapping.
  if (draft.stopped || draft.again || draft.steady) return draft;
  const until = draft.role === "OCCURRENCE" ? occurrenceUntil(draft, context) : followUpUntil(draft, context);
  return until !== null && context.now < until ? stop(draft, "COOLDOWN", until) : draft;
}

function followUpUntil(draft: Draft, { settings, now }: StageContext): Date | null {
  if (draft.reason !== "ONGOING" || !draft.open?.lastNotifiedAt) return null;
  return endOf(draft.open.lastNotifiedAt, now, draft.trigger.cooldownSeconds ?? settings.cooldowns.followUp);
}

function occurrenceUntil(draft: Draft, { settings, state, now }: StageContext): Date | null {
  const last = state.cooldowns.get(draft.fingerprint);
  if (!last || isBelow(last.severity, draft.severity)) return null;
  return endOf(last.notifiedAt, now, draft.trigger.cooldownSeconds ?? settings.cooldowns.occurrence[draft.severity]);
}

/** Null where it began so far in the future that the clock was set back since: nothing may be held back for as long as that. */
function endOf(beganAt: Date, now: Date, seconds: number): Date | null {
  return beganAt.getTime() - now.getTime() > seconds * 1000 ? null : new Date(beganAt.getTime() + seconds * 1000);
}
