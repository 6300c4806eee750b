import { describe, expect, it, onTestFinished } from "vitest";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import type { Database, Transaction } from "../../src/db/database.ts";
import type { Delivery } from "../../src/dispatch/delivery.model.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import type { PlannedDelivery } from "../../src/dispatch/delivery.store.ts";
import { createFlusher } from "../../src/dispatch/flusher.ts";
import { claimForTry, findDueGroups, findNextHeld, findOpenSummary, findQuietChannels, findSummaryItems, holdWithProblem, joinSummary, rescheduleHeld, settleHeld } from "../../src/dispatch/held.store.ts";
import type { SummaryEnd } from "../../src/dispatch/held.store.ts";
import type { StoredEvent } from "../../src/events/event.model.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import type { AttemptOutcome } from "../../src/history/attempt.model.ts";
import { insertAttempts } from "../../src/history/attempt.store.ts";
import { QUIET_FOREVER } from "../../src/schedules/quietHours.ts";
import type { QuietHours } from "../../src/schedules/schedule.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { makeChannel } from "../unit/build.ts";
import { addChannel, ids, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

/** This many minutes after NOW. */
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

interface Wanted {
  channelId: string;
  event?: Partial<StoredEvent>;
  delivery?: Partial<Delivery>;
}

/** Stores an event with its delivery, which waits for quiet hours to end unless told otherwise. */
async function addHeld(db: Database, { channelId, event, delivery }: Wanted): Promise<Delivery> {
  const conditionId = delivery?.conditionId ?? null;
  const stored = someEvent({ conditionId, ...event });
  const row = someDelivery(stored.id, channelId, { state: "HELD", heldFor: "QUIET_HOURS", ...delivery });
  await db.write(async (tx) => {
    await insertEvents(tx, [stored]);
    await insertDeliveries(tx, [row]);
  });
  return row;
}

/** A summary as the flusher makes it, with an event of its own to point at. */
async function addSummary(db: Database, channelId: string, changes: Partial<Delivery> = {}): Promise<string> {
  const { id } = await addHeld(db, { channelId, delivery: { state: "PENDING", reason: "SUMMARY", heldFor: null, context: { summaryOf: "QUIET_HOURS" }, ...changes } });
  return id;
}

async function addCondition(db: Database, closedAt: Date | null = null): Promise<string> {
  const id = ids.next();
  await db.write((tx) =>
    saveConditions(tx, [
      {
        id, fingerprint: id, type: "app.down", category: "services", severity: "WARNING", title: "App down", source: null, service: null, customer: null,
        openedAt: NOW, lastSeenAt: NOW, count: 1, lastNotifiedAt: NOW, step: null, told: [], held: {}, closedAt,
        kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
      },
    ]),
  );
  return id;
}

const inTx = <Result>(db: Database, work: (tx: Transaction) => Promise<Result>) => db.write(work);
const read = (db: Database, id: string) => db.read.delivery.findUniqueOrThrow({ where: { id }, select: { state: true, summaryId: true, tries: true, dueAt: true, finishedAt: true, heldFor: true } });
const settle = (db: Database, summary: string, end: SummaryEnd) => inTx(db, (tx) => settleHeld(tx, summary, end));
const claim = (db: Database, summary: string, tryNumber: number) => inTx(db, (tx) => claimForTry(tx, summary, tryNumber));
const findOpen = (db: Database, channelId: string) => inTx(db, (tx) => findOpenSummary(tx, { channelId, heldFor: "QUIET_HOURS", eventType: null }));
const join = (db: Database, channelId: string, summary: string) => inTx(db, (tx) => joinSummary(tx, { channelId, heldFor: "QUIET_HOURS", eventType: null }, summary, null));

/** Records a try of a summary that is to be made again, as the recorder does. */
async function recordTry(db: Database, deliveryId: string, tryNumber: number, outcome: AttemptOutcome): Promise<void> {
  await db.write(async (tx) => {
    const { eventId, channelId } = await tx.delivery.update({ where: { id: deliveryId }, data: { tries: tryNumber, state: "RETRY" } });
    await insertAttempts(tx, [
      {
        id: ids.next(), at: NOW, deliveryId, eventId, channelId, channelName: "channel", kind: "LOG", type: "summary", category: "custom", severity: "INFO", customer: null, channelCustomer: null,
        reason: "SUMMARY", title: "title", body: "body", outcome, status: null, error: "error", hint: null, durationMs: 1, tryNumber, nextTryAt: NOW,
      },
    ]);
  });
}

/** A delivery that waits for the next summary. */
const freeFrom = (dueAt: Date) => ({ state: "HELD", summaryId: null, tries: 0, dueAt, finishedAt: null, heldFor: "QUIET_HOURS" });

describe("what is due", () => {
  it("is found by channel and hold, with the newest event and the channel's customer", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    await inTx(db, (tx) => tx.channel.update({ where: { id: two }, data: { customer: "acme" } }));
    await addHeld(db, { channelId: one, delivery: { dueAt: minutes(-5) } });
    const newest = await addHeld(db, { channelId: one, delivery: { dueAt: minutes(-9) } });
    const digest = await addHeld(db, { channelId: one, delivery: { heldFor: "DIGEST", dueAt: NOW } });
    const other = await addHeld(db, { channelId: two, delivery: { dueAt: minutes(-1) } });
    const groups = await inTx(db, (tx) => findDueGroups(tx, NOW, null));
    expect(groups.sort((a, b) => (a.eventId < b.eventId ? -1 : 1))).toEqual([
      { channelId: one, heldFor: "QUIET_HOURS", eventType: null, count: 2, eventId: newest.eventId, customer: null },
      { channelId: one, heldFor: "DIGEST", eventType: null, count: 1, eventId: digest.eventId, customer: null },
      { channelId: two, heldFor: "QUIET_HOURS", eventType: null, count: 1, eventId: other.eventId, customer: "acme" },
    ]);
  });

  it("is nothing that is still to come, that is in a summary already, or that is not held", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const summary = await addSummary(db, channelId);
    await addHeld(db, { channelId, delivery: { dueAt: minutes(1) } });
    await addHeld(db, { channelId, delivery: { summaryId: summary } });
    for (const state of ["PENDING", "RETRY", "SENT", "FAILED", "UNKNOWN", "DROPPED"] as const) await addHeld(db, { channelId, delivery: { state } });
    expect(await inTx(db, (tx) => findDueGroups(tx, NOW, null))).toEqual([]);
    expect(await inTx(db, (tx) => findDueGroups(tx, minutes(1), null))).toMatchObject([{ count: 1 }]);
    expect(await findNextHeld(db)).toEqual(minutes(1));
  });

  it("is counted without what is still to come, and all of it is when one channel's hold is asked for", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    const due = await addHeld(db, { channelId: one, delivery: { dueAt: NOW } });
    const later = await addHeld(db, { channelId: one, delivery: { dueAt: minutes(600) } });
    await addHeld(db, { channelId: one, delivery: { heldFor: "DIGEST" } });
    await addHeld(db, { channelId: two });
    expect(await inTx(db, (tx) => findDueGroups(tx, NOW, null))).toContainEqual({ channelId: one, heldFor: "QUIET_HOURS", eventType: null, count: 1, eventId: due.eventId, customer: null });
    const only = { channelId: one, heldFor: "QUIET_HOURS" as const };
    expect(await inTx(db, (tx) => findDueGroups(tx, NOW, only))).toEqual([{ ...only, eventType: null, count: 2, eventId: later.eventId, customer: null }]);
    expect(await inTx(db, (tx) => findDueGroups(tx, NOW, { channelId: two, heldFor: "DIGEST" }))).toEqual([]);
  });

  it("next is the earliest that waits for a summary to be made; null when none does", async () => {
    const db = await openStore();
    expect(await findNextHeld(db)).toBeNull();
    const channelId = await addChannel(db);
    await addHeld(db, { channelId, delivery: { dueAt: minutes(9) } });
    await addHeld(db, { channelId, delivery: { dueAt: minutes(3), heldFor: "DIGEST" } });
    await addHeld(db, { channelId, delivery: { dueAt: minutes(1), summaryId: "a summary" } });
    expect(await findNextHeld(db)).toEqual(minutes(3));
  });
});

