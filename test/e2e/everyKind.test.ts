import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROVIDERS } from "../../src/providers/registry.ts";
import { configKey } from "../../src/channels/channelConfig.ts";
import { CASES } from "../channels/cases.ts";
import { fakeClock, startFake } from "../channels/case.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import type { SmtpSink } from "../channels/smtpSink.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Every channel kind at once, by a whole server over real HTTP and SMTP, each to a receiver as strict as its provider. */

let server: TestServer;
let smtp: SmtpSink;
const fakes = new Map<string, FakeHttp>();
const channelIds = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  fakeClock.now = () => server.clock.now();
  smtp = await startSmtpSink({ tls: "NONE" });
  const fast = { pace: { perSecond: 10_000, burst: 10_000 } };
  for (const contract of CASES) {
    const { kind } = contract.provider;
    const fake = await startFake(contract);
    fakes.set(kind, fake);
    channelIds.set(kind, await server.api.createChannel(kind, { [configKey(kind)]: contract.config(fake.url) }, fast));
  }
  channelIds.set("EMAIL", await server.api.createChannel("EMAIL", { email: { host: smtp.host, port: smtp.port, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } }, fast));
  channelIds.set("LOG", await server.api.createChannel("LOG", { log: true }));
  const { channels } = await server.api.run<any>(`{ channels(first: 100) { nodes { id kind } } }`);
  channelIds.set("INBOX", channels.nodes.find(({ kind }: { kind: string }) => kind === "INBOX").id);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
  for (const fake of fakes.values()) await fake[Symbol.asyncDispose]();
});

/** Sends an event and gives what became of it on each channel that was to have it, by kind. */
async function emit(input: object): Promise<Map<string, { state: string; reason: string }>> {
  for (const fake of fakes.values()) fake.requests.length = 0;
  smtp.messages.length = 0;
  const { event } = await server.api.emit(input);
  await server.api.settled();
  const deliveries = await server.api.deliveries(event?.id ?? "");
  return new Map(deliveries.map(({ channel, state, reason }: any) => [channel.name === "Inbox" ? "INBOX" : channel.name, { state, reason }]));
}

const complaints = () => Object.fromEntries([...fakes].filter(([, fake]) => fake.complaints.length > 0).map(([kind, fake]) => [kind, fake.complaints]));

function expectReceived(): void {
  expect(complaints()).toEqual({});
  const silent = [...fakes].filter(([, fake]) => fake.requests.length === 0).map(([kind]) => kind);
  expect(silent).toEqual([]);
  expect(smtp.messages).toHaveLength(1);
}

const everyKind = (state: string, reason: string) => new Map([...channelIds.keys()].map((kind) => [kind, { state, reason }]));
const sorted = <Value>(map: Map<string, Value>) => [...map].sort(([a], [b]) => a.localeCompare(b));

it("there is a channel of every kind", () => {
  expect([...channelIds.keys()].sort()).toEqual(PROVIDERS.map(({ kind }) => kind).sort());
});

