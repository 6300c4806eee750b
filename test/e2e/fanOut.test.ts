import { afterAll, beforeAll, expect, it } from "vitest";
import { configKey } from "../../src/channels/channelConfig.ts";
import { fakeClock, startFake } from "../channels/case.ts";
import { CASES } from "../channels/cases.ts";
import { deadPort, startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, FakeHttp } from "../channels/fakeHttp.ts";
import { slackCase } from "../channels/slack.contract.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import type { SmtpSink } from "../channels/smtpSink.ts";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** One event to every channel kind at once, and to three channels more that are dead, hang and are rate limited. */

const SECOND = 1000;
const SLACK_TIMEOUT = 10 * SECOND;
const RETRY_AFTER = 120 * SECOND;

let server: TestServer;
let smtp: SmtpSink;
/** What each well kind's provider got. */
const fakes = new Map<string, FakeHttp>();
let hanging: FakeHttp;
let limited: FakeHttp;
let start: number;
/** Ids of the events so far. */
const events: string[] = [];

beforeAll(async () => {
  server = await startTestServer();
  start = server.clock.now().getTime();
  fakeClock.now = () => server.clock.now();
  hanging = await startFake(slackCase);
  hanging.script.push(...Array<Answer>(3).fill("HANG"));
  limited = await startFakeHttp();
  limited.script.push({ status: 429, headers: { "retry-after": String(RETRY_AFTER / SECOND) } });
  smtp = await startSmtpSink({ tls: "NONE" });
  for (const contract of CASES) fakes.set(contract.provider.kind, await startFake(contract));
  // The sick ones first, so that every other channel comes after them. Slack does not know repeats, a webhook does.
  await server.api.createChannel("Dead", { webhook: { url: `http://127.0.0.1:${await deadPort()}` } });
  await server.api.createChannel("Hanging", { slack: slackCase.config(hanging.url) });
  await server.api.createChannel("Limited", { webhook: { url: limited.url } });
  const fast = { pace: { perSecond: 10_000, burst: 10_000 } };
  for (const { provider: { kind }, config } of CASES) await server.api.createChannel(kind, { [configKey(kind)]: config(fakes.get(kind)?.url ?? "") }, fast);
  await server.api.createChannel("EMAIL", { email: { host: smtp.host, port: smtp.port, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } }, fast);
  await server.api.createChannel("LOG", { log: true });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
  for (const fake of [...fakes.values(), hanging, limited]) await fake[Symbol.asyncDispose]();
});

async function emit(): Promise<void> {
  const { event, decision } = await server.api.emit({ type: "deploy.success", service: `service-${events.length}`, message: "Deployed" });
  expect(decision?.channels.every(({ action }) => action === "SEND")).toBe(true);
  events.push(event?.id ?? "");
}

/** How an event stands on each channel. `due` in milliseconds since the start. */
async function standing(event: number): Promise<Map<string, { state: string; tries: number; due: number }>> {
  const deliveries = await server.api.deliveries(events[event] ?? "");
  return new Map(deliveries.map(({ channel, state, tries, dueAt }) => [channel.name, { state, tries, due: Date.parse(dueAt) - start }]));
}

/** How all events stand on one channel. */
async function standingOn(name: string) {
  return Promise.all(events.map(async (_, event) => (await standing(event)).get(name)));
}

const names = () => [...fakes.keys(), "EMAIL", "LOG", "Inbox"].sort();

/** Waits until every well channel has all events, recorded as sent, while the clock stands still. */
async function expectWellToHaveAll(): Promise<void> {
  await eventually(async () => {
    const all = await Promise.all(events.map((_, event) => standing(event)));
    return all.every((one) => names().every((name) => one.get(name)?.state === "SENT"));
  });
  expect(Object.fromEntries([...fakes].map(([kind, { requests }]) => [kind, requests.length]))).toEqual(Object.fromEntries([...fakes.keys()].map((kind) => [kind, events.length])));
  expect([...fakes].flatMap(([kind, { complaints }]) => complaints.map((complaint) => `${kind}: ${complaint}`))).toEqual([]);
  expect(smtp.messages).toHaveLength(events.length);
  expect(server.printed).toHaveLength(events.length);
}

/** Waits until this many tries on the channel have failed, and gives what they came to. */
async function failures(name: string, count: number): Promise<string[]> {
  return eventually(async () => {
    const attempts = (await server.api.history({ outcomes: ["TRANSIENT", "RATE_LIMITED", "UNKNOWN", "PERMANENT"] })).filter(({ channelName }) => channelName === name);
    return attempts.length >= count && attempts.map(({ outcome }) => outcome);
  });
}

it("every other kind has its message although the three are not done", async () => {
  await emit();
  await expectWellToHaveAll();
  await eventually(() => hanging.requests.length === 1);
  expect(await failures("Dead", 1)).toEqual(["TRANSIENT"]);
  expect(await failures("Limited", 1)).toEqual(["RATE_LIMITED"]);
  const stands = await standing(0);
  expect([...stands.keys()].sort()).toEqual([...names(), "Dead", "Hanging", "Limited"].sort());
  expect(stands.get("Dead")).toEqual({ state: "RETRY", tries: 1, due: 5 * SECOND });
  expect(stands.get("Hanging")).toEqual({ state: "PENDING", tries: 0, due: 0 });
  expect(stands.get("Limited")).toEqual({ state: "RETRY", tries: 1, due: RETRY_AFTER });
});

