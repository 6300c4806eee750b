import { createClient } from "graphql-ws";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

/** Channels that fail and those that stand in for them, by a whole server with receivers that misbehave. */

const SECOND = 1_000;
const MINUTE = 60_000;

async function setUp() {
  const server = await startTestServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { api, clock } = server;

  /** A webhook of that name with a receiver of its own, and what it got. */
  async function hook(name: string, more: object = {}) {
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const id = await api.createChannel(name, { webhook: { url: receiver.url } }, more);
    const got = () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as { title: string; message: string });
    return { id, receiver, got, answer: (...script: Answer[]) => void (receiver.script = script) };
  }

  const update = async (id: string, input: object) =>
    (await api.run<any>(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename ... on Error { code message } ... on ValidationError { issues { path message } } } }`, { id, input })).updateChannel;
  const channel = async (id: string) => (await api.run<any>(`query ($id: ID!) { channel(id: $id) { enabled health failingSince fallback { name } } }`, { id })).channel;
  const outcomes = async (channelName: string) => (await api.history()).filter((attempt) => attempt.channelName === channelName).map(({ outcome }) => outcome);
  return { server, api, clock, hook, update, channel, outcomes };
}

const down = (service = "web", more = {}) => ({ type: "service.health.down", service, title: `${service} is down`, ...more });
const up = (service = "web") => ({ type: "service.health.recovered", service, title: `${service} is back` });
const times = (count: number, answer: Answer) => Array.from({ length: count }, () => answer);

/** A channel that hears of nothing by itself. */
const SILENT = { services: ["nothing that is ever sent"] };

describe("what a channel could not deliver", () => {
  it("goes to its fallback, marked so, once it is given up, and so does the end", async () => {
    const { api, hook, channel, outcomes } = await setUp();
    const second = await hook("Second", SILENT);
    const first = await hook("First", { fallbackId: second.id });
    first.answer(...times(9, { status: 400, body: "no" }));
    const { event } = await api.emit(down());
    await eventually(() => second.got().length === 1);
    expect(second.got()).toEqual([expect.objectContaining({ title: "web is down", message: expect.stringContaining("Could not be delivered to First.") })]);
    await eventually(async () => (await outcomes("Second")).length === 1);
    expect(await outcomes("First")).toEqual(["PERMANENT"]);
    expect(await channel(first.id)).toEqual({ enabled: true, health: "FAILING", failingSince: "2026-03-01T12:00:00.000Z", fallback: { name: "Second" } });
    const { node } = await api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Event { deliveries { state channel { name } insteadOf { channel { name } } } } } }`, { id: event?.id });
    expect(node.deliveries).toContainEqual({ state: "SENT", channel: { name: "Second" }, insteadOf: { channel: { name: "First" } } });
    first.answer();
    await api.emit(up());
    await eventually(() => second.got().length === 2);
    expect(second.got()[1]).toMatchObject({ title: "web is back" });
    await api.settled();
    expect(first.got().map(({ title }) => title)).toEqual(["web is down"]);
  });

  it("is not said twice to a fallback that has it for itself", async () => {
    const { api, hook, outcomes } = await setUp();
    const second = await hook("Second");
    const first = await hook("First", { fallbackId: second.id });
    const third = await hook("Third", { fallbackId: second.id });
    for (const { answer } of [first, third]) answer(...times(9, { status: 400 }));
    await api.emit(down());
    await eventually(async () => (await outcomes("First")).length + (await outcomes("Third")).length + (await outcomes("Second")).length === 3);
    await api.settled();
    expect(second.got()).toEqual([expect.objectContaining({ title: "web is down", message: expect.not.stringContaining("Could not") })]);
  });

  it("goes along the row as long as each fails, and never round", async () => {
    const { api, hook, update, outcomes } = await setUp();
    const third = await hook("Third", SILENT);
    const second = await hook("Second", { ...SILENT, fallbackId: third.id });
    const first = await hook("First", { fallbackId: second.id });
    for (const { answer } of [first, second, third]) answer(...times(9, { status: 400 }));
    expect(await update(third.id, { fallbackId: first.id })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "fallbackId", message: expect.stringContaining('"Third" → "First" → "Second" → "Third"') }] });
    expect(await update(first.id, { fallbackId: first.id })).toMatchObject({ code: "VALIDATION_FAILED" });
    await api.emit(down());
    await eventually(async () => (await outcomes("Third")).length === 1);
    await api.settled();
    expect([first, second, third].map(({ got }) => got().length)).toEqual([1, 1, 1]);
    expect(third.got()[0]?.message).toContain("Could not be delivered to Second.");
  });

  it("is tried again while the channel is well, and handed over once it fails: then what is new is tried once", async () => {
    const { server, api, clock, hook, channel, outcomes } = await setUp();
    const second = await hook("Second", SILENT);
    const first = await hook("First", { fallbackId: second.id });
    first.answer(...times(20, { status: 503 }));
    await api.emit(down());
    for (const tries of [1, 2, 3, 4]) {
      await eventually(async () => (await outcomes("First")).length === tries);
      expect(second.got()).toEqual([]);
      await server.idle();
      clock.advance(5 * SECOND * 2 ** (tries - 1));
    }
    await eventually(() => second.got().length === 1);
    expect(await channel(first.id)).toMatchObject({ health: "FAILING", failingSince: "2026-03-01T12:00:00.000Z" });
    expect(await outcomes("First")).toEqual(times(5, "TRANSIENT" as never));
    await api.emit(down("db"));
    await eventually(() => second.got().length === 2);
    await eventually(async () => (await outcomes("First")).length === 6);
    first.answer();
    await api.emit(down("mail"));
    await eventually(async () => (await outcomes("First")).length === 7);
    expect(await channel(first.id)).toMatchObject({ health: "HEALTHY", failingSince: null });
    await server.idle();
    clock.advance(10 * MINUTE);
    await api.settled();
    // What the fallback has told is not told again.
    expect(first.got().slice(6).map(({ title }) => title)).toEqual(["mail is down"]);
    expect(second.got().map(({ title }) => title)).toEqual(["web is down", "db is down"]);
  });

  it("is everything, once its provider has switched it off; and nothing when somebody has", async () => {
    const { api, hook, update, channel } = await setUp();
    const second = await hook("Second", SILENT);
    const first = await hook("First", { fallbackId: second.id });
    first.answer({ status: 410 });
    await api.emit(down());
    await eventually(async () => second.got().length === 1 && !(await channel(first.id)).enabled);
    await api.emit(down("db"));
    await eventually(() => second.got().length === 2);
    await api.emit(up("db"));
    await eventually(() => second.got().length === 3);
    expect(first.got()).toHaveLength(1);
    await update(first.id, { enabled: false });
    expect((await api.emit(down("mail"))).decision?.channels).toContainEqual({ channelName: "First", action: "SUPPRESS", because: "CHANNEL_DISABLED" });
    await api.settled();
    expect(second.got()).toHaveLength(3);
  });

  it("may be a summary, which comes whole", async () => {
    const { server, api, clock, hook } = await setUp();
    const second = await hook("Second", SILENT);
    const first = await hook("First", { fallbackId: second.id, quietHours: { timeZone: "UTC", windows: [{ start: "11:00", end: "13:00" }] } });
    await api.emit(down("web", { severity: "WARNING" }));
    await api.emit(down("db", { severity: "WARNING" }));
    first.answer(...times(9, { status: 400 }));
    await server.idle();
    clock.advance(60 * MINUTE);
    await eventually(() => second.got().length === 1);
    expect(second.got()[0]?.message).toMatch(/web is down[^]*db is down[^]*Could not be delivered to First\./);
    await eventually(async () => (await api.run<any>(`{ deliveries(filter: { states: [HELD, PENDING, RETRY] }) { nodes { id } } }`)).deliveries.nodes.length === 0);
  });

  it("is never a test; one that arrives shows that the channel works", async () => {
    const { api, hook, channel } = await setUp();
    const second = await hook("Second", SILENT);
    const first = await hook("First", { fallbackId: second.id });
    const test = (id: string) => api.run<any>(`mutation ($id: ID!) { testChannel(id: $id) { ... on TestChannelPayload { delivered } } }`, { id });
    first.answer({ status: 400 }, { status: 400 });
    expect((await test(first.id)).testChannel).toEqual({ delivered: false });
    await api.emit(down());
    await eventually(async () => (await channel(first.id)).health === "FAILING");
    expect((await test(first.id)).testChannel).toEqual({ delivered: true });
    expect((await channel(first.id)).health).toBe("HEALTHY");
    expect(second.got()).toHaveLength(1);
  });
});

