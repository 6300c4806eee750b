import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it, test } from "vitest";
import { nextChange, QUIET_FOREVER, quietUntil, windowInstants } from "../../src/schedules/quietHours.ts";
import { digestSchema, quietHoursSchema } from "../../src/schedules/schedule.ts";
import type { QuietHours, QuietWindow } from "../../src/schedules/schedule.ts";
import { checkTimeZone, DAYS, isTimeZone, isWallTime, minutesOf } from "../../src/schedules/wallTime.ts";
import type { Day } from "../../src/schedules/wallTime.ts";
import { clockOf, DAY, dayOf, MINUTE, moments, ODD_ZONES, textOf, wall, wallTimes, ZONES } from "./zoneClock.ts";
import type { Clock } from "./zoneClock.ts";

const ALL = [...DAYS];
const window = (text: string, days: readonly Day[] = ALL): QuietWindow => ({ days, start: text.slice(0, 5), end: text.slice(6) });
const berlin = (...windows: QuietWindow[]): QuietHours => ({ timeZone: "Europe/Berlin", windows });
const weekday = (day: number): Day => DAYS[(new Date(day).getUTCDay() + 6) % 7] as Day;
const plainDate = (day: number): Temporal.PlainDate => Temporal.PlainDate.from(new Date(day).toISOString().slice(0, 10));

