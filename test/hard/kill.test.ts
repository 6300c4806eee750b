import { expect, it, onTestFinished } from "vitest";
import { MOST_UNSTORED } from "../../src/dispatch/lane.ts";
import type { Answer } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import type { ServerProcess } from "../e2e/serverProcess.ts";
import { buildServer } from "./buildServer.ts";
import { finishByHand, unfinished } from "./finishByHand.ts";
import { makePlace, WHOLE } from "./place.ts";
import { createProducers, seeded, serviceOf } from "./producers.ts";
import { repeatsOf, startReceiver, TAKE, toldOfConditions } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

/** The same seed gives the same events, batches and moments; how far the server has come at each of them is up to the machine. */
const SEED = Number(process.env["KILL_SEED"] ?? 20_260_301);
const EVENTS = Number(process.env["KILL_EVENTS"] ?? 20_000);
const KILLS = Number(process.env["KILL_KILLS"] ?? 20);
const PRODUCERS = 8;
const EVENTS_EACH = Math.ceil(EVENTS / PRODUCERS / 8) * 8;
const TOTAL = EVENTS_EACH * PRODUCERS;
/** A webhook channel has so many requests under way, and so many more whose answers are not stored: of these the answers can be lost. */
const UNDER_WAY = 10 + MOST_UNSTORED;
/** So many events may come in while a kill waits for its moment. */
const AHEAD = Math.ceil(TOTAL / KILLS / 3);

interface Kill {
  at: number;
  /** When the next server listened. */
  back: number;
}

interface DeliveryRow {
  title: string;
  type: string;
  state: string;
  reason: string;
  eventId: string;
  summaryId: string | null;
}

