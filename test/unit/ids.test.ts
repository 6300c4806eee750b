import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIds, isId } from "../../src/ids.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOW = Date.UTC(2026, 2, 1, 12);

it("are UUIDv7: the time in milliseconds, version and variant", () => {
  const ids = createIds(() => NOW);
  for (let at = 0; at < 1000; at += 1) {
    const id = ids.next();
    expect(id).toMatch(UUID_V7);
    expect(isId(id)).toBe(true);
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(NOW);
  }
});

it("rise strictly, wherever the clock steps", () => {
  const steps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -100_000_000, max: 100_000_000 })), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 2 ** 47 }), (moves, start) => {
      let now = start + 100_000_000;
      const ids = createIds(() => now);
      let last = "";
      for (const move of moves) {
        now = Math.max(1, now + move);
        const id = ids.next();
        expect(id).toMatch(UUID_V7);
        expect(id > last).toBe(true);
        last = id;
      }
    }),
  );
});

it("rise strictly a hundred thousand times within one millisecond", () => {
  const ids = createIds(() => NOW);
  let last = ids.next();
  for (let at = 0; at < 100_000; at += 1) {
    const id = ids.next();
    if (!(id > last)) expect.fail(`${id} after ${last}`);
    last = id;
  }
});

it("differ between processes in the same millisecond", () => {
  const first = new Set(Array.from({ length: 1000 }, () => createIds(() => NOW).next()));
  expect(first.size).toBe(1000);
});

describe("startAfter", () => {
  const made = fc.tuple(fc.integer({ min: 1, max: 2 ** 47 }), fc.integer({ min: 0, max: 50 })).map(([at, count]) => {
    const ids = createIds(() => at);
    for (let skipped = 0; skipped < count; skipped += 1) ids.next();
    return ids.next();
  });

  it("makes all that follow greater, though the clock be years behind", () => {
    fc.assert(
      fc.property(made, fc.integer({ min: 1, max: 2 ** 47 }), (stored, now) => {
        const ids = createIds(() => now);
        ids.startAfter(stored);
        let last = stored;
        for (let at = 0; at < 5; at += 1) {
          const id = ids.next();
          expect(id > last).toBe(true);
          expect(id).toMatch(UUID_V7);
          last = id;
        }
      }),
    );
  });

  it("goes on where counters are at their end", () => {
    const now = 5;
    for (const stored of ["000000000005-7fff-bfff-ffffffffffff", "000000000005-7fff-bfff-ffff00000000", "000000000005-7000-bfff-ffffffffffff"].map((text) => `${text.slice(0, 8)}-${text.slice(8)}`)) {
      expect(isId(stored)).toBe(true);
      const ids = createIds(() => now);
      ids.startAfter(stored);
      const [first, second] = [ids.next(), ids.next()];
      expect(first > stored && second > first).toBe(true);
      expect(first).toMatch(UUID_V7);
    }
  });

  it("of something older changes nothing", () => {
    const ids = createIds(() => NOW);
    const first = ids.next();
    ids.startAfter("00000000-0000-7000-8000-000000000000");
    expect(ids.next() > first).toBe(true);
  });
});

it("isId knows ids of ours by their form", () => {
  for (const no of ["", "x", "019CA945-0A00-771C-A91E-410ABC2624A0", "019ca945-0a00-771c-a91e-410abc2624a0 ", "019ca9450a00771ca91e410abc2624a0", "019ca945-0a00-771c-a91e-410abc2624a0\n"]) expect(isId(no), no).toBe(false);
  expect(isId("019ca945-0a00-771c-a91e-410abc2624a0")).toBe(true);
});
