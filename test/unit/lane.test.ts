import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/clock.ts";
import type { Delivery } from "../../src/dispatch/delivery.model.ts";
import type { PlannedDelivery } from "../../src/dispatch/delivery.store.ts";
import { createLane, MOST_UNSTORED } from "../../src/dispatch/lane.ts";
import type { Lane, LaneRest, Step } from "../../src/dispatch/lane.ts";
import type { Pace } from "../../src/providers/provider.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import type { ManualClock } from "../e2e/manualClock.ts";
import { makeStoredEvent, NOW } from "./build.ts";

const PACE: Pace = { concurrency: 1, perSecond: Infinity, burst: Infinity, timeoutMs: 1000 };
const MINUTE = 60_000;

function makeJob(number: number, changes: Partial<Delivery> = {}): PlannedDelivery {
  const delivery: Delivery = {
    id: idOf(number), eventId: "event-1", channelId: "a", conditionId: null, customer: null, state: "PENDING", reason: "FIRST",
    context: {}, tries: 0, dueAt: NOW, createdAt: NOW, finishedAt: null, reference: null, heldFor: null, summaryId: null, insteadOf: null, ...changes,
  };
  return { delivery, event: makeStoredEvent() };
}

function idOf(number: number): string {
  return `delivery-${String(number).padStart(6, "0")}`;
}

function numberOf({ delivery }: PlannedDelivery): number {
  return Number(delivery.id.slice("delivery-".length));
}

/** Lets everything happen that needs no clock. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A manual clock that stops at each timer on the way, until all that follows from it has happened. */
function createWatchedClock() {
  const manual = createManualClock(NOW);
  const due = new Set<{ at: number }>();
  const clock: Clock = {
    now: manual.now,
    uptime: manual.uptime,
    after(delayMs, run) {
      const timer = { at: manual.now().getTime() + Math.max(0, delayMs) };
      due.add(timer);
      const cancel = manual.after(delayMs, () => {
        due.delete(timer);
        run();
      });
      return () => {
        due.delete(timer);
        cancel();
      };
    },
  };
  return {
    clock,
    get ms() {
      return manual.now().getTime() - NOW.getTime();
    },
    get timers() {
      return due.size;
    },
    async advance(ms: number) {
      const end = manual.now().getTime() + ms;
      // The fake database answers a turn later, and that may set off the next timer.
      for (let quiet = 0; quiet < 5; ) {
        await settle();
        const next = Math.min(...[...due].map(({ at }) => at));
        quiet = next > end ? quiet + 1 : 0;
        if (quiet === 0) manual.advance(Math.max(0, next - manual.now().getTime()));
      }
      manual.advance(end - manual.now().getTime());
    },
  };
}

/** How one try ends: after so long, sent, given up, or to be tried again. With `stores`, the answer is in then and is stored so much later. */
interface Try {
  takes?: number;
  stores?: number;
  fails?: "LATER" | "LIMITED" | "FOR_GOOD";
  retryIn?: number;
}

/** Rows as the database has them. */
function createStore() {
  const rows = new Map<string, PlannedDelivery>();
  return {
    save(jobs: PlannedDelivery[]) {
      for (const { delivery, event } of jobs) rows.set(delivery.id, { delivery, event });
    },
    update(id: string, changes: Partial<Delivery>) {
      const row = rows.get(id);
      if (row) rows.set(id, { ...row, delivery: { ...row.delivery, ...changes } });
    },
    unfinished(afterId = "", limit = Infinity) {
      return [...rows.values()]
        .filter(({ delivery }) => delivery.id > afterId && (delivery.state === "PENDING" || delivery.state === "RETRY"))
        .sort((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1))
        .slice(0, limit)
        .map(({ delivery, event }) => ({ delivery, event }));
    },
  };
}

/** Of lanes for which nothing is too much. */
const overflow = () => Promise.reject(new Error("nothing is too much"));

interface Bench extends AsyncDisposable {
  lane: Lane;
  time: ReturnType<typeof createWatchedClock>;
  store: ReturnType<typeof createStore>;
  /** Stores deliveries and hands them to the lane, as intake does. */
  add(...jobs: PlannedDelivery[]): void;
  /** Every try, in the order of starts. */
  tries: { number: number; start: number; end: number | null; fails: Try["fails"] }[];
  dropped: number[];
  /** What was handed over as too much and stored as held, in order. */
  overflowed: number[];
  /** How storing that ends, in order of the calls: stored when nothing is left. */
  overflows: ("STORED" | "FAILED")[];
  /** When something was handed over, and how much. */
  handovers: [ms: number, count: number][];
  /** When the database was read. */
  reads: number[];
  /** Numbers of what was sent, in order. */
  readonly sent: number[];
  readonly mostAtOnce: number;
}