describe("a summary that can take more", () => {
  it.each([
    ["PENDING", true],
    ["RETRY", true],
    ["SENT", false],
    ["FAILED", false],
    ["UNKNOWN", false],
    ["DROPPED", false],
  ] as const)("in the state %s: %s", async (state, open) => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const id = await addSummary(db, channelId, { state });
    expect(await findOpen(db, channelId)).toBe(open ? id : null);
  });

  it("is of the same channel and hold, a summary, and the newest", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    await addHeld(db, { channelId: one, delivery: { state: "PENDING", heldFor: null } });
    await addSummary(db, two);
    await addSummary(db, one, { context: { summaryOf: "DIGEST" } });
    expect(await findOpen(db, one)).toBeNull();
    await addSummary(db, one);
    const newest = await addSummary(db, one, { state: "RETRY" });
    expect(await findOpen(db, one)).toBe(newest);
  });

  it.each([
    ["TRANSIENT", true],
    ["RATE_LIMITED", true],
    ["UNKNOWN", false],
  ] as const)("is none while a try is under way; between two tries, after one that ended %s: %s", async (outcome, open) => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const summary = await addSummary(db, channelId);
    await addHeld(db, { channelId, delivery: { summaryId: summary } });
    expect(await findOpen(db, channelId)).toBe(summary);
    for (const tryNumber of [1, 2]) {
      await claim(db, summary, tryNumber);
      expect(await findOpen(db, channelId)).toBeNull();
      await recordTry(db, summary, tryNumber, outcome);
      expect(await findOpen(db, channelId)).toBe(open ? summary : null);
    }
  });

  it("is never again one of which a try may have arrived, whatever comes of the tries after it", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const summary = await addSummary(db, channelId);
    await addHeld(db, { channelId, delivery: { summaryId: summary } });
    for (const [index, outcome] of (["TRANSIENT", "UNKNOWN", "TRANSIENT", "RATE_LIMITED"] as const).entries()) {
      await claim(db, summary, index + 1);
      await recordTry(db, summary, index + 1, outcome);
    }
    expect(await findOpen(db, channelId)).toBeNull();
    const next = await addSummary(db, channelId);
    expect(await findOpen(db, channelId)).toBe(next);
  });

  it("is none of which the try was never recorded, because the process ended: nor while that is made again", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const summary = await addSummary(db, channelId);
    await addHeld(db, { channelId, delivery: { summaryId: summary } });
    for (const tryNumber of [1, 1]) {
      await claim(db, summary, tryNumber);
      expect(await findOpen(db, channelId)).toBeNull();
    }
  });

  it("is so whatever another summary has had, and whatever became of what is no longer held", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const [other, summary] = [await addSummary(db, channelId), await addSummary(db, channelId)];
    await addHeld(db, { channelId, delivery: { summaryId: other } });
    await claim(db, other, 1);
    await recordTry(db, other, 1, "UNKNOWN");
    await claim(db, other, 2);
    await addHeld(db, { channelId, delivery: { summaryId: summary } });
    for (const state of ["SENT", "UNKNOWN", "DROPPED"] as const) await addHeld(db, { channelId, delivery: { summaryId: summary, state, tries: 9 } });
    expect(await findOpen(db, channelId)).toBe(summary);
  });

  it("takes what is due by a time, or all, of its channel and hold, and leaves what is in another", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    const [summary, before] = [await addSummary(db, one), await addSummary(db, one)];
    const due = await addHeld(db, { channelId: one });
    const later = await addHeld(db, { channelId: one, delivery: { dueAt: minutes(1) } });
    const others = [
      await addHeld(db, { channelId: two }),
      await addHeld(db, { channelId: one, delivery: { heldFor: "DIGEST" } }),
      await addHeld(db, { channelId: one, delivery: { state: "DROPPED" } }),
    ];
    const taken = await addHeld(db, { channelId: one, delivery: { summaryId: before } });
    const group = { channelId: one, heldFor: "QUIET_HOURS" as const, eventType: null };
    await inTx(db, (tx) => joinSummary(tx, group, summary, NOW));
    expect([(await read(db, due.id)).summaryId, (await read(db, later.id)).summaryId]).toEqual([summary, null]);
    await inTx(db, (tx) => joinSummary(tx, group, summary, null));
    expect(await read(db, later.id)).toMatchObject({ summaryId: summary, state: "HELD", dueAt: minutes(1), tries: 0 });
    for (const { id } of others) expect((await read(db, id)).summaryId).toBeNull();
    expect((await read(db, taken.id)).summaryId).toBe(before);
  });
});

