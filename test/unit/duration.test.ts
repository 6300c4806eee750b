import fc from "fast-check";
import { expect, test } from "vitest";
import { durationText, durationWords } from "../../src/render/duration.ts";

const [S, MIN, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0 s"],
  [999, "0 s"],
  [S, "1 s"],
  [59 * S + 999, "59 s"],
  [MIN, "1 min"],
  [12 * MIN + 5 * S, "12 min 5 s"],
  [59 * MIN + 59 * S, "59 min 59 s"],
  [H, "1 h"],
  [H + 5 * S, "1 h"],
  [H + MIN + 59 * S, "1 h 1 min"],
  [23 * H + 59 * MIN + 59 * S, "23 h 59 min"],
  [D, "1 d"],
  [D + 59 * MIN, "1 d"],
  [3 * D + 4 * H + 5 * MIN, "3 d 4 h"],
  [4000 * D, "4000 d"],
  [-1, "0 s"],
  [-5 * D, "0 s"],
])("%d ms is %s", (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});

test("never says more than it is, and less by no more than the smaller unit it names", () => {
  const sizes: Record<string, number> = { s: S, min: MIN, h: H, d: D };
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat(400 * D)), (ms) => {
      const text = durationText(ms);
      expect(text).toMatch(/^\d+ (d|h|min|s)( \d+ (h|min|s))?$/);
      const parts = [...text.matchAll(/(\d+) (\w+)/g)].map(([, count, unit]) => ({ count: Number(count), size: sizes[unit as string] as number }));
      const said = parts.reduce((sum, { count, size }) => sum + count * size, 0);
      expect(said).toBeLessThanOrEqual(ms);
      // Two units name the second largest; one alone leaves out less than one of itself.
      expect(ms - said).toBeLessThan(parts.at(-1)?.size as number);
    }),
  );
});

test.each([
  [0, "1 second"],
  [S, "1 second"],
  [43 * S + 400, "43 seconds"],
  [2 * MIN - 1, "120 seconds"],
  [2 * MIN, "2 minutes"],
  [90 * MIN, "90 minutes"],
  [2 * H, "2 hours"],
  [47 * H, "47 hours"],
  [2 * D, "2 days"],
  [400 * D, "400 days"],
])("%d ms in words is %s", (ms, expected) => {
  expect(durationWords(ms)).toBe(expected);
});
