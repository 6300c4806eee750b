import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBatch } from "../../src/db/batch.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** Turns of the event loop, as many as it takes until whatever can go on without time has done so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A batch whose runs end when the test says so. */
function createBench(limit = 100, mayRest?: (item: number) => boolean, countOf?: (item: number) => number) {
  const runs: { items: number[]; end(error?: Error): void }[] = [];
  const batch = createBatch<number, number>(
    (items) => new Promise((resolve, reject) => runs.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))) })),
    limit,
    mayRest,
    countOf,
  );
  const add = (...items: number[]) => Promise.allSettled(items.map((item) => batch.add(item)));
  return { batch, runs, add, ran: () => runs.map(({ items }) => items) };
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

describe("a batch", () => {
  test("takes a lone item at once, what comes meanwhile together after it, and answers each at its place", async () => {
    const { runs, add, ran } = createBench();
    const first = add(1);
    await settle();
    const later = add(2, 3);
    await settle();
    expect(ran()).toEqual([[1]]);
    runs[0]?.end();
    await settle();
    expect(ran()).toEqual([[1], [2, 3]]);
    runs[1]?.end();
    expect(await first).toEqual([{ status: "fulfilled", value: 10 }]);
    expect(await later).toEqual([{ status: "fulfilled", value: 20 }, { status: "fulfilled", value: 30 }]);
  });

  test("takes no more than its limit, in order", async () => {
    const { runs, add, ran, batch } = createBench(3);
    void add(...numbers(1, 7));
    for (let at = 0; at < 3; at += 1) {
      await settle();
      runs[at]?.end();
    }
    await batch.idle();
    expect(ran()).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  test("counts what an item counts as, and takes one that is more than the limit by itself", async () => {
    const { runs, add, ran, batch } = createBench(5, undefined, (item) => item);
    void add(2, 3, 1, 9, 4);
    for (let at = 0; at < 4; at += 1) {
      await settle();
      runs[at]?.end();
    }
    await batch.idle();
    expect(ran()).toEqual([[2, 3], [1], [9], [4]]);
  });

  test("fails all of a batch that fails, and goes on with the next", async () => {
    const { runs, add } = createBench(2);
    const results = add(1, 2, 3);
    await settle();
    runs[0]?.end(new Error("the disk is full"));
    await settle();
    runs[1]?.end();
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });
});

describe("a batch whose items may rest", () => {
  test("waits for more where a few came while another was under way", async () => {
    const { runs, add, ran } = createBench(100, () => true);
    void add(1);
    await settle();
    void add(2, 3);
    runs[0]?.end();
    await settle();
    expect(ran()).toEqual([[1]]);
    void add(4);
    await vi.advanceTimersByTimeAsync(10);
    await settle();
    expect(ran()).toEqual([[1], [2, 3, 4]]);
  });

  test.each([
    ["only one came", [2]],
    ["many came", numbers(2, 16)],
    ["somebody waits for one of them", [2, 3, -1]],
  ])("does not wait where %s", async (_, items) => {
    const { runs, add, ran } = createBench(100, (item) => item > 0);
    void add(1);
    await settle();
    void add(...items);
    runs[0]?.end();
    await settle();
    expect(ran()).toEqual([[1], items]);
  });
});
