import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createChannelStore } from "../../src/channels/channel.store.ts";
import type { Database } from "../../src/db/database.ts";
import { deleteChannels, deleteRemains, findDeletedChannels, GO_AT_ONCE, GO_IN_STEPS } from "../../src/db/deletedChannels.ts";
import type { Pace } from "../../src/db/pace.ts";
import { findOpen, findQueue, insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { findDueGroups, findNextHeld, findQuietChannels } from "../../src/dispatch/held.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { createInboxStore } from "../../src/inbox/inbox.store.ts";
import { addChannel, NOW, openStore, someDelivery, someEvent } from "./openStore.ts";

const PACE: Pace = { rows: 100, read: (work) => work(), write: (db, work) => db.writeStatements(work) };
/** Five minutes late. */
const LATER = new Date(NOW.getTime() + 300_000);

/** A channel with deliveries of every state and an inbox message, and one that stays. */
async function setUp(): Promise<{ db: Database; doomed: string; staying: string }> {
  const db = await openStore();
  const [doomed, staying] = [await addChannel(db, "doomed"), await addChannel(db, "staying")];
  const event = someEvent();
  const of = (channelId: string, count: number) => [
    ...Array.from({ length: count }, () => someDelivery(event.id, channelId, { state: "SENT", finishedAt: NOW })),
    someDelivery(event.id, channelId),
    someDelivery(event.id, channelId, { state: "RETRY", tries: 1 }),
    someDelivery(event.id, channelId, { state: "HELD", heldFor: "QUIET_HOURS" }),
  ];
  await db.write(async (tx) => {
    await insertEvents(tx, [event]);
    await insertDeliveries(tx, [...of(doomed, 250), ...of(staying, 1)]);
  });
  for (const channelId of [doomed, staying]) await createInboxStore(db).add({ id: `${channelId} item`, channelId, eventId: null, customer: null, type: "t", severity: "INFO", title: "t", body: "b", createdAt: NOW, readAt: null });
  return { db, doomed, staying };
}

const left = async (db: Database, channelId: string) => [await db.read.delivery.count({ where: { channelId } }), await db.read.inboxItem.count({ where: { channelId } }), await db.read.channel.count({ where: { id: channelId } })];

describe("a channel that is deleted", () => {
  it("is gone for all who look, before its rows are", async () => {
    const { db, doomed, staying } = await setUp();
    const store = createChannelStore(db);
    expect(await store.delete(doomed, {}, NOW)).toMatchObject({ waitingDeliveries: 3, inboxMessages: 1 });
    expect(await left(db, doomed)).toEqual([253, 1, 1]);
    expect((await store.all()).map(({ id }) => id)).toEqual([staying]);
    expect(await store.find(doomed, {})).toBeNull();
    await addChannel(db, "doomed");
    expect(await db.read.channel.findUnique({ where: { id: doomed } })).toMatchObject({ secrets: null, config: {}, enabled: false });
  });

  it("gets nothing more, and nobody waits for what waited for it", async () => {
    const { db, doomed, staying } = await setUp();
    await createChannelStore(db).delete(doomed, {}, NOW);
    await createChannelStore(db).delete(staying, {}, NOW);
    await db.write(async (tx) => insertDeliveries(tx, [someDelivery((await db.read.event.findFirstOrThrow()).id, doomed)]));
    expect(await left(db, doomed)).toEqual([253, 1, 1]);
    expect(await findNextHeld(db)).toBeNull();
    expect(await db.write((tx) => findDueGroups(tx, LATER, null))).toEqual([]);
    expect(await db.write((tx) => findQuietChannels(tx))).toEqual([]);
    expect((await findOpen(db, "HELD", "", 10)).map(({ doomed: isDoomed }) => Boolean(isDoomed))).toEqual([true, true]);
    expect((await findQueue(db, LATER)).oldestDueAt).toBeNull();
  });

  it("loses its rows in steps, which go on where they were left, and then its own", async () => {
    const { db, doomed, staying } = await setUp();
    await db.write((tx) => deleteChannels(tx, [doomed], NOW));
    let steps = 0;
    await deleteRemains(db, doomed, PACE, () => (steps += 1) <= 3);
    const [deliveries = 0] = await left(db, doomed);
    expect(deliveries).toBeGreaterThan(0);
    expect(deliveries).toBeLessThan(253);
    // What waits goes first.
    expect(await db.read.delivery.count({ where: { channelId: doomed, state: { not: "SENT" } } })).toBe(0);
    expect(await findDeletedChannels(db.read)).toEqual([doomed]);
    await deleteRemains(db, doomed, PACE, () => true);
    expect(await left(db, doomed)).toEqual([0, 0, 0]);
    expect(await left(db, staying)).toEqual([4, 1, 1]);
    expect(await findDeletedChannels(db.read)).toEqual([]);
  });
});

it("every table that refers to channels is one whose rows go with them", () => {
  const models = readFileSync(new URL("../../prisma/schema.prisma", import.meta.url), "utf8").split(/^model /m).slice(1);
  const below = models.filter((model) => /^ +\w+ +Channel\?? +@relation\(.*onDelete: Cascade/m.test(model)).map((model) => model.slice(0, model.indexOf(" ")));
  expect(below.sort()).toEqual([...new Set([...GO_AT_ONCE, ...GO_IN_STEPS.map(({ table }) => table)])].sort());
});