/** A lane over a fake database, its provider played by `script`. */
function createBench(script: (job: PlannedDelivery, tryNumber: number) => Try = () => ({}), pace: Partial<Pace> = {}, rest?: LaneRest): Bench {
  const time = createWatchedClock();
  const store = createStore();
  const tries: Bench["tries"] = [];
  const dropped: number[] = [];
  const overflowed: number[] = [];
  const overflows: Bench["overflows"] = [];
  const handovers: Bench["handovers"] = [];
  const reads: number[] = [];
  const tried = new Map<string, number>();
  let active = 0;
  let mostAtOnce = 0;

  const lane = createLane({
    shared: false,
    pace: { ...PACE, ...pace },
    clock: time.clock,
    rest,
    async send(job, answered) {
      const { id } = job.delivery;
      const tryNumber = (tried.get(id) ?? 0) + 1;
      tried.set(id, tryNumber);
      const { takes = 0, stores, fails, retryIn = 5000 } = script(job, tryNumber);
      const entry = { number: numberOf(job), start: time.ms, end: null as number | null, fails };
      tries.push(entry);
      active += 1;
      mostAtOnce = Math.max(mostAtOnce, active);
      if (takes > 0) await new Promise<void>((resolve) => time.clock.after(takes, resolve));
      active -= 1;
      entry.end = time.ms;
      const now = time.clock.now();
      const retryAt = new Date(now.getTime() + retryIn);
      const step: Step = fails === "LATER" || fails === "LIMITED" ? { done: false, retryAt, limited: fails === "LIMITED" } : { done: true };
      if (stores !== undefined) {
        answered(step, !fails);
        await new Promise<void>((resolve) => time.clock.after(stores, resolve));
      }
      if (!step.done) job.delivery = { ...job.delivery, tries: tryNumber, state: "RETRY", dueAt: retryAt };
      store.update(id, step.done ? { state: fails ? "FAILED" : "SENT", finishedAt: now } : job.delivery);
      return step;
    },
    async drop(jobs) {
      for (const job of jobs) dropped.push(numberOf(job));
      await settle();
      for (const job of jobs) store.update(job.delivery.id, { state: "DROPPED" });
    },
    async overflow(jobs) {
      handovers.push([time.ms, jobs.length]);
      const stored = overflows.shift() !== "FAILED";
      await settle();
      if (!stored) return false;
      for (const job of jobs) {
        overflowed.push(numberOf(job));
        store.update(job.delivery.id, { state: "HELD", heldFor: "RATE_LIMIT" });
      }
      return true;
    },
    load: async (afterId, limit) => {
      reads.push(time.ms);
      const rows = store.unfinished(afterId, limit);
      await settle();
      return rows;
    },
  });

  return {
    lane, time, store, tries, dropped, overflowed, overflows, handovers, reads,
    add(...jobs) {
      store.save(jobs);
      lane.add(jobs);
    },
    get sent() {
      return tries.filter(({ fails, end }) => !fails && end !== null).map(({ number }) => number);
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    [Symbol.asyncDispose]: () => lane.close(),
  };
}

/** Fails the given numbers of tries of some jobs, all other tries succeed. */
function failing(counts: Record<number, number>, how: Try = { fails: "LATER" }): (job: PlannedDelivery, tryNumber: number) => Try {
  return (job, tryNumber) => (tryNumber <= (counts[numberOf(job)] ?? 0) ? how : {});
}

const starts = (bench: Bench) => bench.tries.map(({ number, start }) => [number, start]);
const jobs = (...numbers: number[]) => numbers.map((number) => makeJob(number));

describe("a lane's pace", () => {
  test("sends at once what it gets, in order", async () => {
    await using bench = createBench();
    bench.add(...jobs(1, 2, 3));
    bench.add(...jobs(4));
    await bench.time.advance(0);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 0], [4, 0]]);
    expect(bench.lane.size).toBe(0);
  });

  test("never has more under way than its concurrency, and as many as that", async () => {
    await using bench = createBench(() => ({ takes: 100 }), { concurrency: 3 });
    bench.add(...jobs(1, 2, 3, 4, 5, 6, 7));
    await bench.time.advance(1000);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 0], [4, 100], [5, 100], [6, 100], [7, 200]]);
    expect(bench.mostAtOnce).toBe(3);
  });

  test("starts the next as soon as one has arrived, and counts it until it is stored", async () => {
    await using bench = createBench(() => ({ takes: 100, stores: 1000 }), { concurrency: 2 });
    bench.add(...jobs(1, 2, 3, 4, 5));
    await bench.time.advance(250);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 100], [4, 100], [5, 200]]);
    expect(bench.mostAtOnce).toBe(2);
    expect(bench.lane.size).toBe(5);
    await bench.lane.refill();
    await bench.time.advance(10_000);
    expect(bench.tries).toHaveLength(5);
    expect(bench.lane.size).toBe(0);
  });

  test("has no more that arrived and is not stored than a crash may repeat", async () => {
    await using bench = createBench(() => ({ takes: 1, stores: MINUTE }), { concurrency: 3 });
    bench.add(...jobs(...Array.from({ length: 500 }, (_, at) => at)));
    await bench.time.advance(MINUTE / 2);
    expect(bench.tries).toHaveLength(MOST_UNSTORED + 2);
    await bench.time.advance(10 * MINUTE);
    expect(bench.sent).toHaveLength(500);
  });

  test("waits as its provider asks from the answer on, before that is stored", async () => {
    await using bench = createBench((job, tryNumber) => (numberOf(job) === 1 && tryNumber === 1 ? { takes: 100, stores: 1000, fails: "LIMITED", retryIn: MINUTE } : { takes: 200 }), { concurrency: 2 });
    bench.add(...jobs(1, 2, 3));
    await bench.time.advance(2 * MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, MINUTE + 100], [1, MINUTE + 100]]);
  });

  test("goes on as an earlier one was left: with its pause, and with what is left of its burst", async () => {
    const pace = { concurrency: 1, perSecond: 1, burst: 3 };
    await using earlier = createBench((job) => (numberOf(job) === 2 ? { fails: "LIMITED", retryIn: MINUTE } : {}), pace);
    earlier.add(...jobs(1, 2, 3));
    await earlier.time.advance(500);
    expect(earlier.lane.rest).toEqual({ pausedMs: MINUTE - 500, fullInMs: 1500 });
    await using paused = createBench(() => ({}), pace, { pausedMs: MINUTE - 500, fullInMs: 0 });
    paused.add(...jobs(2, 3));
    await paused.time.advance(2 * MINUTE);
    expect(starts(paused)).toEqual([[2, MINUTE - 500], [3, MINUTE - 500]]);
    await using spent = createBench(() => ({}), pace, { pausedMs: 0, fullInMs: 1500 });
    spent.add(...jobs(2, 3, 4));
    await spent.time.advance(10_000);
    expect(starts(spent)).toEqual([[2, 0], [3, 500], [4, 1500]]);
    await using unknown = createBench(() => ({}), pace, { pausedMs: 0, fullInMs: Infinity });
    unknown.add(...jobs(2, 3));
    await unknown.time.advance(10_000);
    expect(starts(unknown)).toEqual([[2, 1000], [3, 2000]]);
  });

  test("sends a burst, then at its rate", async () => {
    await using bench = createBench(() => ({}), { concurrency: 10, perSecond: 2, burst: 2 });
    bench.add(...jobs(1, 2, 3, 4));
    await bench.time.advance(10_000);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 500], [4, 1000]]);
    bench.add(...jobs(5, 6, 7));
    await bench.time.advance(10_000);
    expect(starts(bench).slice(4)).toEqual([[5, 10_000], [6, 10_000], [7, 10_500]]);
  });

  test("goes on at its rate though the clock steps back", async () => {
    const time = createManualClock(NOW);
    const sent: number[] = [];
    const lane = createLane({
      shared: false,
      pace: { ...PACE, perSecond: 1, burst: 1 },
      clock: time,
      send: async (job) => {
        sent.push(numberOf(job));
        return { done: true };
      },
      drop: async () => undefined,
      overflow,
      load: async () => [],
    });
    lane.add(jobs(1));
    await settle();
    time.step(-3_600_000);
    lane.add([makeJob(2, { dueAt: time.now() })]);
    await settle();
    expect(sent).toEqual([1]);
    time.advance(1001);
    await settle();
    expect(sent).toEqual([1, 2]);
    await lane.close();
  });
});

describe("a clock that is set", () => {
  const HOUR = 60 * MINUTE;

  function start(send: (job: PlannedDelivery, time: ManualClock) => Step) {
    const time = createManualClock(NOW);
    const sent: [number, number][] = [];
    const dropped: number[] = [];
    const lane = createLane({
      shared: false,
      pace: PACE,
      clock: time,
      send: async (job) => {
        sent.push([numberOf(job), time.uptime()]);
        const step = send(job, time);
        if (!step.done) job.delivery = { ...job.delivery, state: "RETRY", tries: job.delivery.tries + 1, dueAt: step.retryAt };
        return step;
      },
      drop: async (all) => void dropped.push(...all.map(numberOf)),
      overflow,
      load: async () => [],
    });
    onTestFinished(() => lane.close());
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        time.advance(1_000);
        await settle();
      }
    };
    return { time, lane, sent, dropped, pass };
  }

  const later = (time: ManualClock, ms: number, limited = false): Step => ({ done: false, retryAt: new Date(time.now().getTime() + ms), limited });

  test.each([-24 * HOUR, -HOUR, HOUR, 24 * HOUR])("by %d ms changes no retry's wait, nor the next one's", async (ms) => {
    let tries = 0;
    const { time, lane, sent, pass } = start((_, clock) => ((tries += 1) < 3 ? later(clock, 5_000) : { done: true }));
    lane.add([makeJob(1)]);
    await settle();
    time.step(ms);
    await pass(20_000);
    expect(sent).toEqual([[1, 0], [1, 5_000], [1, 10_000]]);
  });

  test.each([-24 * HOUR, -HOUR, HOUR, 24 * HOUR])("by %d ms changes no pause of a channel that is down or limited", async (ms) => {
    for (const limited of [false, true]) {
      let tries = 0;
      const { time, lane, sent, pass } = start((_, clock) => ((tries += 1) <= (limited ? 1 : 3) ? later(clock, 30_000, limited) : { done: true }));
      lane.add([makeJob(1), makeJob(2), makeJob(3), makeJob(4)]);
      await settle();
      time.step(ms);
      await pass(29_000);
      expect(sent).toHaveLength(limited ? 1 : 3);
      await pass(2_000);
      expect(new Set(sent.slice(limited ? 1 : 3).map(([number]) => number))).toEqual(new Set([1, 2, 3, 4]));
    }
  });

  test("back before the start: what was never tried goes at once, in order, and is not given up for its recovery", async () => {
    const { lane, sent, dropped } = start(() => ({ done: true }));
    const future = new Date(NOW.getTime() + HOUR);
    const one = { conditionId: "c1", createdAt: future, dueAt: future };
    lane.add([makeJob(1, one), makeJob(2, { ...one, reason: "RECOVERY" }), makeJob(3, { ...one, conditionId: null, state: "RETRY", tries: 1, dueAt: new Date(future.getTime() + 5_000) })]);
    await settle();
    expect([sent.map(([number]) => number), dropped]).toEqual([[1, 3, 2], []]);
  });
});