describe("a try of a summary", () => {
  it("claims all that is held in it, whichever try it has been in, and nothing else", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const [summary, other] = [await addSummary(db, channelId), await addSummary(db, channelId)];
    const inIt = [];
    for (const tries of [0, 1, 2]) inIt.push(await addHeld(db, { channelId, delivery: { summaryId: summary, tries } }));
    const others = [
      await addHeld(db, { channelId }),
      await addHeld(db, { channelId, delivery: { summaryId: other } }),
      await addHeld(db, { channelId, delivery: { summaryId: summary, state: "DROPPED" } }),
    ];
    await claim(db, summary, 3);
    for (const { id } of inIt) expect(await read(db, id)).toMatchObject({ state: "HELD", summaryId: summary, tries: 3 });
    for (const { id } of others) expect((await read(db, id)).tries).toBe(0);
    expect((await read(db, summary)).tries).toBe(0);
  });
});

describe("how a summary ended", () => {
  /** Two summaries of which a try is under way, and what has come meanwhile. */
  async function setUp() {
    const db = await openStore();
    const channelId = await addChannel(db);
    const [summary, other] = [await addSummary(db, channelId), await addSummary(db, channelId)];
    const add = (summaryId: string | null) => addHeld(db, { channelId, delivery: { summaryId } });
    const [first, second, elsewhere] = [await add(summary), await add(summary), await add(other)];
    await claim(db, other, 1);
    await claim(db, summary, 1);
    const meanwhile = await add(null);
    expect(await findOpen(db, channelId)).toBeNull();
    return { db, channelId, summary, add, first, second, meanwhile, elsewhere };
  }

  /** The try has failed: what has come meanwhile joins, and goes with the next try. */
  async function setUpAgain() {
    const bench = await setUp();
    const { db, channelId, summary } = bench;
    await recordTry(db, summary, 1, "TRANSIENT");
    expect(await findOpen(db, channelId)).toBe(summary);
    await join(db, channelId, summary);
    return { ...bench, joined: bench.meanwhile };
  }

  it.each(["SENT", "UNKNOWN"] as const)("%s: what it carried is done with, what came meanwhile makes a summary of its own", async (state) => {
    const { db, summary, first, second, meanwhile, elsewhere, channelId } = await setUp();
    await settle(db, summary, { state, at: minutes(2) });
    for (const { id } of [first, second]) expect(await read(db, id)).toMatchObject({ state, summaryId: summary, finishedAt: minutes(2) });
    expect(await read(db, meanwhile.id)).toEqual(freeFrom(NOW));
    expect(await read(db, elsewhere.id)).toMatchObject({ state: "HELD", tries: 1 });
    expect(await inTx(db, (tx) => findDueGroups(tx, NOW, null))).toEqual([{ channelId, heldFor: "QUIET_HOURS", eventType: null, count: 1, eventId: meanwhile.eventId, customer: null }]);
  });

  it.each([{ state: "SENT", at: minutes(2) }, { state: "UNKNOWN", at: minutes(2) }, { state: "DROPPED", at: minutes(2) }, { retryAt: minutes(60) }] as const)("%o: leaves alone the summary that was made meanwhile", async (end) => {
    const { db, summary, first, meanwhile, channelId } = await setUp();
    const next = await addSummary(db, channelId);
    await join(db, channelId, next);
    await settle(db, summary, end);
    expect(await read(db, first.id)).toMatchObject("at" in end ? { state: end.state, summaryId: summary } : { state: "HELD", summaryId: null });
    expect(await read(db, meanwhile.id)).toEqual({ ...freeFrom(NOW), summaryId: next });
    expect(await findOpen(db, channelId)).toBe(next);
  });

  it("after another try, what joined before that one is carried by it, and what came while it was under way is not", async () => {
    const { db, channelId, summary, add, first, second, joined } = await setUpAgain();
    await claim(db, summary, 2);
    const late = await add(null);
    expect(await findOpen(db, channelId)).toBeNull();
    await settle(db, summary, { state: "SENT", at: minutes(2) });
    for (const { id } of [first, second, joined]) expect(await read(db, id)).toMatchObject({ state: "SENT", summaryId: summary, finishedAt: minutes(2) });
    expect(await read(db, late.id)).toEqual(freeFrom(NOW));
  });

  it("refused: all that was in it, carried or not, is free for the next at its time; what came meanwhile at its own", async () => {
    const { db, channelId, summary, add, first, second, joined, elsewhere } = await setUpAgain();
    const late = await add(null);
    await settle(db, summary, { retryAt: minutes(60) });
    for (const { id } of [first, second, joined]) expect(await read(db, id)).toEqual(freeFrom(minutes(60)));
    expect(await read(db, late.id)).toEqual(freeFrom(NOW));
    expect((await read(db, elsewhere.id)).summaryId).not.toBeNull();
    expect(await inTx(db, (tx) => findDueGroups(tx, minutes(59), null))).toMatchObject([{ channelId, count: 1, eventId: late.eventId }]);
    expect(await inTx(db, (tx) => findDueGroups(tx, minutes(60), null))).toMatchObject([{ channelId, count: 4 }]);
  });

  it("dropped: all that was in it, carried or not, goes with it", async () => {
    const { db, summary, first, second, joined, elsewhere } = await setUpAgain();
    await settle(db, summary, { state: "DROPPED", at: minutes(2) });
    for (const { id } of [first, second, joined]) expect(await read(db, id)).toMatchObject({ state: "DROPPED", finishedAt: minutes(2) });
    expect((await read(db, elsewhere.id)).state).toBe("HELD");
    expect(await findNextHeld(db)).toBeNull();
  });

  it("leaves what was done with before as it was", async () => {
    const { db, summary, channelId } = await setUp();
    const dropped = await addHeld(db, { channelId, delivery: { summaryId: summary, state: "DROPPED", tries: 1, finishedAt: minutes(1) } });
    await claim(db, summary, 2);
    await settle(db, summary, { state: "SENT", at: minutes(2) });
    expect(await read(db, dropped.id)).toMatchObject({ state: "DROPPED", tries: 1, finishedAt: minutes(1) });
  });
});