describe("a window in instants", () => {
  it.each<[timeZone: string, day: string, window: string, instants: string | null, what: string]>([
    ["Europe/Berlin", "2026-05-01", "22:00-07:00", "2026-05-01T20:00Z/2026-05-02T05:00Z", "across midnight"],
    ["Europe/Berlin", "2026-05-01", "00:00-00:00", "2026-04-30T22:00Z/2026-05-01T22:00Z", "equal times are a whole day"],
    ["Europe/Berlin", "2026-05-01", "09:30-09:30", "2026-05-01T07:30Z/2026-05-02T07:30Z", "from any time on"],
    ["Europe/Berlin", "2026-05-01", "23:59-00:00", "2026-05-01T21:59Z/2026-05-01T22:00Z", "the last minute"],
    ["Europe/Berlin", "2026-03-28", "22:00-07:00", "2026-03-28T21:00Z/2026-03-29T05:00Z", "over the missing hour"],
    ["Europe/Berlin", "2026-03-29", "02:30-06:00", "2026-03-29T01:30Z/2026-03-29T04:00Z", "starts in the missing hour"],
    ["Europe/Berlin", "2026-03-28", "22:00-02:30", "2026-03-28T21:00Z/2026-03-29T01:30Z", "ends in the missing hour"],
    ["Europe/Berlin", "2026-03-29", "02:00-03:00", null, "is the missing hour"],
    ["Europe/Berlin", "2026-03-29", "02:15-02:45", "2026-03-29T01:15Z/2026-03-29T01:45Z", "within the missing hour"],
    ["Europe/Berlin", "2026-03-29", "02:30-03:15", null, "ends before its moved start"],
    ["Europe/Berlin", "2026-03-29", "00:00-00:00", "2026-03-28T23:00Z/2026-03-29T22:00Z", "a day of 23 hours"],
    ["Europe/Berlin", "2026-10-24", "22:00-07:00", "2026-10-24T20:00Z/2026-10-25T06:00Z", "over the doubled hour"],
    ["Europe/Berlin", "2026-10-25", "02:30-06:00", "2026-10-25T00:30Z/2026-10-25T05:00Z", "starts at the first showing"],
    ["Europe/Berlin", "2026-10-24", "22:00-02:30", "2026-10-24T20:00Z/2026-10-25T00:30Z", "ends at the first showing"],
    ["Europe/Berlin", "2026-10-25", "02:15-02:45", "2026-10-25T00:15Z/2026-10-25T00:45Z", "within the doubled hour: once"],
    ["Europe/Berlin", "2026-10-25", "02:30-02:30", "2026-10-25T00:30Z/2026-10-26T01:30Z", "a day of 25 hours"],
    ["America/New_York", "2026-03-07", "22:00-07:00", "2026-03-08T03:00Z/2026-03-08T11:00Z", "over the missing hour"],
    ["America/New_York", "2026-03-08", "02:30-04:00", "2026-03-08T07:30Z/2026-03-08T08:00Z", "starts in the missing hour"],
    ["America/New_York", "2026-10-31", "22:00-07:00", "2026-11-01T02:00Z/2026-11-01T12:00Z", "over the doubled hour"],
    ["America/New_York", "2026-11-01", "01:30-01:45", "2026-11-01T05:30Z/2026-11-01T05:45Z", "within the doubled hour"],
    ["Australia/Lord_Howe", "2026-10-03", "22:00-07:00", "2026-10-03T11:30Z/2026-10-03T20:00Z", "over the missing half hour"],
    ["Australia/Lord_Howe", "2026-10-04", "02:15-03:00", "2026-10-03T15:45Z/2026-10-03T16:00Z", "starts in the missing half hour"],
    ["Australia/Lord_Howe", "2026-04-04", "22:00-07:00", "2026-04-04T11:00Z/2026-04-04T20:30Z", "over the doubled half hour"],
    ["Australia/Lord_Howe", "2026-04-05", "01:45-03:00", "2026-04-04T14:45Z/2026-04-04T16:30Z", "starts in the doubled half hour"],
    ["Africa/Casablanca", "2026-02-15", "02:30-05:00", "2026-02-15T01:30Z/2026-02-15T05:00Z", "clocks put back for Ramadan"],
    ["Africa/Casablanca", "2026-03-01", "22:00-07:00", "2026-03-01T22:00Z/2026-03-02T07:00Z", "in Ramadan"],
    ["Africa/Casablanca", "2026-03-22", "02:30-05:00", "2026-03-22T02:30Z/2026-03-22T04:00Z", "clocks put forward after Ramadan"],
    ["Africa/Casablanca", "2026-04-01", "22:00-07:00", "2026-04-01T21:00Z/2026-04-02T06:00Z", "after Ramadan"],
    ["Africa/Cairo", "2026-04-24", "00:00-06:00", "2026-04-23T22:00Z/2026-04-24T03:00Z", "a day that starts at 01:00"],
    ["America/Godthab", "2026-03-28", "23:30-07:00", "2026-03-29T01:30Z/2026-03-29T08:00Z", "a missing hour up to midnight"],
    ["Pacific/Apia", "2011-12-29", "22:00-06:00", "2011-12-30T08:00Z/2011-12-30T16:00Z", "over a skipped day"],
    ["Pacific/Apia", "2011-12-30", "22:00-06:00", null, "a skipped day"],
    ["Pacific/Apia", "2011-12-29", "00:00-00:00", "2011-12-29T10:00Z/2011-12-30T10:00Z", "the day before a skipped one"],
    ["Pacific/Kwajalein", "1993-08-20", "22:00-06:00", "1993-08-21T10:00Z/1993-08-21T18:00Z", "over a skipped day"],
    ["Pacific/Kwajalein", "1993-08-21", "08:00-18:00", null, "a skipped day"],
    ["Asia/Kathmandu", "2026-05-01", "22:00-06:00", "2026-05-01T16:15Z/2026-05-02T00:15Z", "45 minutes off the hour"],
  ])("%s %s %s is %s: %s", (timeZone, day, text, expected) => {
    const [from, to] = expected?.split("/").map((instant) => new Date(instant)) ?? [];
    expect(windowInstants(window(text), timeZone, Temporal.PlainDate.from(day))).toEqual(expected && { from, to });
  });

  it("starts only on its days", () => {
    const friday = window("22:00-07:00", ["FRI"]);
    expect(windowInstants(friday, "Europe/Berlin", Temporal.PlainDate.from("2026-05-01"))).not.toBeNull();
    expect(windowInstants(friday, "Europe/Berlin", Temporal.PlainDate.from("2026-05-02"))).toBeNull();
  });

  it("refuses what is no time and no zone", () => {
    const day = Temporal.PlainDate.from("2026-05-01");
    expect(() => windowInstants(window("24:00-07:00"), "Europe/Berlin", day)).toThrow(new RangeError("A wall-clock time must be a time from 00:00 to 23:59."));
    expect(() => windowInstants(window("22:00-25:00"), "Europe/Berlin", day)).toThrow(RangeError);
    expect(() => windowInstants(window("22:00-07:00"), "Europe/Bonn", day)).toThrow(new RangeError("A time zone must be an IANA time zone such as Europe/Berlin."));
    expect(() => windowInstants(window("22:00-07:00"), "+02:00", day)).toThrow(RangeError);
    expect(() => quietUntil(berlin(window("22:00-07:00")), new Date(NaN))).toThrow(RangeError);
  });

  test("in every zone and year it starts and ends as its wall-clock says", () => {
    for (const timeZone of ZONES) {
      const clock = clockOf(timeZone);
      fc.assert(
        fc.property(moments(clock), wallTimes, wallTimes, (moment, start, end) => {
          const day = dayOf(clock(moment));
          const instants = windowInstants({ days: [weekday(day)], start, end }, timeZone, plainDate(day));
          const [from, to] = [wall(day, start), wall(end <= start ? day + DAY : day, end)];
          if (!instants) {
            expect(gapAt(clock, from)).toBeGreaterThan(0);
            return;
          }
          expect(instants.to.getTime()).toBeGreaterThan(instants.from.getTime());
          expectShown(clock, instants.from.getTime(), from);
          expectShown(clock, instants.to.getTime(), to);
        }),
        { numRuns: 12 },
      );
    }
  });
});