describe("deliveries of one condition", () => {
  const one = { conditionId: "c1" };

  test("go one after the other, others beside them", async () => {
    await using bench = createBench(() => ({ takes: 100 }), { concurrency: 10 });
    bench.add(makeJob(1, one), makeJob(2, { ...one, reason: "ONGOING" }), makeJob(3, { conditionId: "c2" }), makeJob(4), makeJob(5), makeJob(6, { ...one, reason: "RECOVERY" }));
    await bench.time.advance(1000);
    expect(starts(bench)).toEqual([[1, 0], [3, 0], [4, 0], [5, 0], [2, 100], [6, 200]]);
  });

  test("go on when the one before is stored, not when it has arrived", async () => {
    await using bench = createBench(() => ({ takes: 100, stores: 1000 }), { concurrency: 10 });
    bench.add(makeJob(1, one), makeJob(2, { ...one, reason: "RECOVERY" }), makeJob(3));
    await bench.time.advance(5000);
    expect(starts(bench)).toEqual([[1, 0], [3, 0], [2, 1100]]);
  });

  test("a recovery waits for its problem however slow, and no longer", async () => {
    await using bench = createBench((job) => ({ takes: job.delivery.reason === "FIRST" ? 30_000 : 0 }), { concurrency: 10 });
    bench.add(makeJob(1, one));
    await bench.time.advance(1000);
    bench.add(makeJob(2, { ...one, reason: "RECOVERY" }), makeJob(3));
    await bench.time.advance(MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [3, 1000], [2, 30_000]]);
  });

  test("a recovery is sent though its problem was given up after a try for good", async () => {
    await using bench = createBench(failing({ 1: 1 }, { fails: "FOR_GOOD" }));
    bench.add(makeJob(1, one), makeJob(2, { ...one, reason: "RECOVERY" }));
    await bench.time.advance(0);
    expect(bench.sent).toEqual([2]);
  });

  test("a problem not tried yet is sent before its recovery", async () => {
    await using bench = createBench(() => ({}), { perSecond: 1, burst: 1 });
    bench.add(makeJob(1), makeJob(2, one), makeJob(3, { ...one, reason: "RECOVERY" }));
    await bench.time.advance(10_000);
    expect(starts(bench)).toEqual([[1, 0], [2, 1000], [3, 2000]]);
    expect(bench.dropped).toEqual([]);
  });

  test("one that went before leaves no trace for the next of the same condition", async () => {
    await using bench = createBench();
    bench.add(makeJob(1, one));
    await bench.time.advance(0);
    bench.add(makeJob(2, { ...one, reason: "ONGOING" }));
    await bench.time.advance(0);
    bench.add(makeJob(3, { ...one, reason: "RECOVERY" }));
    await bench.time.advance(0);
    expect(bench.sent).toEqual([1, 2, 3]);
  });
});

describe("summaries of one hold", () => {
  test("go one after the other, also while the first waits for its next try; of another hold, and all else, beside them", async () => {
    const summaryOf = (number: number, hold: "QUIET_HOURS" | "DIGEST") => makeJob(number, { reason: "SUMMARY", context: { summaryOf: hold } });
    await using bench = createBench((job, tryNumber) => ({ takes: 100, ...(numberOf(job) === 1 && tryNumber === 1 ? { fails: "LATER" } : {}) }), { concurrency: 10 });
    bench.add(summaryOf(1, "QUIET_HOURS"), summaryOf(2, "QUIET_HOURS"), summaryOf(3, "DIGEST"), makeJob(4));
    await bench.time.advance(1000);
    bench.add(summaryOf(5, "QUIET_HOURS"));
    await bench.time.advance(MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [3, 0], [4, 0], [1, 5100], [2, 5200], [5, 5300]]);
    expect([bench.dropped, bench.lane.size]).toEqual([[], 0]);
  });
});

test("summaries of bursts go one after the other by event type", async () => {
  const summaryOf = (number: number, eventType: string) => makeJob(number, { reason: "SUMMARY", context: { summaryOf: "BURST", eventType } });
  await using bench = createBench(() => ({ takes: 100 }), { concurrency: 10 });
  bench.add(summaryOf(1, "a.down"), summaryOf(2, "a.down"), summaryOf(3, "b.down"));
  await bench.time.advance(MINUTE);
  expect(starts(bench)).toEqual([[1, 0], [3, 0], [2, 100]]);
});

describe("a try that failed", () => {
  test("is made again when it is due, not before, and others go meanwhile", async () => {
    await using bench = createBench(failing({ 1: 2 }));
    bench.add(...jobs(1, 2));
    await bench.time.advance(4999);
    expect(starts(bench)).toEqual([[1, 0], [2, 0]]);
    bench.add(...jobs(3));
    await bench.time.advance(100_000);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 4999], [1, 5000], [1, 10_000]]);
    expect(bench.lane.size).toBe(0);
  });

  test("of a condition keeps back the rest of it, and nothing else", async () => {
    await using bench = createBench(failing({ 1: 1 }));
    bench.add(makeJob(1, { conditionId: "c1" }), makeJob(2, { conditionId: "c1", reason: "ONGOING" }), makeJob(3, { conditionId: "c2" }));
    await bench.time.advance(MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [3, 0], [1, 5000], [2, 5000]]);
  });

  test("found in the database waits until it is due", async () => {
    await using bench = createBench();
    bench.store.save([makeJob(1, { state: "RETRY", tries: 3, dueAt: new Date(NOW.getTime() + 7000) }), makeJob(2)]);
    await bench.lane.refill();
    await bench.time.advance(MINUTE);
    expect(starts(bench)).toEqual([[2, 0], [1, 7000]]);
  });
});

// The recovery goes on to `send`, which finds out whether the channel was ever told of the problem.
describe("a problem overtaken by its recovery", () => {
  const first = makeJobOf("FIRST");
  const ongoing = makeJobOf("ONGOING");
  const escalated = makeJobOf("ESCALATED");
  const recovery = makeJobOf("RECOVERY");

  function makeJobOf(reason: Delivery["reason"]) {
    return (number: number) => makeJob(number, { conditionId: "c1", reason });
  }

  test("while it waits for its next try: it is dropped, and the lane goes on", async () => {
    await using bench = createBench(failing({ 1: 9 }));
    bench.add(first(1));
    await bench.time.advance(1000);
    bench.add(recovery(2), makeJob(3));
    await bench.time.advance(MINUTE);
    expect(bench.dropped).toEqual([1]);
    expect(starts(bench)).toEqual([[1, 0], [3, 1000], [2, 1000]]);
    expect([bench.lane.size, bench.store.unfinished(), bench.time.timers]).toEqual([0, [], 0]);
  });

  test("while its try is under way: it is dropped when that fails", async () => {
    await using bench = createBench(failing({ 1: 9 }, { takes: 500, fails: "LATER" }));
    bench.add(first(1));
    await bench.time.advance(100);
    bench.add(recovery(2));
    await bench.time.advance(300);
    expect(bench.dropped).toEqual([]);
    await bench.time.advance(MINUTE);
    expect(bench.dropped).toEqual([1]);
    expect(starts(bench)).toEqual([[1, 0], [2, 500]]);
  });

  test("while its try is under way: both are sent when that succeeds", async () => {
    await using bench = createBench(() => ({ takes: 500 }));
    bench.add(first(1));
    await bench.time.advance(100);
    bench.add(recovery(2));
    await bench.time.advance(MINUTE);
    expect([bench.sent, bench.dropped]).toEqual([[1, 2], []]);
  });

  test("with follow-ups between them: all of these are dropped", async () => {
    await using bench = createBench(failing({ 1: 9 }));
    bench.add(first(1), ongoing(2), escalated(3));
    await bench.time.advance(1000);
    expect(bench.dropped).toEqual([]);
    bench.add(recovery(4));
    await bench.time.advance(MINUTE);
    expect(bench.dropped).toEqual([1, 2, 3]);
    expect(starts(bench)).toEqual([[1, 0], [4, 1000]]);
  });

  test("with only a follow-up in retry: that is dropped, the recovery sent", async () => {
    await using bench = createBench(failing({ 2: 9 }));
    bench.add(first(1), ongoing(2));
    await bench.time.advance(1000);
    bench.add(recovery(3));
    await bench.time.advance(MINUTE);
    expect(bench.dropped).toEqual([2]);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 1000]]);
    expect(bench.lane.size).toBe(0);
  });

  test("with several follow-ups, the first of them in retry: all of them are dropped, the recovery sent", async () => {
    await using bench = createBench(failing({ 2: 9 }));
    bench.add(first(1), escalated(2), ongoing(3));
    await bench.time.advance(1000);
    bench.add(recovery(4));
    await bench.time.advance(MINUTE);
    expect([bench.dropped, bench.sent]).toEqual([[2, 3], [1, 4]]);
  });

  test("a recovery that fails is tried again", async () => {
    await using bench = createBench(failing({ 2: 1 }));
    bench.add(first(1), recovery(2));
    await bench.time.advance(MINUTE);
    expect([bench.sent, bench.dropped]).toEqual([[1, 2], []]);
  });

  test("found so in the database: it is dropped", async () => {
    await using bench = createBench();
    bench.store.save([makeJob(1, { conditionId: "c1", state: "RETRY", dueAt: new Date(NOW.getTime() + 1000) }), recovery(2)]);
    await bench.lane.refill();
    await bench.time.advance(MINUTE);
    expect([bench.dropped, bench.sent]).toEqual([[1], [2]]);
  });

  test("another condition is not touched", async () => {
    await using bench = createBench(failing({ 1: 1, 2: 1 }));
    bench.add(first(1), makeJob(2, { conditionId: "c2" }));
    await bench.time.advance(1000);
    bench.add(recovery(3));
    await bench.time.advance(MINUTE);
    expect([bench.dropped, bench.sent]).toEqual([[1], [3, 2]]);
  });

  test("what is being dropped is not taken up again from the database", async () => {
    await using bench = createBench(failing({ 1: 9 }));
    bench.add(first(1));
    await bench.time.advance(1000);
    bench.add(recovery(2));
    // The drop is not stored yet; whoever looks for what is forgotten does so by an empty lane.
    if (bench.lane.size === 0) await bench.lane.refill();
    await bench.time.advance(MINUTE);
    expect([bench.dropped, starts(bench)]).toEqual([[1], [[1, 0], [2, 1000]]]);
  });
});

