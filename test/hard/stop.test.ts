import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import type { ServerProcess } from "../e2e/serverProcess.ts";
import { buildServer } from "./buildServer.ts";
import { finishByHand } from "./finishByHand.ts";
import { makePlace } from "./place.ts";
import { createProducers, seeded, serviceOf } from "./producers.ts";
import { repeatsOf, startReceiver, toldOfConditions } from "./receiver.ts";

const SEED = Number(process.env["STOP_SEED"] ?? 20_260_302);
const EVENTS = Number(process.env["STOP_EVENTS"] ?? 4_800);
const STOPS = 4;
const PRODUCERS = 8;
const EVENTS_EACH = Math.ceil(EVENTS / PRODUCERS / 8) * 8;
const TOTAL = EVENTS_EACH * PRODUCERS;
/** What is promised is ten seconds, of which a busy machine may need more; without an end, tries would hold a stop up for 15 s and longer. */
const LONGEST_MS = 13_000;

it(`a stop under load, ${STOPS} times in ${TOTAL} events: ends with 0 within seconds, loses nothing, and repeats only what was not answered (STOP_SEED=${SEED})`, { timeout: 600_000 }, async () => {
  const random = seeded(SEED);
  const place = await makePlace();
  const env = { ...place.env, LOG_LEVEL: "fatal" };
  const main = buildServer();
  const receivers = {
    healthy: await startReceiver(),
    slow: await startReceiver(() => ({ status: 200, afterMs: 400 })),
    hanging: await startReceiver(() => "HANG"),
  };
  for (const one of Object.values(receivers)) onTestFinished(() => one[Symbol.asyncDispose]());
  const smtpPort = await startSilentServer();

  let server: ServerProcess = await startServerProcess(place.dataDir, env, { main });
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.api.createChannel("healthy", { webhook: { url: receivers.healthy.url } });
  await server.api.createChannel("slow", { webhook: { url: receivers.slow.url } }, { services: [serviceOf(0)] });
  await server.api.createChannel("hanging", { webhook: { url: receivers.hanging.url } }, { services: [serviceOf(1)] });
  const mail = await server.api.createChannel("mail", { email: { host: "127.0.0.1", port: smtpPort, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } }, { services: [serviceOf(2)] });

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
  const took: number[] = [];
  const left: number[] = [];

  async function stopAndStart(): Promise<void> {
    const began = performance.now();
    expect(await server.stop("SIGTERM")).toBe(0);
    took.push(Math.round(performance.now() - began));
    left.push((await place.rows(`SELECT 1 FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY')`)).length);
    server = await startServerProcess(place.dataDir, env, { main });
  }

  async function stopAll(): Promise<void> {
    for (let stop = 0; stop < STOPS; stop += 1) {
      const moment = Math.floor(((stop + 0.2 + random() * 0.8) / STOPS) * TOTAL * 0.95);
      producers.allow(moment + TOTAL / STOPS / 2);
      await eventually(() => producers.accepted.size >= moment, 120_000);
      // A stop in the middle of requests: the receivers have some of each.
      await eventually(() => Object.values(receivers).every(({ receipts }) => receipts.length > stop * 10), 60_000);
      await (up = stopAndStart());
    }
    producers.allow(Infinity);
  }

  await Promise.all([producers.run(), stopAll()]);
  expect(producers.accepted.size).toBe(TOTAL);
  expect((await place.rows(`SELECT "id" FROM "Event"`)).length).toBe(TOTAL);
  await server.api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: mail });
  expect(await server.stop()).toBe(0);
  await finishByHand(place, Object.values(receivers));

  const lines = [];
  for (const [name, { receipts }] of Object.entries(receivers)) {
    const rows = await place.rows<{ title: string; state: string }>(`SELECT e."title", d."state" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = '${name}'`);
    const arrived = new Set(receipts.filter(({ taken }) => taken).map(({ title }) => title));
    expect(rows.filter(({ title, state }) => state === "SENT" && !arrived.has(title)), name).toEqual([]);
    const repeats = repeatsOf(receipts);
    // What was answered is never sent again: a stop waits for it.
    expect(repeats.filter(({ before }) => before.taken), name).toEqual([]);
    for (const { before, after } of repeats) expect(after.bytes).toBe(before.bytes);
    if (name !== "hanging") {
      expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["SENT"]));
      for (const news of toldOfConditions(receipts).values()) expect(news).toEqual(["service.health.down", "service.health.recovered"]);
    }
    lines.push(`${name}: ${rows.length} deliveries, ${receipts.length} requests, ${repeats.length} repeated that were not answered`);
  }
  console.log([`${STOPS} stops in ${TOTAL} events, seed ${SEED}: ${took.join(", ")} ms, with ${left.join(", ")} deliveries left; ${producers.sentAgain} events were sent again and known`, ...lines].join("\n"));
  for (const ms of took) expect(ms).toBeLessThan(LONGEST_MS);
});

/** Takes connections and never says a word. */
async function startSilentServer(): Promise<number> {
  const server = createServer((socket) => void socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