describe.each([true, false])("rich %s", (rich) => {
  beforeAll(async () => {
    for (const id of channelIds.values()) await server.api.run(`mutation ($id: ID!, $rich: Boolean) { updateChannel(id: $id, input: { rich: $rich }) { __typename } }`, { id, rich });
  });
  const problem = { service: `shop ${rich}`, source: "pve1", message: "HTTP 503 on https://shop.example/?a=1&b=<2>\nfor 3 minutes", details: { region: "eu-1", tries: 3 } };

  it("a problem", async () => {
    expect(sorted(await emit({ type: "service.health.down", severity: "WARNING", ...problem }))).toEqual(sorted(everyKind("SENT", "FIRST")));
    expectReceived();
  });

  it("its follow-up: worse", async () => {
    expect(sorted(await emit({ type: "service.health.down", severity: "CRITICAL", ...problem }))).toEqual(sorted(everyKind("SENT", "ESCALATED")));
    expectReceived();
  });

  it("its follow-up: still going on", async () => {
    await server.clock.advance(31 * 60_000);
    expect(sorted(await emit({ type: "service.health.down", severity: "CRITICAL", ...problem }))).toEqual(sorted(everyKind("SENT", "ONGOING")));
    expectReceived();
  });

  it("its recovery", async () => {
    expect(sorted(await emit({ type: "service.health.recovered", ...problem }))).toEqual(sorted(everyKind("SENT", "RECOVERY")));
    expectReceived();
  });

  it("a long text, as a summary of many events is", async () => {
    const lines = Array.from({ length: 300 }, (_, at) => `09:${String(at % 60).padStart(2, "0")}  ⚠️ backup of vm-${at} failed: no space left on “/mnt/däta” (a < b && c > d)`);
    const details = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`node-${at}`, "x".repeat(500)]));
    expect(sorted(await emit({ type: "custom", title: "300 events in the night", message: lines.join("\n").slice(0, 19_000), details: { ...details, rich } }))).toEqual(sorted(everyKind("SENT", "FIRST")));
    expectReceived();
  });

  it("a summary of what waited in quiet hours", async () => {
    const set = (id: string, quietHours: object | null) => server.api.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, { id, input: { quietHours } });
    for (const id of channelIds.values()) await set(id, { timeZone: "Europe/Berlin", windows: [{ start: "00:00", end: "00:00" }] });
    const input = Array.from({ length: 150 }, (_, at) => ({ type: "deploy.failure", severity: "WARNING", title: `Deploy ${at} failed: <no & space> *left*`, details: { at, rich } }));
    await server.api.run(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { acceptedCount } }`, { input });
    await server.api.settled();
    for (const fake of fakes.values()) fake.requests.length = 0;
    smtp.messages.length = 0;
    for (const id of channelIds.values()) await server.api.run(`mutation ($id: ID!) { flushChannel(id: $id, heldFor: QUIET_HOURS) { ... on FlushChannelPayload { deliveryCount } } }`, { id });
    const left = async () => (await server.api.run<any>(`{ deliveries(filter: { states: [HELD, PENDING, RETRY] }) { totalCount } }`)).deliveries.totalCount;
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
    expectReceived();
    const summaries = (await server.api.history({ types: ["summary"] })).slice(-channelIds.size);
    expect(summaries.map(({ channelName, outcome, title }) => [channelName, outcome, title]).sort()).toEqual([...channelIds.keys()].map((kind) => [kind === "INBOX" ? "Inbox" : kind, "DELIVERED", "150 events while it was quiet"]).sort());
    for (const id of channelIds.values()) await set(id, null);
  });

  it("a test", async () => {
    for (const fake of fakes.values()) fake.requests.length = 0;
    smtp.messages.length = 0;
    for (const [kind, id] of channelIds) {
      const { testChannel } = await server.api.run<any>(`mutation ($id: ID!) { testChannel(id: $id) { ... on TestChannelPayload { outcome error body } } }`, { id });
      expect(testChannel, kind).toMatchObject({ outcome: "DELIVERED", error: null, body: expect.stringContaining("test") });
    }
    expectReceived();
  });

  it("a test before anything is saved", async () => {
    for (const contract of CASES) {
      const { kind } = contract.provider;
      const config = { [configKey(kind)]: contract.config(fakes.get(kind)?.url ?? "") };
      const { testChannelConfig } = await server.api.run<any>(
        `mutation ($config: ChannelConfigInput!, $rich: Boolean) { testChannelConfig(config: $config, rich: $rich) { ... on TestChannelConfigPayload { outcome error } ... on Error { message } } }`,
        { config, rich },
      );
      expect(testChannelConfig, kind).toEqual({ outcome: "DELIVERED", error: null });
    }
    expect(complaints()).toEqual({});
  });
});
