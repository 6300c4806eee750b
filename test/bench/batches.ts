import { once } from "node:events";
import { join } from "node:path";
import { Pool } from "undici";
import { sendOneByOne } from "../e2e/noise.ts";
import { quantile, ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT_MANY, sharedNow } from "./load.ts";
import type { Client } from "./load.ts";
import { cpuOf, makeDataDir, memoryOf, startCarillon, startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";
import { createReceipts } from "./receipts.ts";
import { switchOff, useWebhook } from "./setUp.ts";

const BATCH = 100;
const BATCHES = 60;
const CONNECTIONS = 4;
const ROUNDS = 3;
/** As many as the server opens to one webhook. */
const WEBHOOK_CONNECTIONS = 10;
const SETTLED_WITHIN_MS = 40_000;
const PEAK_GOAL_MB = 250;

/** emitEvents in batches: events that no channel takes, and events with one webhook delivery each. */
export async function measureBatches(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using receiver = await startHelper("receiver.ts");
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  await using client = createClient(server.url, CONNECTIONS);
  await sendOneByOne(client);
  await useWebhook(client, receiver.url);
  await switchOff(client, "deploy.failure");

  let number = 0;
  const bare: number[] = [];
  const noChannel: number[] = [];
  const noChannelCpu: number[] = [];
  const bursts: Burst[] = [];

  // The first round warms up and does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const count = BATCH * BATCHES;
    const cpuBefore = cpuOf(server);
    const takenIn = await sendBatches(client, () => eventOf("deploy.failure", (number += 1)));
    const cpuSpent = cpuOf(server) - cpuBefore;
    const burst = await sendBurst(client, server, receiver, () => (number += 1));
    const barePosts = await postBare(receiver.url, count);
    // The receiver forgets what the bare posts left there.
    receiver.child.send("arrivals?");
    await once(receiver.child, "message");
    if (round === 0) continue;
    bare.push(barePosts);
    noChannel.push(takenIn);
    noChannelCpu.push((cpuSpent * 1000) / count);
    bursts.push(burst);
  }
  const peak = memoryOf(server, "VmHWM");
  await server.stop();

  const relayed: Burst[] = [];
  await using relay = await startHelper("bareRelay.ts", [], [join(data.path, "carillon.db"), receiver.url]);
  await using relayClient = createClient(relay.url, CONNECTIONS);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const burst = await sendBurst(relayClient, relay, receiver, () => (number += 1));
    if (round > 0) relayed.push(burst);
  }

  const reference = sampleOf(bare);
  const beside = `bare POSTs to it ${shown(reference, "/s")}`;
  const of = (all: readonly Burst[], what: keyof Burst) => sampleOf(all.map((burst) => burst[what]));
  const besideRelay = (what: keyof Burst, unit: string) => {
    const [ours, reference] = [of(bursts, what), of(relayed, what)];
    return { value: shown(ours, unit), reference: `bare relay ${shown(reference, unit)}`, ratio: ratioOf(ours, reference) };
  };
  return [
    { name: `b  emitEvents by ${BATCH} x${CONNECTIONS}, no channel`, value: shown(sampleOf(noChannel), "/s"), reference: beside, ratio: ratioOf(sampleOf(noChannel), reference), goal: "10,000/s" },
    { name: "b  the same, CPU time of an event", value: shown(sampleOf(noChannelCpu), "us"), reference: "10,000/s on one core 100 us", ratio: (sampleOf(noChannelCpu).median / 100).toFixed(2), goal: "at most 1" },
    { name: `b  emitEvents by ${BATCH} x${CONNECTIONS}, one webhook each, accepted`, ...besideRelay("accepted", "/s"), goal: "0.2" },
    { name: "b  delivered by webhook", ...besideRelay("delivered", "/s"), goal: "6,000/s" },
    { name: "b  the same, CPU time of an event", ...besideRelay("cpuUs", "us"), goal: "at most 333 us" },
    { name: "b  event to receipt, p50", ...besideRelay("p50", "ms"), goal: "" },
    { name: "b  event to receipt, p99", ...besideRelay("p99", "ms"), goal: "under 1,000 ms" },
    { name: "b  peak memory", value: `${Math.round(peak)} MB`, reference: `${PEAK_GOAL_MB} MB`, ratio: (peak / PEAK_GOAL_MB).toFixed(2), goal: "at most 1" },
  ];
}

/** What became of a burst of events that go to one webhook each. */
interface Burst {
  /** In a second, as `delivered`. */
  accepted: number;
  delivered: number;
  cpuUs: number;
  /** From event to receipt, in milliseconds. */
  p50: number;
  p99: number;
}

/** Sends batches as fast as they are taken, to Carillon or what stands in for it. */
async function sendBurst(client: Client, server: Program, receiver: Program, nextNumber: () => number): Promise<Burst> {
  const receipts = createReceipts(receiver);
  const count = BATCH * BATCHES;
  const cpuBefore = cpuOf(server);
  const startedAt = sharedNow();
  await sendBatches(client, () => {
    const number = nextNumber();
    receipts.sent.set(number, sharedNow());
    return eventOf("deploy.success", number);
  });
  const acceptedAt = sharedNow();
  await receipts.settle(SETTLED_WITHIN_MS);
  const arrivedAt = Math.max(...receipts.arrived.values());
  return {
    accepted: (count * 1000) / (acceptedAt - startedAt),
    delivered: (count * 1000) / (arrivedAt - startedAt),
    cpuUs: ((cpuOf(server) - cpuBefore) * 1000) / count,
    p50: quantile(receipts.latencies(), 0.5),
    p99: quantile(receipts.latencies(), 0.99),
  };
}

function eventOf(type: string, number: number): object {
  return { type, service: "my-app", customer: "Acme Corp", message: "Service my-app deployed", details: { number } };
}

/** Sends all batches, some at once. @returns how many events were accepted in a second */
async function sendBatches(client: Client, next: () => object): Promise<number> {
  let batches = 0;
  const worker = async (): Promise<void> => {
    while ((batches += 1) <= BATCHES) {
      const answer = await client.run(EMIT_MANY, { input: Array.from({ length: BATCH }, next) });
      if (!answer.includes(`"acceptedCount":${BATCH}`)) throw new Error(answer.slice(0, 500));
    }
  };
  const startedAt = sharedNow();
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return (BATCH * BATCHES * 1000) / (sharedNow() - startedAt);
}

/** What the receiver takes when nothing lies between: so many POSTs over as many connections. @returns how many in a second */
async function postBare(url: string, count: number): Promise<number> {
  const pool = new Pool(url, { connections: WEBHOOK_CONNECTIONS, pipelining: 1 });
  const body = JSON.stringify({ ...eventOf("deploy.success", 0), padding: "x".repeat(250) });
  let sent = 0;
  const worker = async (): Promise<void> => {
    while ((sent += 1) <= count) {
      const response = await pool.request({ path: "/", method: "POST", headers: { "content-type": "application/json" }, body });
      await response.body.dump();
    }
  };
  const startedAt = sharedNow();
  await Promise.all(Array.from({ length: WEBHOOK_CONNECTIONS }, worker));
  const spent = sharedNow() - startedAt;
  await pool.destroy();
  return (count * 1000) / spent;
}