/** How much the clocks of a zone miss where they should show this; 0 when they show it. */
function gapAt(clock: Clock, reading: number): number {
  const [before, after] = [reading - 2 * DAY, reading + 2 * DAY].map((instant) => reading - (clock(instant) - instant)) as [number, number];
  return clock(before) === reading || clock(after) === reading ? 0 : clock(before) - reading;
}

/** That the clocks show this then, and never did before; in a gap, that they show as much more as they were put forward. */
function expectShown(clock: Clock, instant: number, reading: number): void {
  expect(clock(instant)).toBe(reading + gapAt(clock, reading));
  for (const earlier of [30, 60, 120, 1440]) expect(clock(instant - earlier * MINUTE)).not.toBe(reading);
}

describe("quiet until", () => {
  const at = (text: string) => new Date(text);

  it("is half open", () => {
    const hours = berlin(window("22:00-07:00"));
    expect(quietUntil(hours, at("2026-05-01T19:59:59.999Z"))).toBeNull();
    expect(quietUntil(hours, at("2026-05-01T20:00:00Z"))).toEqual(at("2026-05-02T05:00Z"));
    expect(quietUntil(hours, at("2026-05-02T04:59:59.999Z"))).toEqual(at("2026-05-02T05:00Z"));
    expect(quietUntil(hours, at("2026-05-02T05:00:00Z"))).toBeNull();
  });

  it.each([
    ["touching", berlin(window("22:00-00:00", ["FRI"]), window("00:00-08:00", ["SAT"])), "2026-05-02T06:00Z"],
    ["overlapping", berlin(window("22:00-03:00", ["FRI"]), window("01:00-08:00", ["SAT"])), "2026-05-02T06:00Z"],
    ["one within the other", berlin(window("20:00-10:00", ["FRI"]), window("22:00-23:30", ["FRI"])), "2026-05-02T08:00Z"],
    ["a minute apart", berlin(window("22:00-00:00", ["FRI"]), window("00:01-08:00", ["SAT"])), "2026-05-01T22:00Z"],
    ["a weekend of whole days", berlin(window("18:00-00:00", ["FRI"]), window("00:00-00:00", ["SAT", "SUN"])), "2026-05-03T22:00Z"],
    ["all but an hour of the week", berlin(window("09:00-09:00", ["TUE", "WED", "THU", "FRI", "SAT", "SUN"]), window("10:00-09:00", ["MON"])), "2026-05-04T07:00Z"],
    ["in any order", berlin(window("05:00-06:00"), window("04:00-05:00"), window("06:00-07:00"), window("22:30-04:00")), "2026-05-02T05:00Z"],
  ])("takes windows together: %s", (_, hours, expected) => {
    expect(quietUntil(hours, at("2026-05-01T21:00Z"))).toEqual(at(expected));
  });

  it("touches over the changes of the clock too", () => {
    const hours = berlin(window("22:00-02:30"), window("02:30-07:00"));
    expect(quietUntil(hours, at("2026-03-28T21:00Z"))).toEqual(at("2026-03-29T05:00Z"));
    expect(quietUntil(hours, at("2026-10-24T20:00Z"))).toEqual(at("2026-10-25T06:00Z"));
  });

  it("says so when the windows cover the whole week, whatever the clocks do", () => {
    const whole = [berlin(window("00:00-00:00")), berlin(window("13:00-13:00")), berlin(window("22:00-03:15"), window("02:30-22:00")), { ...berlin(window("00:00-00:00")), timeZone: "Pacific/Apia" }];
    for (const hours of whole) {
      for (const now of ["2026-05-01T12:00Z", "2026-03-29T01:20Z", "2011-12-30T10:00Z"]) {
        expect(quietUntil(hours, at(now))).toEqual(new Date(QUIET_FOREVER));
        expect(nextChange(hours, at(now))).toEqual({ active: true, at: null });
      }
    }
  });

  it("goes on for more than a week where the only other minute is missing", () => {
    const hours = berlin(window("02:31-02:30", ["SUN"]), window("02:30-02:30", ["MON", "TUE", "WED", "THU", "FRI", "SAT"]));
    expect(quietUntil(hours, at("2026-03-25T12:00Z"))).toEqual(at("2026-03-29T01:30Z"));
    const friday = { timeZone: "Pacific/Apia", windows: [window("00:00-00:00", ["MON", "TUE", "WED", "THU", "SAT", "SUN"])] };
    expect(quietUntil(friday, at("2011-12-26T12:00Z"))).toEqual(at("2012-01-05T10:00Z"));
  });

  it("knows a window that goes on after midnight was taken back", () => {
    const hours = { timeZone: "America/St_Johns", windows: [window("00:00-06:00", ["SUN"])] };
    // At 00:01 on Sunday clocks were put back to 23:01 on Saturday.
    expect(quietUntil(hours, at("2010-11-07T03:00Z"))).toEqual(at("2010-11-07T09:30Z"));
  });

  it("follows a clock that steps back and forward", () => {
    const hours = berlin(window("22:00-07:00"));
    const steps = ["2026-05-01T20:00Z", "2026-05-01T12:00Z", "2026-05-03T21:00Z", "2026-05-01T20:00Z", "2026-04-01T20:00Z", "2026-05-02T05:00Z", "2026-05-02T04:59Z", "2026-05-01T19:59Z"];
    for (const step of [...steps, ...steps]) expect(nextChange(hours, at(step))).toEqual(nextChange(structuredClone(hours), at(step)));
  });

  it("is not quiet without windows", () => {
    expect(quietUntil(berlin(), at("2026-05-01T20:00Z"))).toBeNull();
    expect(nextChange(berlin(), at("2026-05-01T20:00Z"))).toEqual({ active: false, at: null });
  });
});

