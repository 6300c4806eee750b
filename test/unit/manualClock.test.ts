import { describe, expect, test } from "vitest";
import { createManualClock } from "../e2e/manualClock.ts";

const START = new Date("2026-03-01T12:00:00Z");

describe("the manual clock", () => {
  test("stands still until it is turned", () => {
    const clock = createManualClock(START);
    expect([clock.now(), clock.now()]).toEqual([START, START]);
    clock.advance(1500);
    expect(clock.now()).toEqual(new Date(START.getTime() + 1500));
  });

  test("hands out dates that nobody can turn it by", () => {
    const clock = createManualClock(START);
    clock.now().setTime(0);
    expect(clock.now()).toEqual(START);
  });

  test("runs what falls due on the way, in order of time and then of asking, each at its time and once", () => {
    const clock = createManualClock(START);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} ${clock.now().getTime() - START.getTime()}`);
    clock.after(300, note("c"));
    clock.after(100, note("a"));
    clock.after(100, note("b"));
    clock.after(301, note("later"));
    clock.advance(300);
    expect(ran).toEqual(["a 100", "b 100", "c 300"]);
    clock.advance(1);
    clock.advance(10_000);
    expect(ran.slice(3)).toEqual(["later 301"]);
  });

  test("runs what was asked for on the way, when that falls due as well", () => {
    const clock = createManualClock(START);
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now().getTime() - START.getTime());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  test("runs nothing of itself, not even without a delay", () => {
    const clock = createManualClock(START);
    let ran = 0;
    clock.after(0, () => (ran += 1));
    clock.after(-5, () => (ran += 1));
    clock.step(1);
    expect(ran).toBe(0);
    clock.advance(0);
    expect(ran).toBe(2);
  });

  test("what was cancelled does not run, even when that happens on the way", () => {
    const clock = createManualClock(START);
    const ran: string[] = [];
    const cancel = clock.after(10, () => ran.push("cancelled before"));
    clock.after(20, () => cancelOther());
    const cancelOther = clock.after(30, () => ran.push("cancelled on the way"));
    clock.after(40, () => ran.push("kept"));
    cancel();
    clock.advance(100);
    cancel();
    expect(ran).toEqual(["kept"]);
  });

  test.each([-1000, 1000])("is set by %d ms and runs nothing; what waits goes on waiting for as long as before", (ms) => {
    const clock = createManualClock(START);
    let ran = 0;
    clock.after(10, () => (ran += 1));
    clock.step(ms);
    expect([clock.now().getTime() - START.getTime(), clock.uptime(), ran]).toEqual([ms, 0, 0]);
    clock.advance(9);
    expect(ran).toBe(0);
    clock.advance(1);
    expect([clock.uptime(), ran]).toEqual([10, 1]);
  });
});
