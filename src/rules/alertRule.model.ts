import * as z from "zod";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { EventType } from "../catalogue/eventType.ts";
import { nameField } from "../channels/channel.model.ts";
import type { CompiledAlertRule } from "../decide/settings.ts";
import { compileMatcher, compileMatchers, matchersOrNone } from "../matchers/matcher.ts";
import type { Matcher } from "../matchers/matcher.ts";
import { canNeverHold, leaveOutLittle } from "../matchers/matcherWarnings.ts";
import type { Directory, Target } from "../people/directory.ts";

/** Says which events go to whom. */
export interface AlertRule {
  id: string;
  name: string;
  customer: string | null;
  enabled: boolean;
  /** Rules are asked in this order, those with the same number by id. */
  position: number;
  /** No further rule is asked about what this one matches. */
  stop: boolean;
  /** None: every event. */
  matchers: Matcher[];
  escalationPolicyId: string | null;
  /** In the order in which they were given. */
  targets: Target[];
}

/** So many rules may be there, with so many targets each. */
export const RULE_LIMITS = { rules: 1000, targets: 100 };

const LAST_POSITION = 1_000_000;

const position = z.int("must be a whole number").min(0, `must be from 0 to ${LAST_POSITION}`).max(LAST_POSITION, `must be from 0 to ${LAST_POSITION}`);
const ids = z
  .array(z.string())
  .max(RULE_LIMITS.targets, `must be at most ${RULE_LIMITS.targets} targets`)
  .refine((given) => new Set(given).size === given.length, "must name each once");

/** Where a new rule comes to stand when nothing is said: behind the last one. */
export function positionAfter(last: number | null): number {
  return last === null ? 0 : Math.min(last + 1, LAST_POSITION);
}

export const alertRuleInput = z.object({
  name: nameField,
  enabled: z.boolean().nullish().transform((value) => value ?? true),
  position: position.nullish().transform((value) => value ?? null),
  stop: z.boolean().nullish().transform((value) => value ?? false),
  matchers: matchersOrNone,
  escalationPolicyId: z.string().nullish().transform((value) => value ?? null),
  contactIds: ids.nullish().transform((value) => value ?? []),
  groupIds: ids.nullish().transform((value) => value ?? []),
  channelIds: ids.nullish().transform((value) => value ?? []),
});

/** What of a rule may change; whatever is left out stays. */
export const alertRuleChange = z.object({
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  position: position.optional(),
  stop: z.boolean().optional(),
  matchers: matchersOrNone.optional(),
  escalationPolicyId: z.string().nullish(),
  contactIds: ids.optional(),
  groupIds: ids.optional(),
  channelIds: ids.optional(),
});

type Nullable<Input> = { [Key in keyof Input]: Input[Key] | null };
export type AlertRuleInput = z.input<typeof alertRuleInput> & { customer?: string | null | undefined };
export type AlertRuleChange = Nullable<z.input<typeof alertRuleChange>>;

/** What of a rule tells which events it matches, compiled: it stays when only whom it leads to has changed. */
export type CompiledMatching = Pick<CompiledAlertRule, "covers" | "matches">;

export function compileMatching(matchers: readonly Matcher[]): CompiledMatching {
  const byType = matchers.filter(({ field }) => field === "type" || field === "category");
  const tests = byType.map((matcher) => ({ of: matcher.field === "type" ? ("name" as const) : ("category" as const), holds: compileMatcher(matcher) }));
  const known = new Map<string, boolean>();
  return {
    covers({ name, category }) {
      const key = `${category} ${name}`;
      const covered = known.get(key) ?? tests.every(({ of, holds }) => holds({ name, category }[of]));
      known.set(key, covered);
      return covered;
    },
    // Asked only about events of types that are covered.
    matches: compileMatchers(matchers.filter((matcher) => !byType.includes(matcher))),
  };
}

/** As deciding needs it. */
export function compileAlertRule({ id, name, customer, stop, escalationPolicyId, targets }: AlertRule, matching: CompiledMatching, directory: Directory): CompiledAlertRule {
  return { id, name, customer, stop, escalationPolicyId, ...matching, targets: targets.map(directory.reach) };
}

/** Whether no event at all can match: its matchers contradict each other, or it is a customer's and asks for another one. */
export function matchesNothing({ matchers, customer }: Pick<AlertRule, "matchers" | "customer">, catalogue: Catalogue): boolean {
  return canNeverHold(withCustomer(matchers, customer)) || coveredTypes(matchers, catalogue).length === 0;
}

/** What of a rule can be meant but hardly is: each in a sentence for whoever has made it. */
export function alertRuleWarnings(rule: AlertRule, catalogue: Catalogue, directory: Directory): string[] {
  const { matchers, customer, targets, escalationPolicyId, stop } = rule;
  const contradicts = canNeverHold(withCustomer(matchers, customer));
  const all = !contradicts && leaveOutLittle(matchers);
  const leads = targets.some((target) => directory.reach(target).ways.length > 0);
  const types = contradicts ? [] : coveredTypes(matchers, catalogue);
  return [
    ...(contradicts ? ["No event can match: the matchers contradict each other."] : []),
    ...(!contradicts && types.length === 0 ? ["No event can match: there is no event type of this name and category."] : []),
    ...(types.length > 0 && types.every(({ recovers }) => recovers) ? ["It matches only ends of problems, which go to those that were told of the problem, whatever rules say."] : []),
    ...(all ? ["The matchers leave out hardly anything: nearly every event matches."] : []),
    ...(all && stop ? ["Hardly any event comes to the rules behind it."] : []),
    ...(!leads && !escalationPolicyId && !stop ? ["It leads to no channel."] : []),
  ];
}

/** A customer's rule covers only that customer's events. */
function withCustomer(matchers: readonly Matcher[], customer: string | null): readonly Matcher[] {
  return customer === null ? matchers : [...matchers, { field: "customer", operator: "EQUALS", value: customer }];
}

function coveredTypes(matchers: readonly Matcher[], catalogue: Catalogue): EventType[] {
  return catalogue.types.filter(compileMatching(matchers).covers);
}