const windows = (most: number): fc.Arbitrary<QuietWindow[]> =>
  fc.array(fc.record({ days: fc.oneof(fc.constant(ALL), fc.subarray(ALL, { minLength: 1 })), start: wallTimes, end: wallTimes }), { minLength: 1, maxLength: most });

describe("next change", () => {
  it("tells of both sides", () => {
    const hours = berlin(window("22:00-07:00", ["FRI"]));
    expect(nextChange(hours, new Date("2026-05-01T12:00Z"))).toEqual({ active: false, at: new Date("2026-05-01T20:00Z") });
    expect(nextChange(hours, new Date("2026-05-01T20:00Z"))).toEqual({ active: true, at: new Date("2026-05-02T05:00Z") });
    expect(nextChange(hours, new Date("2026-05-02T05:00Z"))).toEqual({ active: false, at: new Date("2026-05-08T20:00Z") });
  });

  it("is the start that comes first, though an earlier day's was moved past it", () => {
    // In Nuuk 23:00 to midnight was missing: Saturday's 23:45 comes when clocks show 00:45.
    const hours = { timeZone: "America/Godthab", windows: [window("23:45-06:00", ["SAT"]), window("00:15-06:00", ["SUN"])] };
    expect(nextChange(hours, new Date("2026-03-29T00:30Z"))).toEqual({ active: false, at: new Date("2026-03-29T01:15Z") });
  });

  test("in every zone and year it is in the future, and a change", () => {
    for (const timeZone of ZONES) {
      fc.assert(
        fc.property(moments(clockOf(timeZone)), windows(3), (moment, given) => {
          const hours = { timeZone, windows: given };
          const now = new Date(moment);
          const { active, at } = nextChange(hours, now);
          expect(quietUntil(hours, now)).toEqual(active ? (at ?? new Date(QUIET_FOREVER)) : null);
          if (!at) return;
          expect(at.getTime()).toBeGreaterThan(moment);
          expect(nextChange(hours, new Date(at.getTime() - 1))).toEqual({ active, at });
          expect(nextChange(hours, at).active).toBe(!active);
          // Remembered or computed, the same comes out.
          expect(nextChange({ timeZone, windows: given }, new Date(at.getTime() - 1))).toEqual({ active, at });
          expect(nextChange(hours, now)).toEqual({ active, at });
        }),
        { numRuns: 4 },
      );
    }
  });

  test.each(ODD_ZONES)("agrees with a look at the clock on the wall every minute: %s", (timeZone) => {
    const clock = clockOf(timeZone);
    fc.assert(
      fc.property(moments(clock), windows(4), (moment, given) => {
        const hours = { timeZone, windows: given };
        const from = moment - 2 * DAY;
        const quiet = quietMinutes(clock, given, from, 4 * DAY);
        const changes = quiet.flatMap((value, minute) => (minute > 0 && value !== quiet[minute - 1] ? [from + minute * MINUTE] : []));
        if (nextChange(hours, new Date(from)).at === null) return;
        quiet.forEach((value, minute) => {
          const now = from + minute * MINUTE;
          const { active, at } = nextChange(hours, new Date(now));
          const expected = changes.find((change) => change > now);
          if (active !== value || (expected && at?.getTime() !== expected)) expect({ now: new Date(now), active, at }).toEqual({ now: new Date(now), active: value, at: expected && new Date(expected) });
        });
      }),
      { numRuns: 4 },
    );
  });
});

