import { expect, it } from "vitest";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import type { Database } from "../../src/db/database.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { AUDIT_EVERY_MS, createAuditor } from "../../src/dispatch/auditor.ts";
import type { Findings } from "../../src/dispatch/auditor.ts";
import type { Delivery } from "../../src/dispatch/delivery.model.ts";
import { findQueue, insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { createLog } from "../../src/log.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { addChannel, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

const NOTHING: Findings = { missed: 0, stale: 0, overdueHeld: 0, orphaned: 0, overdueConditions: 0, overdueEscalations: 0 };
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);

/** An auditor beside a dispatcher that has only noted what it was given. */
function auditorOf(db: Database, { inMemory = [] as string[], isWhole = true } = {}) {
  const clock = createManualClock(NOW);
  const memory = new Set(inMemory);
  const rung: string[] = [];
  const found: Findings[] = [];
  const auditor = createAuditor({
    db,
    clock,
    log: createLog("silent"),
    dispatcher: {
      laneFor: () => (isWhole ? { has: (id) => memory.has(id), adopt: (jobs) => jobs.forEach(({ delivery }) => memory.add(delivery.id)) } : null),
      waiting: () => [...memory],
      abandon(ids) {
        for (const id of ids) memory.delete(id);
        return ids.size;
      },
    },
    flusher: { start: async () => void rung.push("flusher") },
    rechecker: { start: async () => void rung.push("rechecker") },
    escalator: { start: async () => void rung.push("escalator") },
    found: (findings) => void found.push(findings),
  });
  return { auditor, clock, memory, rung, found };
}

async function addDeliveries(db: Database, changes: Partial<Delivery>[]): Promise<Delivery[]> {
  const channelId = (await db.read.channel.findFirst())?.id ?? (await addChannel(db));
  const event = someEvent();
  const deliveries = changes.map((change) => someDelivery(event.id, channelId, change));
  await db.write(async (tx) => {
    await insertEvents(tx, [event]);
    await insertDeliveries(tx, deliveries);
  });
  return deliveries;
}

it("finds nothing where nothing is overdue", async () => {
  const db = await openStore();
  await addDeliveries(db, [{ dueAt: minutesAgo(1) }, { state: "RETRY", dueAt: minutesAgo(-5) }, { state: "HELD", heldFor: "DIGEST", dueAt: minutesAgo(-60) }, { state: "SENT", dueAt: minutesAgo(100), finishedAt: NOW }]);
  const { auditor, rung } = auditorOf(db);
  expect(await auditor.audit()).toEqual(NOTHING);
  expect(rung).toEqual([]);
});

it("takes up what is overdue and in nobody's hands, once", async () => {
  const db = await openStore();
  const [pending, retry, known] = await addDeliveries(db, [{ dueAt: minutesAgo(3) }, { state: "RETRY", dueAt: minutesAgo(30) }, { dueAt: minutesAgo(3) }]);
  const { auditor, memory } = auditorOf(db, { inMemory: [known?.id ?? ""] });
  expect(await auditor.audit()).toEqual({ ...NOTHING, missed: 2 });
  expect([...memory].sort()).toEqual([pending, retry, known].map((one) => one?.id).sort());
  expect(await auditor.audit()).toEqual(NOTHING);
});

it("leaves what a channel has too much of in the database", async () => {
  const db = await openStore();
  await addDeliveries(db, [{ dueAt: minutesAgo(30) }]);
  const { auditor } = auditorOf(db, { isWhole: false });
  expect(await auditor.audit()).toEqual(NOTHING);
});

it("lets go of what is in memory but done with, or gone from the database", async () => {
  const db = await openStore();
  const [sent, pending] = await addDeliveries(db, [{ state: "SENT", finishedAt: NOW }, {}]);
  const { auditor, memory } = auditorOf(db, { inMemory: [sent?.id ?? "", pending?.id ?? "", "gone"] });
  expect(await auditor.audit()).toEqual({ ...NOTHING, stale: 2 });
  expect([...memory]).toEqual([pending?.id]);
});