describe("the end of a problem that waits", () => {
  async function setUp(problem: Partial<Delivery> | null) {
    const db = await openStore();
    const [channelId, conditionId] = [await addChannel(db, "one"), await addCondition(db)];
    const waiting = problem && (await addHeld(db, { channelId, delivery: { conditionId, dueAt: minutes(30), ...problem } }));
    const { id } = await addHeld(db, { channelId, delivery: { conditionId, state: "PENDING", heldFor: null, reason: "RECOVERY" } });
    return { db, channelId, conditionId, waiting, id, hold: () => inTx(db, (tx) => holdWithProblem(tx, { id, conditionId, channelId })) };
  }

  it.each(["QUIET_HOURS", "DIGEST"] as const)("waits with it: %s", async (heldFor) => {
    const { db, id, hold } = await setUp({ heldFor });
    expect(await hold()).toBe(true);
    expect(await read(db, id)).toEqual({ state: "HELD", heldFor, dueAt: minutes(30), summaryId: null, tries: 0, finishedAt: null });
  });

  /** As `setUp`, with the problem in a summary. */
  async function setUpInSummary() {
    const bench = await setUp({});
    const summary = await addSummary(bench.db, bench.channelId);
    await join(bench.db, bench.channelId, summary);
    return { ...bench, summary, problemId: bench.waiting?.id ?? "" };
  }

  it("is in its summary as long as that can take more: before its first try and between two", async () => {
    const { db, id, hold, summary, conditionId, channelId, problemId } = await setUpInSummary();
    expect(await hold()).toBe(true);
    expect(await read(db, id)).toMatchObject({ state: "HELD", heldFor: "QUIET_HOURS", summaryId: summary, tries: 0 });
    await claim(db, summary, 1);
    await recordTry(db, summary, 1, "TRANSIENT");
    const again = await addHeld(db, { channelId, delivery: { conditionId, state: "PENDING", heldFor: null, reason: "RECOVERY" } });
    expect(await inTx(db, (tx) => holdWithProblem(tx, { id: again.id, conditionId, channelId }))).toBe(true);
    expect(await read(db, again.id)).toMatchObject({ state: "HELD", summaryId: summary, tries: 0 });
    await claim(db, summary, 2);
    await settle(db, summary, { state: "SENT", at: minutes(31) });
    for (const one of [problemId, id, again.id]) expect(await read(db, one)).toMatchObject({ state: "SENT", summaryId: summary, tries: 2 });
  });

  it("goes into the next when its problem's is under way", async () => {
    const { db, id, hold, channelId, summary, problemId } = await setUpInSummary();
    await claim(db, summary, 1);
    expect(await hold()).toBe(true);
    expect(await read(db, id)).toEqual(freeFrom(minutes(30)));
    await settle(db, summary, { state: "SENT", at: minutes(31) });
    expect((await read(db, problemId)).state).toBe("SENT");
    expect(await read(db, id)).toEqual(freeFrom(minutes(30)));
    expect(await inTx(db, (tx) => findDueGroups(tx, minutes(31), null))).toMatchObject([{ channelId, heldFor: "QUIET_HOURS", count: 1 }]);
  });

  it("goes into the next when its problem's may have arrived", async () => {
    const { db, id, hold, summary } = await setUpInSummary();
    await claim(db, summary, 1);
    await recordTry(db, summary, 1, "UNKNOWN");
    expect(await hold()).toBe(true);
    expect(await read(db, id)).toEqual(freeFrom(minutes(30)));
  });

  it("goes into the next also when that has been made already", async () => {
    const { db, id, hold, channelId, summary, problemId } = await setUpInSummary();
    await claim(db, summary, 1);
    const next = await addSummary(db, channelId);
    expect(await hold()).toBe(true);
    // Whether at once or when it is looked for.
    await join(db, channelId, next);
    expect(await read(db, id)).toMatchObject({ state: "HELD", summaryId: next, tries: 0 });
    expect(await read(db, problemId)).toMatchObject({ summaryId: summary, tries: 1 });
  });

  it.each(["SENT", "DROPPED", "FAILED", "UNKNOWN", "PENDING"] as const)("does not wait when its problem is %s", async (state) => {
    const { db, id, hold } = await setUp({ state });
    expect(await hold()).toBe(false);
    expect(await read(db, id)).toMatchObject({ state: "PENDING", heldFor: null });
  });

  it("does not wait for another problem, or for the problem at another channel", async () => {
    const { db, hold, conditionId, channelId } = await setUp(null);
    await addHeld(db, { channelId: await addChannel(db, "two"), delivery: { conditionId } });
    await addHeld(db, { channelId, delivery: { conditionId: await addCondition(db) } });
    expect(await hold()).toBe(false);
  });

  it("waits with the newest news of it", async () => {
    const { db, id, hold, conditionId, channelId } = await setUp({});
    await addHeld(db, { channelId, delivery: { conditionId, dueAt: minutes(90), reason: "ONGOING", heldFor: "DIGEST" } });
    await hold();
    expect(await read(db, id)).toMatchObject({ heldFor: "DIGEST", dueAt: minutes(90) });
  });
});