describe("a channel that is down", () => {
  test("is left alone after three failures in a row, for at most a minute, then asked by one", async () => {
    await using bench = createBench(() => ({ fails: "LATER", retryIn: 5 * MINUTE }));
    bench.add(...jobs(1, 2, 3, 4, 5, 6));
    await bench.time.advance(150_000);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 0], [4, MINUTE], [5, 2 * MINUTE]]);
  });

  test("is left alone no longer than the failed try itself waits", async () => {
    await using bench = createBench(failing({ 1: 1, 2: 1, 3: 1 }, { fails: "LATER", retryIn: 5000 }));
    bench.add(...jobs(1, 2, 3, 4));
    await bench.time.advance(20_000);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 0], [4, 5000], [1, 5000], [2, 5000], [3, 5000]]);
  });

  test("is trusted again after one success", async () => {
    await using bench = createBench(failing({ 1: 1, 2: 1, 4: 1, 5: 1 }, { fails: "LATER", retryIn: 5 * MINUTE }));
    bench.add(...jobs(1, 2, 3, 4, 5, 6));
    await bench.time.advance(0);
    expect(starts(bench).map(([number]) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("is not down because messages are bad: failures for good do not count", async () => {
    await using bench = createBench((job) => (numberOf(job) < 10 ? { fails: "FOR_GOOD" } : {}));
    bench.add(...jobs(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    await bench.time.advance(0);
    expect(bench.sent).toEqual([10]);
  });

  test("that asks us to wait is left alone for as long as it asks", async () => {
    await using bench = createBench(failing({ 1: 1 }, { fails: "LIMITED", retryIn: 10 * MINUTE }), { concurrency: 2 });
    bench.add(makeJob(1));
    await bench.time.advance(0);
    bench.add(...jobs(2, 3));
    await bench.time.advance(10 * MINUTE - 1);
    expect(starts(bench)).toEqual([[1, 0]]);
    await bench.time.advance(1);
    expect(starts(bench)).toEqual([[1, 0], [2, 600_000], [3, 600_000], [1, 600_000]]);
  });

  test("a shorter wait does not undo a longer one", async () => {
    await using bench = createBench(
      (job, tryNumber) => (tryNumber > 1 || numberOf(job) > 2 ? {} : { takes: numberOf(job) * 10, fails: "LIMITED", retryIn: numberOf(job) === 1 ? 10 * MINUTE : MINUTE }),
      { concurrency: 2 },
    );
    bench.add(...jobs(1, 2, 3));
    await bench.time.advance(9 * MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [2, 0]]);
    await bench.time.advance(2 * MINUTE);
    expect(bench.sent.sort()).toEqual([1, 2, 3]);
  });
});

describe("closing", () => {
  test("waits for what is under way and starts nothing more, of whatever waits", async () => {
    const bench = createBench(
      (job) => (numberOf(job) === 1 ? { fails: "LATER", retryIn: 100 } : { takes: 1000 }),
      { concurrency: 2 },
    );
    bench.add(makeJob(1));
    await bench.time.advance(0);
    bench.add(makeJob(2), makeJob(3), makeJob(4), makeJob(5, { conditionId: "c1" }));
    await bench.time.advance(0);
    let closed = false;
    const closing = bench.lane.close().then(() => (closed = true));
    await bench.time.advance(999);
    expect(closed).toBe(false);
    bench.add(makeJob(6));
    await bench.time.advance(1);
    await closing;
    await bench.time.advance(MINUTE);
    expect(starts(bench)).toEqual([[1, 0], [2, 0], [3, 0]]);
    await bench.lane.refill();
    await bench.time.advance(MINUTE);
    expect([bench.tries.length, bench.reads]).toEqual([3, []]);
  });

  test("leaves no timer behind, whatever was waited for", async () => {
    const bench = createBench(failing({ 1: 9, 2: 9 }, { takes: 100, fails: "LATER", retryIn: 3_600_000 }), { concurrency: 2, perSecond: 1, burst: 1 });
    bench.add(...jobs(1));
    await bench.time.advance(1500);
    bench.add(...jobs(2, 3, 4));
    await bench.time.advance(0);
    // For the next try of 1, for the rate, and for the provider's answer.
    expect(bench.time.timers).toBe(3);
    const closing = bench.lane.close();
    await bench.time.advance(100);
    await closing;
    expect(bench.time.timers).toBe(0);
  });

  test("leaves no timer behind when the database fails at the same time", async () => {
    const time = createWatchedClock();
    const lane = createLane({
      shared: false,
      pace: PACE,
      clock: time.clock,
        send: async () => ({ done: true }),
      drop: async () => undefined,
      overflow,
      load: async () => {
        await settle();
        throw new Error("disk I/O error");
      },
    });
    lane.add(jobs(...Array.from({ length: 1100 }, (_, index) => index + 1)));
    await settle();
    await lane.close();
    await settle();
    expect(time.timers).toBe(0);
  });

  test("waits for drops that follow from what was under way", async () => {
    const bench = createBench(failing({ 1: 9 }, { takes: 100, fails: "LATER" }));
    bench.add(makeJob(1, { conditionId: "c1" }), makeJob(2, { conditionId: "c1", reason: "RECOVERY" }));
    await bench.time.advance(0);
    const closing = bench.lane.close().then(() => bench.store.unfinished().length);
    await bench.time.advance(100);
    // Either is well: dropped and stored, or left for the next start, as the recovery is.
    expect(await closing).toBe(bench.dropped.length === 0 ? 2 : 1);
  });

  test("of an idle lane is done at once, twice as well", async () => {
    const bench = createBench();
    await bench.lane.close();
    await bench.lane.close();
  });
});

describe("a queue too long for the memory", () => {
  const many = (from: number, count: number) => Array.from({ length: count }, (_, index) => makeJob(from + index));

  /** Numbers that rise by one, as "first-last". */
  function runs(numbers: number[]): string[] {
    const starts = numbers.flatMap((number, index) => (numbers[index - 1] === number - 1 ? [] : [index]));
    return starts.map((start, index) => `${numbers[start]}-${numbers[(starts[index + 1] ?? numbers.length) - 1]}`);
  }

  test("stays in the database beyond 1000, and is sent whole, in order and once", async () => {
    await using bench = createBench(() => ({ takes: 10 }), { concurrency: 10 });
    bench.add(...many(1, 3500));
    expect(bench.lane.size).toBe(1000);
    let most = 0;
    while (bench.store.unfinished().length > 0) {
      await bench.time.advance(100);
      most = Math.max(most, bench.lane.size);
    }
    expect(runs(bench.sent)).toEqual(["1-3500"]);
    expect(most).toBeLessThanOrEqual(2000);
  });

  test("what comes meanwhile goes behind what is in the database", async () => {
    await using bench = createBench(() => ({ takes: 10 }));
    bench.add(...many(1, 1100));
    await bench.time.advance(100);
    bench.add(...many(1101, 5));
    expect(bench.lane.size).toBeLessThanOrEqual(1000);
    await bench.time.advance(20_000);
    expect(runs(bench.sent)).toEqual(["1-1105"]);
  });

  test("is not read while the lane is full of waiting deliveries", async () => {
    await using bench = createBench((_, tryNumber) => (tryNumber === 1 ? { fails: "LATER", retryIn: 1000 } : {}), { concurrency: 2000 });
    bench.add(...many(1, 1500));
    await bench.time.advance(900);
    expect([bench.lane.size, bench.reads]).toEqual([1000, []]);
    await bench.time.advance(10 * MINUTE);
    expect(new Set(bench.sent).size).toBe(1500);
    expect(bench.sent).toHaveLength(1500);
  });

  test("a refill finds what the lane was never told of, and tells nothing twice", async () => {
    await using bench = createBench(() => ({ takes: 10 }));
    bench.store.save(many(1, 3));
    await bench.lane.refill();
    bench.lane.add(many(2, 2));
    await bench.time.advance(15);
    await bench.lane.refill();
    await bench.time.advance(100);
    expect(bench.sent).toEqual([1, 2, 3]);
  });

  test("what is added while more is read than the memory takes goes behind all of it", async () => {
    await using bench = createBench();
    bench.store.save(many(1, 2500));
    const reading = bench.lane.refill();
    bench.add(...many(2501, 3));
    await reading;
    await bench.time.advance(0);
    expect(runs(bench.sent)).toEqual(["1-2503"]);
  });

  test("what is added while the database fails to answer is not forgotten", async () => {
    let broken = true;
    const store = createStore();
    const sent: number[] = [];
    const lane = createLane({
      shared: false,
      pace: PACE,
      clock: createManualClock(NOW),
      send: async (job) => {
        sent.push(numberOf(job));
        store.update(job.delivery.id, { state: "SENT" });
        return { done: true };
      },
      drop: async () => undefined,
      overflow,
      load: async (afterId, limit) => {
        await settle();
        if (broken) throw new Error("disk I/O error");
        return store.unfinished(afterId, limit);
      },
    });
    const reading = lane.refill();
    store.save(many(1, 2));
    lane.add(many(1, 2));
    await expect(reading).rejects.toThrow();
    broken = false;
    store.save(many(3, 1));
    lane.add(many(3, 1));
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(sent).toEqual([1, 2, 3]);
    await lane.close();
  });

  test("told late of what a refill has found and sent, it does not send it again", async () => {
    await using bench = createBench();
    bench.store.save(many(1, 3));
    await bench.lane.refill();
    await bench.time.advance(0);
    await bench.lane.refill();
    bench.lane.add(many(1, 3));
    await bench.time.advance(0);
    expect(bench.sent).toEqual([1, 2, 3]);
  });

  test("a refill of an empty lane finds what is older than all it has had", async () => {
    await using bench = createBench();
    bench.add(makeJob(5));
    await bench.time.advance(0);
    bench.store.save(many(1, 3));
    await bench.lane.refill();
    await bench.time.advance(0);
    expect(bench.sent).toEqual([5, 1, 2, 3]);
  });

  test("a refill that fails tells whoever asked for it", async () => {
    const lane = createLane({ shared: false, pace: PACE, clock: createManualClock(NOW), send: async () => ({ done: true }), drop: async () => undefined, overflow, load: () => Promise.reject(new Error("disk I/O error")) });
    await expect(lane.refill()).rejects.toThrow("disk I/O error");
    await expect(lane.refill()).rejects.toThrow("disk I/O error");
    await lane.close();
  });

  test("a database that cannot be read for a while costs time, not deliveries", async () => {
    const time = createWatchedClock();
    const store = createStore();
    const sent: number[] = [];
    const reads: number[] = [];
    let fails = 3;
    const lane = createLane({
      shared: false,
      pace: PACE,
      clock: time.clock,
        send: async (job) => {
        sent.push(numberOf(job));
        store.update(job.delivery.id, { state: "SENT" });
        return { done: true };
      },
      drop: async () => undefined,
      overflow,
      load: async (afterId, limit) => {
        reads.push(time.ms);
        await settle();
        if ((fails -= 1) >= 0) throw new Error("disk I/O error");
        return store.unfinished(afterId, limit);
      },
    });
    store.save(many(1, 1500));
    lane.add(many(1, 1500));
    await time.advance(0);
    await settle();
    store.save(many(1501, 3));
    lane.add(many(1501, 3));
    await time.advance(MINUTE);
    expect(runs(sent)).toEqual(["1-1503"]);
    // Not asked again at once, over and over.
    expect(reads.length).toBeLessThan(10);
    expect(reads.at(-1)).toBeGreaterThan(1000);
    await lane.close();
  });

  test("whatever the interleaving of commits, additions, reads, sends and sweeps: all is sent once, each condition in order", async () => {
    const batches = fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }) }, { weight: 2, arbitrary: fc.integer({ min: 300, max: 1200 }) }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), batches, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 60 }), async (s, sizes, concurrency, conditions) => {
        const clock = createManualClock(NOW);
        const store = createStore();
        const sent: number[] = [];
        const underWay = new Set<string>();
        const tried = new Set<number>();
        let unstored = 0;
        const lane = createLane({
          shared: false,
          pace: { ...PACE, concurrency },
          clock,
          async send(job, answered) {
            const number = numberOf(job);
            const condition = job.delivery.conditionId ?? job.delivery.id;
            expect(underWay.has(condition)).toBe(false);
            underWay.add(condition);
            expect(underWay.size - unstored).toBeLessThanOrEqual(concurrency);
            await s.schedule(Promise.resolve(), `send ${number}`);
            // Some make room before they are stored.
            if (number % 97 !== 0 && number % 2 === 0) {
              unstored += 1;
              answered({ done: true }, true);
              await s.schedule(Promise.resolve(), `store ${number}`);
              unstored -= 1;
            }
            underWay.delete(condition);
            // Some need a second try.
            if (number % 97 === 0 && !tried.has(number)) {
              tried.add(number);
              const dueAt = new Date(clock.now().getTime() + 5000);
              job.delivery = { ...job.delivery, state: "RETRY", dueAt };
              store.update(job.delivery.id, job.delivery);
              return { done: false, retryAt: dueAt, limited: false };
            }
            sent.push(number);
            store.update(job.delivery.id, { state: "SENT" });
            return { done: true };
          },
          drop: () => Promise.reject(new Error("there is no recovery to drop for")),
          overflow,
          async load(afterId, limit) {
            await s.schedule(Promise.resolve(), "read");
            const rows = store.unfinished(afterId, limit);
            await s.schedule(Promise.resolve(), "answer");
            return rows;
          },
        });

        let next = 1;
        let additions = Promise.resolve();
        s.scheduleSequence([
          ...sizes.map((size, index) => async () => {
            const batch = Array.from({ length: size }, (_, offset) => makeJob(next + offset, { conditionId: (next + offset) % 3 === 0 ? null : `c${(next + offset) % conditions}` }));
            next += size;
            store.save(batch);
            // Handed over later than it was committed, in the same order.
            additions = additions.then(() => s.schedule(Promise.resolve(), `add batch ${index}`)).then(() => lane.add(batch));
          }),
        ]);
        const sweep = async () => {
          if (lane.size === 0) void lane.refill();
        };
        s.scheduleSequence([sweep, sweep, sweep]);

        while (s.count() > 0 || store.unfinished("", 1).length > 0) {
          if (s.count() > 0) await s.waitOne();
          else if (lane.size === 0) void lane.refill();
          else clock.advance(5000);
          await settle();
        }
        await lane.close();

        expect(sent.length).toBe(next - 1);
        expect(new Set(sent).size).toBe(sent.length);
        const last = new Map<number, number>();
        for (const number of sent) {
          if (number % 3 === 0) continue;
          expect(number).toBeGreaterThan(last.get(number % conditions) ?? 0);
          last.set(number % conditions, number);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe("more than the channel may be sent", () => {
  const SLOW = { perSecond: 1, burst: 1 };
  const many = (from: number, count: number, changes: Partial<Delivery> = {}) => Array.from({ length: count }, (_, index) => makeJob(from + index, changes));
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  /** Lets the database be read and written many times over. */
  const drain = async () => {
    for (let turn = 0; turn < 200; turn += 1) await settle();
  };
  const critical = (number: number, changes: Partial<Delivery> = {}): PlannedDelivery => ({ ...makeJob(number, changes), event: makeStoredEvent({ severity: "CRITICAL" }) });

  test("within a minute is handed over, and what it may be sent goes out in order", async () => {
    await using bench = createBench(() => ({}), SLOW);
    bench.add(...many(1, 500));
    await bench.time.advance(0);
    expect(bench.overflowed).toEqual(range(62, 500));
    expect(bench.lane.size).toBe(60);
    await bench.time.advance(60 * MINUTE);
    expect(starts(bench)).toEqual(range(1, 61).map((number) => [number, (number - 1) * 1000]));
    expect([bench.lane.size, bench.store.unfinished(), bench.handovers, bench.time.timers]).toEqual([0, [], [[0, 439]], 0]);
  });

  test.each([
    ["as much as the rate lets out", { perSecond: 0.5, burst: 1 }, 31],
    ["never less than ten", { perSecond: 0.01, burst: 1 }, 11],
    ["what may go out at once as well", { perSecond: 0.2, burst: 50 }, 62],
    ["more than one read of the database, too", { perSecond: 20, burst: 1 }, 1201],
  ])("is %s", async (_, pace, expected) => {
    await using bench = createBench(() => ({}), pace);
    bench.add(...many(1, 5000));
    await drain();
    expect(bench.overflowed).toEqual(range(expected + 1, 5000));
    await bench.time.advance(60 * MINUTE);
    expect(bench.sent).toEqual(range(1, expected));
  });

  test("is nothing where there is no limit", async () => {
    await using bench = createBench(() => ({ takes: 1000 }));
    bench.add(...many(1, 999));
    await bench.time.advance(20 * MINUTE);
    expect([bench.handovers, bench.sent.length]).toEqual([[], 999]);
  });

  test("is never what is critical, an end, a summary, a test, tried or perhaps tried", async () => {
    await using bench = createBench(() => ({}), SLOW);
    const stay = [
      critical(101), makeJob(102, { conditionId: "c1", reason: "RECOVERY" }), makeJob(103, { reason: "SUMMARY", context: { summaryOf: "RATE_LIMIT" } }),
      makeJob(104, { reason: "TEST" }), makeJob(105, { tries: 1, state: "RETRY" }), { ...makeJob(106), cutShort: true },
    ];
    bench.add(...many(1, 100), ...stay, ...many(107, 10));
    await bench.time.advance(10 * MINUTE);
    expect(bench.overflowed).toEqual([...range(62, 100), ...range(107, 116)]);
    expect(bench.sent).toEqual([...range(1, 61), ...range(101, 106)]);
  });

  test("is stored at most once a second while it goes on, in a lane that sends all the time", async () => {
    await using bench = createBench(() => ({}), SLOW);
    for (let tenth = 0; tenth < 3000; tenth += 1) {
      bench.add(makeJob(tenth + 1, { dueAt: bench.time.clock.now() }));
      await bench.time.advance(100);
    }
    expect(bench.handovers.length).toBeLessThanOrEqual(301);
    expect(bench.handovers.length).toBeGreaterThan(200);
    expect(bench.sent).toHaveLength(300);
    // What is not stored yet waits beyond the minute, for a second.
    expect(bench.lane.size).toBeLessThanOrEqual(71);
    expect(bench.sent.length + bench.overflowed.length + bench.lane.size).toBe(3000);
  });

  test("is found when the pace is made slower", async () => {
    await using bench = createBench(() => ({ takes: 1000 }));
    bench.add(...many(1, 500));
    await bench.time.advance(0);
    bench.lane.setPace({ ...PACE, ...SLOW });
    // One may go at once by the new pace, as soon as the first has ended.
    await bench.time.advance(10 * MINUTE);
    expect([bench.sent, bench.overflowed]).toEqual([range(1, 62), range(63, 500)]);
  });

  test("is handed over also when the clock was set back", async () => {
    const time = createManualClock(NOW);
    const handedOver: number[] = [];
    const overflow = async (all: PlannedDelivery[]) => {
      handedOver.push(...all.map(numberOf));
      return true;
    };
    const lane = createLane({ shared: false, pace: { ...PACE, ...SLOW }, clock: time, send: async () => ({ done: true }), drop: async () => undefined, overflow, load: async () => [] });
    lane.add(many(1, 100));
    await settle();
    time.step(-3_600_000);
    lane.add(many(101, 10, { dueAt: time.now() }));
    time.advance(1_000);
    await settle();
    // One has gone out meanwhile, which makes room for one.
    expect(handedOver).toEqual([...range(62, 100), ...range(102, 110)]);
    await lane.close();
  });

  test("comes from the database in turn, and the memory stays small", async () => {
    await using bench = createBench(() => ({}), SLOW);
    bench.add(...many(1, 12_000));
    expect(bench.lane.size).toBe(1000);
    let most = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      await settle();
      most = Math.max(most, bench.lane.size);
    }
    expect(most).toBeLessThanOrEqual(1061);
    expect([bench.overflowed, bench.lane.size]).toEqual([range(62, 12_000), 60]);
    bench.add(...many(12_001, 5));
    await bench.time.advance(10 * MINUTE);
    expect(bench.sent).toEqual(range(1, 61));
    expect(bench.overflowed.slice(-5)).toEqual(range(12_001, 12_005));
    expect([bench.lane.size, bench.store.unfinished()]).toEqual([0, []]);
  });

  describe("of a condition", () => {
    const of = (reason: Delivery["reason"]) => ({ conditionId: "c1", reason });

    test("goes with all that waits behind it when it is the first news, its end included", async () => {
      await using bench = createBench(() => ({}), SLOW);
      bench.add(...many(1, 100), makeJob(101, of("FIRST")), makeJob(102, of("ONGOING")), makeJob(103, of("RECOVERY")), makeJob(104));
      await bench.time.advance(0);
      expect(bench.overflowed).toEqual(range(62, 104));
      expect(bench.lane.size).toBe(60);
      // The next news of it starts a chain of its own.
      await bench.time.advance(MINUTE);
      bench.add(makeJob(105, of("ONGOING")));
      await bench.time.advance(MINUTE);
      expect(bench.sent.at(-1)).toBe(105);
      expect(bench.lane.size).toBe(0);
    });

    test("leaves its end behind when there was news before, because that may have been told", async () => {
      await using bench = createBench(() => ({}), SLOW);
      bench.add(...many(1, 100), makeJob(101, of("ONGOING")), makeJob(102, of("ESCALATED")), makeJob(103, of("RECOVERY")));
      await bench.time.advance(10 * MINUTE);
      expect(bench.overflowed).toEqual(range(62, 102));
      expect(bench.sent).toEqual([...range(1, 61), 103]);
    });

    test("leaves behind what is critical, and all that comes after that", async () => {
      await using bench = createBench(() => ({}), SLOW);
      bench.add(...many(1, 100), makeJob(101, of("FIRST")), critical(102, of("ESCALATED")), makeJob(103, of("ONGOING")), makeJob(104, of("RECOVERY")));
      await bench.time.advance(10 * MINUTE);
      expect(bench.overflowed).toEqual(range(62, 101));
      expect(bench.sent).toEqual([...range(1, 61), 102, 103, 104]);
      expect(bench.lane.size).toBe(0);
    });

    test("lets an end that comes while it is stored go on when it is", async () => {
      await using bench = createBench(() => ({}), SLOW);
      bench.add(...many(1, 100), makeJob(101, of("FIRST")));
      expect(bench.handovers).toHaveLength(1);
      bench.add(makeJob(102, of("RECOVERY")));
      expect(bench.overflowed).toEqual([]);
      await bench.time.advance(10 * MINUTE);
      expect([bench.overflowed.includes(101), bench.sent.at(-1), bench.dropped, bench.lane.size]).toEqual([true, 102, [], 0]);
    });
  });

  test("stays in its place when it cannot be stored, and is handed over a second later", async () => {
    await using bench = createBench(() => ({}), SLOW);
    bench.overflows.push("FAILED", "FAILED");
    bench.add(...many(1, 100), makeJob(101, { conditionId: "c1" }), makeJob(102, { conditionId: "c1", reason: "RECOVERY" }));
    await bench.time.advance(0);
    expect([bench.overflowed, bench.lane.size]).toEqual([[], 101]);
    await bench.time.advance(10 * MINUTE);
    expect(bench.handovers).toEqual([[0, 41], [1000, 40], [2000, 39]]);
    expect([bench.sent, bench.overflowed]).toEqual([range(1, 63), range(64, 102)]);
    expect([bench.lane.size, bench.store.unfinished()]).toEqual([0, []]);
  });

  test("counts until it is stored: an empty lane would find it in the database again", async () => {
    await using bench = createBench(() => ({}), SLOW);
    bench.add(...many(1, 100));
    expect(bench.lane.size).toBe(100);
    await bench.lane.refill();
    await bench.time.advance(10 * MINUTE);
    expect([bench.sent, bench.overflowed]).toEqual([range(1, 61), range(62, 100)]);
  });

  describe("while the provider has asked to wait", () => {
    const limited = (retryIn: number) => failing({ 1: 1 }, { fails: "LIMITED", retryIn });

    test("for more than a minute: all but ten, though there is no limit else", async () => {
      await using bench = createBench(limited(60 * MINUTE));
      bench.add(makeJob(1));
      await bench.time.advance(0);
      bench.add(...many(2, 49), critical(51), makeJob(52, { reason: "SUMMARY", context: { summaryOf: "RATE_LIMIT" } }));
      await bench.time.advance(0);
      expect(bench.overflowed).toEqual(range(12, 50));
      bench.add(...many(53, 10).map((job) => ({ ...job, delivery: { ...job.delivery, dueAt: bench.time.clock.now() } })));
      await bench.time.advance(2000);
      expect(bench.overflowed.slice(39)).toEqual(range(53, 62));
      await bench.time.advance(60 * MINUTE);
      expect(bench.sent).toEqual([...range(2, 11), 51, 52, 1]);
      expect(bench.time.timers).toBe(0);
    });

    test("for more than a minute: what it waits in the database is handed over as well", async () => {
      await using bench = createBench(limited(60 * MINUTE));
      bench.add(...many(1, 3000));
      await drain();
      expect([bench.overflowed, bench.lane.size]).toEqual([range(12, 3000), 11]);
    });

    test("for a minute: as much as its rate says, and nothing where there is none", async () => {
      await using slow = createBench(limited(MINUTE), SLOW);
      await using fast = createBench(limited(MINUTE));
      for (const bench of [slow, fast]) {
        bench.add(...many(1, 100));
        await bench.time.advance(10 * MINUTE);
      }
      expect([slow.overflowed, fast.overflowed]).toEqual([range(62, 100), []]);
    });
  });

  test("after an outage is only what was never tried", async () => {
    await using bench = createBench((_, tryNumber) => (tryNumber === 1 ? { fails: "LATER", retryIn: 10 * MINUTE } : {}), { concurrency: 50, perSecond: 0.5, burst: 100 });
    bench.add(...many(1, 100));
    await bench.time.advance(5 * MINUTE);
    expect([bench.tries.length, bench.overflowed]).toEqual([100, []]);
    bench.add(...many(101, 100));
    await bench.time.advance(120 * MINUTE);
    const tried = new Set(bench.tries.map(({ number }) => number));
    expect(bench.overflowed.filter((number) => tried.has(number))).toEqual([]);
    expect([...bench.sent, ...bench.overflowed].sort((a, b) => a - b)).toEqual(range(1, 200));
    expect(bench.sent).toEqual(expect.arrayContaining(range(1, 100)));
  });

  test("an outage alone makes nothing too much where there is no limit", async () => {
    await using bench = createBench((_, tryNumber) => (tryNumber <= 3 ? { fails: "LATER", retryIn: 5 * MINUTE } : {}));
    bench.add(...many(1, 300));
    await bench.time.advance(30 * 60 * MINUTE);
    expect([bench.handovers, bench.sent.length]).toEqual([[], 300]);
  });

  test.each(["STORED", "FAILED"] as const)("closing waits until it is %s, and leaves no timer behind", async (how) => {
    const bench = createBench(() => ({}), SLOW);
    bench.overflows.push(how);
    bench.add(...many(1, 100));
    await bench.lane.close();
    expect([bench.overflowed.length, bench.handovers.length, bench.time.timers]).toEqual([how === "STORED" ? 39 : 0, 1, 0]);
    await bench.time.advance(MINUTE);
    expect([bench.handovers.length, bench.tries.length]).toEqual([1, 1]);
  });
});

describe("whatever is too much", () => {
  interface Plan {
    reason: Delivery["reason"];
    conditionId: string | null;
    severity: "WARNING" | "CRITICAL";
    /** How long after the one before it. */
    after: number;
    /** Tries that fail before one succeeds, or that has to be tried no more. */
    fails: number;
    how: "LATER" | "LIMITED" | "FOR_GOOD";
    retryIn: number;
    takes: number;
  }

  const plan: fc.Arbitrary<Plan> = fc.record({
    reason: fc.constantFrom("ONGOING" as const, "ONGOING" as const, "ESCALATED" as const, "RECOVERY" as const, "SUMMARY" as const),
    conditionId: fc.option(fc.integer({ min: 1, max: 30 }).map((number) => `c${number}`)),
    severity: fc.constantFrom("WARNING" as const, "WARNING" as const, "WARNING" as const, "CRITICAL" as const),
    after: fc.constantFrom(0, 0, 0, 0, 0, 10, 3000, 40_000),
    fails: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 3),
    how: fc.constantFrom("LATER" as const, "LATER" as const, "LIMITED" as const, "FOR_GOOD" as const),
    retryIn: fc.constantFrom(500, 5000, 90_000, 3_600_000),
    takes: fc.constantFrom(0, 0, 20, 700),
  });
  /** As they come: what is first of a condition is its first news, and after its end it is another. */
  function told(plans: Plan[]): Plan[] {
    const known = new Set<string>();
    return plans.map((one) => {
      const { conditionId: id, reason } = one;
      if (id === null) return { ...one, reason: reason === "SUMMARY" ? reason : "FIRST" };
      if (!known.has(id)) {
        known.add(id);
        return { ...one, reason: "FIRST" };
      }
      return { ...one, reason: reason === "SUMMARY" ? "ONGOING" : reason };
    });
  }
  const paces = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), perSecond: fc.constantFrom(0.05, 0.5, 1, Infinity), burst: fc.integer({ min: 1, max: 20 }) });
  const trouble = fc.array(fc.constantFrom("STORED" as const, "FAILED" as const), { maxLength: 8 });

  test("each is sent, failed, dropped or handed over, exactly once; only what may be is handed over; and of a condition all goes in order", () =>
    fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 250, size: "max" }).map(told), paces, trouble, async (all, pace, overflows) => {
        const planOf = (number: number) => all[number - 1] as Plan;
        await using bench = createBench((job, tryNumber) => {
          const { fails, how, retryIn, takes } = planOf(numberOf(job));
          return tryNumber <= fails ? { fails: how, retryIn, takes } : { takes };
        }, pace);
        bench.overflows.push(...overflows);
        for (const [index, { after, conditionId, reason, severity }] of all.entries()) {
          if (after > 0) await bench.time.advance(after);
          const now = bench.time.clock.now();
          const context = reason === "SUMMARY" ? { summaryOf: "RATE_LIMIT" as const } : {};
          bench.add({ ...makeJob(index + 1, { conditionId, reason, context, dueAt: now, createdAt: now }), event: makeStoredEvent({ severity }) });
        }
        for (let hours = 0; hours < 100 && bench.lane.size > 0; hours += 1) await bench.time.advance(60 * MINUTE);
        await bench.time.advance(MINUTE);

        expect([bench.lane.size, bench.store.unfinished(), bench.time.timers]).toEqual([0, [], 0]);
        const ends = [...bench.tries.filter(({ fails }) => !fails || fails === "FOR_GOOD").map(({ number }) => number), ...bench.dropped, ...bench.overflowed];
        expect(ends.sort((a, b) => a - b)).toEqual(all.map((_, index) => index + 1));
        const over = new Set(bench.overflowed);
        for (const number of over) {
          const { reason, severity, conditionId } = planOf(number);
          const problem = all.findIndex((one) => one.conditionId === conditionId) + 1;
          if (reason === "RECOVERY") expect(over.has(problem)).toBe(true);
          else expect([severity, reason]).toEqual(["WARNING", expect.stringMatching(/FIRST|ONGOING|ESCALATED/)]);
        }
        expect(bench.tries.filter(({ number }) => over.has(number))).toEqual([]);
        for (const id of new Set(all.flatMap(({ conditionId }) => conditionId ?? []))) {
          const own = bench.tries.map(({ number }) => number).filter((number) => planOf(number).conditionId === id);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 100 },
    ), 60_000);
});

