import { describe, expect, it } from "vitest";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import type { Database } from "../../src/db/database.ts";
import { createPace } from "../../src/db/pace.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import type { DeliveryState } from "../../src/dispatch/delivery.model.ts";
import { deleteOldEvents, insertEvents, insertIdempotencyKeys } from "../../src/events/event.store.ts";
import type { Attempt } from "../../src/history/attempt.model.ts";
import { createAttemptStore, insertAttempts } from "../../src/history/attempt.store.ts";
import { createClearings } from "../../src/history/clearing.ts";
import { createHistoryService, cursorOf } from "../../src/history/history.service.ts";
import { createSecretBox } from "../../src/secretBox.ts";
import { createIds } from "../../src/ids.ts";
import { createLog } from "../../src/log.ts";
import { createHub } from "../../src/live/hub.ts";
import { createSettingStore } from "../../src/settings/settings.store.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { NOW, addChannel, openStore, someDelivery, someEvent } from "./openStore.ts";

const DAY = 86_400_000;
/** Without rests. */
const PACE = createPace({ alone: 1, beside: 1 });

async function addAttempts(db: Database, times: Date[], changes: Partial<Attempt> = {}): Promise<Attempt[]> {
  let now = 0;
  const ids = createIds(() => now);
  const attempts = times.map((at): Attempt => {
    now = at.getTime();
    return {
      id: ids.next(), at, deliveryId: null, eventId: null, channelId: "c", channelName: "c", kind: "LOG", type: "t", category: "c", severity: "INFO", customer: null, channelCustomer: null, reason: "FIRST",
      title: "t", body: "b", outcome: "DELIVERED", status: null, error: null, hint: null, durationMs: 0, tryNumber: 1, nextTryAt: null, ...changes,
    };
  });
  await db.write((tx) => insertAttempts(tx, attempts));
  return attempts;
}

function historyOf(db: Database, clock = createManualClock(NOW), clearings = createClearings(clock, createLog("silent"))) {
  return createHistoryService({ store: createAttemptStore(db), settings: createSettingStore(db), hub: createHub<Attempt>(), clearings, clock, box: createSecretBox(Buffer.alloc(32)) });
}

const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY);
const kept = async (db: Database) => (await db.read.attempt.findMany({ orderBy: { id: "asc" } })).map(({ at }) => Math.round((NOW.getTime() - at.getTime()) / DAY));