/** By reading the clock at every minute; shares nothing with what it tests. */
function quietMinutes(clock: Clock, given: QuietWindow[], from: number, length: number): boolean[] {
  const firstShown = new Map<number, number>();
  const days = new Set<number>();
  const readings: [instant: number, reading: number][] = [];
  for (let instant = from - 3 * DAY; instant < from + length + 3 * DAY; instant += MINUTE) {
    const reading = clock(instant);
    if (!firstShown.has(reading)) firstShown.set(reading, instant);
    days.add(dayOf(reading));
    readings.push([instant, reading]);
  }
  const instantOf = (reading: number): number => {
    const shown = firstShown.get(reading);
    if (shown !== undefined) return shown;
    const index = readings.findIndex(([, next]) => next > reading);
    const [instant, last] = readings[Math.max(0, index - 1)] as [number, number];
    return instant + reading - last;
  };
  const quiet = new Array<boolean>(length / MINUTE).fill(false);
  // The first and the last day are not seen whole.
  for (const day of [...days].slice(1, -2)) {
    for (const { days: on, start, end } of given) {
      if (!on.includes(weekday(day))) continue;
      const [begins, ends] = [instantOf(wall(day, start)), instantOf(wall(end <= start ? day + DAY : day, end))];
      if (begins < ends) quiet.fill(true, Math.max(0, (begins - from) / MINUTE), Math.max(0, (ends - from) / MINUTE));
    }
  }
  return quiet;
}

