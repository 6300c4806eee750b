import { durationText } from "../../render/duration.ts";
import { stop } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";
import { isBelow } from "../severity.ts";
import type { Flapping } from "../state.ts";

/**
 * Tells once of a condition that comes and goes too often, and then nothing until it has not changed for as long as the
 * window is. A rise in severity above what was told of is news all the same.
 */
export function flappingStage(draft: Draft, { settings, now }: StageContext): Draft {
  const { count, seconds } = settings.flapping;
  const { open } = draft;
  // Of what was switched off meanwhile not even the end is told.
  if (draft.stopped) return draft.again ? { ...draft, flapping: null } : draft;
  if (draft.role === "OCCURRENCE") return draft;
  const steadyAt = new Date(now.getTime() + seconds * 1000);
  if (open?.flapping && count > 0 && now < open.flapping.until) return goingOn(draft, open.flapping, steadyAt);
  if (open?.flapping) return { ...draft, flapping: null, steady: open.flapping };
  if (count === 0 || draft.role === "RECOVERY" || draft.reason !== "FIRST" || draft.openings.length < count) return draft;
  return { ...draft, reason: "FLAPPING", flapping: { since: draft.openings[0] ?? now, until: steadyAt, severity: draft.severity } };
}

function goingOn(draft: Draft, before: Flapping, steadyAt: Date): Draft {
  const changes = !draft.again && (draft.role === "RECOVERY" || (draft.open?.closedAt ?? null) !== null);
  const flapping = { ...before, until: changes ? steadyAt : before.until };
  const heard = { ...flapping, severity: draft.severity };
  // A silence has kept the notice from everybody.
  if (draft.role === "PROBLEM" && draft.open?.lastNotifiedAt === null) return { ...draft, reason: "FLAPPING", flapping: heard };
  if (draft.role === "PROBLEM" && isBelow(before.severity, draft.severity)) return { ...draft, reason: "ESCALATED", flapping: heard };
  return { ...stop(draft, "FLAPPING", flapping.until, `It has been flapping for ${durationText(draft.event.receivedAt.getTime() - before.since.getTime())}.`), flapping };
}
