import { ownerOf } from "../access/owner.ts";
import { ownedBy } from "../access/principal.ts";
import type { Owner, Principal } from "../access/principal.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { compileOnce } from "../matchers/compileOnce.ts";
import { canonicalMatchers } from "../matchers/matcher.ts";
import type { Matcher } from "../matchers/matcher.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import { RULE_LIMITS, alertRuleChange, alertRuleInput, compileMatching, positionAfter } from "./alertRule.model.ts";
import type { AlertRule, AlertRuleChange, AlertRuleInput, CompiledMatching } from "./alertRule.model.ts";
import type { AlertRuleRow, AlertRuleStore, AlertRuleTarget, RuleWithTargets } from "./alertRule.store.ts";

/** A rule that is switched on, with what tells which events it matches. */
export interface LoadedRule {
  rule: AlertRule;
  matching: CompiledMatching;
}

export interface AlertRuleService {
  /** Those that are switched on, in the order in which they are asked, for the settings snapshot. */
  load(): Promise<LoadedRule[]>;
  /** @param input `customer` is whose it is to be: a customer's token makes its own */
  create(input: AlertRuleInput, by: Principal): Promise<AlertRuleRow>;
  update(id: string, input: AlertRuleChange, by: Principal): Promise<AlertRuleRow>;
  /** What deleting it would take it from. */
  deletionImpact(id: string, by: Principal | null): Promise<DeletionImpact>;
  /** @returns what it was taken from */
  delete(id: string, by: Principal): Promise<DeletionImpact>;
}

export interface AlertRuleServiceDeps {
  store: AlertRuleStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
  /** The event types that there are for whoever asks. */
  catalogue(by: Owner): Catalogue;
}

/** Whom a rule leads to, by their kinds. */
interface TargetIds {
  contactIds: readonly string[];
  groupIds: readonly string[];
  channelIds: readonly string[];
}

export function createAlertRuleService({ store, clock, ids, changed, catalogue }: AlertRuleServiceDeps): AlertRuleService {
  const compile = compileOnce((matchers: Matcher[]) => compileMatching(matchers));

  async function find(id: string, by: Principal | null): Promise<AlertRule> {
    const row = await store.find(id, ownedBy(by));
    if (!row) throw new NotFoundError("This alert rule");
    return alertRuleOf(row);
  }

  /** @throws {ValidationError} when there are too many */
  function targetsOf(ruleId: string, { contactIds, groupIds, channelIds }: TargetIds): AlertRuleTarget[] {
    const none = { ruleId, contactId: null, groupId: null, channelId: null };
    const targets = [
      ...contactIds.map((contactId) => ({ ...none, id: ids.next(), contactId })),
      ...groupIds.map((groupId) => ({ ...none, id: ids.next(), groupId })),
      ...channelIds.map((channelId) => ({ ...none, id: ids.next(), channelId })),
    ];
    if (targets.length <= RULE_LIMITS.targets) return targets;
    throw ValidationError.of("contactIds", `must be at most ${RULE_LIMITS.targets} targets together with groupIds and channelIds; these are ${targets.length}`, "too_big");
  }

  return {
    async load() {
      const rules = (await store.enabled()).map(alertRuleOf);
      const matching = compile(rules.map(({ matchers }) => matchers));
      return rules.map((rule, at) => ({ rule, matching: matching[at] as CompiledMatching }));
    },

    async create({ customer, ...rest }, by) {
      const { contactIds, groupIds, channelIds, position, matchers, ...input } = parseInput(alertRuleInput, rest);
      const now = clock.now();
      const id = ids.next();
      const row = { id, ...input, customer: ownerOf(by, customer), matchers: canonicalMatchers(matchers, catalogue(by)), createdAt: now, updatedAt: now } as unknown as Omit<AlertRuleRow, "position">;
      const inserted = await store.insert(row, (last) => position ?? positionAfter(last), targetsOf(id, { contactIds, groupIds, channelIds }), RULE_LIMITS.rules);
      if (!inserted) throw new ConflictError(`There are already ${RULE_LIMITS.rules} alert rules. Delete some first.`);
      await changed();
      return inserted;
    },

    async update(id, { escalationPolicyId, ...rest }, by) {
      const before = idsOf(await find(id, by));
      const { contactIds, groupIds, channelIds, matchers, ...changes } = parseInput(alertRuleChange, { ...withoutNulls(rest), escalationPolicyId });
      const given = withoutNulls({ contactIds, groupIds, channelIds });
      const targets = Object.keys(given).length > 0 ? targetsOf(id, { ...before, ...given }) : null;
      const row = await store.update(id, { ...(changes as Partial<AlertRuleRow>), ...(matchers ? { matchers: canonicalMatchers(matchers, catalogue(by)) as never } : {}), updatedAt: clock.now() }, targets);
      await changed();
      return row;
    },

    async deletionImpact(id, by) {
      await find(id, by);
      return store.deletionImpact(id, ownedBy(by));
    },

    async delete(id, by) {
      await find(id, by);
      const impact = await store.delete(id, ownedBy(by));
      await changed();
      return impact;
    },
  };
}

/** A row with its JSON columns as what they hold. */
export function alertRuleOf(row: RuleWithTargets): AlertRule {
  return row as unknown as AlertRule;
}

function idsOf({ targets }: AlertRule): TargetIds {
  return {
    contactIds: targets.flatMap(({ contactId }) => contactId ?? []),
    groupIds: targets.flatMap(({ groupId }) => groupId ?? []),
    channelIds: targets.flatMap(({ channelId }) => channelId ?? []),
  };
}
