import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRateLimit } from "../../src/dispatch/rateLimit.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const paces = fc.record({ perSecond: fc.constantFrom(20 / 60, 0.5, 1, 3, 7.3, 1000), burst: fc.integer({ min: 1, max: 20 }) });

describe("a rate limit", () => {
  test("lets the burst through at once, then one at a time", () => {
    const rate = createRateLimit(2, 3);
    expect([1, 2, 3, 4].map(() => rate.take(START))).toEqual([0, 0, 0, 500]);
    expect(rate.take(START + 498)).toBeGreaterThan(0);
    expect(rate.take(START + 500)).toBe(0);
    expect(rate.take(START + 500)).toBe(500);
  });

  test("tells whole milliseconds, never too few", () => {
    const rate = createRateLimit(3, 1);
    rate.take(START);
    expect(rate.take(START)).toBe(334);
  });

  test("answering with a wait takes nothing", () => {
    const rate = createRateLimit(1, 1);
    rate.take(START);
    for (let call = 0; call < 100; call += 1) expect(rate.take(START)).toBe(1000);
    expect(rate.take(START + 1000)).toBe(0);
  });

  test("saves up no more than the burst", () => {
    const rate = createRateLimit(1, 2);
    rate.take(START);
    const later = START + 365 * 86_400_000;
    expect([1, 2, 3].map(() => rate.take(later))).toEqual([0, 0, 1000]);
  });

  test("tells how many are left, and takes none by that", () => {
    const rate = createRateLimit(0.5, 3);
    expect([rate.left(START), rate.left(START)]).toEqual([3, 3]);
    rate.take(START);
    expect([rate.left(START), rate.left(START + 1999), rate.left(START + 2000), rate.left(START + 60_000)]).toEqual([2, 2, 3, 3]);
    expect(createRateLimit(Infinity, 1).left(START)).toBe(Infinity);
  });

  test("without a limit, nothing ever waits", () => {
    const rate = createRateLimit(Infinity, Infinity);
    for (let call = 0; call < 1000; call += 1) expect(rate.take(START)).toBe(0);
  });

  test("never more than burst + perSecond · t in any window, however the time goes on", () => {
    fc.assert(
      fc.property(paces, fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })), { maxLength: 200 }), ({ perSecond, burst }, gaps) => {
        const rate = createRateLimit(perSecond, burst);
        const taken: number[] = [];
        let now = START;
        for (const gap of gaps) {
          now += gap;
          if (rate.take(now) === 0) taken.push(now);
        }
        taken.forEach((from, first) =>
          taken.slice(first).forEach((to, more) => expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * perSecond + 1e-6)),
        );
      }),
    );
  });

  test("the wait that it tells is enough, and hardly more than that", () => {
    fc.assert(
      fc.property(paces, fc.integer({ min: 1, max: 50 }), ({ perSecond, burst }, calls) => {
        const rate = createRateLimit(perSecond, burst);
        let now = START;
        for (let call = 0; call < calls; call += 1) {
          const wait = rate.take(now);
          if (wait === 0) continue;
          expect(wait).toBeLessThanOrEqual(Math.ceil(1000 / perSecond));
          // A rounding error may cost one more millisecond, never more.
          if (wait > 2) expect(rate.take(now + wait - 2)).toBeGreaterThan(0);
          now += wait;
          if (rate.take(now) > 0) expect(rate.take((now += 1))).toBe(0);
        }
      }),
    );
  });

  test("a clock that steps back neither gives nor takes, and does not stop it", () => {
    const rate = createRateLimit(1, 2);
    const back = START - 3_600_000;
    expect([rate.take(START), rate.take(START)]).toEqual([0, 0]);
    expect(rate.take(back)).toBe(1000);
    expect(rate.take(back + 998)).toBeGreaterThan(0);
    expect(rate.take(back + 1001)).toBe(0);
    expect(rate.take(back + 1001)).toBeGreaterThan(990);
  });

  test("a clock that steps forward gives no more than the burst", () => {
    const rate = createRateLimit(1, 2);
    expect([0, 0, 3_600_000, 3_600_000, 3_600_000].map((ms) => rate.take(START + ms))).toEqual([0, 0, 0, 0, 1000]);
  });

  test("whatever the clock does, waiting as told by it is enough", () => {
    fc.assert(
      fc.property(paces, fc.array(fc.integer({ min: -10_000_000, max: 10_000_000 }), { maxLength: 30 }), ({ perSecond, burst }, jumps) => {
        const rate = createRateLimit(perSecond, burst);
        let now = START;
        for (const jump of jumps) {
          now += jump;
          const wait = rate.take(now);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.ceil(1000 / perSecond));
          // A rounding error may cost one more millisecond.
          if (wait > 0 && rate.take(now + wait) > 0) expect(rate.take(now + wait + 1)).toBe(0);
          now += wait;
        }
      }),
    );
  });
});
