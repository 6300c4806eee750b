import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { CompiledInhibition } from "../decide/settings.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import { compileOnce } from "../matchers/compileOnce.ts";
import { canonicalMatchers, eventTypeNamed } from "../matchers/matcher.ts";
import { MOST_RULES, compileInhibition, inhibitionRuleChange, inhibitionRuleInput } from "./inhibitionRule.model.ts";
import type { InhibitionRule, InhibitionRuleChange, InhibitionRuleInput } from "./inhibitionRule.model.ts";
import type { InhibitionRuleRow, InhibitionRuleStore } from "./inhibitionRule.store.ts";

export interface InhibitionRuleService {
  /** Every rule that is switched on, for the settings snapshot. */
  load(): Promise<CompiledInhibition[]>;
  create(input: InhibitionRuleInput): Promise<InhibitionRuleRow>;
  update(id: string, input: InhibitionRuleChange): Promise<InhibitionRuleRow>;
  delete(id: string): Promise<void>;
}

export interface InhibitionRuleServiceDeps {
  store: InhibitionRuleStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
  catalogue(): Catalogue;
}

export function createInhibitionRuleService({ store, clock, ids, changed, catalogue }: InhibitionRuleServiceDeps): InhibitionRuleService {
  const compile = compileOnce((row: InhibitionRuleRow) => compileInhibition(ruleOf(row)));

  async function mustExist(id: string): Promise<void> {
    if (!(await store.find(id))) throw new NotFoundError("This inhibition rule");
  }

  /** With event types by their canonical names. @throws {ValidationError} when there is no such type, or one is named twice */
  function canonical<Given extends Partial<InhibitionRule>>(given: Given): Given {
    const { whileOpen, matchers } = given;
    return {
      ...given,
      ...(whileOpen ? { whileOpen: canonicalTypes(whileOpen, catalogue()) } : {}),
      ...(matchers ? { matchers: canonicalMatchers(matchers, catalogue()) } : {}),
    };
  }

  return {
    load: async () => compile(await store.enabled()),

    async create(input) {
      const rule = canonical(parseInput(inhibitionRuleInput, input));
      const now = clock.now();
      const row = { id: ids.next(), ...rule, createdAt: now, updatedAt: now } as unknown as InhibitionRuleRow;
      if (!(await store.insert(row, MOST_RULES))) throw new ConflictError(`There are already ${MOST_RULES} inhibition rules. Delete some first.`);
      await changed();
      return row;
    },

    async update(id, input) {
      await mustExist(id);
      const changes = canonical(parseInput(inhibitionRuleChange, withoutNulls(input)) as Partial<InhibitionRule>);
      const row = await store.update(id, { ...(changes as Record<string, unknown>), updatedAt: clock.now() });
      await changed();
      return row;
    },

    async delete(id) {
      await mustExist(id);
      await store.delete(id);
      await changed();
    },
  };
}

/** A row with its JSON columns as what they hold. */
export function ruleOf(row: InhibitionRuleRow): InhibitionRule {
  return row as unknown as InhibitionRule;
}

function canonicalTypes(given: readonly string[], catalogue: Catalogue): string[] {
  const names = given.map((name, at) => eventTypeNamed(name, catalogue, `whileOpen.${at}`).name);
  const repeated = names.findIndex((name, at) => names.indexOf(name) < at);
  if (repeated >= 0) throw ValidationError.of(`whileOpen.${repeated}`, `must name each event type once; this is ${names[repeated]} again`);
  return names;
}
