import type { SearchFilter, SearchTable } from "../db/search.ts";
import { wantedSeverities } from "../decide/severity.ts";
import type { VerdictReason } from "../decide/verdict.ts";
import type { Severity } from "../render/message.ts";

/** Which events are wanted; what is left out does not matter. */
export interface EventFilter {
  types?: readonly string[] | null | undefined;
  categories?: readonly string[] | null | undefined;
  severities?: readonly Severity[] | null | undefined;
  minimumSeverity?: Severity | null | undefined;
  services?: readonly string[] | null | undefined;
  sources?: readonly string[] | null | undefined;
  because?: readonly VerdictReason[] | null | undefined;
  /** Received from this time on, inclusive. */
  from?: Date | null | undefined;
  /** Received before this time. */
  to?: Date | null | undefined;
}

export const EVENTS: SearchTable = {
  name: "Event",
  time: "receivedAt",
  indexed: { conditionId: { but: null }, service: { but: null }, source: { but: null }, type: {}, customer: { but: null }, fate: { but: "MATCHED" }, category: {}, severity: { but: "INFO" } },
};

/** @param customers null: of any or none @param along see SearchFilter */
export function eventSearch({ types, categories, severities, minimumSeverity, services, sources, because, from, to }: EventFilter, customers: readonly string[] | null, along?: "customer"): SearchFilter {
  return {
    along,
    oneOf: { type: types, category: categories, severity: wantedSeverities(severities, minimumSeverity), service: services, source: sources, customer: customers, fate: because },
    closed: ["severity"],
    from,
    to,
  };
}
