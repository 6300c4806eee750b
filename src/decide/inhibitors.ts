import { inhibitionKey } from "./inhibitionKey.ts";
import type { Comparable } from "./inhibitionKey.ts";
import type { Settings } from "./settings.ts";
import type { OpenCondition, State } from "./state.ts";

/**
 * Notes in the state whether a condition inhibits others now. One that is itself inhibited does not: of two that inhibit
 * each other, one must be told of.
 * @param event one of its events, for the fields
 */
export function rememberInhibitor(event: Comparable, condition: OpenCondition, settings: Pick<Settings, "inhibitions">, state: Pick<State, "inhibitors">): void {
  const inhibits = condition.closedAt === null && condition.inhibitedBy === null;
  for (const rule of settings.inhibitions) {
    if (!rule.whileOpen.has(condition.type)) continue;
    const key = inhibitionKey(rule, event);
    const { id: conditionId, fingerprint, title } = condition;
    const others = (state.inhibitors.get(key) ?? []).filter((known) => known.conditionId !== conditionId);
    state.inhibitors.set(key, inhibits ? [...others, { conditionId, fingerprint, title }] : others);
  }
}