describe("whatever happens to the deliveries", () => {
  interface Plan {
    conditionId: string | null;
    reason: Delivery["reason"];
    at: number;
    fails: number;
    how: Try;
  }

  const how = fc.record({
    takes: fc.constantFrom(0, 0, 20, 700, 4000),
    fails: fc.constantFrom("LATER" as const, "LATER" as const, "LIMITED" as const, "FOR_GOOD" as const),
    retryIn: fc.constantFrom(1, 500, 5000, 90_000),
  });
  const delivery = (conditionId: string | null, reason: Delivery["reason"]): fc.Arbitrary<Plan> =>
    fc.record({ conditionId: fc.constant(conditionId), reason: fc.constant(reason), at: fc.integer({ min: 0, max: 20_000 }), fails: fc.constantFrom(0, 0, 0, 1, 2, 6), how });
  /** A condition's deliveries rise in time as they rise in their reasons. */
  const chain = (id: string) =>
    fc
      .tuple(delivery(id, "FIRST"), fc.array(fc.oneof(delivery(id, "ONGOING"), delivery(id, "ESCALATED")), { maxLength: 2 }), fc.option(delivery(id, "RECOVERY"), { freq: 5 }))
      .map(([first, middle, last]) => {
        const all = [first, ...middle, ...(last ? [last] : [])];
        const times = all.map(({ at }) => at).sort((a, b) => a - b);
        return all.map((one, index) => ({ ...one, at: times[index] as number }));
      });
  const plans = fc
    .tuple(chain("c1"), chain("c2"), chain("c3"), fc.array(delivery(null, "FIRST"), { maxLength: 15 }))
    .map((parts) => parts.flat().sort((a, b) => a.at - b.at));
  const paces = fc.record({ concurrency: fc.integer({ min: 1, max: 5 }), perSecond: fc.constantFrom(Infinity, 0.5, 3), burst: fc.integer({ min: 1, max: 4 }) });

  /** Plays plans to their end: number n is the nth plan. */
  async function play(all: Plan[], pace: Partial<Pace>): Promise<Bench> {
    const planOf = (number: number) => all[number - 1] as Plan;
    const bench = createBench((job, tryNumber) => {
      const { how: way, fails } = planOf(numberOf(job));
      return tryNumber <= fails ? way : { takes: way.takes ?? 0 };
    }, pace);
    for (const [index, { at, conditionId, reason }] of all.entries()) {
      await bench.time.advance(at - bench.time.ms);
      const due = new Date(NOW.getTime() + at);
      bench.add(makeJob(index + 1, { conditionId, reason, dueAt: due, createdAt: due }));
    }
    for (let minutes = 0; minutes < 120 && bench.lane.size > 0; minutes += 1) await bench.time.advance(MINUTE);
    await settle();
    return bench;
  }

  function holds(check: (bench: Bench, all: Plan[], pace: Pick<Pace, "concurrency" | "perSecond" | "burst">) => void): Promise<void> {
    return fc.assert(
      fc.asyncProperty(plans, paces, async (all, pace) => {
        await using bench = await play(all, pace);
        check(bench, all, pace);
      }),
      { numRuns: 100 },
    );
  }

  test("each is sent once, failed for good once, dropped once, or too much once, and none is left", () =>
    holds((bench, all) => {
      expect([bench.lane.size, bench.store.unfinished()]).toEqual([0, []]);
      const ends = [...bench.tries.filter(({ fails }) => !fails || fails === "FOR_GOOD").map(({ number }) => number), ...bench.dropped, ...bench.overflowed];
      expect(ends.sort((a, b) => a - b)).toEqual(all.map((_, index) => index + 1));
    }));

  test("never more at once than allowed, nor more in any time than the rate allows", () =>
    holds((bench, _, { concurrency, perSecond, burst }) => {
      expect(bench.mostAtOnce).toBeLessThanOrEqual(concurrency);
      const at = bench.tries.map(({ start }) => start);
      at.forEach((from, first) => at.slice(first).forEach((to, more) => expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * perSecond + 1e-6 || Infinity)));
    }));

  test("of a condition one after the other and in order; a recovery never before its problem is done with", () =>
    holds((bench, all) => {
      for (const id of ["c1", "c2", "c3"]) {
        const own = bench.tries.filter(({ number }) => all[number - 1]?.conditionId === id);
        own.slice(1).forEach((later, index) => {
          const before = own[index] as (typeof own)[number];
          expect(later.number).toBeGreaterThanOrEqual(before.number);
          expect(later.start).toBeGreaterThanOrEqual(before.end as number);
        });
      }
    }));

  test("no try before it is due", () =>
    holds((bench, all) => {
      const due = new Map(all.map(({ at }, index) => [index + 1, at]));
      for (const { number, start, end, fails } of bench.tries) {
        expect(start).toBeGreaterThanOrEqual(due.get(number) as number);
        if (fails) due.set(number, (end as number) + (all[number - 1]?.how.retryIn as number));
      }
    }));

  test("nothing starts while the provider has asked us to wait", () =>
    holds((bench, all) => {
      for (const { number, end, fails } of bench.tries) {
        if (fails !== "LIMITED") continue;
        const until = (end as number) + (all[number - 1]?.how.retryIn as number);
        const early = bench.tries.filter(({ start, end: other }) => start > (end as number) && start < until && other !== null);
        expect(early).toEqual([]);
      }
    }));

  test("only what is in retry is dropped, with all that stands between it and its recovery, which goes on", () =>
    holds((bench, all) => {
      for (const id of ["c1", "c2", "c3"]) {
        const own = all.flatMap((plan, index) => (plan.conditionId === id ? [index + 1] : []));
        const dropped = own.filter((number) => bench.dropped.includes(number));
        if (dropped.length === 0) continue;
        expect(bench.tries.some(({ number, fails }) => number === dropped[0] && fails)).toBe(true);
        expect(all[(own.at(-1) as number) - 1]?.reason).toBe("RECOVERY");
        expect(dropped).toEqual(own.slice(own.indexOf(dropped[0] as number), -1));
      }
    }));
});

