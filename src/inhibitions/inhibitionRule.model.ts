import * as z from "zod";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { nameField } from "../channels/channel.model.ts";
import type { CompiledInhibition } from "../decide/settings.ts";
import { compileMatchers, matchersSchema } from "../matchers/matcher.ts";
import type { Matcher } from "../matchers/matcher.ts";
import { matcherWarnings } from "../matchers/matcherWarnings.ts";

/** While a problem of one of some types is open, matching events with the same fields are not sent. */
export interface InhibitionRule {
  id: string;
  name: string;
  enabled: boolean;
  /** Canonical names of event types. */
  whileOpen: string[];
  matchers: Matcher[];
  /** `service`, `source`, `customer` or `details.<name>`. */
  sameFields: string[];
}

/** So many rules may be there: every event is held against each. */
export const MOST_RULES = 200;

const whileOpen = z.array(z.string()).min(1, "must name at least one event type").max(20, "must name at most 20 event types");

const sameFields = z
  .array(z.string().regex(/^(service|source|customer|details\.[\w-]{1,100})$/, "must be service, source, customer or details.<name>"))
  .max(10, "must be at most 10 fields")
  .refine((fields) => new Set(fields).size === fields.length, "must name each field once");

export const inhibitionRuleInput = z.object({
  name: nameField,
  enabled: z.boolean().nullish().transform((value) => value ?? true),
  whileOpen,
  matchers: matchersSchema,
  sameFields,
});

/** What of a rule may change; whatever is left out stays. */
export const inhibitionRuleChange = z.object({
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  whileOpen: whileOpen.optional(),
  matchers: matchersSchema.optional(),
  sameFields: sameFields.optional(),
});

export type InhibitionRuleInput = z.input<typeof inhibitionRuleInput>;
export type InhibitionRuleChange = { [Key in keyof z.input<typeof inhibitionRuleChange>]: z.input<typeof inhibitionRuleChange>[Key] | null };

/** What of a rule can be meant but hardly is: each in a sentence for whoever has made it. */
export function inhibitionWarnings({ whileOpen: types, matchers, sameFields: fields }: Pick<InhibitionRule, "whileOpen" | "matchers" | "sameFields">, catalogue: Catalogue): string[] {
  const recoveries = types.filter((name) => catalogue.resolve(name)?.recovers);
  return [
    ...(fields.length === 0 ? ["No field must be the same: every matching event on the whole server is held back while one such problem is open."] : []),
    ...matcherWarnings(matchers),
    ...recoveries.map((name) => `${name} ends a problem and never opens one, so nothing is held back because of it.`),
  ];
}

/** As deciding needs it. */
export function compileInhibition({ id, name, whileOpen: types, matchers, sameFields: fields }: InhibitionRule): CompiledInhibition {
  return { id, name, whileOpen: new Set(types), matches: compileMatchers(matchers), sameFields: fields };
}
