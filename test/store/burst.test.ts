import { describe, expect, it, onTestFinished } from "vitest";
import type { Database, Transaction } from "../../src/db/database.ts";
import { execute, raw } from "../../src/db/sql.ts";
import type { Delivery } from "../../src/dispatch/delivery.model.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import type { PlannedDelivery } from "../../src/dispatch/delivery.store.ts";
import { createFlusher } from "../../src/dispatch/flusher.ts";
import { findDueGroups, findOpenSummary, findSummaryItems, holdOverflow, holdsCritical, holdWithProblem, joinSummary, postponeGroup } from "../../src/dispatch/held.store.ts";
import type { HoldGroup } from "../../src/dispatch/held.store.ts";
import type { StoredEvent } from "../../src/events/event.model.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import type { QuietHours } from "../../src/schedules/schedule.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { ON_POSTGRESQL } from "../postgresql/freshDatabase.ts";
import { makeChannel } from "../unit/build.ts";
import { addChannel, ids, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

/** This many minutes after NOW. */
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
const inTx = <Result>(db: Database, work: (tx: Transaction) => Promise<Result>) => db.write(work);
const read = (db: Database, id: string) => db.read.delivery.findUniqueOrThrow({ where: { id }, select: { state: true, summaryId: true, tries: true, dueAt: true, heldFor: true } });

/** Stores an event of a type with its delivery, held as part of a burst unless told otherwise. */
async function addHeld(db: Database, channelId: string, type: string, delivery: Partial<Delivery> = {}, event: Partial<StoredEvent> = {}): Promise<Delivery> {
  const stored = someEvent({ type, conditionId: delivery.conditionId ?? null, ...event });
  const row = someDelivery(stored.id, channelId, { state: "HELD", heldFor: "BURST", ...delivery });
  await db.write(async (tx) => {
    await insertEvents(tx, [stored]);
    await insertDeliveries(tx, [row]);
  });
  return row;
}

async function addSummary(db: Database, channelId: string, context: Delivery["context"]): Promise<string> {
  return (await addHeld(db, channelId, "custom", { state: "PENDING", reason: "SUMMARY", heldFor: null, context })).id;
}

/** An open problem of this type. */
async function addProblem(db: Database, type: string): Promise<string> {
  const id = ids.next();
  const data = { id, fingerprint: id, type, category: "services", severity: "WARNING", status: "OPEN", title: "Down", openedAt: NOW, lastSeenAt: NOW, count: 1, covers: 0 } as const;
  await inTx(db, (tx) => tx.condition.create({ data: { ...data, told: [] } }));
  return id;
}

const burstOf = (channelId: string, eventType: string): HoldGroup => ({ channelId, heldFor: "BURST", eventType });

describe("bursts that are due", () => {
  it("are found by channel and event type, other holds by channel alone", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    await addHeld(db, one, "a");
    const newestA = await addHeld(db, one, "a", { dueAt: minutes(-9) });
    const b = await addHeld(db, one, "b");
    const other = await addHeld(db, two, "a");
    await addHeld(db, one, "a", { dueAt: minutes(1) });
    await addHeld(db, one, "a", { heldFor: "RATE_LIMIT" });
    const limit = await addHeld(db, one, "b", { heldFor: "RATE_LIMIT" });
    const groups = await inTx(db, (tx) => findDueGroups(tx, NOW, null));
    expect(groups.toSorted((x, y) => (x.eventId < y.eventId ? -1 : 1))).toEqual([
      { ...burstOf(one, "a"), count: 2, eventId: newestA.eventId, customer: null },
      { ...burstOf(one, "b"), count: 1, eventId: b.eventId, customer: null },
      { ...burstOf(two, "a"), count: 1, eventId: other.eventId, customer: null },
      { channelId: one, heldFor: "RATE_LIMIT", eventType: null, count: 2, eventId: limit.eventId, customer: null },
    ]);
    const all = await inTx(db, (tx) => findDueGroups(tx, NOW, { channelId: one, heldFor: "BURST" }));
    expect(all.map(({ eventType, count }) => [eventType, count]).sort()).toEqual([["a", 3], ["b", 1]]);
  });

  it("take the end of a problem with the problem, though its type is another", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const conditionId = await addProblem(db, "app.down");
    await addHeld(db, channelId, "app.down", { conditionId });
    const end = await addHeld(db, channelId, "app.up", { conditionId, reason: "RECOVERY" });
    await addHeld(db, channelId, "app.up");
    const groups = await inTx(db, (tx) => findDueGroups(tx, NOW, null));
    expect(groups.map(({ eventType, count }) => [eventType, count]).sort()).toEqual([["app.down", 2], ["app.up", 1]]);
    const summary = await addSummary(db, channelId, { summaryOf: "BURST", eventType: "app.down" });
    await inTx(db, (tx) => joinSummary(tx, burstOf(channelId, "app.down"), summary, NOW));
    expect((await read(db, end.id)).summaryId).toBe(summary);
    expect(await findSummaryItems(db, summary, 9)).toMatchObject({ lineCount: 1, eventCount: 2, overCount: 1 });
  });

  it("join the open summary of their type and no other", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const open = (group: HoldGroup) => inTx(db, (tx) => findOpenSummary(tx, group));
    const quiet = { channelId, heldFor: "QUIET_HOURS", eventType: null } as const;
    const quietSummary = await addSummary(db, channelId, { summaryOf: "QUIET_HOURS" });
    expect([await open(burstOf(channelId, "a")), await open(quiet)]).toEqual([null, quietSummary]);
    const [a, b] = [await addSummary(db, channelId, { summaryOf: "BURST", eventType: "a" }), await addSummary(db, channelId, { summaryOf: "BURST", eventType: "b" })];
    expect([await open(burstOf(channelId, "a")), await open(burstOf(channelId, "b")), await open(burstOf(channelId, "c")), await open(quiet)]).toEqual([a, b, null, quietSummary]);
    const [due, later, other, limit] = [
      await addHeld(db, channelId, "a"), await addHeld(db, channelId, "a", { dueAt: minutes(1) }), await addHeld(db, channelId, "b"), await addHeld(db, channelId, "a", { heldFor: "RATE_LIMIT" }),
    ];
    const summaries = async () => Promise.all([due, later, other, limit].map(async ({ id }) => (await read(db, id)).summaryId));
    await inTx(db, (tx) => joinSummary(tx, burstOf(channelId, "a"), a, NOW));
    expect(await summaries()).toEqual([a, null, null, null]);
    await inTx(db, (tx) => joinSummary(tx, burstOf(channelId, "a"), a, null));
    expect(await summaries()).toEqual([a, a, null, null]);
  });

  it("can be put off, each group by itself, and tell whether anything in them is critical", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const [a, b] = [await addHeld(db, channelId, "a"), await addHeld(db, channelId, "b", {}, { severity: "CRITICAL" })];
    await addHeld(db, channelId, "a", { dueAt: minutes(5) }, { severity: "CRITICAL" });
    const critical = (eventType: string, due: Date) => inTx(db, (tx) => holdsCritical(tx, burstOf(channelId, eventType), due));
    expect([await critical("a", NOW), await critical("a", minutes(5)), await critical("b", NOW), await critical("c", NOW)]).toEqual([false, true, true, false]);
    await inTx(db, (tx) => postponeGroup(tx, burstOf(channelId, "a"), NOW, minutes(60)));
    expect([(await read(db, a.id)).dueAt, (await read(db, b.id)).dueAt]).toEqual([minutes(60), NOW]);
  });
});