describe("quiet hours that were changed", () => {
  it("bring what waits for them at another time, later or earlier, and nothing else", async () => {
    const db = await openStore();
    const [one, two] = [await addChannel(db, "one"), await addChannel(db, "two")];
    const waiting = [await addHeld(db, { channelId: one, delivery: { dueAt: minutes(10) } }), await addHeld(db, { channelId: one, delivery: { dueAt: minutes(20) } })];
    const others = [
      await addHeld(db, { channelId: two, delivery: { dueAt: minutes(10) } }),
      await addHeld(db, { channelId: one, delivery: { dueAt: minutes(10), heldFor: "DIGEST" } }),
      await addHeld(db, { channelId: one, delivery: { dueAt: minutes(10), summaryId: "a summary" } }),
      await addHeld(db, { channelId: one, delivery: { dueAt: minutes(10), state: "DROPPED" } }),
    ];
    for (const until of [minutes(600), minutes(5)]) {
      await inTx(db, (tx) => rescheduleHeld(tx, one, until));
      for (const { id } of waiting) expect((await read(db, id)).dueAt).toEqual(until);
      for (const { id } of others) expect((await read(db, id)).dueAt).toEqual(minutes(10));
    }
  });

  it("are looked at for the channels that hold something for them", async () => {
    const db = await openStore();
    const [one, two, three] = [await addChannel(db, "one"), await addChannel(db, "two"), await addChannel(db, "three")];
    expect(await inTx(db, findQuietChannels)).toEqual([]);
    await addHeld(db, { channelId: one });
    await addHeld(db, { channelId: one });
    await addHeld(db, { channelId: two, delivery: { heldFor: "DIGEST" } });
    await addHeld(db, { channelId: three, delivery: { summaryId: "a summary" } });
    await addHeld(db, { channelId: three, delivery: { state: "SENT" } });
    expect(await inTx(db, findQuietChannels)).toEqual([one]);
  });
});

