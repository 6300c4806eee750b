import { QUIET_FOREVER, quietUntil } from "./quietHours.ts";
import type { QuietHours } from "./schedule.ts";

/** A time from start to end, or the recurring windows within it. */
export interface Period {
  startsAt: Date;
  /** Null: no end is known. */
  endsAt: Date | null;
  /** Null: all the time from start to end. */
  schedule: QuietHours | null;
}

/** When what covers this moment ends; null when no end is known, undefined when the period does not cover it. */
export function endOfPeriod({ startsAt, endsAt, schedule }: Period, now: Date): Date | null | undefined {
  if (now < startsAt || (endsAt && now >= endsAt)) return undefined;
  if (!schedule) return endsAt;
  const windowEnd = quietUntil(schedule, now);
  if (!windowEnd) return undefined;
  const end = Math.min(windowEnd.getTime(), endsAt?.getTime() ?? Infinity);
  return end === QUIET_FOREVER ? null : new Date(end);
}
