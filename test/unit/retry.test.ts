import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FEWEST_TRIES, GIVE_UP_AFTER_MS, nextTry } from "../../src/dispatch/retry.ts";
import type { FailureOutcome } from "../../src/providers/provider.ts";
import { NOW } from "./build.ts";

/** Milliseconds until the next try of a delivery that was made now. */
function waitOf(outcome: FailureOutcome, tries: number, { retryAfterMs, random = 0 }: { retryAfterMs?: number; random?: number } = {}): number | null {
  const next = nextTry(outcome, tries, retryAfterMs, NOW, NOW, random);
  return next && next.getTime() - NOW.getTime();
}

const retryable = fc.constantFrom<FailureOutcome>("TRANSIENT", "RATE_LIMITED", "UNKNOWN");
const random = fc.double({ min: 0, max: 1, noNaN: true });
const tries = fc.integer({ min: 1, max: 1_000_000 });
const DAY = 86_400_000;

describe("the next try", () => {
  test.each([
    [1, 5_000], [2, 10_000], [3, 20_000], [4, 40_000], [5, 80_000], [10, 2_560_000], [11, 3_600_000], [12, 3_600_000], [1000, 3_600_000], [Number.MAX_SAFE_INTEGER, 3_600_000],
  ])("after %d tries is in %d ms", (count, expected) => {
    expect(waitOf("TRANSIENT", count)).toBe(expected);
    expect(waitOf("UNKNOWN", count)).toBe(expected);
  });

  test("chance takes off up to a quarter, and adds nothing", () => {
    expect(waitOf("TRANSIENT", 1, { random: 1 })).toBe(3_750);
    expect(waitOf("TRANSIENT", 1, { random: 0.5 })).toBe(4_375);
    fc.assert(
      fc.property(tries, random, (count, chance) => {
        const longest = waitOf("TRANSIENT", count) as number;
        const wait = waitOf("TRANSIENT", count, { random: chance }) as number;
        expect(wait).toBeLessThanOrEqual(longest);
        // Dates hold whole milliseconds.
        expect(wait).toBeGreaterThanOrEqual(Math.floor(longest * 0.75));
      }),
    );
  });

  test("a permanent failure has none, whatever the provider says", () => {
    fc.assert(
      fc.property(tries, random, fc.option(fc.nat(), { nil: undefined }), (count, chance, retryAfterMs) => {
        expect(nextTry("PERMANENT", count, retryAfterMs, NOW, NOW, chance)).toBeNull();
      }),
    );
  });

  test("is never before the wait that the provider asked for, nor before the backoff", () => {
    expect(waitOf("RATE_LIMITED", 1, { retryAfterMs: 61_000 })).toBe(61_000);
    expect(waitOf("TRANSIENT", 1, { retryAfterMs: 61_000, random: 1 })).toBe(61_000);
    expect(waitOf("RATE_LIMITED", 5, { retryAfterMs: 1_000 })).toBe(80_000);
    expect(waitOf("RATE_LIMITED", 1, { retryAfterMs: 0 })).toBe(5_000);
    fc.assert(
      fc.property(retryable, tries, random, fc.integer({ min: 0, max: DAY }), (outcome, count, chance, asked) => {
        const wait = waitOf(outcome, count, { retryAfterMs: asked, random: chance }) as number;
        expect(wait).toBeGreaterThanOrEqual(asked);
        expect(wait).toBeGreaterThanOrEqual(3_750);
        expect(wait).toBeLessThanOrEqual(Math.max(asked, 3_600_000));
      }),
    );
  });

  test("is 30 s away when the provider limits without saying for how long", () => {
    expect(waitOf("RATE_LIMITED", 1)).toBe(30_000);
    expect(waitOf("RATE_LIMITED", 1, { random: 1 })).toBe(30_000);
    expect(waitOf("RATE_LIMITED", 4)).toBe(40_000);
  });

  test("is not nearer the more tries there were", () => {
    fc.assert(fc.property(retryable, tries, tries, random, (outcome, one, other, chance) => {
      const [fewer, more] = [Math.min(one, other), Math.max(one, other)];
      expect(waitOf(outcome, fewer, { random: chance })).toBeLessThanOrEqual(waitOf(outcome, more, { random: chance }) as number);
    }));
  });

  test("is never more than 24 hours after the delivery was made", () => {
    const old = (ageMs: number) => nextTry("TRANSIENT", FEWEST_TRIES, undefined, new Date(NOW.getTime() - ageMs), NOW, 0);
    expect(old(DAY - 80_000)).toEqual(new Date(NOW.getTime() + 80_000));
    expect(old(DAY - 79_999)).toBeNull();
    expect(old(DAY * 400)).toBeNull();
    expect(waitOf("RATE_LIMITED", 1, { retryAfterMs: DAY })).toBe(DAY);
    expect(waitOf("RATE_LIMITED", 1, { retryAfterMs: DAY + 1 })).toBeNull();
    expect(GIVE_UP_AFTER_MS).toBe(DAY);
    fc.assert(
      fc.property(retryable, tries, random, fc.integer({ min: 0, max: 2 * DAY }), fc.option(fc.nat(2 * DAY), { nil: undefined }), (outcome, count, chance, age, asked) => {
        const createdAt = new Date(NOW.getTime() - age);
        const next = nextTry(outcome, count, asked, createdAt, NOW, chance);
        if (next && count >= FEWEST_TRIES) expect(next.getTime() - createdAt.getTime()).toBeLessThanOrEqual(DAY);
        if (!next) expect(age + Math.max(3_600_000, asked ?? 0)).toBeGreaterThan(DAY);
      }),
    );
  });

  test("what is days old when it is tried first, because the server was off or the clock was set on, has its tries", () => {
    const createdAt = new Date(NOW.getTime() - 3 * DAY);
    expect([1, 4, 5].map((count) => nextTry("TRANSIENT", count, undefined, createdAt, NOW, 0)?.getTime())).toEqual([NOW.getTime() + 5_000, NOW.getTime() + 40_000, undefined]);
    expect(nextTry("RATE_LIMITED", 1, DAY + 1, createdAt, NOW, 0)).toBeNull();
  });

  test("all of a delivery's tries come to an end: not too many, over nearly the whole day", () => {
    fc.assert(
      fc.property(random, (chance) => {
        let now = NOW;
        let count = 0;
        for (;;) {
          count += 1;
          const next = nextTry("TRANSIENT", count, undefined, NOW, now, chance);
          if (!next) break;
          expect(next.getTime()).toBeGreaterThan(now.getTime());
          now = next;
        }
        expect(count).toBeLessThan(50);
        expect(now.getTime() - NOW.getTime()).toBeGreaterThan(DAY - 3_600_000);
      }),
    );
  });
});
