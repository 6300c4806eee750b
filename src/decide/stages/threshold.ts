import { stop } from "../draft.ts";
import type { Draft } from "../draft.ts";

/**
 * An event with a value fires only when the value has reached a step of its type's threshold. A value back on the good
 * side of every step ends the open condition. Of several steps each fires once while the condition is open.
 */
export function thresholdStage(draft: Draft): Draft {
  const { threshold } = draft.trigger;
  const { value } = draft.event;
  if (draft.stopped || !threshold || value === null || draft.role === "RECOVERY") return draft;

  const reached = threshold.steps.filter((step) => (threshold.direction === "AT_LEAST" ? value >= step : value <= step));
  const step = reached.at(-1);
  if (step === undefined) {
    return draft.open ? { ...draft, role: "RECOVERY", severity: draft.event.severity ?? "INFO" } : stop(draft, "BELOW_THRESHOLD");
  }
  const before = draft.open?.step ?? null;
  const further = before === null || threshold.steps.indexOf(step) > threshold.steps.indexOf(before);
  if (!further && threshold.steps.length > 1) return stop({ ...draft, step: before }, "STEP_ALREADY_FIRED");
  return { ...draft, step: further ? step : before };
}
