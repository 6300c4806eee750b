import { expect, it } from "vitest";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { openDispatcher } from "./openDispatcher.ts";
import { addChannel, openStore, someDelivery, someEvent } from "./openStore.ts";

it("what comes in while a server starts waits for what an earlier one has left to the same channel", async () => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const [left, fresh] = [someEvent({ title: "left" }), someEvent({ title: "fresh" })];
  const [before, after] = [someDelivery(left.id, channelId), someDelivery(fresh.id, channelId)];
  await db.writeAlongside(async (tx) => {
    await insertEvents(tx, [left, fresh]);
    await insertDeliveries(tx, [before, after]);
  });
  const { dispatcher, sent } = openDispatcher(db, [channelId]);
  dispatcher.dispatch([{ delivery: after, event: fresh }]);
  await dispatcher.start();
  for (const at of [0, 1]) {
    await expect.poll(() => sent.length).toBe(at + 1);
    sent[at]?.arrive();
  }
  expect(sent.map(({ title }) => title)).toEqual(["left", "fresh"]);
});
