import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import type { Database } from "../../src/db/database.ts";
import { speaks } from "../../src/db/dialect.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { openDispatcher } from "../store/openDispatcher.ts";
import { addChannel, NOW, someDelivery, someEvent } from "../store/openStore.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

/** What becomes of a channel's lane when processes lose it, leave it and get it back: nothing is sent twice by that. */

/** A client that lets the test see, hold up or refuse its statements. */
function watched<Client extends object>(client: Client, before: (text: string, values: unknown[]) => Promise<void> | void): Client {
  const proxy = new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== "$queryRawUnsafe" && name !== "$executeRawUnsafe") return value;
      return async (text: string, ...values: unknown[]) => {
        await before(text, values);
        return (value as (...args: unknown[]) => unknown).call(target, text, ...values);
      };
    },
  });
  return speaks(proxy, "postgresql");
}

async function setUp() {
  const url = await freshPostgresqlUrl();
  const plain = await openDatabase(url, () => NOW);
  onTestFinished(() => plain.close());
  const hooks = { beforeRead: (_text: string, _values: unknown[]): Promise<void> | void => undefined, beforeWrite: (_text: string): Promise<void> | void => undefined };
  const read = watched(plain.read, (text, values) => hooks.beforeRead(text, values));
  const db: Database = { ...plain, read, writeAlongside: (work) => plain.writeAlongside((tx) => work(watched(tx, (text) => hooks.beforeWrite(text)))) };
  const channelIds = [await addChannel(plain, "one"), await addChannel(plain, "other")];
  const { dispatcher, sent, ...rest } = openDispatcher(db, channelIds);
  await dispatcher.start();

  /** Stores deliveries, and tells the dispatcher as intake does. */
  async function add(channelId: string, count = 1): Promise<string[]> {
    const event = someEvent();
    const deliveries = Array.from({ length: count }, () => someDelivery(event.id, channelId));
    await plain.writeAlongside(async (tx) => {
      await insertEvents(tx, [event]);
      await insertDeliveries(tx, deliveries);
    });
    dispatcher.dispatch(deliveries.map((delivery) => ({ delivery, event })));
    return deliveries.map(({ id }) => id);
  }
  const states = async () => (await run<{ state: string }>(url, `SELECT "state" FROM "Delivery" ORDER BY "id"`)).map(({ state }) => state);
  const sends = () => sent.length;
  const freeLanes = async () => (await run<{ channelId: string }>(url, `SELECT "channelId" FROM "Lane" WHERE "owner" IS NULL`)).map(({ channelId }) => channelId);
  return { url, hooks, channelIds, dispatcher, sent, sends, add, states, freeLanes, ...rest };
}

const SWEEP_MS = 30_000;