describe("what a summary tells", () => {
  async function setUp() {
    const db = await openStore();
    const channelId = await addChannel(db);
    const summaryId = await addSummary(db, channelId);
    const add = (minute: number, event: Partial<StoredEvent>, delivery: Partial<Delivery> = {}) =>
      addHeld(db, { channelId, event: { receivedAt: minutes(minute), ...event }, delivery: { summaryId, ...delivery } });
    return { db, summaryId, add, items: (most = 400) => findSummaryItems(db, summaryId, most) };
  }

  it("is one line for a problem, its repeats and its end", async () => {
    const { db, add, items } = await setUp();
    const conditionId = await addCondition(db, minutes(40));
    await add(0, { title: "web is down", category: "services", severity: "WARNING" }, { conditionId });
    await add(10, { title: "deployed", category: "deploys", severity: "INFO" });
    await add(30, { title: "web is still down", category: "services", severity: "WARNING" }, { conditionId, reason: "ONGOING" });
    await add(40, { title: "web is back", category: "services", severity: "INFO" }, { conditionId, reason: "RECOVERY" });
    expect(await items()).toEqual({
      lines: [
        { title: "web is down", category: "services", severity: "WARNING", firstAt: NOW, lastAt: minutes(40), count: 3, over: true },
        { title: "deployed", category: "deploys", severity: "INFO", firstAt: minutes(10), lastAt: minutes(10), count: 1, over: false },
      ],
      lineCount: 2,
      eventCount: 4,
      worst: "WARNING",
      categories: expect.arrayContaining([{ category: "services", count: 1 }, { category: "deploys", count: 1 }]),
      span: { from: NOW, to: minutes(40) },
      overCount: 1,
      origins: [],
    });
  });

  it("says of a problem whose end was told live that it is over, of one that goes on that it is not", async () => {
    const { db, add, items } = await setUp();
    await add(0, { title: "over" }, { conditionId: await addCondition(db, minutes(5)) });
    await add(1, { title: "goes on" }, { conditionId: await addCondition(db) });
    expect((await items()).lines).toMatchObject([{ title: "over", over: true, count: 1 }, { title: "goes on", over: false, count: 1 }]);
  });

  it("keeps two problems apart, and every occurrence, however alike", async () => {
    const { db, add, items } = await setUp();
    const [one, two] = [await addCondition(db, NOW), await addCondition(db)];
    await add(0, { title: "down" }, { conditionId: one });
    await add(1, { title: "up" }, { conditionId: one, reason: "RECOVERY" });
    await add(2, { title: "down" }, { conditionId: two });
    await add(3, { title: "deployed" });
    await add(3, { title: "deployed" });
    expect((await items()).lines.map(({ title, count, over }) => [title, count, over])).toEqual([["down", 2, true], ["down", 1, false], ["deployed", 1, false], ["deployed", 1, false]]);
  });

  it("is in order of time, a problem where it began", async () => {
    const { db, add, items } = await setUp();
    const conditionId = await addCondition(db);
    await add(0, { title: "a" });
    await add(1, { title: "b" }, { conditionId });
    await add(2, { title: "c" });
    await add(3, { title: "b again" }, { conditionId, reason: "ONGOING" });
    expect((await items()).lines.map(({ title }) => title)).toEqual(["a", "b", "c"]);
  });

  it("has the worst severity of each line and of all, also where a line is left out", async () => {
    const { db, add, items } = await setUp();
    const conditionId = await addCondition(db);
    await add(0, { severity: "INFO" });
    await add(1, { severity: "INFO" }, { conditionId });
    await add(2, { severity: "CRITICAL" }, { conditionId, reason: "ESCALATED" });
    await add(3, { severity: "WARNING" }, { conditionId, reason: "ONGOING" });
    expect((await items()).lines.map(({ severity }) => severity)).toEqual(["INFO", "CRITICAL"]);
    expect(await items(1)).toMatchObject({ lines: [{ severity: "INFO" }], worst: "CRITICAL" });
  });

  it("has the categories in order of size, by lines and not by events", async () => {
    const { db, add, items } = await setUp();
    const conditionId = await addCondition(db);
    for (let minute = 0; minute < 5; minute += 1) await add(minute, { category: "services" }, { conditionId });
    for (let minute = 5; minute < 8; minute += 1) await add(minute, { category: "deploys" });
    for (let minute = 8; minute < 10; minute += 1) await add(minute, { category: "updates" });
    expect(await items()).toMatchObject({ lineCount: 6, eventCount: 10, categories: [{ category: "deploys", count: 3 }, { category: "updates", count: 2 }, { category: "services", count: 1 }] });
  });

  it("has no more lines than are wanted, the first, and counts the rest", async () => {
    const { add, items } = await setUp();
    for (let minute = 0; minute < 7; minute += 1) await add(minute, { title: `event ${minute}` });
    const some = await items(3);
    expect(some.lines.map(({ title }) => title)).toEqual(["event 0", "event 1", "event 2"]);
    expect(some).toMatchObject({ lineCount: 7, eventCount: 7, categories: [{ count: 7 }] });
    expect((await items(7)).lines).toHaveLength(7);
  });

  it("is all that is held in it, and nothing that is in another, in none, or done with", async () => {
    const { db, summaryId, add, items } = await setUp();
    await add(0, { title: "tried" }, { tries: 1 });
    await add(1, { title: "joined" });
    await add(2, { title: "elsewhere" }, { summaryId: "another" });
    await add(3, { title: "meanwhile" }, { summaryId: null });
    for (const state of ["SENT", "UNKNOWN", "DROPPED"] as const) await add(4, { title: state }, { state });
    expect((await items()).lines.map(({ title }) => title)).toEqual(["tried", "joined"]);
    await settle(db, summaryId, { state: "SENT", at: minutes(5) });
    expect(await items()).toEqual({ lines: [], lineCount: 0, eventCount: 0, worst: "INFO", categories: [], span: null, overCount: 0, origins: [] });
  });

  it("is the same whichever try it is claimed for", async () => {
    const { db, summaryId, add, items } = await setUp();
    await add(0, { title: "a" });
    await add(1, { title: "b" }, { conditionId: await addCondition(db) });
    const before = await items();
    expect(before.lines.map(({ title }) => title)).toEqual(["a", "b"]);
    for (const tryNumber of [1, 1, 2]) {
      await claim(db, summaryId, tryNumber);
      expect(await items()).toEqual(before);
    }
  });
});

