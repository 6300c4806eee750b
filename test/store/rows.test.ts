import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCooldowns, findConditions, saveConditions, saveCooldowns } from "../../src/conditions/condition.store.ts";
import { insertRows } from "../../src/db/rows.ts";
import { insertDeliveries, updateDeliveries } from "../../src/dispatch/delivery.store.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { findEvents, findIdempotencyKeys, insertEvents, insertIdempotencyKeys } from "../../src/events/event.store.ts";
import { insertAttempts } from "../../src/history/attempt.store.ts";
import { NOW, addChannel, ids, openStore, someDelivery, someEvent } from "./openStore.ts";

const TEXTS = ["", " ", "'", `"`, "\\", "\\u0041", "\n\r\t", "null", "0", "1e5", "true", "ü ß 日本 🔔 👩‍👩‍👧", "\u2028\u2029\ufeff", "; DROP TABLE \"Event\"", "$.a", "{}", "[1]", "x".repeat(20_000)];

describe("a row comes back as it was put in", () => {
  it.each(TEXTS)("text %#", async (text) => {
    const db = await openStore();
    const event = someEvent({ type: text, category: text, source: text, service: text, customer: text, title: text, message: text, dedupKey: text, fingerprint: text, fate: text, details: { [text]: [text, { [text]: text }] } });
    await db.write((tx) => insertEvents(tx, [event]));
    expect(await findEvents(db.read, [event.id])).toEqual([event]);
  });

  it("nulls stay nulls, empty texts stay empty", async () => {
    const db = await openStore();
    const [blank, empty] = [someEvent(), someEvent({ source: "", service: "", customer: "", dedupKey: "" })];
    await db.write((tx) => insertEvents(tx, [blank, empty]));
    expect(await findEvents(db.read, [blank.id, empty.id])).toEqual([blank, empty]);
    const [{ nulls, texts }] = await db.read.$queryRawUnsafe<[{ nulls: bigint; texts: bigint }]>(`SELECT COUNT(*) - COUNT("source") AS nulls, COUNT(CASE WHEN "source" = '' THEN 1 END) AS texts FROM "Event"`);
    expect([Number(nulls), Number(texts)]).toEqual([1, 1]);
  });

  it("numbers, times to the millisecond, and JSON of any shape", async () => {
    const db = await openStore();
    const times = ["2000-01-01T00:00:00.000Z", "2026-03-29T01:00:00.999Z", "2038-01-19T03:14:08.001Z", "9999-12-31T23:59:59.999Z"].map((text) => new Date(text));
    const values = [0, -0.5, 1, 2 ** 53, -1e308, 5e-324, 0.1 + 0.2, 90];
    const events = [...times.map((time) => someEvent({ receivedAt: time, occurredAt: time })), ...values.map((value) => someEvent({ value, details: { value } }))];
    await db.write((tx) => insertEvents(tx, events));
    expect(await findEvents(db.read, events.map(({ id }) => id))).toEqual(events);
  });

  it("whatever details a producer may send", async () => {
    const db = await openStore();
    const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((one) => !/[\u0000\p{Surrogate}]/u.test(one));
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0), text, fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(text, tie("value"), { maxKeys: 4 })),
    })).value;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(text, json, { maxKeys: 5 }), { minLength: 1, maxLength: 20 }), async (all) => {
        const events = all.map((details) => someEvent({ details: JSON.parse(JSON.stringify(details)) }));
        await db.write((tx) => insertEvents(tx, events));
        expect(await findEvents(db.read, events.map(({ id }) => id))).toEqual(events);
      }),
      { numRuns: 30 },
    );
  });

  it("deliveries, and what of them changes", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const event = someEvent();
    const context = { openedAt: NOW.toISOString(), count: 3 };
    const deliveries = [someDelivery(event.id, channelId, { context, customer: "ü", reason: "ONGOING" }), someDelivery(event.id, channelId), someDelivery(event.id, channelId)];
    await db.write(async (tx) => {
      await insertEvents(tx, [event]);
      await insertDeliveries(tx, deliveries);
    });
    const [first, second, third] = deliveries as [(typeof deliveries)[0], (typeof deliveries)[0], (typeof deliveries)[0]];
    const sent = { ...first, state: "SENT" as const, tries: 2, finishedAt: new Date(NOW.getTime() + 5), reference: "<ü@x>" };
    const retry = { ...second, state: "RETRY" as const, tries: 1, dueAt: new Date(NOW.getTime() + 5000) };
    await db.write((tx) => updateDeliveries(tx, [retry, sent, { ...third, id: ids.next() }]));
    expect(await db.read.delivery.findMany({ orderBy: { id: "asc" } })).toEqual([sent, retry, third]);
    // And back again: a value becomes null.
    await db.write((tx) => updateDeliveries(tx, [first]));
    expect(await db.read.delivery.findUnique({ where: { id: first.id } })).toEqual(first);
  });

  it("attempts", async () => {
    const db = await openStore();
    const attempt = {
      id: ids.next(), at: NOW, deliveryId: null, eventId: null, channelId: "c", channelName: "ü", kind: "LOG", type: "t", category: "c", severity: "INFO" as const, customer: null, channelCustomer: null, reason: "TEST" as const,
      title: "t", body: "b\n🔔", outcome: "DELIVERED" as const, status: null, error: null, hint: null, durationMs: 0, tryNumber: 1, nextTryAt: null,
    };
    const failed = { ...attempt, id: ids.next(), deliveryId: "d", eventId: "e", outcome: "TRANSIENT" as const, status: "503", error: "e", hint: "h", durationMs: 12_345, tryNumber: 7, nextTryAt: NOW };
    await db.write((tx) => insertAttempts(tx, [attempt, failed]));
    expect(await db.read.attempt.findMany({ orderBy: { id: "asc" } })).toEqual([attempt, failed]);
  });

  it("conditions and cooldowns, by raw queries too", async () => {
    const db = await openStore();
    const condition: OpenCondition = {
      id: ids.next(), fingerprint: "ü", type: "t", category: "c", severity: "WARNING", title: "t", source: null, service: "s", customer: null,
      openedAt: NOW, lastSeenAt: NOW, count: 1, lastNotifiedAt: null, step: null, told: ["a", "ü"], held: { a: { heldFor: "DIGEST", until: NOW.toISOString() } },
      closedAt: null, kept: ["b"], recheckAt: NOW, inhibitedBy: "ü", covers: 3, openings: [NOW, NOW], flapping: { since: NOW, until: NOW, severity: "INFO" },
      acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
    };
    const changed = { ...condition, severity: "CRITICAL" as const, count: 2, lastNotifiedAt: NOW, step: 90.5, told: [], kept: [], recheckAt: null, inhibitedBy: null, openings: [], flapping: null };
    const cooldown = { fingerprint: "ü", notifiedAt: NOW, severity: "INFO" as const, suppressed: 0 };
    await db.write(async (tx) => {
      await saveConditions(tx, [{ ...condition, closedAt: null }]);
      expect(await findConditions(tx, ["ü", "other"], NOW)).toEqual([expect.objectContaining(condition)]);
      await saveConditions(tx, [{ ...changed, closedAt: null }]);
      expect(await findConditions(tx, ["ü"], NOW)).toEqual([expect.objectContaining(changed)]);
      await saveCooldowns(tx, [cooldown]);
      await saveCooldowns(tx, [{ ...cooldown, suppressed: 5 }]);
      expect(await findCooldowns(tx, ["ü"])).toEqual([{ ...cooldown, suppressed: 5 }]);
    });
    await db.write((tx) => saveConditions(tx, [{ ...changed, closedAt: NOW }]));
    await db.write(async (tx) => {
      expect(await findConditions(tx, ["ü"], NOW)).toEqual([]);
      expect(await findConditions(tx, ["ü"], new Date(NOW.getTime() - 1))).toEqual([{ ...changed, status: "CLOSED", closedAt: NOW }]);
    });
    expect(await db.read.condition.findUnique({ where: { id: condition.id } })).toMatchObject({ status: "CLOSED", closedAt: NOW });
  });
});

