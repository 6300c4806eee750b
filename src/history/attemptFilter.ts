import type { Prisma } from "../db/generated/client.ts";
import { isBelow } from "../decide/severity.ts";
import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";
import type { Attempt, AttemptOutcome } from "./attempt.model.ts";

/** Which attempts are wanted; what is left out does not matter. Shared by the history and its live feed. */
export interface AttemptFilter {
  channelIds?: string[] | null | undefined;
  kinds?: string[] | null | undefined;
  types?: string[] | null | undefined;
  categories?: string[] | null | undefined;
  minimumSeverity?: Severity | null | undefined;
  customers?: string[] | null | undefined;
  outcomes?: AttemptOutcome[] | null | undefined;
  eventIds?: string[] | null | undefined;
  /** From this time on, inclusive. */
  from?: Date | null | undefined;
  /** Before this time. */
  to?: Date | null | undefined;
}

export function attemptWhere(filter: AttemptFilter): Prisma.AttemptWhereInput {
  const where: Prisma.AttemptWhereInput = {};
  if (filter.channelIds) where.channelId = { in: filter.channelIds };
  if (filter.kinds) where.kind = { in: filter.kinds };
  if (filter.types) where.type = { in: filter.types };
  if (filter.categories) where.category = { in: filter.categories };
  if (filter.customers) where.customer = { in: filter.customers };
  if (filter.outcomes) where.outcome = { in: filter.outcomes };
  if (filter.eventIds) where.eventId = { in: filter.eventIds };
  const { minimumSeverity } = filter;
  if (minimumSeverity) where.severity = { in: SEVERITIES.filter((severity) => !isBelow(severity, minimumSeverity)) };
  if (filter.from || filter.to) where.at = { ...(filter.from ? { gte: filter.from } : {}), ...(filter.to ? { lt: filter.to } : {}) };
  return where;
}

export function attemptMatches(filter: AttemptFilter, attempt: Attempt): boolean {
  return (
    within(filter.channelIds, attempt.channelId) &&
    within(filter.kinds, attempt.kind) &&
    within(filter.types, attempt.type) &&
    within(filter.categories, attempt.category) &&
    within(filter.customers, attempt.customer) &&
    within(filter.outcomes, attempt.outcome) &&
    within(filter.eventIds, attempt.eventId) &&
    !(filter.minimumSeverity && isBelow(attempt.severity, filter.minimumSeverity)) &&
    !(filter.from && attempt.at < filter.from) &&
    !(filter.to && attempt.at >= filter.to)
  );
}

function within(wanted: readonly (string | null)[] | null | undefined, value: string | null): boolean {
  return !wanted || wanted.includes(value);
}
