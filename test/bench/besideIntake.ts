import { sendOneByOne } from "../e2e/noise.ts";
import { quantile } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT, pace, sharedNow, until } from "./load.ts";
import type { Client } from "./load.ts";
import type { ManyRows } from "./manyRows.ts";
import { SPREAD } from "./manyRows.ts";
import { startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";
import { createReceipts } from "./receipts.ts";
import { addWebhook } from "./setUp.ts";

const EVENTS_PER_SECOND = 200;
const QUERIES_PER_SECOND = 20;
/** A server that has just started takes several times as long. */
const WARM_UP_SECONDS = 10;
/** Of each, one after the other, so that what else the machine does falls on all of them. */
const ROUNDS = 3;
const ROUND_SECONDS = 4;
/** Deleting is looked at in slices, until it has ended or so many are over. */
const SLICE_SECONDS = 2;
const SLICES = 6;
/** About as many as are deleted in that time. */
const SURPLUS = 50_000;
const SETTLED_WITHIN_MS = 20_000;
/** All attempts are counted first. */
const DELETING_WITHIN_MS = 120_000;
const SHARES: readonly (readonly [string, number])[] = [["p50", 0.5], ["p99", 0.99]];
const DAY_MS = 86_400_000;

/** Milliseconds that each took. */
interface Times {
  emits: number[];
  webhooks: number[];
  pages: number[];
}

const noTimes = (): Times => ({ emits: [], webhooks: [], pages: [] });

/** What reading a long history, and deleting it, costs the events that come in meanwhile, and what they cost those who read. */
export async function measureBesideIntake(server: Program, queries: readonly string[], rows: ManyRows): Promise<Figure[]> {
  await using receiver = await startHelper("receiver.ts");
  await using client = createClient(server.url, 50);
  await using reader = createClient(server.url, 10);
  await sendOneByOne(client);
  await addWebhook(client, receiver.url);
  await keepAttempts(client, 100_000_000);

  let number = 0;
  async function emitFor(times: Times, seconds: number): Promise<void> {
    const receipts = createReceipts(receiver);
    await pace(EVENTS_PER_SECOND, seconds, async () => {
      const startedAt = sharedNow();
      receipts.sent.set((number += 1), startedAt);
      await client.run(EMIT, { input: { type: "deploy.success", service: "my-app", source: `host.${number % 50}`, details: { number } } });
      times.emits.push(sharedNow() - startedAt);
    });
    await receipts.settle(SETTLED_WITHIN_MS);
    times.webhooks.push(...receipts.latencies());
  }
  async function readFor(times: Times, seconds: number): Promise<void> {
    await pace(QUERIES_PER_SECOND, seconds, async (index) => {
      const startedAt = performance.now();
      await reader.run(queries[index % queries.length] ?? "");
      times.pages.push(performance.now() - startedAt);
    });
  }
  /** As long as the oldest attempt changes. @returns how many attempts were deleted in a second */
  async function emitWhileDeleting(times: Times, start: () => Promise<unknown>): Promise<number> {
    const before = await oldestAt(reader);
    await start();
    await until("something to be deleted", async () => (await oldestAt(reader)) !== before, DELETING_WITHIN_MS);
    const [began, startedAt] = [await oldestAt(reader), performance.now()];
    let [oldest, seconds] = [began, 0];
    for (let slice = 0; slice < SLICES; slice += 1) {
      const slicesTimes = noTimes();
      await emitFor(slicesTimes, SLICE_SECONDS);
      const now = await oldestAt(reader);
      if (now === oldest) break;
      [oldest, seconds] = [now, (performance.now() - startedAt) / 1000];
      times.emits.push(...slicesTimes.emits);
      times.webhooks.push(...slicesTimes.webhooks);
    }
    return ((oldest - began) * rows.attempts) / (SPREAD.days * DAY_MS) / seconds;
  }

  const [alone, reading, beside, pruning, clearing] = [noTimes(), noTimes(), noTimes(), noTimes(), noTimes()];
  await Promise.all([emitFor(noTimes(), WARM_UP_SECONDS), readFor(noTimes(), WARM_UP_SECONDS)]);
  for (let round = 0; round < ROUNDS; round += 1) {
    await emitFor(alone, ROUND_SECONDS);
    await readFor(reading, ROUND_SECONDS);
    await Promise.all([emitFor(beside, ROUND_SECONDS), readFor(beside, ROUND_SECONDS)]);
  }
  const prunedPerSecond = await emitWhileDeleting(pruning, () => keepAttempts(client, Math.max(1000, rows.attempts - SURPLUS)));
  await untilNothingIsDeleted(reader);
  await emitFor(alone, ROUND_SECONDS);
  let cleared: Promise<unknown> = Promise.resolve();
  const clearedPerSecond = await emitWhileDeleting(clearing, async () => void (cleared = clearOldest(client, SURPLUS / rows.attempts)));
  await cleared;
  await untilNothingIsDeleted(reader);
  await emitFor(alone, ROUND_SECONDS);

  const compared = (name: string, which: keyof Times, times: Times, reference: string, than: Times): Figure[] =>
    SHARES.map(([label, share]) => {
      const [value, other] = [quantile(times[which], share), quantile(than[which], share)];
      return { name: `g  ${name}, ${label}`, value: `${value.toFixed(1)} ms`, reference: `${reference} ${other.toFixed(1)} ms`, ratio: (value / other).toFixed(2), goal: "" };
    });
  const meanwhile = (what: string, times: Times): Figure[] => [
    ...compared(`emitEvent at ${EVENTS_PER_SECOND}/s ${what}`, "emits", times, "without", alone),
    ...compared(`the same to webhook receipt ${what}`, "webhooks", times, "without", alone),
  ];
  const rate = (name: string, perSecond: number): Figure => ({ name: `g  ${name}`, value: `${Math.round(perSecond).toLocaleString("en")} /s`, reference: "", ratio: "", goal: "" });
  return [
    ...compared(`pages and counts at ${QUERIES_PER_SECOND}/s while ${EVENTS_PER_SECOND} events/s come in`, "pages", beside, "while none do", reading),
    ...meanwhile(`while ${QUERIES_PER_SECOND} pages and counts/s are read`, beside),
    ...meanwhile("while retention deletes", pruning),
    rate("attempts that retention deletes meanwhile", prunedPerSecond),
    ...meanwhile("while the history is cleared", clearing),
    rate("attempts that are cleared meanwhile", clearedPerSecond),
  ];
}

async function keepAttempts(client: Client, historyCount: number): Promise<void> {
  await client.run(`mutation ($historyCount: Int!) { updateSettings(input: { historyCount: $historyCount }) { __typename } }`, { historyCount });
}

/** @param share of all attempts, and at most half of them */
async function clearOldest(client: Client, share: number): Promise<void> {
  const to = new Date((await oldestAt(client)) + Math.min(share, 0.5) * SPREAD.days * DAY_MS);
  await client.run(`mutation ($to: DateTime!) { clearHistory(filter: { to: $to }) { __typename } }`, { to });
}

/** When the oldest attempt was, in milliseconds. */
async function oldestAt(client: Client): Promise<number> {
  const { data } = JSON.parse(await client.run(`{ history(last: 1) { nodes { at } } }`)) as { data: { history: { nodes: { at: string }[] } } };
  const [oldest] = data.history.nodes;
  // It may be deleted while it is looked for.
  return oldest ? Date.parse(oldest.at) : oldestAt(client);
}

async function untilNothingIsDeleted(client: Client): Promise<void> {
  for (let [before, now] = [Number.NaN, await oldestAt(client)]; now !== before; ) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    [before, now] = [now, await oldestAt(client)];
  }
}