it("later events are delivered to them while the one still hangs", async () => {
  await emit();
  await emit();
  await expectWellToHaveAll();
  expect(await failures("Dead", 3)).toEqual(Array(3).fill("TRANSIENT"));
  expect(await standingOn("Dead")).toEqual(Array(3).fill({ state: "RETRY", tries: 1, due: 5 * SECOND }));
  // What comes later waits behind the first, on these two channels alone.
  expect(await standingOn("Hanging")).toEqual(Array(3).fill({ state: "PENDING", tries: 0, due: 0 }));
  expect(await standingOn("Limited")).toMatchObject([{ state: "RETRY", tries: 1 }, { state: "PENDING", tries: 0 }, { state: "PENDING", tries: 0 }]);
  expect(hanging.requests).toHaveLength(1);
  expect(limited.requests).toHaveLength(1);
});

it("the dead one is tried again in its time", async () => {
  server.clock.advance(5 * SECOND);
  expect(await failures("Dead", 6)).toEqual(Array(6).fill("TRANSIENT"));
  expect(await standingOn("Dead")).toEqual(Array(3).fill({ state: "RETRY", tries: 2, due: 15 * SECOND }));
});

it("the one that hangs is waited for until its time is up, then its outcome is unknown", async () => {
  server.clock.advance(SLACK_TIMEOUT - 5 * SECOND - 1);
  await emit();
  await expectWellToHaveAll();
  expect(await standingOn("Hanging")).toMatchObject(Array(4).fill({ state: "PENDING", tries: 0 }));
  server.clock.advance(1);
  expect(await failures("Hanging", 1)).toEqual(["UNKNOWN"]);
  // Now the next one may go, and hangs in its turn.
  await eventually(() => hanging.requests.length === 2);
  expect(await standingOn("Hanging")).toMatchObject([{ state: "UNKNOWN", tries: 1 }, ...Array(3).fill({ state: "PENDING", tries: 0 })]);
});

it("the limited one is sent to when the time that it asked for has passed, and not before", async () => {
  server.clock.advance(RETRY_AFTER - SLACK_TIMEOUT - 1);
  await emit();
  await expectWellToHaveAll();
  expect(limited.requests).toHaveLength(1);
  server.clock.advance(1);
  await eventually(async () => (await standingOn("Limited")).every((one) => one?.state === "SENT"));
  expect(await standingOn("Limited")).toMatchObject([{ tries: 2 }, ...Array(4).fill({ tries: 1 })]);
  expect(limited.requests).toHaveLength(6);
});

it("each ends by itself: unknown what was sent and not answered, sent what came after, still waiting what reaches nobody", async () => {
  await failures("Hanging", 2);
  await eventually(() => hanging.requests.length === 3);
  server.clock.advance(SLACK_TIMEOUT);
  expect(await failures("Hanging", 3)).toEqual(Array(3).fill("UNKNOWN"));
  await eventually(async () => (await standingOn("Hanging")).every((one) => one?.state !== "PENDING"));
  expect((await standingOn("Hanging")).map((one) => one?.state)).toEqual(["UNKNOWN", "UNKNOWN", "UNKNOWN", "SENT", "SENT"]);
  expect(hanging.requests).toHaveLength(5);
  expect(hanging.complaints).toEqual([]);
  expect(new Set(await failures("Dead", 6))).toEqual(new Set(["TRANSIENT"]));
  // Newer ones wait behind its failures without a try of their own.
  expect((await standingOn("Dead")).map((one) => one?.state)).toEqual([...Array(3).fill("RETRY"), ...Array(2).fill(expect.stringMatching(/^(RETRY|PENDING)$/))]);
  await expectWellToHaveAll();
});

it("channels with hanging targets on the same host and port delay it no more than others do", async () => {
  await using fake = await startFakeHttp();
  // Hangs on one path for ever, answers on the other.
  const hang: Answer = (request) => ({ status: 200, ...(request.path === "/well" ? {} : { hang: true as const }) });
  fake.script.push(...Array<Answer>(2000).fill(hang));
  await using other = await startTestServer();
  const pace = { concurrency: 30, timeout: "PT5M" };
  for (const name of ["Hanging 1", "Hanging 2"]) await other.api.createChannel(name, { webhook: { url: `${fake.url}/hanging` } }, { pace });
  await other.api.createChannel("Well", { webhook: { url: `${fake.url}/well` } });
  const input = Array.from({ length: 50 }, (_, at) => ({ type: "deploy.success", service: `service-${at}` }));
  await other.api.run(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { __typename } }`, { input });
  await eventually(() => fake.requests.filter(({ path }) => path === "/well").length === 50);
  expect(fake.requests.filter(({ path }) => path === "/hanging")).toHaveLength(60);
});