describe("a channel's lane", () => {
  it("is not given away for having been empty when it has work by now", async () => {
    const { hooks, channelIds, sent, sends, clock, add, states, freeLanes } = await setUp();
    for (const id of channelIds) await add(id);
    await expect.poll(sends).toBe(2);
    for (const { arrive } of sent) arrive();
    await expect.poll(states).toEqual(["SENT", "SENT"]);
    // The look for what is left finds the first lane empty, and is held up at the second.
    const looked: string[] = [];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    hooks.beforeRead = (text, [channelId]) => {
      if (!text.startsWith(`SELECT * FROM "Delivery" WHERE "channelId"`)) return;
      looked.push(String(channelId));
      return looked.length === 2 ? held : undefined;
    };
    clock.advance(SWEEP_MS);
    await expect.poll(() => looked.length).toBe(2);
    const [first = ""] = looked;
    await add(first);
    await expect.poll(sends).toBe(3);
    goOn();
    // The look has ended once the other one is given back.
    await expect.poll(freeLanes).toEqual(channelIds.filter((id) => id !== first));
    sent[2]?.arrive();
    await expect.poll(states).toEqual(["SENT", "SENT", "SENT"]);
    expect(sends()).toBe(3);
  });

  it("that another process had meanwhile begins anew, once what was under way has ended", async () => {
    const { url, hooks, channelIds: [id = ""], sent, sends, add, states } = await setUp();
    const waiting = await add(id, 3);
    await expect.poll(sends).toBe(1);
    // For longer than its lease this process cannot reach the database, as far as the lease goes.
    let [isAway, renewals, claims] = [true, 0, 0];
    hooks.beforeWrite = (text) => {
      if (text.includes(`AS "processes"`)) claims += 1;
      if (!text.includes(`"Lane" AS t SET "expiresAt"`)) return;
      if (isAway) throw new Error("away");
      renewals += 1;
    };
    const now = performance.now.bind(performance);
    const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + 20_000);
    onTestFinished(() => void spy.mockRestore());
    // Another one has the lane, sends all of it, and gives the lane back.
    await run(url, `UPDATE "Delivery" SET "state" = 'SENT' WHERE "id" = ANY($1)`, [waiting]);
    await run(url, `UPDATE "Lane" SET "owner" = NULL, "token" = "token" + 1, "expiresAt" = NULL`);
    await add(id);
    await expect.poll(() => claims).toBeGreaterThan(0);
    isAway = false;
    await expect.poll(() => renewals).toBeGreaterThan(0);
    const before = claims;
    await expect.poll(() => claims).toBeGreaterThan(before + 1);
    expect(sends()).toBe(1);
    sent[0]?.arrive();
    await expect.poll(sends).toBe(2);
    sent[1]?.arrive();
    await expect.poll(states).toEqual(["SENT", "SENT", "SENT", "SENT"]);
    expect(sends()).toBe(2);
  });

  it("keeps to the channel's rate and to its pause whoever has it next, and is taken for spent where nobody gave it back", async () => {
    const { url, channelIds: [id = ""], dispatcher, sent, sends, clock, add, states, setPace, freeLanes } = await setUp();
    const owned = async () => (await run<{ owner: string | null }>(url, `SELECT "owner" FROM "Lane" WHERE "owner" IS NOT NULL`)).length;
    setPace({ concurrency: 10, perSecond: 0.01, burst: 3 });
    await add(id, 3);
    await expect.poll(sends).toBe(3);
    for (const { arrive } of sent) arrive();
    await expect.poll(states).toEqual(["SENT", "SENT", "SENT"]);
    clock.advance(SWEEP_MS);
    await expect.poll(freeLanes).toEqual([id]);
    // Of its burst nothing is left but what these seconds have filled.
    await add(id);
    await expect.poll(owned).toBe(1);
    await expect.poll(() => dispatcher.queued).toBe(1);
    clock.advance(60_000);
    expect(sends()).toBe(3);
    clock.advance(11_000);
    await expect.poll(sends).toBe(4);
    sent[3]?.arrive();
    await expect.poll(states).toEqual(Array(4).fill("SENT"));
    clock.advance(SWEEP_MS);
    await expect.poll(freeLanes).toEqual([id]);
    // As a process has left it that was killed, and had all of its burst by then.
    await run(url, `UPDATE "Lane" SET "owner" = 'gone', "expiresAt" = '2020-01-01', "refilledAt" = NULL`);
    await add(id);
    await expect.poll(() => dispatcher.queued).toBe(1);
    clock.advance(99_000);
    expect(sends()).toBe(4);
    clock.advance(1_001);
    await expect.poll(sends).toBe(5);
    sent[4]?.arrive();
  });

  it("that another process has is not emptied for a summary", async () => {
    const { url, hooks, channelIds: [id = ""], sends, clock, add, states, setPace, timesHeld } = await setUp();
    await add(id);
    await expect.poll(sends).toBe(1);
    // This process is cut off from its lane; more than the channel takes in a minute waits there.
    hooks.beforeWrite = (text) => {
      if (text.includes(`"Lane" AS t SET`)) throw new Error("away");
    };
    let reads = 0;
    hooks.beforeRead = () => void (reads += 1);
    await add(id, 30);
    await expect.poll(() => reads).toBeGreaterThan(1);
    await run(url, `UPDATE "Lane" SET "owner" = 'another', "token" = "token" + 1`);
    setPace({ perSecond: 0.01, burst: 1 });
    clock.advance(5_000);
    await expect.poll(timesHeld).toBe(1);
    expect(await states()).toEqual(Array.from({ length: 31 }, () => "PENDING"));
  });
});

it("what is stored during a stop is told to the process that has the lane", async () => {
  const { url, channelIds: [id = ""], dispatcher, add } = await setUp();
  const other = await openDatabase(url, () => NOW);
  onTestFinished(() => other.close());
  const heard: string[] = [];
  other.notifications?.listen("work", (text) => heard.push(text));
  await dispatcher.close();
  await add(id);
  await expect.poll(() => heard).toContain(id);
});
