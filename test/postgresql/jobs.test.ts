import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import { createJob } from "../../src/db/job.ts";
import { startRetention } from "../../src/history/retention.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { NOW } from "../store/openStore.ts";
import { freshPostgresqlUrl } from "./freshDatabase.ts";

const HOUR = 3_600_000;
const later = (ms: number) => new Date(NOW.getTime() + ms);

/** As several processes have it open. */
async function openTwice() {
  const url = await freshPostgresqlUrl();
  const all = await Promise.all([1, 2].map(() => openDatabase(url, () => NOW)));
  for (const db of all) onTestFinished(() => db.close());
  return all;
}

describe("a job that one of several processes does for all", () => {
  it("stays with the first that asks, and goes to another when that is silent for too long", async () => {
    const [first, second] = (await openTwice()).map((db) => createJob(db, "some", 1000));
    expect(await Promise.all([first?.isMine(NOW), first?.isMine(NOW)])).toEqual([true, true]);
    expect(await second?.isMine(later(900))).toBe(false);
    expect(await first?.isMine(later(900))).toBe(true);
    expect(await second?.isMine(later(1800))).toBe(false);
    expect(await second?.isMine(later(2000))).toBe(true);
    expect(await first?.isMine(later(2000))).toBe(false);
  });

  it("goes to one of those that ask at once, and on when that gives it up", async () => {
    const jobs = (await openTwice()).map((db) => createJob(db, "some", 1000));
    const mine = await Promise.all(jobs.map((job) => job.isMine(NOW)));
    expect([...mine].sort()).toEqual([false, true]);
    for (const job of jobs) await job.giveUp();
    expect(await jobs[mine.indexOf(false)]?.isMine(NOW)).toBe(true);
  });

  it("is the deletion of old history, which goes on when its process has died", async () => {
    const pruned = [0, 0];
    const errors: unknown[] = [];
    const processes = (await openTwice()).map((db, at) => {
      const clock = createManualClock(NOW);
      let waits = 0;
      // It waits for the next hour once it is done with this one.
      const after = (ms: number, run: () => void) => ((waits += 1), clock.after(ms, run));
      const snapshot = { current: { server: { historyDays: 30, historyCount: 1000 } }, onReload: () => undefined };
      const stop = startRetention({ db, clock: { ...clock, after }, snapshot: snapshot as never, log: { error: (error: unknown) => errors.push(error) } as never, history: { prune: () => Promise.resolve((pruned[at] = (pruned[at] ?? 0) + 1) * 0) } });
      onTestFinished(stop);
      return async () => {
        const before = waits;
        clock.advance(HOUR);
        await expect.poll(() => waits).toBe(before + 1);
      };
    });
    for (let hour = 0; hour < 3; hour += 1) for (const hourLater of processes) await hourLater();
    expect(pruned).toEqual([3, 0]);
    // The first is heard of no more.
    for (let hour = 0; hour < 4; hour += 1) await processes[1]?.();
    expect(pruned).toEqual([3, 2]);
    // What is cut off when the test closes the databases counts no more.
    expect(errors).toEqual([]);
  });
});
