import { expect, it } from "vitest";
import { createPace } from "../../src/db/pace.ts";
import type { SqlClient } from "../../src/db/sql.ts";

/** A machine on which a row takes so long, and a commit. */
function machine({ rowMs, commitMs }: { rowMs: number; commitMs: number }) {
  let [now, rested] = [0, 0];
  const db = {
    /** Transactions under way or waiting, the step's own among them. */
    writing: 1,
    async writeStatements<T>(work: (tx: SqlClient) => Promise<T>): Promise<T> {
      const result = await work({} as SqlClient);
      now += commitMs;
      return result;
    },
  };
  return {
    db,
    clock: {
      now: () => now,
      rest: async (ms: number) => {
        now += ms;
        rested += ms;
      },
    },
    write: async (rows: number) => void (now += rows * rowMs),
    get times() {
      return { now, rested };
    },
    get share() {
      return (now - rested) / now;
    },
  };
}

async function run(of: ReturnType<typeof machine>, share: number): Promise<number> {
  const pace = createPace({ alone: share, beside: share }, { machine: of.clock });
  for (let step = 0; step < 30; step += 1) await pace.write(of.db, () => of.write(pace.rows));
  return pace.rows;
}

it.each([0.1, 0.5, 1])("takes a share of %d of the time, commits included", async (share) => {
  const of = machine({ rowMs: 0.02, commitMs: 12 });
  await run(of, share);
  expect(of.share).toBeCloseTo(share, 5);
});

it("gives way to others at once, and goes on faster when they have been gone for a while", async () => {
  const of = machine({ rowMs: 0.02, commitMs: 5 });
  const pace = createPace({ alone: 0.5, beside: 0.1 }, { machine: of.clock });
  const shareOf = async (steps: number): Promise<number> => {
    const before = of.times;
    for (let step = 0; step < steps; step += 1) await pace.write(of.db, () => of.write(pace.rows));
    return 1 - (of.times.rested - before.rested) / (of.times.now - before.now);
  };
  of.db.writing = 2;
  expect(await shareOf(30)).toBeCloseTo(0.1, 5);
  of.db.writing = 1;
  expect(await shareOf(10)).toBeCloseTo(0.1, 5);
  await shareOf(10);
  expect(await shareOf(30)).toBeCloseTo(0.5, 5);
  of.db.writing = 2;
  expect(await shareOf(1)).toBeCloseTo(0.1, 5);
});

it("takes steps of a few milliseconds, however long a commit takes", async () => {
  for (const commitMs of [0, 100]) {
    expect((await run(machine({ rowMs: 0.05, commitMs }), 0.1)) * 0.05).toBeLessThanOrEqual(10);
    expect((await run(machine({ rowMs: 0.05, commitMs }), 0.1)) * 0.05).toBeGreaterThanOrEqual(3);
  }
});

it("takes some rows even where each takes long, and not too many where they take nothing", async () => {
  expect(await run(machine({ rowMs: 5, commitMs: 1 }), 0.1)).toBe(20);
  expect(await run(machine({ rowMs: 0, commitMs: 1 }), 0.1)).toBe(500);
});

it("gives what the step gave, and does not rest after one that failed", async () => {
  const of = machine({ rowMs: 1, commitMs: 1 });
  expect(await createPace({ alone: 0.1, beside: 0.1 }, { machine: of.clock }).write(of.db, async () => 7)).toBe(7);
  await expect(createPace({ alone: 0.1, beside: 0.1 }, { machine: of.clock }).write(of.db, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("rests after reading too", async () => {
  const of = machine({ rowMs: 2, commitMs: 0 });
  const pace = createPace({ alone: 0.1, beside: 0.1 }, { machine: of.clock });
  for (let step = 0; step < 5; step += 1) await pace.read(() => of.write(1));
  expect(of.share).toBeCloseTo(0.1, 5);
  expect(pace.rows).toBe(100);
});

it("begins no step once it is to stop", async () => {
  const of = machine({ rowMs: 1, commitMs: 1 });
  const stopping = new AbortController();
  const pace = createPace({ alone: 0.1, beside: 0.1 }, { signal: stopping.signal, machine: of.clock });
  await pace.write(of.db, () => of.write(1));
  stopping.abort(new Error("the server stops"));
  await expect(pace.write(of.db, () => of.write(1))).rejects.toThrow("the server stops");
  await expect(pace.read(() => of.write(1))).rejects.toThrow("the server stops");
});
