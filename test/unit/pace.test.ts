import { expect, it } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { createPace } from "../../src/db/pace.ts";
import type { SqlClient } from "../../src/db/sql.ts";

/** A machine on which a row takes so long, and a commit. */
function machine({ rowMs, commitMs }: { rowMs: number; commitMs: number }) {
  let [now, rested] = [0, 0];
  const db: Pick<Database, "writeStatements"> = {
    async writeStatements(work) {
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
    get share() {
      return (now - rested) / now;
    },
  };
}

async function run(of: ReturnType<typeof machine>, share: number): Promise<number> {
  const pace = createPace(share, undefined, of.clock);
  for (let step = 0; step < 30; step += 1) await pace.write(of.db, () => of.write(pace.rows));
  return pace.rows;
}

it.each([0.1, 0.5, 1])("takes a share of %d of the time, commits included", async (share) => {
  const of = machine({ rowMs: 0.02, commitMs: 12 });
  await run(of, share);
  expect(of.share).toBeCloseTo(share, 5);
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
  expect(await createPace(0.1, undefined, of.clock).write(of.db, async () => 7)).toBe(7);
  await expect(createPace(0.1, undefined, of.clock).write(of.db, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("rests after reading too", async () => {
  const of = machine({ rowMs: 2, commitMs: 0 });
  const pace = createPace(0.1, undefined, of.clock);
  for (let step = 0; step < 5; step += 1) await pace.read(() => of.write(1));
  expect(of.share).toBeCloseTo(0.1, 5);
  expect(pace.rows).toBe(100);
});

it("begins no step once it is to stop", async () => {
  const of = machine({ rowMs: 1, commitMs: 1 });
  const stopping = new AbortController();
  const pace = createPace(0.1, stopping.signal, of.clock);
  await pace.write(of.db, () => of.write(1));
  stopping.abort(new Error("the server stops"));
  await expect(pace.write(of.db, () => of.write(1))).rejects.toThrow("the server stops");
  await expect(pace.read(() => of.write(1))).rejects.toThrow("the server stops");
});