it.each(["BURST", "RATE_LIMIT"] as const)("the end of a problem that is held waits with it, in its summary while that can take more: %s", async (heldFor) => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const conditionId = await addProblem(db, "app.down");
  const problem = await addHeld(db, channelId, "app.down", { conditionId, heldFor });
  const group: HoldGroup = { channelId, heldFor, eventType: heldFor === "BURST" ? "app.down" : null };
  await addSummary(db, channelId, { summaryOf: heldFor, eventType: "other" });
  const summary = await addSummary(db, channelId, { summaryOf: heldFor, ...(group.eventType ? { eventType: group.eventType } : {}) });
  await inTx(db, (tx) => joinSummary(tx, group, summary, NOW));
  expect((await read(db, problem.id)).summaryId).toBe(summary);
  const { id } = await addHeld(db, channelId, "app.up", { conditionId, state: "PENDING", heldFor: null, reason: "RECOVERY" });
  expect(await inTx(db, (tx) => holdWithProblem(tx, { id, conditionId, channelId }))).toBe(true);
  expect(await read(db, id)).toMatchObject({ state: "HELD", heldFor, summaryId: summary });
});

it("what is too much is held at once, unless it was tried or done with meanwhile", async () => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const pending = { state: "PENDING", heldFor: null, dueAt: minutes(-5) } as const;
  const [fresh, retried, sent, other] = [
    await addHeld(db, channelId, "a", pending), await addHeld(db, channelId, "a", { ...pending, state: "RETRY", tries: 1 }),
    await addHeld(db, channelId, "a", { ...pending, state: "SENT", tries: 1 }), await addHeld(db, channelId, "a", pending),
  ];
  await inTx(db, (tx) => holdOverflow(tx, [fresh.id, retried.id, sent.id], NOW));
  expect(await read(db, fresh.id)).toEqual({ state: "HELD", heldFor: "RATE_LIMIT", dueAt: NOW, summaryId: null, tries: 0 });
  for (const [{ id }, state] of [[retried, "RETRY"], [sent, "SENT"], [other, "PENDING"]] as const) expect(await read(db, id)).toMatchObject({ state, heldFor: null });
});

