import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sendOneByOne } from "../e2e/noise.ts";
import { ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT_MANY, sharedNow } from "./load.ts";
import type { Client } from "./load.ts";
import { cpuOf, makeDataDir, memoryOf, startCarillon } from "./processes.ts";

const HELD = 100_000;
const BATCH = 1000;
const CONNECTIONS = 4;
const ROUNDS = 3;
const PER_ROUND = 3000;
const WITHIN_MS = 60_000;

const EVERY_DAY = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const ALWAYS = { timeZone: "Europe/Berlin", windows: [{ days: EVERY_DAY, start: "00:00", end: "00:00" }] };

/** A receiver in this process that tells when a body came in whole. */
async function startReceiver(): Promise<AsyncDisposable & { url: string; arrivals: { at: number; bytes: number }[] }> {
  const arrivals: { at: number; bytes: number }[] = [];
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => {
      arrivals.push({ at: sharedNow(), bytes });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, arrivals, [Symbol.asyncDispose]: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))) };
}

/** What the stages against noise cost an event when they are set but do not hold it, and how many held events one summary can carry. */
export async function measureHeld(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using receiver = await startReceiver();
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  await using client = createClient(server.url, CONNECTIONS);
  await sendOneByOne(client);
  const channel = await makeChannel(client, receiver.url);
  const set = (quietHours: object | null, digest: object | null) => client.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, { id: channel, input: { quietHours, digest } });

  let number = 0;
  const emit = async (count: number): Promise<void> => {
    let left = count / Math.min(BATCH, count / CONNECTIONS);
    const size = count / left;
    const worker = async (): Promise<void> => {
      while ((left -= 1) >= 0) {
        const answer = await client.run(EMIT_MANY, { input: Array.from({ length: size }, () => eventOf((number += 1))) });
        if (!answer.includes(`"acceptedCount":${size}`)) throw new Error(answer.slice(0, 500));
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  };
  const arrived = async (count: number): Promise<void> => {
    const deadline = sharedNow() + WITHIN_MS;
    while (receiver.arrivals.length < count) {
      if (sharedNow() > deadline) throw new Error(`${receiver.arrivals.length} of ${count} messages have come within ${WITHIN_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  /** CPU microseconds for an event, accepted, sent and recorded. */
  const cpuEach = async (): Promise<number> => {
    const [before, expected] = [cpuOf(server), receiver.arrivals.length + PER_ROUND];
    await emit(PER_ROUND);
    await arrived(expected);
    return ((cpuOf(server) - before) * 1000) / PER_ROUND;
  };

  // Two hours that are over or to come: neither holds now.
  const hour = (new Date().getUTCHours() + 12) % 24;
  const inactive = { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: `${String(hour).padStart(2, "0")}:00`, end: `${String(hour).padStart(2, "0")}:30` }] };
  const without: number[] = [];
  const withAll: number[] = [];
  await cpuEach();
  for (let round = 0; round < ROUNDS; round += 1) {
    await set(null, null);
    without.push(await cpuEach());
    await set(inactive, { timeZone: "UTC", time: "09:00" });
    const undo = await setAgainstNoise(client);
    withAll.push(await cpuEach());
    await undo();
  }

  await set(ALWAYS, null);
  const idle = memoryOf(server, "VmHWM");
  const beganAt = sharedNow();
  await emit(HELD);
  const acceptedMs = sharedNow() - beganAt;
  const before = receiver.arrivals.length;
  const flushedAt = sharedNow();
  const answer = await client.run(`mutation ($id: ID!) { flushChannel(id: $id, heldFor: QUIET_HOURS) { ... on FlushChannelPayload { deliveryCount } } }`, { id: channel });
  if (!answer.includes(`"deliveryCount":${HELD}`)) throw new Error(answer.slice(0, 500));
  await arrived(before + 1);
  const summary = receiver.arrivals.at(-1) as { at: number; bytes: number };
  const left = await waitForEmpty(client, channel);
  const doneMs = sharedNow() - flushedAt;

  return [
    { name: "f  CPU of an event, all stages against noise set but not holding it", value: shown(sampleOf(withAll), "us"), reference: `none set ${shown(sampleOf(without), "us")}`, ratio: ratioOf(sampleOf(withAll), sampleOf(without)), goal: "at most 1.15" },
    { name: `f  ${HELD.toLocaleString("en")} events held: accepted`, value: `${Math.round((HELD * 1000) / acceptedMs).toLocaleString("en")} /s`, reference: "", ratio: "", goal: "" },
    { name: "f  from flush to the summary's receipt", value: `${Math.round(summary.at - flushedAt).toLocaleString("en")} ms`, reference: `${Math.round(summary.bytes / 1000)} kB in one message`, ratio: "", goal: "at most 10,000 ms" },
    { name: "f  until all of them are recorded as sent", value: `${Math.round(doneMs).toLocaleString("en")} ms`, reference: `${left} left`, ratio: "", goal: "at most 15,000 ms" },
    { name: "f  peak memory with them", value: `${Math.round(memoryOf(server, "VmHWM"))} MB`, reference: `before them ${Math.round(idle)} MB`, ratio: (memoryOf(server, "VmHWM") / idle).toFixed(2), goal: "at most 1.5" },
  ];
}

/** Bursts that nothing reaches, flapping, ten silences and five inhibition rules that do not match. @returns what takes them away */
async function setAgainstNoise(client: Client): Promise<() => Promise<void>> {
  const run = async (query: string, variables: object): Promise<any> => (JSON.parse(await client.run(query, variables)) as { data: unknown }).data;
  const settings = (input: object) => run(`mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { __typename } }`, { input });
  await settings({ burstCount: 10_000, burstWindow: "PT1S", flappingCount: 5 });
  const silences: string[] = [];
  for (let number = 0; number < 10; number += 1) {
    const matchers = [{ field: "service", operator: number < 5 ? "EQUALS" : "MATCHES", value: `other-${number}.*` }];
    const { createSilence } = await run(`mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { ... on CreateSilencePayload { silence { id } } } }`, { input: { reason: "bench", duration: "PT1H", matchers } });
    silences.push(createSilence.silence.id);
  }
  const rules: string[] = [];
  for (let number = 0; number < 5; number += 1) {
    const input = { name: `rule ${number}`, whileOpen: ["monitor.down"], matchers: [{ field: "service", operator: "EQUALS", value: `other-${number}` }], sameFields: ["source"] };
    const { createInhibitionRule } = await run(`mutation ($input: CreateInhibitionRuleInput!) { createInhibitionRule(input: $input) { ... on CreateInhibitionRulePayload { inhibitionRule { id } } } }`, { input });
    rules.push(createInhibitionRule.inhibitionRule.id);
  }
  return async () => {
    for (const id of silences) await run(`mutation ($id: ID!) { endSilence(id: $id) { __typename } }`, { id });
    for (const id of rules) await run(`mutation ($id: ID!) { deleteInhibitionRule(id: $id) { __typename } }`, { id });
    await settings({ burstCount: 0, flappingCount: 0 });
  };
}

async function makeChannel(client: Client, url: string): Promise<string> {
  const { data } = JSON.parse(await client.run(`{ channels(first: 10) { nodes { id } } }`)) as { data: { channels: { nodes: { id: string }[] } } };
  await client.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: data.channels.nodes[0]?.id });
  const made = await client.run(`mutation ($url: String!) { createChannel(input: { name: "receiver", config: { webhook: { url: $url } } }) { ... on CreateChannelPayload { channel { id } } } }`, { url });
  return (JSON.parse(made) as { data: { createChannel: { channel: { id: string } } } }).data.createChannel.channel.id;
}

/** Waits until nothing is held for the channel any more. @returns how much is left */
async function waitForEmpty(client: Client, channel: string): Promise<number> {
  const deadline = sharedNow() + WITHIN_MS;
  for (;;) {
    const answer = await client.run(`query ($id: ID!) { deliveries(first: 1, filter: { states: [HELD], channelIds: [$id] }) { totalCount } }`, { id: channel });
    const { data } = JSON.parse(answer) as { data: { deliveries: { totalCount: number } } };
    if (data.deliveries.totalCount === 0 || sharedNow() > deadline) return data.deliveries.totalCount;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function eventOf(number: number): object {
  return { type: "deploy.failure", service: "my-app", message: "Service my-app was not deployed", details: { number } };
}
