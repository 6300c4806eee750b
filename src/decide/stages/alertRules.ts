import { concernsServices } from "../../catalogue/offered.ts";
import type { Draft } from "../draft.ts";
import { matchSubject } from "../matchSubject.ts";
import type { CompiledAlertRule, RuleTarget } from "../settings.ts";
import type { Via } from "../verdict.ts";

/** Asks the alert rules where an event leads. What has ended goes to those that were told of it, whatever the rules say. */
export function alertRulesStage(draft: Draft): Draft {
  if (draft.stopped || draft.role === "RECOVERY" || draft.trigger.rules.length === 0) return draft;
  const rules = matching(draft);
  return rules.length === 0 ? draft : { ...draft, rules, ways: waysOf(rules) };
}

/** In order, up to the first that stops. A customer's rules and the others are asked apart: neither can keep anything from the other's channels. A customer's are about what customers are offered. */
function matching(draft: Draft): CompiledAlertRule[] {
  const subject = matchSubject(draft);
  const stopped = new Set<string | null>();
  return draft.trigger.rules.filter((rule) => {
    const { customer } = rule;
    if (customer !== null && (customer !== subject.customer || !concernsServices(subject.category))) return false;
    if (stopped.has(customer) || !rule.matches(subject)) return false;
    if (rule.stop) stopped.add(customer);
    return true;
  });
}

/** The first way to each channel. */
function waysOf(rules: readonly CompiledAlertRule[]): ReadonlyMap<string, Via> {
  const ways = new Map<string, Via>();
  const seen = new Set<RuleTarget>();
  for (const { id, name, targets } of rules) {
    for (const target of targets) {
      // Many rules may lead to one large group.
      if (seen.has(target)) continue;
      seen.add(target);
      for (const { channelId, ...way } of target.ways) if (!ways.has(channelId)) ways.set(channelId, { rule: { id, name }, ...way });
    }
  }
  return ways;
}