it(`kill -9 ${KILLS} times in ${TOTAL} events: all that was acknowledged is delivered, in order, and repeated only where the answer was lost (KILL_SEED=${SEED})`, { timeout: 900_000 }, async () => {
  const began = performance.now();
  const random = seeded(SEED);
  const place = await makePlace();
  const env = { ...place.env, LOG_LEVEL: "fatal" };
  const main = buildServer();
  const receiver = async (mood: () => Answer): Promise<Receiver> => {
    const started = await startReceiver(mood);
    onTestFinished(() => started[Symbol.asyncDispose]());
    return started;
  };
  const chance = seeded(SEED + 1);
  const moods: Answer[] = ["CUT_OFF", "RESET", { status: 503 }, { status: 500 }];
  const receivers = {
    healthy: await receiver(TAKE),
    flaky: await receiver(() => (chance() < 0.02 ? (moods[Math.floor(chance() * moods.length)] as Answer) : { status: 200 })),
    cutting: await receiver(() => "CUT_OFF"),
    hanging: await receiver(() => "HANG"),
    limiting: await receiver(() => ({ status: 429, headers: { "retry-after": "2" } })),
    failing: await receiver(() => ({ status: 500, body: "sorry" })),
  };
  /** The bad ones get a share: what they do not take has to be sent to them in the end. */
  const shares: Record<string, number[]> = { flaky: [0, 1], cutting: [2], hanging: [3], limiting: [4], failing: [5] };

  let server: ServerProcess = await startServerProcess(place.dataDir, env, { main });
  onTestFinished(() => server[Symbol.asyncDispose]());
  // The inbox would double the work.
  const { channels } = await server.api.run<any>(`{ channels { nodes { id } } }`);
  await server.api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: channels.nodes[0].id });
  for (const [name, { url }] of Object.entries(receivers)) {
    const share = shares[name];
    await server.api.createChannel(name, { webhook: { url } }, share ? { services: share.map(serviceOf) } : {});
  }

  const kills: Kill[] = [];
  let up: Promise<void> = Promise.resolve();
  const producers = createProducers({
    count: PRODUCERS,
    eventsEach: EVENTS_EACH,
    random,
    async target() {
      await up;
      return { url: server.url, token: server.api.token };
    },
  });

  async function killAndStart(): Promise<void> {
    const at = performance.now();
    expect(await server.stop("SIGKILL")).toBeNull();
    expect(place.integrity()).toEqual(WHOLE);
    server = await startServerProcess(place.dataDir, env, { main });
    kills.push({ at, back: performance.now() });
  }

  async function killAll(): Promise<void> {
    const { receipts } = receivers.healthy;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const moment = Math.floor(((kill + random()) / KILLS) * TOTAL * 0.98);
      const underWay = Math.floor(random() * 300);
      const delay = random() * 40;
      producers.allow(moment + AHEAD);
      await eventually(() => producers.accepted.size >= moment, 120_000);
      // Now and then surely while messages go out: a killed server's channels wait for a while on PostgreSQL.
      const before = receipts.length;
      if (kill % 4 === 3) await eventually(() => receipts.length >= before + underWay || receipts.length >= producers.accepted.size, 60_000);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await (up = killAndStart());
    }
    producers.allow(Infinity);
  }

  await Promise.all([producers.run(), killAll()]);
  const { accepted } = producers;
  expect(accepted.size).toBe(TOTAL);
  const produced = performance.now();

  // Each event is stored once, however often it was sent.
  const events = await place.rows<{ id: string; title: string }>(`SELECT "id", "title" FROM "Event"`);
  expect(events.length).toBe(TOTAL);
  expect(new Map(events.map(({ id, title }) => [title, id]))).toEqual(new Map([...accepted].map(([title, id]) => [title, rawId(id)])));

  // The one that always answers gets everything while the others are as they are.
  while ((await unfinished(place, "healthy")) > 0) {
    const before = receivers.healthy.receipts.length;
    await eventually(async () => receivers.healthy.receipts.length > before || (await unfinished(place, "healthy")) === 0, 60_000);
  }
  for (const name of ["cutting", "hanging", "limiting", "failing"] as const) {
    expect(receivers[name].receipts.length, name).toBeGreaterThan(0);
    expect(await unfinished(place, name), name).toBeGreaterThan(0);
  }
  expect(await server.stop()).toBe(0);
  expect(place.integrity()).toEqual(WHOLE);
  const delivered = performance.now();

  // The others mend their ways.
  const requestsBefore = requestsOf(receivers);
  kills.push({ at: performance.now(), back: performance.now() });
  await finishByHand(place, Object.values(receivers));

  const figures = [];
  for (const name of Object.keys(receivers) as (keyof typeof receivers)[]) {
    const { receipts } = receivers[name];
    const due = [...accepted.keys()].filter((title) => shares[name]?.includes(Number(title.split("/")[0])) ?? true);
    const all = await place.rows<DeliveryRow>(`SELECT e."title", e."type", e."id" AS "eventId", d."state", d."reason", d."summaryId" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = '${name}'`);
    const rows = all.filter(({ reason }) => reason !== "SUMMARY");
    // One delivery for each event, no more and no less.
    expect(rows.map(({ title }) => title).sort(), name).toEqual([...due].sort());
    // Only a problem that was over before it could be told is dropped, and its end with it unless it may have been told.
    const dropped = rows.filter(({ state }) => state !== "SENT");
    if (name === "healthy") expect(dropped).toEqual([]);
    // Of what is too much for the one that limits it is told in summaries.
    const inSummary = rows.filter(({ summaryId }) => summaryId !== null);
    if (name !== "limiting") expect(inSummary).toEqual([]);
    for (const { title, type, state } of dropped) expect([type, state], `${title} for ${name}`).toEqual([expect.stringMatching(/^service\.health/), expect.stringMatching(/^(DROPPED|UNKNOWN)$/)]);
    const taken = receipts.filter((receipt) => receipt.taken);
    const arrived = new Set(taken.map(({ title }) => title));
    expect(rows.filter(({ title, state }) => state === "SENT" && !arrived.has(title) && !inSummary.some((row) => row.title === title)), `missing at ${name}`).toEqual([]);

    const repeats = repeatsOf(receipts);
    for (const { before, after } of repeats) {
      expect(after.bytes, "a repeat is the same message").toBe(before.bytes);
      if (before.taken) expect(kills.some(({ at, back }) => before.at <= back && after.at >= at), `${before.title} came to ${name} again though its answer was not lost`).toBe(true);
    }
    const lost = repeats.filter(({ before }) => before.taken);
    // Where a killed server's channels wait for a while, a repeat may come after the next kill: it is the first one's all the same.
    const cutShortBy = lost.map(({ before }) => kills.findIndex(({ back }) => before.at <= back));
    for (const kill of kills.keys()) expect(cutShortBy.filter((one) => one === kill).length, `repeats of one kill at ${name}`).toBeLessThanOrEqual(UNDER_WAY);
    const [summaries, single] = [receipts.filter(({ event }) => event === "summary"), receipts.filter(({ event }) => event !== "summary")];
    expect(new Set(summaries.filter((receipt) => receipt.taken).map(({ id }) => id)).size).toBe(all.length - rows.length);
    // Two messages for one event would have two ids.
    expect(new Set(single.map(({ id }) => id)).size, name).toBe(new Set(single.map(({ title }) => title)).size);

    const states = new Map(rows.map(({ eventId, state }) => [eventId, state]));
    for (const [conditionId, told] of toldOfConditions(taken)) {
      // Cut short by a kill, the problem may have arrived: then its end is told, rather than a problem that never ends.
      if (inSummary.some(({ eventId }) => eventId === conditionId)) continue;
      const whole = states.get(conditionId) === "UNKNOWN" && told.length === 1 ? ["service.health.recovered"] : ["service.health.down", "service.health.recovered"];
      expect(told, `condition ${conditionId} at ${name}`).toEqual(whole);
    }
    figures.push(`${name}: ${new Set(taken.map(({ id }) => id)).size} of ${due.length} taken${inSummary.length > 0 ? ` and ${inSummary.length} told of in summaries` : ""}, ${receipts.length} requests, ${lost.length} repeated after a kill, ${repeats.length - lost.length} after a bad answer, ${dropped.length} dropped`);
  }

  const starts = kills.slice(0, KILLS).map(({ at, back }) => Math.round(back - at));
  console.log(
    [
      `${TOTAL} events, ${KILLS} kills, seed ${SEED}: ${producers.sentAgain} events were sent again and known`,
      ...figures,
      `from kill to the next start at most ${Math.max(...starts)} ms, median ${starts.sort((a, b) => a - b)[KILLS >> 1]} ms; produced in ${seconds(produced - began)}, delivered ${seconds(delivered - produced)} later, the rest in ${seconds(performance.now() - delivered)} (${requestsOf(receivers) - requestsBefore} requests)`,
    ].join("\n"),
  );
});

function requestsOf(receivers: Record<string, Receiver>): number {
  return Object.values(receivers).reduce((sum, { receipts }) => sum + receipts.length, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function rawId(globalId: string): string {
  return Buffer.from(globalId, "base64").toString().slice("Event:".length);
}