describe("the flusher", () => {
  const EVERY_DAY = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
  /** NOW is noon. */
  const NOON: QuietHours = { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "11:00", end: "13:00" }] };
  const ONE = new Date("2026-03-01T13:00:00.000Z");

  /** Starts one as a server does, for a channel with these settings that holds this, and gives what it makes of it. */
  async function start(changes: Parameters<typeof makeChannel>[1], delivery: Partial<Delivery>) {
    const db = await openStore();
    const channelId = await addChannel(db);
    const { id } = await addHeld(db, { channelId, delivery });
    const dispatched: PlannedDelivery[] = [];
    const clock = createManualClock(NOW);
    const snapshot = { current: { channels: new Map([[channelId, makeChannel(channelId, changes)]]) }, onReload: () => undefined };
    const flusher = createFlusher({ db, snapshot: snapshot as never, clock, ids, log: { error: (error: unknown) => expect.fail(String(error)) } as never, dispatch: (planned) => dispatched.push(...planned) });
    onTestFinished(() => flusher.close());
    await flusher.start();
    return { db, channelId, flusher, dispatched, delivery: await read(db, id) };
  }

  /** One that has made a summary, to be asked for what comes after. */
  async function startWithSummary() {
    const { db, channelId, flusher, dispatched } = await start({}, { dueAt: NOW });
    const summary = dispatched[0]?.delivery.id ?? "";
    /** Holds another delivery and has it sent. @returns the summary that it is in */
    const flushMore = async () => {
      const { id } = await addHeld(db, { channelId });
      expect(await flusher.flush(channelId, "QUIET_HOURS")).toBe(1);
      return (await read(db, id)).summaryId;
    };
    return { db, dispatched, summary, flushMore };
  }

  it("makes a summary of what is due", async () => {
    const { dispatched, delivery } = await start({}, { heldFor: "DIGEST", dueAt: NOW });
    expect(dispatched).toMatchObject([{ delivery: { reason: "SUMMARY", context: { summaryOf: "DIGEST" }, state: "PENDING" } }]);
    expect(delivery).toMatchObject({ state: "HELD", summaryId: dispatched[0]?.delivery.id });
  });

  it("puts what comes before a summary's first try, and between two, into it", async () => {
    const { db, dispatched, summary, flushMore } = await startWithSummary();
    expect(await flushMore()).toBe(summary);
    await claim(db, summary, 1);
    await recordTry(db, summary, 1, "TRANSIENT");
    expect(await flushMore()).toBe(summary);
    expect(dispatched).toHaveLength(1);
  });

  it("makes a summary of its own of what comes while a try is under way, and puts into that what comes after", async () => {
    const { db, dispatched, summary, flushMore } = await startWithSummary();
    await claim(db, summary, 1);
    const next = await flushMore();
    expect(dispatched.map(({ delivery }) => delivery.id)).toEqual([summary, next]);
    expect(dispatched[1]).toMatchObject({ delivery: { reason: "SUMMARY", context: { summaryOf: "QUIET_HOURS" }, state: "PENDING", tries: 0 } });
    expect(await flushMore()).toBe(next);
    // The first is open again, but goes before.
    await recordTry(db, summary, 1, "TRANSIENT");
    expect(await flushMore()).toBe(next);
    expect(dispatched).toHaveLength(2);
  });

  it("makes a summary of its own of what comes after a try that may have arrived", async () => {
    const { db, dispatched, summary, flushMore } = await startWithSummary();
    await claim(db, summary, 1);
    await recordTry(db, summary, 1, "UNKNOWN");
    const next = await flushMore();
    expect(dispatched.map(({ delivery }) => delivery.id)).toEqual([summary, next]);
    expect(next).not.toBe(summary);
  });

  it("leaves what is due in quiet hours until they end", async () => {
    const { dispatched, delivery } = await start({ quietHours: NOON }, { dueAt: NOW });
    expect([dispatched, delivery.dueAt]).toEqual([[], ONE]);
  });

  it("leaves a digest that has come to be due in quiet hours until they end: they are new, or its summary was refused an hour ago", async () => {
    const { dispatched, delivery } = await start({ quietHours: NOON, digest: { time: "12:00", timeZone: "UTC" } }, { heldFor: "DIGEST", dueAt: NOW });
    expect([dispatched, delivery.dueAt]).toEqual([[], ONE]);
  });

  it("finds at its start that quiet hours were taken away just before the last process ended", async () => {
    const { dispatched } = await start({ quietHours: null }, { dueAt: new Date(QUIET_FOREVER) });
    expect(dispatched).toMatchObject([{ delivery: { reason: "SUMMARY", context: { summaryOf: "QUIET_HOURS" } } }]);
  });
});

