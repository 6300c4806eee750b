import type { LengthUnit } from "./cut.ts";
import { cutEscaped } from "./escape.ts";
import type { Fact } from "./message.ts";

export interface FactLimits {
  /** Facts a message may have. */
  most: number;
  /** Units for all labels and values together. */
  total: number;
  label: number;
  value: number;
  unit: LengthUnit;
  escape: (text: string) => string;
}

/** Escapes facts and brings them within a provider's limits; a last fact counts those left out. */
export function fitFacts(facts: Fact[], limits: FactLimits): Fact[] {
  const left = facts.length - limits.most;
  const shown = left > 0 ? [...facts.slice(0, limits.most - 1), { label: "…", value: `${left + 1} more` }] : facts;
  const share = Math.floor(limits.total / Math.max(shown.length, 1));
  const fit = (text: string, limit: number) => cutEscaped(text, limit, limits.unit, limits.escape);
  return shown.map(({ label, value }) => ({
    label: fit(label, Math.min(limits.label, Math.floor(share / 3))),
    value: fit(value, Math.min(limits.value, share - Math.floor(share / 3))),
  }));
}
