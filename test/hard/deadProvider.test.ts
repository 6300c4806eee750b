import { expect, it, onTestFinished } from "vitest";
import { deadPort } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { finishByHand, unfinished } from "./finishByHand.ts";
import { makePlace } from "./place.ts";
import type { Place } from "./place.ts";
import { createProducers, eventsOf, seeded } from "./producers.ts";
import { repeatsOf, startReceiver, toldOfConditions } from "./receiver.ts";

/** A provider that is dead for as long as events come, and back then. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PRODUCERS = 5;
const EVENTS_EACH = Number(process.env["DEAD_EVENTS"] ?? 2_000) / PRODUCERS;
const TOTAL = PRODUCERS * EVENTS_EACH;

async function pass(server: TestServer, ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    server.clock.advance(stepMs);
    await server.idle();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until it is so, and for a while nothing changes any more. */
async function quietly(state: () => unknown, isSo: () => boolean): Promise<void> {
  await eventually(async () => {
    const before = state();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return state() === before && isSo();
  }, 180_000);
}

async function rowsOf(place: Place, channel: string): Promise<{ title: string; type: string; state: string; eventId: string }[]> {
  return place.rows(`SELECT e."title", e."type", e."id" AS "eventId", d."state" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = '${channel}'`);
}

it(`${TOTAL} events while a provider is dead, with a restart in between: the others miss nothing, and it gets the rest once it is back`, { timeout: 400_000 }, async () => {
  const place = await makePlace();
  const clock = createManualClock();
  const port = await deadPort();
  const healthy = await startReceiver();
  onTestFinished(() => healthy[Symbol.asyncDispose]());
  let server = await startTestServer({ dataDir: place.dataDir, env: place.env, clock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.api.createChannel("healthy", { webhook: { url: healthy.url } });
  await server.api.createChannel("dead", { webhook: { url: `http://127.0.0.1:${port}` } });
  let up: Promise<void> = Promise.resolve();
  const producers = createProducers({
    count: PRODUCERS,
    eventsEach: EVENTS_EACH,
    random: seeded(1),
    async target() {
      await up;
      return { url: server.url, token: server.api.token };
    },
  });
  const arrived = () => new Set(healthy.receipts.map(({ title }) => title)).size;
  const produced = producers.run();
  producers.allow(TOTAL / 2);
  // Nothing may be on its way to the healthy one while hours pass in no time.
  await quietly(() => `${producers.accepted.size} ${arrived()}`, () => producers.accepted.size >= TOTAL / 2 && arrived() === producers.accepted.size);
  await pass(server, 10 * MINUTE, MINUTE);
  up = (async () => {
    await server[Symbol.asyncDispose]();
    server = await startTestServer({ dataDir: place.dataDir, env: place.env, clock });
  })();
  await up;
  producers.allow(Infinity);
  await produced;
  await quietly(arrived, () => arrived() === TOTAL);
  expect(healthy.receipts.length).toBe(TOTAL);

  await pass(server, HOUR, MINUTE);
  expect(await unfinished(place, "dead")).toBeGreaterThan(TOTAL / 2);
  expect((await rowsOf(place, "dead")).filter(({ state }) => state === "SENT" || state === "FAILED")).toEqual([]);
  await server[Symbol.asyncDispose]();

  const back = await startReceiver(undefined, port);
  onTestFinished(() => back[Symbol.asyncDispose]());
  const backAt = clock.uptime();
  await finishByHand(place, [back], clock);
  const tookMs = clock.uptime() - backAt;
  // Only problems that were over before they could be told are missing, with their ends.
  const rows = await rowsOf(place, "dead");
  expect(rows.map(({ title }) => title).sort()).toEqual([...producers.accepted.keys()].sort());
  const dropped = rows.filter(({ state }) => state !== "SENT");
  // The restart may cut a try short, of which nobody knows then whether it arrived: its end is told, rather than a problem that never ends.
  for (const { type, state } of dropped) expect([type, state]).toEqual([expect.stringMatching(/^service\.health/), expect.stringMatching(/^(DROPPED|UNKNOWN)$/)]);
  const unknown = new Set(dropped.flatMap(({ state, eventId }) => (state === "UNKNOWN" ? [eventId] : [])));
  expect(new Set(back.receipts.map(({ title }) => title))).toEqual(new Set(rows.flatMap(({ title, state }) => (state === "SENT" ? [title] : []))));
  expect(repeatsOf(back.receipts)).toEqual([]);
  for (const [conditionId, news] of toldOfConditions(back.receipts)) expect(news).toEqual(unknown.has(conditionId) ? ["service.health.recovered"] : ["service.health.down", "service.health.recovered"]);
  // No try waits for longer than an hour.
  expect(tookMs).toBeLessThan(HOUR + MINUTE);
  console.log(`${TOTAL} events while one of two providers was dead: ${back.receipts.length} messages came within ${Math.round(tookMs / MINUTE)} minutes of its return, ${dropped.length} were over before`);
});

it("what a provider was dead for too long to get is shown, and can be sent again", { timeout: 240_000 }, async () => {
  const place = await makePlace();
  const clock = createManualClock();
  const port = await deadPort();
  const server = await startTestServer({ dataDir: place.dataDir, env: place.env, clock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.api.createChannel("dead", { webhook: { url: `http://127.0.0.1:${port}` } });
  const events = eventsOf(0, 40).map((event) => ({ ...event, type: "custom" }));
  for (const event of events) await server.api.emit(event);
  await pass(server, 27 * HOUR, 10 * MINUTE);
  const failed = async () => (await server.api.run<any>(`{ deliveries(filter: { states: [FAILED] }, first: 100) { nodes { id tries event { title } } } }`)).deliveries.nodes as { id: string; tries: number; event: { title: string } }[];
  await eventually(async () => {
    clock.advance(10 * MINUTE);
    return (await failed()).length === events.length;
  }, 60_000);
  for (const { tries } of await failed()) expect(tries).toBeGreaterThanOrEqual(5);

  const back = await startReceiver(undefined, port);
  onTestFinished(() => back[Symbol.asyncDispose]());
  for (const { id } of (await failed()).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { resendDelivery } = await server.api.run<any>(`mutation ($id: ID!) { resendDelivery(id: $id) { __typename } }`, { id });
    expect(resendDelivery.__typename).toBe("ResendDeliveryPayload");
  }
  await eventually(() => {
    clock.advance(1_000);
    return back.receipts.length >= events.length;
  });
  expect(back.receipts.map(({ title }) => title).sort()).toEqual(events.map(({ title }) => title).sort());
});