it("10,000 held deliveries go into one summary, are claimed, told and settled", async () => {
  const COUNT = 10_000;
  const db = await openStore();
  const channelId = await addChannel(db);
  const events = Array.from({ length: COUNT }, (_, at) => someEvent({ title: `event ${at}`, receivedAt: new Date(NOW.getTime() + at), category: at % 4 === 0 ? "deploys" : "custom", severity: at === COUNT - 1 ? "WARNING" : "INFO" }));
  await db.write(async (tx) => {
    await insertEvents(tx, events);
    await insertDeliveries(tx, events.map(({ id }) => someDelivery(id, channelId, { state: "HELD", heldFor: "QUIET_HOURS" })));
  });
  const summary = await addSummary(db, channelId);
  const times: string[] = [];
  const timed = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    const from = performance.now();
    const result = await work();
    times.push(`${what} ${Math.round(performance.now() - from)} ms`);
    return result;
  };
  const [group, ...others] = await timed("found", () => inTx(db, (tx) => findDueGroups(tx, NOW, null)));
  expect([group?.count, group?.eventId, others]).toEqual([COUNT, events.at(-1)?.id, []]);
  await timed("rescheduled", () => inTx(db, (tx) => rescheduleHeld(tx, channelId, minutes(-1))));
  await timed("joined", () => inTx(db, (tx) => joinSummary(tx, { channelId, heldFor: "QUIET_HOURS", eventType: null }, summary, NOW)));
  expect(await timed("asked whether it takes more", () => findOpen(db, channelId))).toBe(summary);
  await timed("claimed", () => claim(db, summary, 1));
  expect(await timed("asked again", () => findOpen(db, channelId))).toBeNull();
  const items = await timed("read", () => findSummaryItems(db, summary, 400));
  expect(items).toMatchObject({ lineCount: COUNT, eventCount: COUNT, worst: "WARNING", categories: [{ category: "custom", count: 7500 }, { category: "deploys", count: 2500 }] });
  expect(items.lines.map(({ title }) => title)).toEqual(events.slice(0, 400).map(({ title }) => title));
  await timed("settled", () => settle(db, summary, { state: "SENT", at: minutes(1) }));
  expect(await db.read.delivery.count({ where: { summaryId: summary, state: "SENT", finishedAt: minutes(1) } })).toBe(COUNT);
  console.log(`${COUNT} held deliveries: ${times.join(", ")}`);
});