it("a channel that begins to fail, and works again, is told live", async () => {
  const { server, api, hook, channel } = await setUp();
  const [first, other] = [await hook("First"), await hook("Other")];
  const client = createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${api.token}` } });
  onTestFinished(() => client.dispose());
  const heard: any[] = [];
  const query = `subscription ($ids: [ID!]) { channelHealthChanged(channelIds: $ids) { health failingSince channel { name } } }`;
  client.subscribe<any>({ query, variables: { ids: [first.id] } }, { next: ({ data }) => void heard.push(data?.channelHealthChanged), error: () => undefined, complete: () => undefined });
  let service = 0;
  const turn = async (health: string, ...script: Answer[]) => {
    first.answer(...script);
    other.answer(...script);
    await api.emit(down(`s${(service += 1)}`));
    await eventually(async () => (await channel(first.id)).health === health && (await channel(other.id)).health === health);
  };
  // Not before it listens.
  await eventually(async () => {
    await turn("FAILING", { status: 400 });
    await turn("HEALTHY");
    return heard.length > 0;
  });
  heard.length = 0;
  await turn("FAILING", { status: 400 });
  await turn("HEALTHY");
  await eventually(() => heard.length >= 2);
  expect(heard.slice(-2)).toEqual([
    { health: "FAILING", failingSince: "2026-03-01T12:00:00.000Z", channel: { name: "First" } },
    { health: "HEALTHY", failingSince: null, channel: { name: "First" } },
  ]);
});