it("idempotency keys: by scope, until they are too old, and a later use takes the place", async () => {
  const db = await openStore();
  const row = { scope: "token", key: "ü'\"", inputHash: "h", eventId: "e", createdAt: NOW };
  await db.write(async (tx) => {
    await insertIdempotencyKeys(tx, [row, { ...row, scope: "other", inputHash: "o" }]);
    const find = (scope: string, key: string, since = new Date(0)) => findIdempotencyKeys(tx, [{ scope, key }], since);
    expect(await find("token", row.key)).toEqual([row]);
    expect(await find("other", row.key)).toMatchObject([{ inputHash: "o" }]);
    expect(await find("third", row.key)).toEqual([]);
    expect(await find("token", row.key, NOW)).toEqual([]);
    await insertIdempotencyKeys(tx, [{ ...row, eventId: "later" }]);
    expect(await find("token", row.key)).toMatchObject([{ eventId: "later" }]);
  });
});

it("leaves out deliveries of a channel that was deleted a moment ago, and keeps the others", async () => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const event = someEvent();
  await db.write(async (tx) => {
    await insertEvents(tx, [event]);
    await insertDeliveries(tx, [someDelivery(event.id, ids.next()), someDelivery(event.id, channelId)]);
  });
  expect(await db.read.delivery.findMany()).toMatchObject([{ channelId }]);
});

it("stores thousands of rows by one statement, and none by none", async () => {
  const db = await openStore();
  const events = Array.from({ length: 3000 }, (_, at) => someEvent({ title: `${at}` }));
  await db.write((tx) => insertEvents(tx, events));
  await db.write((tx) => insertEvents(tx, []));
  await db.write((tx) => insertRows(tx, { name: "nowhere", columns: {} }, []));
  expect(await db.read.event.count()).toBe(3000);
});

it("a batch with one bad row stores none of it", async () => {
  const db = await openStore();
  const event = someEvent();
  await expect(db.write((tx) => insertEvents(tx, [someEvent(), event, event]))).rejects.toThrow();
  expect(await db.read.event.count()).toBe(0);
  // The next write is none the worse for it.
  await db.write((tx) => insertEvents(tx, [event]));
  expect(await db.read.event.count()).toBe(1);
});
