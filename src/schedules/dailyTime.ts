import { Temporal } from "temporal-polyfill";
import { checkTimeZone, isSkipped, momentOf } from "./wallTime.ts";

/** Epoch milliseconds [from, to): asked for any moment in it, the answer is `to`. */
interface Wait {
  from: number;
  to: number;
}

/** One wait each of the daily times lately asked for, because every event of a digest asks. */
const lastWaits = new Map<string, Wait>();
const MOST_WAITS = 1000;

/**
 * The first moment strictly after `after` at which the daily time comes, once for every local day: of a doubled time the
 * first showing counts, on a day that lacks it the end of the gap does (02:30 in a gap from 02:00 to 03:00 is 03:00),
 * and a day that the zone skipped has none.
 * @param time "00:00" to "23:59"
 * @param timeZone IANA name
 * @throws {RangeError} when the time, the zone or the date is none
 */
export function nextDaily(time: string, timeZone: string, after: Date): Date {
  const key = `${time} ${timeZone}`;
  const from = after.getTime();
  const last = lastWaits.get(key);
  if (last && last.from <= from && from < last.to) return new Date(last.to);
  const to = findNext(time, timeZone, from);
  if (lastWaits.size >= MOST_WAITS) lastWaits.clear();
  lastWaits.set(key, { from, to });
  return new Date(to);
}

function findNext(time: string, timeZone: string, after: number): number {
  const local = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(checkTimeZone(timeZone));
  // Clocks that show a day have passed the time of every day before it; where they were put back, of later ones too.
  for (let day = local.toPlainDate(); ; day = day.add({ days: 1 })) {
    const moment = firstReached(day, time, timeZone);
    if (moment > after && !isSkipped(day, timeZone)) return moment;
  }
}

/** When the zone's clocks first show the time on that day or anything later, in epoch milliseconds. */
function firstReached(day: Temporal.PlainDate, time: string, timeZone: string): number {
  const moment = momentOf(day, time, timeZone);
  if (moment.toPlainTime().equals(time) && moment.toPlainDate().equals(day)) return moment.epochMilliseconds;
  // "previous" is strict, and the first time of a gap falls on the change itself.
  const change = moment.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
  return (change ?? moment).epochMilliseconds;
}
