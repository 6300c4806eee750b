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

function followUpUntil(draft: Draft, { settings }: StageContext): Date | null {
  if (draft.reason !== "ONGOING" || !draft.open?.lastNotifiedAt) return null;
  return after(draft.open.lastNotifiedAt, draft.trigger.cooldownSeconds ?? settings.cooldowns.followUp);
}

function occurrenceUntil(draft: Draft, { settings, state }: StageContext): Date | null {
  const last = state.cooldowns.get(draft.fingerprint);
  if (!last || isBelow(last.severity, draft.severity)) return null;
  return after(last.notifiedAt, draft.trigger.cooldownSeconds ?? settings.cooldowns.occurrence[draft.severity]);
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
