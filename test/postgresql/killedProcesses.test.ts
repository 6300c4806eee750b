import { expect, it, onTestFinished } from "vitest";
import { MOST_UNSTORED } from "../../src/dispatch/lane.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import type { ServerProcess } from "../e2e/serverProcess.ts";
import { buildServer } from "../hard/buildServer.ts";
import { finishByHand, unfinished } from "../hard/finishByHand.ts";
import { makePlace } from "../hard/place.ts";
import type { Place } from "../hard/place.ts";
import { createProducers, seeded, serviceOf } from "../hard/producers.ts";
import { repeatsOf, startReceiver, toldOfConditions } from "../hard/receiver.ts";

const SEED = Number(process.env["PROCESSES_SEED"] ?? 20_260_303);
const EVENTS = Number(process.env["PROCESSES_EVENTS"] ?? 4_000);
const ROUNDS = 3;
const PRODUCERS = 8;
const EVENTS_EACH = Math.ceil(EVENTS / PRODUCERS / 8) * 8;
const TOTAL = EVENTS_EACH * PRODUCERS;
/** Those of each channel that are on their way at once, and those whose answers are not stored. */
const UNDER_WAY = 10 + MOST_UNSTORED;
const CHANNELS = ["one", "two", "three"] as const;

it(`two servers on one database, one killed and one stopped in turn, ${ROUNDS} times in ${TOTAL} events: nothing is lost, order holds, and only what a killed one was sending is repeated (PROCESSES_SEED=${SEED})`, { timeout: 600_000 }, async () => {
  const random = seeded(SEED);
  const place = await makePlace();
  const env = { ...place.env, SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-all-of-these-servers", LOG_LEVEL: "fatal" };
  const main = buildServer();
  const start = (at: number): Promise<ServerProcess> => startServerProcess(`${place.dataDir}/${at}`, env, { main });
  const receivers = Object.fromEntries(await Promise.all([...CHANNELS, "hanging"].map(async (name) => [name, await startReceiver(name === "hanging" ? () => "HANG" : undefined)] as const)));
  for (const one of Object.values(receivers)) onTestFinished(() => one[Symbol.asyncDispose]());
  const receiptsOf = (name: string) => receivers[name]?.receipts ?? [];

  const servers = await Promise.all([start(0), start(1)]);
  onTestFinished(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });
  const [first] = servers as [ServerProcess, ServerProcess];
  for (const name of CHANNELS) await first.api.createChannel(name, { webhook: { url: receivers[name]?.url } });
  await first.api.createChannel("hanging", { webhook: { url: receivers["hanging"]?.url } }, { services: [serviceOf(0)] });
  // Both know of the channels before anything is to be counted.
  for (const { api } of servers) {
    await eventually(async () => {
      const { simulateEvent } = await api.run<any>(`query ($input: EmitEventInput!) { simulateEvent(input: $input) { ... on SimulateEventPayload { decision { channels { channelName } } } } }`, { input: { type: "custom", service: serviceOf(0), title: "x" } });
      return simulateEvent.decision.channels.length === CHANNELS.length + 2;
    });
  }

  const gone = new Set<ServerProcess>();
  const producers = createProducers({
    count: PRODUCERS,
    eventsEach: EVENTS_EACH,
    random,
    async target() {
      const up = servers.filter((server) => !gone.has(server));
      const server = up[Math.floor(random() * up.length)] as ServerProcess;
      return { url: server.url, token: server.api.token };
    },
  });
  const kills: { at: number }[] = [];
  const stops: number[] = [];

  async function end(at: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const server = servers[at] as ServerProcess;
    gone.add(server);
    const began = performance.now();
    if (signal === "SIGKILL") kills.push({ at: began });
    expect(await server.stop(signal)).toBe(signal === "SIGKILL" ? null : 0);
    if (signal === "SIGTERM") stops.push(Math.round(performance.now() - began));
  }

  async function endAll(): Promise<void> {
    const delivered = () => CHANNELS.reduce((sum, name) => sum + receiptsOf(name).length, 0);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [half, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
        const moment = Math.floor(((round * 2 + half + random()) / (ROUNDS * 2)) * TOTAL * 0.95);
        const more = Math.floor(random() * 200);
        producers.allow(moment + TOTAL / ROUNDS / 4);
        await eventually(() => producers.accepted.size >= moment, 120_000);
        const before = delivered();
        // While messages go out: the killed one's channels wait for their leases to end.
        await eventually(() => delivered() >= before + more || delivered() >= producers.accepted.size * CHANNELS.length, 60_000);
        const which = Math.floor(random() * 2);
        await end(which, signal);
        servers[which] = await start(which);
      }
    }
    producers.allow(Infinity);
  }

  await Promise.all([producers.run(), endAll()]);
  expect(producers.accepted.size).toBe(TOTAL);
  expect((await place.rows(`SELECT "id" FROM "Event"`)).length).toBe(TOTAL);
  for (const name of CHANNELS) {
    while ((await unfinished(place, name)) > 0) {
      const before = receiptsOf(name).length;
      await eventually(async () => receiptsOf(name).length > before || (await unfinished(place, name)) === 0, 60_000);
    }
  }
  for (const at of [0, 1]) await end(at, "SIGTERM");

  const lines = [];
  for (const name of CHANNELS) {
    const receipts = receiptsOf(name);
    expect(new Set(await titlesSent(place, name))).toEqual(new Set(producers.accepted.keys()));
    expect(new Set(receipts.map(({ title }) => title)), name).toEqual(new Set(producers.accepted.keys()));
    expect(new Set(receipts.map(({ id }) => id)).size, name).toBe(TOTAL);
    const repeats = repeatsOf(receipts);
    for (const { before, after } of repeats) {
      expect(after.bytes).toBe(before.bytes);
      expect(kills.some(({ at }) => after.at >= at), `${before.title} came to ${name} twice without a kill`).toBe(true);
    }
    expect(repeats.length, name).toBeLessThanOrEqual(kills.length * UNDER_WAY);
    const conditions = [...toldOfConditions(receipts).values()];
    expect(conditions).toHaveLength(TOTAL / 8);
    for (const told of conditions) expect(told).toEqual(["service.health.down", "service.health.recovered"]);
    lines.push(`${name}: ${receipts.length} requests, ${repeats.length} repeated`);
  }
  await finishByHand({ ...place, env }, Object.values(receivers));
  const hanging = receiptsOf("hanging");
  expect(repeatsOf(hanging).filter(({ before }) => before.taken)).toEqual([]);
  console.log([`two servers, ${TOTAL} events, ${kills.length} kills, ${stops.length} stops (${stops.join(", ")} ms), seed ${SEED}: ${producers.sentAgain} events were sent again and known`, ...lines, `hanging: ${hanging.length} requests, ${repeatsOf(hanging).length} repeated that were not answered`].join("\n"));
});

async function titlesSent(place: Place, channel: string): Promise<string[]> {
  const rows = await place.rows<{ title: string }>(`SELECT e."title" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = '${channel}' AND d."state" = 'SENT'`);
  return rows.map(({ title }) => title);
}
