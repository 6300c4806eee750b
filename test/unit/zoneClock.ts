import fc from "fast-check";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Every zone of the runtime, which leaves out UTC itself. */
export const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** With half-hour changes, two-hour changes, changes at and before midnight, and changes a month apart. */
export const ODD_ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll", "Africa/Cairo", "America/Godthab", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia", "Asia/Beirut", "Africa/El_Aaiun"];

/** What a clock on the wall shows, written as if it were UTC, in milliseconds; read from Intl and not from Temporal. */
export type Clock = (instant: number) => number;

export function clockOf(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  return (instant) => Date.parse(`${format.format(instant).replace(" ", "T")}Z`) + (instant % MINUTE);
}

/** When the zone's clocks are changed, to the minute. */
export function changesOf(clock: Clock, from: number, to: number): number[] {
  const offset = (instant: number) => clock(instant) - instant;
  const changes: number[] = [];
  for (let week = from; week < to; week += 7 * DAY) {
    let [before, after] = [week, week + 7 * DAY];
    if (offset(before) === offset(after)) continue;
    while (after - before > MINUTE) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE) * MINUTE;
      if (offset(middle) === offset(before)) before = middle;
      else after = middle;
    }
    changes.push(after);
  }
  return changes;
}

const YEARS = [Date.UTC(2024, 0, 1), Date.UTC(2029, 0, 1)] as const;

/** Moments of 2024 to 2028, every other one within two days of a change of the clocks. */
export function moments(clock: Clock): fc.Arbitrary<number> {
  const any = fc.integer({ min: YEARS[0] / MINUTE, max: YEARS[1] / MINUTE }).map((minutes) => minutes * MINUTE);
  const changes = changesOf(clock, ...YEARS);
  if (changes.length === 0) return any;
  return fc.oneof(any, fc.record({ change: fc.constantFrom(...changes), minutes: fc.integer({ min: -2880, max: 2880 }) }).map(({ change, minutes }) => change + minutes * MINUTE));
}

/** Every third one in the hours in which clocks are changed. */
export const wallTimes: fc.Arbitrary<string> = fc
  .oneof({ weight: 2, arbitrary: fc.integer({ min: 0, max: 1439 }) }, { weight: 1, arbitrary: fc.constantFrom(0, 15, 30, 60, 90, 105, 120, 135, 150, 180, 1380, 1410) })
  .map(textOf);

/** "HH:MM" */
export function textOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** The wall clock's reading at "HH:MM" of a local day that is given as if it were UTC. */
export function wall(day: number, time: string): number {
  const [hours, minutes] = time.split(":").map(Number) as [number, number];
  return day + hours * HOUR + minutes * MINUTE;
}

export function dayOf(reading: number): number {
  return Math.floor(reading / DAY) * DAY;
}
