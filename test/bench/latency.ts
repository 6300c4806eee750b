import { createClient as createWsClient } from "graphql-ws";
import { Pool } from "undici";
import { WebSocket } from "ws";
import { sendOneByOne } from "../e2e/noise.ts";
import { quantile } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT, pace, sharedNow, until } from "./load.ts";
import { ADMIN_TOKEN, makeDataDir, startCarillon, startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";
import { createReceipts } from "./receipts.ts";
import { useWebhook } from "./setUp.ts";

const PER_SECOND = 200;
const SECONDS = 8;
const WARM_UP_SECONDS = 3;
const SETTLED_WITHIN_MS = 10_000;

/** From emitEvent to the webhook's receiver and to a subscriber, at a steady rate that leaves room. */
export async function measureLatency(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using receiver = await startHelper("receiver.ts");
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  await using client = createClient(server.url, 50);
  await sendOneByOne(client);
  await useWebhook(client, receiver.url);
  const subscriber = subscribe(server);

  let number = 0;
  const emitFor = async (seconds: number) => {
    const receipts = createReceipts(receiver);
    await pace(PER_SECOND, seconds, () => {
      receipts.sent.set((number += 1), sharedNow());
      return client.run(EMIT, { input: { type: "deploy.success", service: "my-app", message: "Service my-app deployed", details: { number } } });
    });
    await receipts.settle(SETTLED_WITHIN_MS);
    await until("the subscriber to have everything", async () => subscriber.seen.has(number), SETTLED_WITHIN_MS);
    return receipts;
  };
  await postFor(receiver, WARM_UP_SECONDS);
  const bare = await postFor(receiver, SECONDS);
  await emitFor(WARM_UP_SECONDS);
  const receipts = await emitFor(SECONDS);
  await subscriber.close();

  const webhook = receipts.latencies();
  const live = [...receipts.sent].map(([one, at]) => (subscriber.seen.get(one) ?? Number.NaN) - at);
  const line = (to: string, name: string, share: number, values: number[], goal: string): Figure => ({
    name: `c  emitEvent at ${PER_SECOND}/s to ${to}, ${name}`,
    value: `${quantile(values, share).toFixed(1)} ms`,
    reference: `bare POST to receipt ${quantile(bare, share).toFixed(1)} ms`,
    ratio: (quantile(values, share) / quantile(bare, share)).toFixed(1),
    goal,
  });
  return [
    line("webhook", "p50", 0.5, webhook, "at most 10 ms"),
    line("webhook", "p99", 0.99, webhook, "at most 50 ms"),
    line("subscriber", "p50", 0.5, live, "at most 15 ms"),
    line("subscriber", "p99", 0.99, live, "at most 50 ms"),
  ];
}

/** The same rate with nothing between sender and receiver. */
async function postFor(receiver: Program, seconds: number): Promise<number[]> {
  const pool = new Pool(receiver.url, { connections: 50, pipelining: 1 });
  const receipts = createReceipts(receiver);
  let number = 0;
  await pace(PER_SECOND, seconds, async () => {
    receipts.sent.set((number += 1), sharedNow());
    const body = JSON.stringify({ type: "deploy.success", service: "my-app", message: "Service my-app deployed", details: { number } });
    await (await pool.request({ path: "/", method: "POST", headers: { "content-type": "application/json" }, body })).body.dump();
  });
  await receipts.settle(SETTLED_WITHIN_MS);
  await pool.destroy();
  return receipts.latencies();
}

function subscribe(server: Program) {
  const client = createWsClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  const seen = new Map<number, number>();
  client.subscribe<{ notificationDispatched: { attempt: { body: string } } }>(
    { query: "subscription { notificationDispatched { cursor missed attempt { id outcome body } } }" },
    {
      next({ data }) {
        const at = sharedNow();
        const sent = JSON.parse(data?.notificationDispatched.attempt.body ?? "{}") as { details: { number: number } };
        seen.set(sent.details.number, at);
      },
      error: (error) => console.error(error),
      complete: () => undefined,
    },
  );
  return { seen, close: async () => client.dispose() };
}
