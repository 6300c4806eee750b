import type { SearchFilter, SearchTable } from "../db/search.ts";
import { isBelow, wantedSeverities } from "../decide/severity.ts";
import type { Severity } from "../render/message.ts";
import type { Attempt, AttemptOutcome } from "./attempt.model.ts";

/** Which attempts are wanted; what is left out does not matter. Shared by the history and its live feed. */
export interface AttemptFilter {
  channelIds?: string[] | null | undefined;
  kinds?: string[] | null | undefined;
  types?: string[] | null | undefined;
  categories?: string[] | null | undefined;
  severities?: readonly Severity[] | null | undefined;
  minimumSeverity?: Severity | null | undefined;
  customers?: string[] | null | undefined;
  /** Of whose channels; null: of all. */
  channelCustomer?: string | null | undefined;
  outcomes?: AttemptOutcome[] | null | undefined;
  /** From this time on, inclusive. */
  from?: Date | null | undefined;
  /** Before this time. */
  to?: Date | null | undefined;
}

export const ATTEMPTS: SearchTable = {
  name: "Attempt",
  time: "at",
  indexed: { channelCustomer: { but: null }, channelId: {}, type: {}, customer: { but: null }, outcome: { but: "DELIVERED" }, kind: {}, category: {}, severity: { but: "INFO" } },
};

export function attemptSearch({ channelCustomer, channelIds, kinds, types, categories, severities, minimumSeverity, customers, outcomes, from, to }: AttemptFilter): SearchFilter {
  const severity = wantedSeverities(severities, minimumSeverity);
  const own = channelCustomer === null || channelCustomer === undefined ? {} : { oneOf: { channelCustomer: [channelCustomer] }, along: "channelCustomer" };
  return { ...own, oneOf: { ...own.oneOf, channelId: channelIds, kind: kinds, type: types, category: categories, customer: customers, outcome: outcomes, severity }, closed: ["outcome", "severity"], from, to };
}

export function attemptMatches(filter: AttemptFilter, attempt: Attempt): boolean {
  return (
    (filter.channelCustomer === null || filter.channelCustomer === undefined || attempt.channelCustomer === filter.channelCustomer) &&
    within(filter.channelIds, attempt.channelId) &&
    within(filter.kinds, attempt.kind) &&
    within(filter.types, attempt.type) &&
    within(filter.categories, attempt.category) &&
    within(filter.customers, attempt.customer) &&
    within(filter.outcomes, attempt.outcome) &&
    within(filter.severities, attempt.severity) &&
    !(filter.minimumSeverity && isBelow(attempt.severity, filter.minimumSeverity)) &&
    !(filter.from && attempt.at < filter.from) &&
    !(filter.to && attempt.at >= filter.to)
  );
}

function within(wanted: readonly (string | null)[] | null | undefined, value: string | null): boolean {
  return !wanted || wanted.includes(value);
}
