import { suppress } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";
import { inhibitionKey } from "../inhibitionKey.ts";
import { matchSubject } from "../matchSubject.ts";

/** Keeps from being sent what another open problem with the same fields accounts for. */
export function inhibitionStage(draft: Draft, { settings, state }: StageContext): Draft {
  if (draft.stopped || draft.role === "RECOVERY" || settings.inhibitions.length === 0) return draft;
  const subject = matchSubject(draft);
  for (const rule of settings.inhibitions) {
    const inhibitor = state.inhibitors.get(inhibitionKey(rule, draft.event))?.find(({ fingerprint }) => fingerprint !== draft.fingerprint);
    if (!inhibitor || !rule.matches(subject)) continue;
    const detail = `"${inhibitor.title}" is open (rule "${rule.name}").`;
    return { ...suppress(draft, () => ({ because: "INHIBITED", until: null, detail })), inhibitor };
  }
  return draft;
}