describe("what is accepted", () => {
  test("wall-clock times from 00:00 to 23:59", () => {
    for (let minutes = 0; minutes < 1440; minutes++) expect(minutesOf(textOf(minutes))).toBe(minutes);
    for (const text of ["24:00", "25:00", "7:30", "07:60", "07:30:00", "0730", " 07:30", "07:30\n", "-1:30", "", "０７:30"]) expect(isWallTime(text), text).toBe(false);
  });

  test("zones that the runtime knows", () => {
    for (const zone of [...ZONES, "Etc/GMT+5", "US/Eastern", "europe/berlin"]) expect(isTimeZone(zone), zone).toBe(true);
    for (const text of ["+02:00", "-0500", "+02", "UTC+2", "Z+1", "Europe/Bonn", "CEST!", "", " Europe/Berlin", "Europe/Berlin\n", "Europe/Berlin[u-ca=iso8601]", "A".repeat(5000)]) expect(isTimeZone(text), text).toBe(false);
    expect(checkTimeZone("Asia/Tokyo")).toBe("Asia/Tokyo");
    expect(() => checkTimeZone("Mars/Olympus")).toThrow("A time zone must be an IANA time zone such as Europe/Berlin.");
  });

  const night = { days: ["MON"], start: "22:00", end: "07:00" };
  const issuesOf = (result: ReturnType<typeof quietHoursSchema.safeParse> | ReturnType<typeof digestSchema.safeParse>) => result.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

  test("quiet hours", () => {
    expect(quietHoursSchema.parse({ timeZone: "Europe/Berlin", windows: [night, { ...night, days: ["TUE"] }, { days: ["TUE", "WED"], start: "07:00", end: "08:00" }] }).windows).toHaveLength(3);
    for (const days of [undefined, null]) expect(quietHoursSchema.parse({ timeZone: "UTC", windows: [{ ...night, days }] }).windows).toEqual([{ ...night, days: ALL }]);
  });

  it.each([
    [{ timeZone: "+02:00", windows: [night] }, "timeZone: must be an IANA time zone such as Europe/Berlin"],
    [{ timeZone: 2, windows: [night] }, "timeZone: must be an IANA time zone such as Europe/Berlin"],
    [{ timeZone: "UTC", windows: [] }, "windows: must hold at least one window"],
    [{ timeZone: "UTC", windows: Array.from({ length: 21 }, (_, index) => ({ ...night, end: textOf(index) })) }, "windows: must hold at most 20 windows"],
    [{ timeZone: "UTC", windows: [{ ...night, days: [] }] }, "windows.0.days: must name at least one day"],
    [{ timeZone: "UTC", windows: [{ ...night, days: ["MON", "MON"] }] }, "windows.0.days: must not name a day twice"],
    [{ timeZone: "UTC", windows: [{ ...night, days: ["Monday"] }] }, "windows.0.days.0: must be one of MON, TUE, WED, THU, FRI, SAT, SUN"],
    [{ timeZone: "UTC", windows: [{ ...night, end: "24:00" }] }, "windows.0.end: must be a time from 00:00 to 23:59"],
    [{ timeZone: "UTC", windows: [{ ...night, start: null }] }, "windows.0.start: must be a time from 00:00 to 23:59"],
    [{ timeZone: "UTC", windows: [night, { ...night, days: ["TUE", "MON"] }] }, "windows.1: must not overlap windows.0: MON 22:00 to 07:00 and MON 22:00 to 07:00"],
    [{ timeZone: "UTC", windows: [night, { ...night, end: "25:00" }] }, "windows.1.end: must be a time from 00:00 to 23:59"],
  ])("quiet hours but %j", (input, message) => {
    expect(issuesOf(quietHoursSchema.safeParse(input))).toEqual([message]);
  });

  it.each<[what: string, windows: QuietWindow[], message: string | null]>([
    ["one within the other", [window("09:00-17:00", ["MON"]), window("12:00-13:00", ["MON"])], "windows.1: must not overlap windows.0: MON 12:00 to 13:00 and MON 09:00 to 17:00"],
    ["by a minute", [window("09:00-17:01", ["MON"]), window("17:00-18:00", ["MON"])], "windows.1: must not overlap windows.0: MON 17:00 to 18:00 and MON 09:00 to 17:01"],
    ["across midnight", [window("22:00-07:00", ["MON"]), window("06:00-08:00", ["TUE"])], "windows.1: must not overlap windows.0: TUE 06:00 to 08:00 and MON 22:00 to 07:00"],
    ["across the week's end", [window("06:00-08:00", ["MON"]), window("22:00-07:00", ["SUN"])], "windows.1: must not overlap windows.0: SUN 22:00 to 07:00 and MON 06:00 to 08:00"],
    ["a whole day", [window("12:00-12:00", ["SUN"]), window("11:00-12:00", ["MON"])], "windows.1: must not overlap windows.0: MON 11:00 to 12:00 and SUN 12:00 to 12:00"],
    ["the third with the second", [window("01:00-02:00"), window("03:00-04:00", ["SAT"]), window("03:30-05:00", ["FRI", "SAT"])], "windows.2: must not overlap windows.1: SAT 03:30 to 05:00 and SAT 03:00 to 04:00"],
    ["touching", [window("09:00-12:00"), window("12:00-13:00"), window("08:00-09:00")], null],
    ["touching at midnight and at the week's end", [window("22:00-00:00"), window("00:00-06:00")], null],
    ["on other days", [window("22:00-07:00", ["MON"]), window("06:00-08:00", ["MON", "WED"])], null],
    ["whole days side by side", [window("00:00-00:00", ["MON", "TUE"]), window("00:00-00:00", ["WED", "SUN"])], null],
  ])("windows that overlap are refused, those that touch are not: %s", (_what, given, message) => {
    expect(issuesOf(quietHoursSchema.safeParse({ timeZone: "UTC", windows: given }))).toEqual(message ? [message] : []);
  });

  test("windows overlap when a minute of the week is in two of them", () => {
    const minutesIn = ({ days, start, end }: QuietWindow): number[] =>
      days.flatMap((day) => {
        const from = DAYS.indexOf(day) * 1440 + minutesOf(start);
        const length = end <= start ? minutesOf(end) + 1440 - minutesOf(start) : minutesOf(end) - minutesOf(start);
        return Array.from({ length }, (_, minute) => (from + minute) % 10_080);
      });
    fc.assert(
      fc.property(windows(3), (given) => {
        const minutes = given.flatMap(minutesIn);
        expect(quietHoursSchema.safeParse({ timeZone: "UTC", windows: given }).success).toBe(new Set(minutes).size === minutes.length);
      }),
      { numRuns: 200 },
    );
  });

  test("digests", () => {
    for (const time of [undefined, null, "09:00"]) expect(digestSchema.parse({ time, timeZone: "Asia/Kathmandu" })).toEqual({ time: "09:00", timeZone: "Asia/Kathmandu" });
    expect(issuesOf(digestSchema.safeParse({ time: "25:00", timeZone: "Nowhere" }))).toEqual(["time: must be a time from 00:00 to 23:59", "timeZone: must be an IANA time zone such as Europe/Berlin"]);
  });
});