describe("the history", () => {
  it("is pruned by age", async () => {
    const db = await openStore();
    await addAttempts(db, [100, 91, 90.5, 89.5, 10, 0].map(daysAgo));
    expect(await historyOf(db).prune(90, 1_000_000, PACE)).toBe(3);
    expect(await kept(db)).toEqual([90, 10, 0]);
    expect(await historyOf(db).prune(90, 1_000_000, PACE)).toBe(0);
  });

  it("is pruned by count, in steps", async () => {
    const db = await openStore();
    await addAttempts(db, Array.from({ length: 3500 }, (_, at) => new Date(NOW.getTime() - 5000 + at)));
    expect(await historyOf(db).prune(90, 1000, PACE)).toBe(2500);
    expect(await db.read.attempt.count()).toBe(1000);
    const newest = await db.read.attempt.findFirst({ orderBy: { id: "desc" } });
    expect(newest?.at).toEqual(new Date(NOW.getTime() - 5000 + 3499));
    expect(await historyOf(db).prune(90, 1000, PACE)).toBe(0);
  });

  it("is pruned by count again and again, also when some of it was cleared in between", async () => {
    const db = await openStore();
    let seconds = 0;
    const add = async (count: number, changes: Partial<Attempt> = {}) => addAttempts(db, Array.from({ length: count }, () => new Date(NOW.getTime() - 100_000_000 + (seconds += 1) * 1000)), changes);
    const history = historyOf(db);
    await add(12_000);
    await add(12_000, { outcome: "PERMANENT" });
    expect(await history.prune(90, 23_500, PACE)).toBe(500);
    await add(700);
    expect(await history.prune(90, 23_500, PACE)).toBe(700);
    expect(await db.read.attempt.count()).toBe(23_500);
    expect(await history.prune(90, 23_500, PACE)).toBe(0);
    await history.clear({ outcomes: ["PERMANENT"] });
    expect(await history.prune(90, 20_000, PACE)).toBe(0);
    expect(await history.prune(90, 11_000, PACE)).toBe(500);
    expect(await db.read.attempt.count()).toBe(11_000);
  });

  it("is pruned by whichever takes more", async () => {
    const db = await openStore();
    await addAttempts(db, [100, 95, 5, 4, 3, 2, 1].map(daysAgo));
    expect(await historyOf(db).prune(90, 3, PACE)).toBe(4);
    expect(await kept(db)).toEqual([3, 2, 1]);
  });

  it("empty or within bounds is left alone", async () => {
    const db = await openStore();
    expect(await historyOf(db).prune(1, 1000, PACE)).toBe(0);
    await addAttempts(db, [daysAgo(0.5)]);
    expect(await historyOf(db).prune(1, 1000, PACE)).toBe(0);
    expect(await db.read.attempt.count()).toBe(1);
  });

  it("is cleared by a filter, and the rest stays", async () => {
    const db = await openStore();
    await addAttempts(db, [3, 2].map(daysAgo), { outcome: "PERMANENT" });
    await addAttempts(db, [1].map(daysAgo));
    expect(await historyOf(db).clear({ outcomes: ["PERMANENT"] })).toEqual({ deleted: 2, isComplete: true });
    expect(await kept(db)).toEqual([1]);
    expect(await historyOf(db).clear({})).toEqual({ deleted: 1, isComplete: true });
    expect(await kept(db)).toEqual([]);
  });

  it("is cleared of very much after the answer, up to what there was, or until the server stops", async () => {
    const db = await openStore();
    const clock = createManualClock(NOW);
    const clearings = createClearings(clock, createLog("silent"));
    const history = historyOf(db, clock, clearings);
    const left = () => db.read.attempt.count({ where: { outcome: "PERMANENT" } });
    await addAttempts(db, Array.from({ length: 3000 }, (_, at) => new Date(NOW.getTime() - 5000 + at)), { outcome: "PERMANENT" });
    const answered = history.clear({ outcomes: ["PERMANENT"] });
    await expect.poll(left).toBeLessThan(3000);
    clock.advance(10_000);
    const { deleted, isComplete } = await answered;
    expect(isComplete).toBe(false);
    expect(deleted).toBeLessThan(3000);
    await addAttempts(db, [new Date(NOW.getTime() + 1000)], { outcome: "PERMANENT" });
    await expect.poll(left, { timeout: 30_000 }).toBe(1);

    await addAttempts(db, Array.from({ length: 3000 }, (_, at) => new Date(NOW.getTime() + 2000 + at)), { outcome: "PERMANENT" });
    const cutShort = history.clear({ outcomes: ["PERMANENT"] });
    await expect.poll(left).toBeLessThan(3001);
    await clearings.close();
    expect((await cutShort).isComplete).toBe(false);
    expect(await left()).toBeGreaterThan(0);
  });

  it("is not said to have lost anything by a clearing that finds nothing", async () => {
    const db = await openStore();
    const history = historyOf(db);
    const [first] = await addAttempts(db, [1, 0].map(daysAgo));
    expect(await history.clear({ outcomes: ["PERMANENT"] })).toEqual({ deleted: 0, isComplete: true });
    const feed = history.watch({}, cursorOf(first?.id ?? ""), () => true);
    expect((await feed.next()).value?.attempt.at).toEqual(NOW);
    await feed.return();
  });

  it("tells a client whose cursor lies behind what was deleted, and goes on for all others", async () => {
    const db = await openStore();
    const [oldest, old, young] = await addAttempts(db, [100, 95, 1].map(daysAgo));
    const history = historyOf(db);
    await history.prune(90, 1_000_000, PACE);
    const next = (after: Attempt | undefined) => history.watch({}, cursorOf(after?.id ?? ""), () => true).next();
    await expect(next(oldest)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    expect((await next(old)).value).toMatchObject({ attempt: { id: young?.id }, missed: 0 });
  });
});

describe("old events", () => {
  const condition = (id: string, closedAt: Date | null): OpenCondition => ({
    id, fingerprint: id, type: "t", category: "c", severity: "INFO", title: "t", source: null, service: null, customer: null, openedAt: daysAgo(100), lastSeenAt: daysAgo(100), count: 1, lastNotifiedAt: null, step: null, told: [], held: {}, kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null, closedAt,
  });
  const left = async (db: Database) => (await db.read.event.findMany({ orderBy: { id: "asc" } })).map(({ title }) => title);

  it("go when they are old, and take their deliveries along; young ones stay", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const [old, edge, young] = [someEvent({ title: "old", receivedAt: daysAgo(91) }), someEvent({ title: "edge", receivedAt: daysAgo(90) }), someEvent({ title: "young", receivedAt: daysAgo(1) })];
    await db.write(async (tx) => {
      await insertEvents(tx, [old, edge, young]);
      await insertDeliveries(tx, [someDelivery(old.id, channelId, { state: "SENT", finishedAt: NOW }), someDelivery(young.id, channelId, { state: "SENT", finishedAt: NOW })]);
    });
    expect(await deleteOldEvents(db, daysAgo(90), daysAgo(1), PACE)).toBe(1);
    expect(await left(db)).toEqual(["edge", "young"]);
    expect(await db.read.delivery.findMany()).toMatchObject([{ eventId: young.id }]);
  });

  it.each<[DeliveryState, boolean]>([["PENDING", true], ["RETRY", true], ["SENT", false], ["FAILED", false], ["UNKNOWN", false], ["DROPPED", false]])("with a delivery that is %s: kept is %s", async (state, stays) => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const event = someEvent({ receivedAt: daysAgo(100) });
    await db.write(async (tx) => {
      await insertEvents(tx, [event]);
      await insertDeliveries(tx, [someDelivery(event.id, channelId, { state: "SENT", finishedAt: NOW }), someDelivery(event.id, channelId, { state })]);
    });
    expect(await deleteOldEvents(db, daysAgo(90), daysAgo(1), PACE)).toBe(stays ? 0 : 1);
    expect(await db.read.delivery.count()).toBe(stays ? 2 : 0);
  });

  it("of an open condition stay; of a closed one they go, and then the condition", async () => {
    const db = await openStore();
    const ofOpen = [someEvent({ title: "opened", receivedAt: daysAgo(100) }), someEvent({ title: "counted", receivedAt: daysAgo(99) })];
    const ofClosed = [someEvent({ title: "over", receivedAt: daysAgo(100) })];
    const ofHalf = [someEvent({ title: "long over", receivedAt: daysAgo(100) }), someEvent({ title: "ended lately", receivedAt: daysAgo(1) })];
    await db.write(async (tx) => {
      await saveConditions(tx, [condition(ofOpen[0]?.id ?? "", null), condition(ofClosed[0]?.id ?? "", daysAgo(99)), condition(ofHalf[0]?.id ?? "", daysAgo(1))]);
      for (const group of [ofOpen, ofClosed, ofHalf]) await insertEvents(tx, group.map((event) => ({ ...event, conditionId: group[0]?.id ?? null })));
    });
    await deleteOldEvents(db, daysAgo(90), daysAgo(1), PACE);
    expect(await left(db)).toEqual(["opened", "counted", "ended lately"]);
    expect((await db.read.condition.findMany()).map(({ id }) => id).sort()).toEqual([ofOpen[0]?.id, ofHalf[0]?.id].sort());
  });

  it("go by the thousand", async () => {
    const db = await openStore();
    await db.write((tx) => insertEvents(tx, Array.from({ length: 2500 }, (_, at) => someEvent({ title: `${at}`, receivedAt: daysAgo(at < 2400 ? 100 : 1) }))));
    expect(await deleteOldEvents(db, daysAgo(90), daysAgo(1), PACE)).toBe(2400);
    expect(await db.read.event.count()).toBe(100);
  });

  it("leave idempotency keys of the last day, though their event be gone, and take older ones along", async () => {
    const db = await openStore();
    await db.write((tx) => insertIdempotencyKeys(tx, [{ scope: "s", key: "old", inputHash: "h", eventId: "e", createdAt: daysAgo(2) }, { scope: "s", key: "new", inputHash: "h", eventId: "e", createdAt: daysAgo(0.5) }]));
    await deleteOldEvents(db, daysAgo(90), daysAgo(1), PACE);
    expect(await db.read.idempotencyKey.findMany()).toMatchObject([{ key: "new" }]);
  });
});