describe("an audit of a lane", () => {
  function laneThatRetries() {
    const sent: number[] = [];
    const lane = createLane({
      shared: false,
      pace: PACE,
      clock: createManualClock(NOW),
      async send(job) {
        sent.push(numberOf(job));
        if (job.delivery.tries !== 9) return { done: true };
        job.delivery = { ...job.delivery, dueAt: new Date(NOW.getTime() + MINUTE) };
        return { done: false, retryAt: job.delivery.dueAt, limited: false };
      },
      drop: async () => undefined,
      overflow: async () => true,
      load: async () => [],
    });
    return { lane, sent };
  }

  test("adopts what was missed, though newer ones were taken in, and each once", async () => {
    const { lane, sent } = laneThatRetries();
    lane.add([makeJob(5, { tries: 9 })]);
    await settle();
    expect([lane.size, lane.has(idOf(5)), lane.has(idOf(2)), lane.isWhole]).toEqual([1, true, false, true]);
    // Older than the newest: what is dispatched would be passed over.
    lane.add([makeJob(2)]);
    await settle();
    expect(sent).toEqual([5]);
    lane.adopt([makeJob(2), makeJob(5)]);
    await settle();
    expect([sent, lane.size]).toEqual([[5, 2], 1]);
  });

  test("puts what was missed at its place in its chain", async () => {
    const { lane, sent } = laneThatRetries();
    lane.add([makeJob(1, { conditionId: "c", tries: 9 }), makeJob(4, { conditionId: "c" })]);
    await settle();
    lane.adopt([makeJob(3, { conditionId: "c" })]);
    expect(lane.waiting()).toEqual([idOf(1)]);
    expect(lane.abandon(new Set([idOf(1)]))).toBe(1);
    await settle();
    await settle();
    expect([sent, lane.size, lane.waiting()]).toEqual([[1, 3, 4], 0, []]);
  });

  test("abandons what waits, and nothing that is under way or unknown", async () => {
    const { lane } = laneThatRetries();
    lane.add([makeJob(1, { tries: 9 })]);
    expect(lane.abandon(new Set([idOf(1), idOf(7)]))).toBe(0);
    await settle();
    expect(lane.abandon(new Set([idOf(1), idOf(7)]))).toBe(1);
    expect(lane.size).toBe(0);
  });
});
