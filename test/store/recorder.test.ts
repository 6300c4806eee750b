import { expect, it } from "vitest";
import { createRecorder } from "../../src/dispatch/recorder.ts";
import type { Outcome } from "../../src/dispatch/recorder.ts";
import type { PlannedDelivery } from "../../src/dispatch/delivery.store.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { addChannel, ids, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

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
