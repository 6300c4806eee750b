import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

/** More than a channel may be sent, by a whole server: what comes by itself, and the one summary of the rest. The clock is turned by hand. */

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

interface Received {
  event: string;
  title: string;
  message: string;
  severity: string;
}

async function setUp(settings: object, options: { againstNoise?: boolean } = {}) {
  const server = await startTestServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const channel = await server.api.createChannel("Hook", { webhook: { url: receiver.url } }, settings);
  const COUNTS = `query ($id: ID!) { pending: deliveries(filter: { states: [PENDING], channelIds: [$id] }) { totalCount } retry: deliveries(filter: { states: [RETRY], channelIds: [$id] }) { totalCount }
    held: deliveries(filter: { states: [HELD], channelIds: [$id] }) { totalCount } sent: deliveries(filter: { states: [SENT], channelIds: [$id] }) { totalCount } history(filter: { channelIds: [$id] }) { totalCount } }`;

  async function counts(): Promise<Record<"pending" | "retry" | "held" | "sent" | "history", number>> {
    const data = await server.api.run<Record<string, { totalCount: number }>>(COUNTS, { id: channel });
    return Object.fromEntries(Object.entries(data).map(([name, { totalCount }]) => [name, totalCount])) as never;
  }

  /** Turns the clock in steps, and waits after each until what was sent is stored. */
  async function pass(ms: number, step = SECOND): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      server.clock.advance(step);
      await server.idle();
      await eventually(async () => (await counts()).history === receiver.requests.length);
    }
  }

  return {
    server,
    receiver,
    channel,
    counts,
    pass,
    async emit(events: object[]): Promise<void> {
      await server.api.run(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { __typename } }`, { input: events });
    },
    /** Turns the clock until nothing waits any more. */
    async finish(): Promise<void> {
      for (let turn = 0; turn < 300; turn += 1) {
        const { pending, retry, held } = await counts();
        if (pending + retry + held === 0) return;
        await pass(SECOND);
      }
      expect.fail(JSON.stringify(await counts()));
    },
    received: () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as Received),
  };
}

const failed = (number: number, more: object = {}) => ({ type: "deploy.failure", severity: "WARNING", service: `s${number}`, title: `deploy ${number};`, ...more });
const numbersIn = (text: string): number[] => [...text.matchAll(/deploy (\d+);/g)].map(([, number]) => Number(number));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("a channel that takes one message a second", () => {
  it("gets what a minute takes of 500 events, and one summary of all the rest; what is critical comes by itself, and ends with their problems", async () => {
    const { emit, pass, finish, received, counts } = await setUp({ pace: { perSecond: 1, burst: 1 } });
    const critical = [450, 460, 470];
    await emit([
      ...range(1, 400).map((number) => failed(number)),
      { type: "service.health.down", severity: "WARNING", service: "web", title: "web is down" },
      { type: "service.health.down", severity: "WARNING", service: "db", title: "db is down" },
      ...range(401, 497).map((number) => failed(number, critical.includes(number) ? { severity: "CRITICAL" } : {})),
      { type: "service.health.recovered", service: "web", title: "web is back" },
    ]);
    await pass(5 * SECOND);
    // Its problem is in the summary that waits: it is told after that.
    await emit([{ type: "service.health.recovered", service: "db", title: "db is back" }]);
    await finish();

    const all = received();
    expect(all.length).toBeLessThanOrEqual(70);
    const summaries = all.filter(({ event }) => event === "summary");
    expect(summaries).toHaveLength(1);
    const [summary] = summaries as [Received];
    const live = all.filter((one) => one !== summary).flatMap(({ title }) => numbersIn(title));
    expect(live.filter((number) => number <= 400)).toEqual(range(1, live.length - critical.length));
    expect(live.filter((number) => number > 400)).toEqual(critical);
    const rest = range(1, 497).filter((number) => !live.includes(number));
    // The problem of the web and its end are two events and one line.
    const events = rest.length + 3;
    expect(summary).toMatchObject({ title: `${events} more than the channel may be sent: Deploys, Services`, severity: "WARNING" });
    const lines = summary.message.split("\n");
    expect(numbersIn(summary.message)).toEqual(rest.slice(0, numbersIn(summary.message).length));
    expect(lines.filter((line) => line.includes("web is"))).toEqual([expect.stringMatching(/✅ web is down \(over after /)]);
    expect(lines.filter((line) => line.includes("db is"))).toEqual([expect.stringMatching(/db is down/)]);
    expect(lines.at(-1)).toBe(`… and ${rest.length + 2 - 400} more.`);
    expect(all.at(-1)).toMatchObject({ event: "service.health.recovered", title: "db is back" });
    // Each event was sent, by itself or in the summary, which is a delivery too.
    expect(await counts()).toEqual({ pending: 0, retry: 0, held: 0, sent: 502, history: all.length });
    await pass(5 * MINUTE, MINUTE);
    expect(received()).toHaveLength(all.length);
  });

  it("gets one summary after the other while it goes on, and every event once", async () => {
    const { emit, pass, finish, received } = await setUp({ pace: { perSecond: 1, burst: 1 } });
    for (let tick = 0; tick < 90; tick += 1) {
      await emit(range(1, 5).map((number) => failed(tick * 5 + number)));
      await pass(SECOND);
    }
    await finish();
    const all = received();
    expect(all.filter(({ event }) => event === "summary").length).toBeLessThanOrEqual(4);
    expect(all.length).toBeLessThan(170);
    expect(all.flatMap(({ event, title, message }) => numbersIn(event === "summary" ? message : title)).sort((a, b) => a - b)).toEqual(range(1, 450));
  });
});

it("a provider that asks to wait for an hour gets a few messages by themselves then, and one summary of what came meanwhile", async () => {
  const { server, receiver, channel, emit, pass, finish, received, counts } = await setUp({});
  receiver.script.push({ status: 429, headers: { "retry-after": "3600" } });
  await emit([failed(1)]);
  await eventually(async () => (await counts()).history === 1);
  await emit(range(2, 50).map((number) => failed(number)));
  await pass(10 * MINUTE, MINUTE);
  await emit([failed(51, { severity: "CRITICAL" }), ...range(52, 70).map((number) => failed(number))]);
  await pass(10 * MINUTE, MINUTE);
  expect(receiver.requests).toHaveLength(1);
  const held = (await server.api.run<any>(`query ($id: ID!) { deliveries(first: 100, filter: { states: [HELD], channelIds: [$id] }) { nodes { heldFor } } }`, { id: channel })).deliveries.nodes;
  expect(held).toHaveLength(58);
  expect(new Set(held.map(({ heldFor }: { heldFor: string }) => heldFor))).toEqual(new Set(["RATE_LIMIT"]));

  await pass(HOUR, MINUTE);
  await finish();
  const all = received().slice(1);
  expect(all.filter(({ event }) => event === "summary").map(({ title, message }) => [title, numbersIn(message)])).toEqual([["58 more than the channel may be sent: Deploys", [...range(12, 50), ...range(52, 70)]]]);
  expect(all.filter(({ event }) => event !== "summary").flatMap(({ title }) => numbersIn(title)).sort((a, b) => a - b)).toEqual([...range(1, 11), 51]);
});

it("what is held of bursts and by the rate limit can be sent now: a summary for each event type", async () => {
  const { server, channel, emit, received, finish, counts } = await setUp({}, { againstNoise: true });
  await emit([...range(1, 25).map((number) => failed(number)), ...range(26, 48).map((number) => failed(number, { type: "backup.failure", source: `s${number}` }))]);
  await eventually(async () => (await counts()).sent === 40);
  const flush = async (heldFor: string) =>
    (await server.api.run<any>(`mutation ($id: ID!, $heldFor: HoldReason!) { flushChannel(id: $id, heldFor: $heldFor) { ... on FlushChannelPayload { deliveryCount } } }`, { id: channel, heldFor })).flushChannel.deliveryCount;
  expect(await flush("RATE_LIMIT")).toBe(0);
  expect(await flush("BURST")).toBe(8);
  await finish();
  const bursts = received().filter(({ event }) => event.startsWith("burst."));
  expect(bursts.map(({ event, title }) => [event, title]).sort()).toEqual([
    ["burst.backup.failure", expect.stringMatching(/^3 more .*: Backup failed$/)],
    ["burst.deploy.failure", expect.stringMatching(/^5 more .*: Deploy failed$/)],
  ]);
});
