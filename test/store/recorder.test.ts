import { expect, it } from "vitest";
import type { SqlClient } from "../../src/db/sql.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import type { PlannedDelivery } from "../../src/dispatch/delivery.store.ts";
import { createRecorder } from "../../src/dispatch/recorder.ts";
import type { Outcome } from "../../src/dispatch/recorder.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import type { Attempt } from "../../src/history/attempt.model.ts";
import { addChannel, ids, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

/** A database whose answers get lost: after the commit, or before it. */
async function setUp() {
  const db = await openStore();
  const channelId = await addChannel(db);
  const event = someEvent();
  let loses: "ANSWER" | "ALL" | null = null;
  const published: Attempt[] = [];
  const recorder = createRecorder({
    db: {
      ...db,
      async writeStatements<T>(work: (tx: SqlClient) => Promise<T>) {
        const lost = loses;
        loses = null;
        const result = await db.writeStatements(async (tx) => {
          const done = await work(tx);
          if (lost === "ALL") throw new Error("Connection terminated unexpectedly");
          return done;
        });
        if (lost === "ANSWER") throw new Error("Connection terminated unexpectedly");
        return result;
      },
    },
    ids,
    published: (attempts) => published.push(...attempts),
    dispatch: () => undefined,
    healthChanged: () => Promise.resolve(),
  });
  const attempt = { at: NOW, deliveryId: null, eventId: event.id, channelId, channelName: "c", kind: "LOG", type: "t", category: "c", severity: "INFO" as const, customer: null, channelCustomer: null, reason: "FIRST" as const, body: "b", outcome: "DELIVERED" as const, status: null, error: null, hint: null, durationMs: 1, tryNumber: 1, nextTryAt: null };
  await db.write((tx) => insertEvents(tx, [event]));
  return {
    db,
    recorder,
    published,
    lose: (what: "ANSWER" | "ALL") => (loses = what),
    async outcome(title: string): Promise<Outcome> {
      const delivery = someDelivery(event.id, channelId);
      await db.write((tx) => insertDeliveries(tx, [delivery]));
      return { attempt: { ...attempt, title, deliveryId: delivery.id }, delivery: { ...delivery, state: "SENT", tries: 1, finishedAt: NOW } };
    },
    stored: async () => (await db.read.attempt.findMany({ orderBy: { id: "asc" } })).map(({ id, title }) => ({ id, title })),
  };
}

it.each(["ANSWER", "ALL"] as const)("an attempt that is recorded again because its answer was lost (%s) is there once, in its place", async (lost) => {
  const { db, recorder, published, lose, outcome, stored } = await setUp();
  const [first, second, third] = [await outcome("first"), await outcome("second"), await outcome("third")];
  lose(lost);
  expect((await Promise.allSettled([recorder.record(first), recorder.record(second)])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  // Another one comes before they are tried again.
  await recorder.record(third);
  const again = await Promise.all([recorder.record(first), recorder.record(second)]);
  expect((await stored()).map(({ title }) => title)).toEqual(lost === "ANSWER" ? ["first", "second", "third"] : ["third", "first", "second"]);
  expect(again.map(({ id, title }) => ({ id, title }))).toEqual((await stored()).filter(({ title }) => title !== "third"));
  expect(published.map(({ title }) => title)).toEqual(["third", "first", "second"]);
  expect(await db.read.delivery.count({ where: { state: "SENT" } })).toBe(3);
});

const ATTEMPT: Outcome["attempt"] = {
  at: NOW, deliveryId: null, eventId: null, channelId: "c", channelName: "c", kind: "LOG", type: "t", category: "c", severity: "INFO", customer: null, channelCustomer: null, reason: "FIRST", title: "t", body: "b",
  outcome: "PERMANENT", status: null, error: null, hint: null, durationMs: 1, tryNumber: 1, nextTryAt: null,
};

it("what a fallback is to get is handed on as soon as it is stored, not when settings have been read anew", async () => {
  const db = await openStore();
  const [failing, fallback] = [await addChannel(db, "failing"), await addChannel(db, "fallback")];
  const event = someEvent();
  const delivery = someDelivery(event.id, failing);
  await db.writeAlongside(async (tx) => {
    await insertEvents(tx, [event]);
    await insertDeliveries(tx, [delivery]);
  });
  const dispatched: PlannedDelivery[] = [];
  let read: () => void = () => undefined;
  const reading = new Promise<void>((resolve) => (read = resolve));
  const recorder = createRecorder({ db, ids, published: () => undefined, dispatch: (planned) => void dispatched.push(...planned), healthChanged: () => reading });
  const failed = { ...delivery, state: "FAILED" as const, finishedAt: NOW };
  const recorded = recorder.record({ attempt: { ...ATTEMPT, channelId: failing }, delivery: failed, failingSince: NOW, handOver: { delivery: failed, event, channel: { id: failing, name: "failing" }, fallback: { id: fallback }, at: NOW } });
  await expect.poll(() => dispatched.map(({ delivery: { channelId } }) => channelId)).toEqual([fallback]);
  read();
  await recorded;
});