it("a summary names where most of it comes from: the source, or the service of what has none", async () => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const summaryId = await addSummary(db, channelId, { summaryOf: "BURST", eventType: "a" });
  const from: [source: string | null, service: string | null, times: number][] = [["pve1", "web", 3], [null, "web", 4], [null, null, 9], ["pve2", null, 1], ["a", null, 2], ["b", null, 2], ["z", null, 1]];
  let minute = 0;
  for (const [source, service, times] of from) for (let time = 0; time < times; time += 1) await addHeld(db, channelId, "a", { summaryId }, { source, service, receivedAt: minutes((minute += 1)) });
  const items = await findSummaryItems(db, summaryId, 5);
  expect(items.origins).toEqual([{ name: "web", count: 4 }, { name: "pve1", count: 3 }, { name: "a", count: 2 }, { name: "b", count: 2 }, { name: "pve2", count: 1 }]);
  expect(items).toMatchObject({ lineCount: 22, eventCount: 22, overCount: 0, span: { from: minutes(1), to: minutes(22) } });
  expect(items.lines).toHaveLength(5);
});

describe("the flusher", () => {
  const EVERY_DAY = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
  /** NOW is noon. */
  const NOON: QuietHours = { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "11:00", end: "13:00" }] };
  const ONE = new Date("2026-03-01T13:00:00.000Z");

  async function start(quietHours: QuietHours | null, fill: (db: Database, channelId: string) => Promise<unknown>) {
    const db = await openStore();
    const channelId = await addChannel(db);
    await fill(db, channelId);
    const dispatched: PlannedDelivery[] = [];
    const snapshot = { current: { channels: new Map([[channelId, makeChannel(channelId, { quietHours })]]) }, onReload: () => undefined };
    const flusher = createFlusher({ db, snapshot: snapshot as never, clock: createManualClock(NOW), ids, log: { error: (error: unknown) => expect.fail(String(error)) } as never, dispatch: (planned) => dispatched.push(...planned) });
    onTestFinished(() => flusher.close());
    await flusher.start();
    return { db, channelId, flusher, contexts: () => dispatched.map(({ delivery }) => delivery.context).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }

  it("makes a summary for each event type of what is due, one for what is too much, and later ones join", async () => {
    const { db, channelId, flusher, contexts } = await start(null, async (db, channelId) => {
      for (const type of ["a", "a", "b"]) await addHeld(db, channelId, type);
      for (const type of ["a", "b"]) await addHeld(db, channelId, type, { heldFor: "RATE_LIMIT" });
    });
    const all = [{ summaryOf: "BURST", eventType: "a" }, { summaryOf: "BURST", eventType: "b" }, { summaryOf: "RATE_LIMIT" }];
    expect(contexts()).toEqual(expect.arrayContaining(all));
    expect(contexts()).toHaveLength(3);
    for (const type of ["a", "b", "b"]) await addHeld(db, channelId, type, { dueAt: minutes(9) });
    expect(await flusher.flush(channelId, "BURST")).toBe(3);
    expect(await flusher.flush(channelId, "RATE_LIMIT")).toBe(0);
    expect(contexts()).toHaveLength(3);
    expect(await db.read.delivery.count({ where: { state: "HELD", summaryId: null } })).toBe(0);
  });

  it.each(["BURST", "RATE_LIMIT"] as const)("leaves %s until quiet hours end", async (heldFor) => {
    const { db, contexts } = await start(NOON, (db, channelId) => addHeld(db, channelId, "a", { heldFor }));
    expect(contexts()).toEqual([]);
    expect(await db.read.delivery.findMany({ select: { dueAt: true, summaryId: true } })).toEqual([{ dueAt: ONE, summaryId: null }]);
  });

  it("sends a burst in quiet hours in which something is critical, whole, and leaves the others", async () => {
    const { contexts, db } = await start(NOON, async (db, channelId) => {
      await addHeld(db, channelId, "a", {}, { severity: "CRITICAL" });
      for (const type of ["a", "b"]) await addHeld(db, channelId, type);
    });
    expect(contexts()).toEqual([{ summaryOf: "BURST", eventType: "a" }]);
    expect(await db.read.delivery.count({ where: { state: "HELD", summaryId: null, dueAt: ONE } })).toBe(1);
  });
});

