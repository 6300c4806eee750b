import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { nextDaily } from "../../src/schedules/dailyTime.ts";
import { clockOf, DAY, dayOf, HOUR, MINUTE, moments, ODD_ZONES, wall, wallTimes, ZONES } from "./zoneClock.ts";
import type { Clock } from "./zoneClock.ts";

describe("the next daily time", () => {
  it.each([
    ["Europe/Berlin", "09:00", "2026-05-01T06:59:59.999Z", ["2026-05-01T07:00Z", "2026-05-02T07:00Z"], "strictly after"],
    ["Europe/Berlin", "09:00", "2026-05-01T07:00:00Z", ["2026-05-02T07:00Z"], "not the moment itself"],
    ["Europe/Berlin", "09:00", "2026-03-27T12:00Z", ["2026-03-28T08:00Z", "2026-03-29T07:00Z"], "a day of 23 hours"],
    ["Europe/Berlin", "09:00", "2026-10-23T12:00Z", ["2026-10-24T07:00Z", "2026-10-25T08:00Z"], "a day of 25 hours"],
    ["Europe/Berlin", "02:30", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"], "at the end of the gap"],
    ["Europe/Berlin", "02:00", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"], "at the end of the gap that starts then"],
    ["Europe/Berlin", "03:00", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T01:00Z"], "when the gap ends"],
    ["Europe/Berlin", "02:30", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"], "once in the doubled hour"],
    ["Europe/Berlin", "02:30", "2026-10-25T01:10Z", ["2026-10-26T01:30Z"], "not at the second showing"],
    ["America/New_York", "02:30", "2026-03-07T12:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"], "at the end of the gap"],
    ["America/New_York", "01:30", "2026-10-31T12:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"], "once in the doubled hour"],
    ["Australia/Lord_Howe", "02:15", "2026-10-03T12:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"], "at the end of half an hour's gap"],
    ["Australia/Lord_Howe", "01:45", "2026-04-04T12:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"], "once in the doubled half hour"],
    ["Africa/Casablanca", "09:00", "2026-02-14T00:00Z", ["2026-02-14T08:00Z", "2026-02-15T09:00Z"], "into Ramadan"],
    ["Africa/Casablanca", "02:30", "2026-03-21T12:00Z", ["2026-03-22T02:00Z", "2026-03-23T01:30Z"], "out of Ramadan"],
    ["Pacific/Apia", "09:00", "2011-12-29T12:00Z", ["2011-12-29T19:00Z", "2011-12-30T19:00Z", "2011-12-31T19:00Z"], "none on the skipped day"],
    ["Pacific/Apia", "00:00", "2011-12-29T09:00Z", ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"], "the skipped day's midnight is the next day's"],
    ["Pacific/Kwajalein", "09:00", "1993-08-20T12:00Z", ["1993-08-20T21:00Z", "1993-08-21T21:00Z"], "none on the skipped day"],
    ["Asia/Kathmandu", "09:00", "2026-05-01T00:00Z", ["2026-05-01T03:15Z"], "45 minutes off the hour"],
    ["Africa/Cairo", "00:00", "2026-04-23T12:00Z", ["2026-04-23T22:00Z", "2026-04-24T21:00Z"], "a day that starts at 01:00"],
    ["America/Godthab", "23:30", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"], "a missing hour up to midnight"],
    ["America/St_Johns", "00:00", "2010-11-07T02:00Z", ["2010-11-07T02:30Z", "2010-11-08T03:30Z"], "midnight taken back: once"],
  ])("%s %s after %s comes %j: %s", (timeZone, time, after, expected) => {
    const found: Date[] = [];
    for (let last = new Date(after); found.length < expected.length; found.push(last)) last = nextDaily(time, timeZone, last);
    expect(found).toEqual(expected.map((instant) => new Date(instant)));
  });

  it("refuses what is no time, no zone and no date", () => {
    expect(() => nextDaily("24:00", "Europe/Berlin", new Date(0))).toThrow(RangeError);
    expect(() => nextDaily("09:00", "+02:00", new Date(0))).toThrow(RangeError);
    expect(() => nextDaily("09:00", "Europe/Berlin", new Date(NaN))).toThrow(RangeError);
  });

  it("follows a clock that steps back and forward", () => {
    for (const hour of [5, 40, 6, 5, 80, 7, 4, 200, 31, 30]) {
      const after = Date.UTC(2026, 4, 1) + hour * HOUR;
      expect(nextDaily("09:00", "Europe/Berlin", new Date(after)).getTime()).toBe(Math.floor((after - 7 * HOUR) / DAY + 1) * DAY + 7 * HOUR);
    }
  });

  test("in every zone and year it is the first one in the future", () => {
    for (const timeZone of ZONES) {
      const clock = clockOf(timeZone);
      fc.assert(
        fc.property(moments(clock), wallTimes, (moment, time) => {
          const next = nextDaily(time, timeZone, new Date(moment)).getTime();
          expect(next).toBeGreaterThan(moment);
          expect(nextDaily(time, timeZone, new Date(next - 1)).getTime()).toBe(next);
          const day = dayReached(clock, next, time);
          // The day before had it by then.
          expect(firstReached(clock, day - DAY, time)).toBeLessThanOrEqual(moment);
        }),
        { numRuns: 5 },
      );
    }
  });

  const someZones = fc.sample(fc.constantFrom(...ZONES), 10);
  test.each([...ODD_ZONES.map((zone) => [zone, 2026]), ...someZones.map((zone) => [zone, 2024]), ["Pacific/Apia", 2011], ["Pacific/Kwajalein", 1993]] as [string, number][])("comes once on every day of the year in %s, %i", (timeZone, year) => {
    const clock = clockOf(timeZone);
    const shown = new Set<number>();
    for (let instant = Date.UTC(year - 1, 11, 30); instant < Date.UTC(year + 1, 0, 3); instant += HOUR) shown.add(dayOf(clock(instant)));
    const days = [...shown].filter((day) => new Date(day).getUTCFullYear() === year);
    fc.assert(
      fc.property(wallTimes, (time) => {
        const first = firstReached(clock, days[0] as number, time);
        let last = first - 1;
        const reached = days.map(() => {
          const next = nextDaily(time, timeZone, new Date(last)).getTime();
          if (next <= last) throw new Error(`${next} does not come after ${last}`);
          last = next;
          return dayReached(clock, next, time);
        });
        expect(reached).toEqual(days);
      }),
      { numRuns: 2 },
    );
  });
});

/** When the clocks of a zone first show the time of that day or later. */
function firstReached(clock: Clock, day: number, time: string): number {
  const target = wall(day, time);
  const before = target - 2 * DAY;
  let instant = target - (clock(before) - before);
  while (clock(instant) < target) instant += MINUTE;
  while (clock(instant - MINUTE) >= target) instant -= MINUTE;
  return instant;
}

/** The day whose time it is then: what the clocks show, or what they miss. */
function dayReached(clock: Clock, instant: number, time: string): number {
  const [before, now] = [clock(instant - MINUTE), clock(instant)];
  const days = [dayOf(now), dayOf(before)].filter((day) => wall(day, time) > before && wall(day, time) <= now);
  for (const earlier of [30, 60, 120]) expect(clock(instant - earlier * MINUTE)).not.toBe(wall(days[0] ?? NaN, time));
  expect(days.length).toBeGreaterThan(0);
  return days[0] as number;
}
