import { expect, test } from "vitest";
import { TimeUp, withinTime } from "../../src/providers/timeLimit.ts";

test("work that does not end is ended", () => {
  expect(() =>
    withinTime(20, () => {
      for (;;);
    }),
  ).toThrow(TimeUp);
});

test("what work gives and throws comes through", () => {
  expect(withinTime(1000, () => 42)).toBe(42);
  expect(() =>
    withinTime(1000, () => {
      throw new RangeError("its own");
    }),
  ).toThrow(RangeError);
});

test("work that was kept waiting rather than running is done again", () => {
  const nobodyWakesIt = new Int32Array(new SharedArrayBuffer(4));
  let runs = 0;
  const result = withinTime(100, () => {
    runs += 1;
    if (runs === 1) Atomics.wait(nobodyWakesIt, 0, 0);
    return runs;
  });
  expect(result).toBe(2);
});