it("100,000 rows of quiet hours are found, joined and told as fast as ever", async () => {
  const COUNT = 100_000;
  const db = await openStore();
  const channelId = await addChannel(db);
  for (let part = 0; part < 10; part += 1) {
    const events = Array.from({ length: COUNT / 10 }, (_, at) => someEvent({ title: `deploy ${part}-${at} has failed`, message: "The build of the image ended with exit code 1.".repeat(4), service: `service-${at % 300}`, source: at % 7 === 0 ? null : `ci-${at % 9}` }));
    await inTx(db, async (tx) => {
      await insertEvents(tx, events);
      await insertDeliveries(tx, events.map(({ id }) => someDelivery(id, channelId, { state: "HELD", heldFor: "QUIET_HOURS" })));
    });
  }
  await addHeld(db, channelId, "a");
  const summary = await addSummary(db, channelId, { summaryOf: "QUIET_HOURS" });
  const times: Record<string, number> = {};
  const timed = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    const from = performance.now();
    const result = await work();
    times[what] = Math.round(performance.now() - from);
    return result;
  };
  const groups = await timed("found", () => inTx(db, (tx) => findDueGroups(tx, NOW, null)));
  expect(groups.map(({ heldFor, eventType, count }) => [heldFor, eventType, count]).sort()).toEqual([["BURST", "a", 1], ["QUIET_HOURS", null, COUNT]]);
  const group = { channelId, heldFor: "QUIET_HOURS", eventType: null } as const;
  await timed("looked through for what is critical", () => inTx(db, (tx) => holdsCritical(tx, group, NOW)));
  // The worst moment for it: nothing has a summary yet.
  await inTx(db, (tx) => execute(tx, raw("ANALYZE")));
  await timed("joined", () => inTx(db, (tx) => joinSummary(tx, group, summary, NOW)));
  const items = await timed("read", () => findSummaryItems(db, summary, 400));
  expect(items).toMatchObject({ lineCount: COUNT, eventCount: COUNT });
  expect(items.lines.map(({ title }) => title)).toEqual(Array.from({ length: 400 }, (_, at) => `deploy 0-${at} has failed`));
  expect(items.origins).toHaveLength(5);
  console.log(`${COUNT} held deliveries: ${Object.entries(times).map(([what, ms]) => `${what} ${ms} ms`).join(", ")}`);
  // An order of magnitude above what it takes: a look-up for each row would show.
  expect(times["found"]).toBeLessThan(2000);
  // PostgreSQL writes each row anew, and a place in each index with it.
  expect(times["joined"]).toBeLessThan(ON_POSTGRESQL ? 60_000 : 10_000);
}, 180_000);
