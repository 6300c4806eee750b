import { expect, it } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { findPlanned, findUnfinished, insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { addChannel, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

/** Deliveries of one event in every state, of which three are unfinished, and one of another event. */
async function fill(db: Database) {
  const channelId = await addChannel(db);
  const event = someEvent({ details: { deep: [{ n: 1 }], text: "a ‘b’" }, value: 1.5, customer: "acme" });
  const other = someEvent({ details: {} });
  const first = someDelivery(event.id, channelId, { customer: "acme", context: { count: 3, flapping: { since: NOW.toISOString() } } });
  const again = someDelivery(event.id, channelId, { state: "RETRY", tries: 2, dueAt: new Date(NOW.getTime() + 5), reference: "r" });
  const done = (["SENT", "FAILED", "UNKNOWN", "DROPPED"] as const).map((state) => someDelivery(event.id, channelId, { state, finishedAt: NOW }));
  const held = someDelivery(event.id, channelId, { state: "HELD", heldFor: "DIGEST" });
  const last = someDelivery(other.id, channelId);
  const elsewhere = someDelivery(other.id, await addChannel(db, "another"));
  await db.write(async (tx) => {
    await insertEvents(tx, [event, other]);
    await insertDeliveries(tx, [first, again, ...done, held, last, elsewhere]);
  });
  return { channelId, event, other, first, again, done, held, last, elsewhere };
}

it("what is unfinished comes back as it was stored, with its event, in order and step by step", async () => {
  const db = await openStore();
  const { channelId, event, other, first, again, last } = await fill(db);
  const all = [{ delivery: first, event }, { delivery: again, event }, { delivery: last, event: other }];
  expect(await findUnfinished(db, channelId, "", 10)).toEqual(all);
  expect(await findUnfinished(db, channelId, "", 2)).toEqual(all.slice(0, 2));
  expect(await findUnfinished(db, channelId, again.id, 2)).toEqual(all.slice(2));
  expect(await findUnfinished(db, channelId, last.id, 2)).toEqual([]);
});

it("of deliveries by id only those that wait for a try", async () => {
  const db = await openStore();
  const { other, first, done, held, last, elsewhere } = await fill(db);
  const found = await findPlanned(db, [elsewhere, held, last, first, ...done].map(({ id }) => id));
  expect(found.map(({ delivery }) => delivery)).toEqual([first, last, elsewhere]);
  expect(found[1]?.event).toEqual(other);
});
