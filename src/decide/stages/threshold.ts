import { stop } from "../draft.ts";
import type { Draft } from "../draft.ts";
import { isBelow } from "../severity.ts";

/**
 * An event with a value fires only when the value has reached a step of its type's threshold. A value back on the good
 * side of every step ends the open condition, silently when the type was switched off meanwhile. Of several steps each
 * fires once while the condition is open; a rise in severity is news all the same.
 */
export function thresholdStage(draft: Draft): Draft {
  const { threshold } = draft.trigger;
  const { value } = draft.event;
  if (!threshold || value === null || draft.role === "RECOVERY") return draft;

  const isPast = (one: number, step: number) => (threshold.direction === "AT_LEAST" ? one > step : one < step);
  const step = threshold.steps.filter((each) => value === each || isPast(value, each)).at(-1);
  const isOpen = draft.open !== null && draft.open.closedAt === null;
  if (step === undefined && isOpen && !draft.again) return { ...draft, role: "RECOVERY", severity: draft.event.severity ?? "INFO" };
  if (draft.stopped) return draft;
  if (step === undefined) return stop(draft, "BELOW_THRESHOLD", null, `It is ${value}, and the threshold ${threshold.steps[0]} ${threshold.unit}.`);
  // One that opens again, flapping, begins anew.
  const before = isOpen ? (draft.open?.step ?? null) : null;
  const further = before === null || isPast(step, before);
  const worse = draft.open !== null && isBelow(draft.open.severity, draft.severity);
  if (!further && !worse && threshold.steps.length > 1 && !draft.again) return stop({ ...draft, step: before }, "STEP_ALREADY_FIRED");
  return { ...draft, step: further ? step : before };
}
