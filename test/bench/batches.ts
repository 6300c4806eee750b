import { once } from "node:events";
import { Pool } from "undici";
import { sendOneByOne } from "../e2e/noise.ts";
import { quantile, ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT_MANY, sharedNow } from "./load.ts";
import type { Client } from "./load.ts";
import { cpuOf, makeDataDir, memoryOf, startCarillon, startHelper } from "./processes.ts";
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
  const deliveredCpu: number[] = [];
  const accepted: number[] = [];
  const delivered: number[] = [];
  const p50: number[] = [];
  const p99: number[] = [];

  // The first round warms up and does not count.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const receipts = createReceipts(receiver);
    const count = BATCH * BATCHES;
    const cpuBefore = cpuOf(server);
    const takenIn = await sendBatches(client, () => eventOf("deploy.failure", (number += 1)));
    const cpuSpent = cpuOf(server) - cpuBefore;
    const cpuBeforeDelivering = cpuOf(server);
    const startedAt = sharedNow();
    await sendBatches(client, () => {
      receipts.sent.set((number += 1), sharedNow());
      return eventOf("deploy.success", number);
    });
    const acceptedAt = sharedNow();
    await receipts.settle(SETTLED_WITHIN_MS);
    const cpuOfDelivering = cpuOf(server) - cpuBeforeDelivering;
    const barePosts = await postBare(receiver.url, count);
    if (round === 0) continue;
    bare.push(barePosts);
    noChannel.push(takenIn);
    noChannelCpu.push((cpuSpent * 1000) / count);
    deliveredCpu.push((cpuOfDelivering * 1000) / count);
    accepted.push((count * 1000) / (acceptedAt - startedAt));
    delivered.push((count * 1000) / (Math.max(...receipts.arrived.values()) - startedAt));
    p50.push(quantile(receipts.latencies(), 0.5));
    p99.push(quantile(receipts.latencies(), 0.99));
    // The receiver forgets what the bare posts left there.
    receiver.child.send("arrivals?");
    await once(receiver.child, "message");
  }

  const reference = sampleOf(bare);
  const beside = `bare POSTs to it ${shown(reference, "/s")}`;
  const wholeMs = (BATCH * BATCHES * 1000) / reference.median;
  const toReceipt = (name: string, values: number[], share: number): Figure => ({
    name: `b  event to receipt, ${name}`,
    value: shown(sampleOf(values), "ms"),
    reference: `a bare queue as long ${Math.round(wholeMs * share)} ms`,
    ratio: (sampleOf(values).median / (wholeMs * share)).toFixed(2),
    goal: "at most 8",
  });
  const peak = memoryOf(server, "VmHWM");
  return [
    { name: `b  emitEvents by ${BATCH} x${CONNECTIONS}, no channel`, value: shown(sampleOf(noChannel), "/s"), reference: beside, ratio: ratioOf(sampleOf(noChannel), reference), goal: "10,000/s" },
    { name: "b  the same, CPU time of an event", value: shown(sampleOf(noChannelCpu), "us"), reference: "10,000/s on one core 100 us", ratio: (sampleOf(noChannelCpu).median / 100).toFixed(2), goal: "at most 1" },
    { name: `b  emitEvents by ${BATCH} x${CONNECTIONS}, one webhook each, accepted`, value: shown(sampleOf(accepted), "/s"), reference: beside, ratio: ratioOf(sampleOf(accepted), reference), goal: "0.25" },
    { name: "b  delivered by webhook", value: shown(sampleOf(delivered), "/s"), reference: beside, ratio: ratioOf(sampleOf(delivered), reference), goal: "0.1" },
    { name: "b  the same, CPU time of an event", value: shown(sampleOf(deliveredCpu), "us"), reference: "6,000/s on two cores 333 us", ratio: (sampleOf(deliveredCpu).median / 333).toFixed(2), goal: "at most 1" },
    toReceipt("p50", p50, 0.5),
    toReceipt("p99", p99, 0.99),
    { name: "b  peak memory", value: `${Math.round(peak)} MB`, reference: `${PEAK_GOAL_MB} MB`, ratio: (peak / PEAK_GOAL_MB).toFixed(2), goal: "at most 1" },
  ];
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
