import { expect, it } from "vitest";
import { createLog } from "../../src/log.ts";
import type { Attempt } from "../../src/history/attempt.model.ts";
import { createFeed } from "../../src/live/feed.ts";
import { createHub } from "../../src/live/hub.ts";
import { createManualClock } from "../e2e/manualClock.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = createManualClock();
  const hub = createHub<Attempt>();
  const stored: string[] = [];
  let reads = 0;
  let isAway = false;
  const feed = createFeed({
    hub,
    clock,
    log: createLog("silent"),
    newestId: "",
    notifications: { listen: () => undefined, onGap: () => undefined, tell: () => undefined } as never,
    store: {
      after: (id) => {
        reads += 1;
        if (isAway) return Promise.reject(new Error("the database is away"));
        return Promise.resolve({ attempts: stored.filter((one) => one > id).map((one) => ({ id: one }) as Attempt), endedAt: null });
      },
    },
  });
  const seen: string[] = [];
  const watch = () => {
    const subscription = hub.subscribe(() => true, () => {
      for (let next = subscription.take(); next; next = subscription.take()) seen.push(next.item.id);
    });
    return subscription;
  };
  return {
    stored,
    seen,
    watch,
    feed,
    async pass(ms: number) {
      clock.advance(ms);
      await turn();
    },
    set away(value: boolean) {
      isAway = value;
    },
    get reads() {
      return reads;
    },
  };
}

it("what nobody has told of is found every five seconds of the clock, while somebody watches", async () => {
  const test = setUp();
  const subscription = test.watch();
  for (const id of ["a", "b", "c"]) {
    test.stored.push(id);
    await test.pass(4_999);
    expect(test.seen).not.toContain(id);
    await test.pass(1);
    expect(test.seen).toContain(id);
  }
  subscription.end();
  const { reads } = test;
  await test.pass(60_000);
  expect(test.reads).toBe(reads);
  test.watch();
  await test.pass(5_000);
  test.feed.close();
  const before = test.reads;
  await test.pass(60_000);
  expect([before > reads, test.reads]).toEqual([true, before]);
});

it("what could not be read is read a second later", async () => {
  const test = setUp();
  test.watch();
  test.stored.push("a");
  test.away = true;
  await test.pass(5_000);
  test.away = false;
  await test.pass(999);
  expect(test.seen).toEqual([]);
  await test.pass(1);
  expect(test.seen).toEqual(["a"]);
});
