import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter } from "../../src/providers/retryAfter.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");

test.each<[string | number | undefined, number | undefined]>([
  ["0", 0],
  ["30", 30_000],
  [" 30 ", 30_000],
  ["1.337", 1337],
  ["0.0001", 1],
  [17, 17_000],
  [0.5, 500],
  ["86400", 86_400_000],
  ["86401", 86_400_000],
  ["99999999999999999999999", 86_400_000],
  ["Sun, 01 Mar 2026 12:00:10 GMT", 10_000],
  ["Sunday, 01-Mar-26 12:00:10 GMT", 10_000],
  ["Sun Mar  1 12:00:10 2026", 10_000],
  ["Sun, 01 Mar 2036 12:00:10 GMT", 86_400_000],
  ["Sun, 01 Mar 2026 11:00:00 GMT", undefined],
  ["Sun, 99 Mar 2026 11:00:00 GMT", undefined],
  ["-5", undefined],
  [-5, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  ["", undefined],
  ["soon", undefined],
  ["wait 5", undefined],
  ["2036-03-01", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  [undefined, undefined],
])("%s is %s ms", (value, expected) => {
  expect(parseRetryAfter(value, NOW)).toBe(expected);
});

test("is undefined or within 24 hours, whatever comes", () => {
  const dates = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") }).map((date) => date.toUTCString());
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double().map(String), dates), (value) => {
      const wait = parseRetryAfter(value, NOW);
      expect(wait === undefined || (wait >= 0 && wait <= 86_400_000)).toBe(true);
    }),
  );
});
