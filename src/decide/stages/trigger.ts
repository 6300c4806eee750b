import { stop } from "../draft.ts";
import type { Draft } from "../draft.ts";

/** The master toggle: off here is off everywhere. */
export function triggerStage(draft: Draft): Draft {
  return draft.trigger.enabled ? draft : stop(draft, "TRIGGER_OFF");
}