it("has overdue held messages flushed, and says when that is of no use", async () => {
  const db = await openStore();
  await addDeliveries(db, [{ state: "HELD", heldFor: "QUIET_HOURS", dueAt: minutesAgo(10) }]);
  const { auditor, rung, found } = auditorOf(db);
  expect(await auditor.audit()).toEqual({ ...NOTHING, overdueHeld: 1 });
  expect(rung).toEqual(["flusher"]);
  expect(auditor.stuck).toEqual([]);
  await auditor.audit();
  expect(auditor.stuck).toEqual(["held messages"]);
  expect(found).toHaveLength(2);
});

it("frees held messages whose summary has ended without them, or is gone", async () => {
  const db = await openStore();
  const [open, ended] = await addDeliveries(db, [{ reason: "SUMMARY" }, { reason: "SUMMARY", state: "FAILED", finishedAt: NOW }]);
  const later = { state: "HELD", heldFor: "DIGEST", dueAt: minutesAgo(5), tries: 1 } as const;
  const [kept, orphan, lost] = await addDeliveries(db, [{ ...later, summaryId: open?.id ?? null }, { ...later, summaryId: ended?.id ?? null }, { ...later, summaryId: "gone" }]);
  const { auditor, rung } = auditorOf(db, { inMemory: [open?.id ?? ""] });
  expect(await auditor.audit()).toEqual({ ...NOTHING, orphaned: 2 });
  expect(rung).toEqual(["flusher"]);
  const state = async (one: Delivery | undefined) => db.read.delivery.findUnique({ where: { id: one?.id ?? "" }, select: { summaryId: true, dueAt: true, tries: true } });
  expect(await state(kept)).toMatchObject({ summaryId: open?.id });
  for (const one of [orphan, lost]) expect(await state(one)).toEqual({ summaryId: null, dueAt: NOW, tries: 0 });
});

it("has problems decided about again that should have been", async () => {
  const db = await openStore();
  const condition = (id: string, recheckAt: Date | null): OpenCondition => ({
    id, fingerprint: id, type: "t", category: "c", severity: "INFO", title: "t", source: null, service: null, customer: null, openedAt: NOW, lastSeenAt: NOW, count: 1, lastNotifiedAt: null, step: null, told: [], held: {}, kept: [], recheckAt, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null, closedAt: null,
  });
  await db.write((tx) => saveConditions(tx, [condition("a", minutesAgo(3)), condition("b", minutesAgo(1)), condition("c", null)]));
  const { auditor, rung } = auditorOf(db);
  expect(await auditor.audit()).toEqual({ ...NOTHING, overdueConditions: 1 });
  expect(rung).toEqual(["rechecker"]);
});

it("looks every minute by the clock", async () => {
  const db = await openStore();
  const { auditor, clock, found } = auditorOf(db);
  auditor.start();
  for (let round = 1; round <= 3; round += 1) {
    await eventually(async () => {
      if (found.length < round) clock.advance(AUDIT_EVERY_MS);
      return found.length >= round;
    });
  }
  expect(auditor.auditedAt).toBeGreaterThan(0);
  await auditor.close();
});

it("tells how much waits, and since when the oldest is due", async () => {
  const db = await openStore();
  expect(await findQueue(db, NOW)).toEqual({ counts: { PENDING: 0, RETRY: 0, HELD: 0 }, oldestDueAt: null });
  await addDeliveries(db, [{}, { dueAt: minutesAgo(2) }, { state: "RETRY", dueAt: minutesAgo(7) }, { state: "HELD", heldFor: "DIGEST", dueAt: minutesAgo(-60) }, { state: "SENT", dueAt: minutesAgo(90) }, { state: "FAILED", dueAt: minutesAgo(90) }]);
  expect(await findQueue(db, NOW)).toEqual({ counts: { PENDING: 2, RETRY: 1, HELD: 1 }, oldestDueAt: minutesAgo(7) });
});
