import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { followWritingThreads } from "../store/writingThreads.ts";
import { eventsOf, seeded } from "./producers.ts";
import type { SentEvent } from "./producers.ts";
import { repeatsOf, startReceiver, toldOfConditions } from "./receiver.ts";

const PRODUCERS = 4;
const EVENTS_EACH = 160;
const FAULTS = 12;

const EMIT = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename ... on Error { code } ... on EmitEventPayload { deduplicated event { id } } } }`;

/** The thread that writes to SQLite ends by faults while events come in and messages go out: the server goes on by itself. */
it("a writing thread that ends again and again loses nothing, and nothing is stored or told twice", async () => {
  const threads = followWritingThreads();
  const hook = await startReceiver();
  onTestFinished(() => hook[Symbol.asyncDispose]());
  const server = await startTestServer({ clock: systemClock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.api.createChannel("hook", { webhook: { url: hook.url } });
  const ids = new Map<string, string>();
  const refusals = new Set<string>();
  let known = 0;

  async function emit(event: SentEvent): Promise<void> {
    for (;;) {
      const { emitEvent } = await server.api.run<any>(EMIT, { input: event });
      if (emitEvent.__typename === "EmitEventPayload") {
        if (emitEvent.deduplicated) known += 1;
        return void ids.set(event.title, emitEvent.event.id);
      }
      refusals.add(emitEvent.code);
    }
  }

  const random = seeded(7);
  const producing = Promise.all(Array.from({ length: PRODUCERS }, async (_, producer) => {
    for (const event of eventsOf(producer, EVENTS_EACH)) await emit(event);
  }));
  for (let fault = 1; fault <= FAULTS; fault += 1) {
    await eventually(() => ids.size >= (fault * PRODUCERS * EVENTS_EACH) / (FAULTS + 2));
    for (let turn = random() * 20; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
    await threads.end(random() < 0.5 ? "TERMINATED" : "UNCAUGHT_ERROR");
  }
  await producing;
  await eventually(() => hook.receipts.length >= ids.size);
  await server.idle();
  expect((await fetch(`${server.url}/ready`)).status).toBe(200);

  // What was refused was not stored: none of it was known when it was sent again.
  expect([...refusals]).toEqual(["UNAVAILABLE"]);
  expect(known).toBe(0);
  const { events } = await server.api.run<any>(`{ events { totalCount } }`);
  expect(events.totalCount).toBe(ids.size);
  // The thread may have ended in the middle of storing an attempt, not of sending it.
  expect(repeatsOf(hook.receipts)).toEqual([]);
  const attempts: { id: string; eventId: string }[] = [];
  for (let after: string | null = null; ; ) {
    const { history }: any = await server.api.run<any>(`query ($after: String) { history(first: 100, after: $after, filter: { kinds: [WEBHOOK] }) { nodes { id event { id } } pageInfo { endCursor hasNextPage } } }`, { after });
    attempts.push(...history.nodes.map((node: any) => ({ id: Buffer.from(node.id, "base64").toString(), eventId: node.event.id })));
    if (!history.pageInfo.hasNextPage) break;
    after = history.pageInfo.endCursor;
  }
  expect(attempts.map(({ eventId }) => eventId).sort()).toEqual([...ids.values()].sort());
  expect(attempts.map(({ id }) => id)).toEqual(attempts.map(({ id }) => id).sort().reverse());
  // Of each problem its beginning and its end, in order.
  const told = [...toldOfConditions(hook.receipts).values()];
  expect(told).toHaveLength(PRODUCERS * (EVENTS_EACH / 8));
  for (const news of told) expect(news).toEqual(["service.health.down", "service.health.recovered"]);
});
