import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { createManualClock } from "./manualClock.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Holds, flapping, bursts, silences and inhibition by a whole server: what a webhook gets, and when. The clock is turned by hand. */

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

interface Received {
  event: string;
  title: string;
  message: string;
  status: string | null;
}

async function setUp(options: { dataDir?: string; againstNoise?: boolean; at?: string } = {}) {
  const server = await startTestServer({ ...options, clock: createManualClock(options.at ? new Date(options.at) : undefined) });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  await server.api.createChannel("Hook", { webhook: { url: receiver.url } });
  let seen = 0;
  /** What the webhook got since it was last asked, once nothing is under way. */
  async function received(): Promise<Received[]> {
    await server.idle();
    await server.api.settled();
    const fresh = receiver.requests.slice(seen).map(({ body }) => JSON.parse(body.toString()) as Received);
    seen += fresh.length;
    return fresh;
  }
  const titles = async () => (await received()).map(({ title }) => title);
  return { server, receiver, received, titles };
}

/** Turns the clock and waits for what that sets off. */
async function pass(server: TestServer, ms: number): Promise<void> {
  // What is done on time may have something follow that is due at once.
  for (const turn of [ms, 1]) {
    server.clock.advance(turn);
    await server.idle();
    await server.api.settled();
  }
}

const down = (service = "web", more = {}) => ({ type: "service.health.down", service, title: `${service} is down`, ...more });
const up = (service = "web") => ({ type: "service.health.recovered", service, title: `${service} is back` });

async function updateTrigger(server: TestServer, eventType: string, input: object): Promise<void> {
  const { updateTrigger: result } = await server.api.run<any>(
    `mutation ($eventType: String!, $input: UpdateTriggerInput!) { updateTrigger(eventType: $eventType, input: $input) { __typename ... on Error { message } } }`,
    { eventType, input },
  );
  expect(result).toEqual({ __typename: "UpdateTriggerPayload" });
}

async function updateSettings(server: TestServer, input: object): Promise<void> {
  const { updateSettings: result } = await server.api.run<any>(`mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { __typename ... on Error { message } } }`, { input });
  expect(result).toEqual({ __typename: "UpdateSettingsPayload" });
}

async function createSilence(server: TestServer, input: object): Promise<string> {
  const { createSilence: result } = await server.api.run<any>(
    `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { __typename ... on CreateSilencePayload { silence { id } } ... on Error { message } } }`,
    { input: { reason: "database move", ...input } },
  );
  expect(result).toMatchObject({ __typename: "CreateSilencePayload" });
  return result.silence.id;
}

const endSilence = (server: TestServer, id: string) => server.api.run(`mutation ($id: ID!) { endSilence(id: $id) { __typename } }`, { id });

describe("a hold", () => {
  it("tells of a problem when it has gone on for so long, by the clock, and of nothing that was over before", async () => {
    const { server, received } = await setUp();
    await updateTrigger(server, "service.health.down", { hold: "PT5M" });
    expect((await server.api.emit(down())).decision).toMatchObject({ action: "SUPPRESS", because: "HOLD", until: "2026-03-01T12:05:00.000Z" });
    await server.api.emit(down("db"));
    await pass(server, 4 * MINUTE);
    expect((await server.api.emit(up("db"))).decision).toMatchObject({ because: "RESOLVED_WITHIN_HOLD" });
    expect(await received()).toEqual([]);
    await pass(server, MINUTE);
    const [told, ...more] = await received();
    expect(more).toEqual([]);
    expect(told).toMatchObject({ title: "web is down" });
    await server.api.emit(up());
    expect((await received()).map(({ title }) => title)).toEqual(["web is back"]);
  });

  it("is not forgotten over a restart, even when it was over meanwhile", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "carillon-noise-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const startAt = async (time: string, work: (server: TestServer) => Promise<void>) => {
      await using server = await startTestServer({ dataDir, clock: createManualClock(new Date(time)) });
      await work(server);
    };
    await startAt("2026-03-01T12:00:00Z", async (server) => {
      await server.api.createChannel("Hook", { webhook: { url: receiver.url } });
      await updateTrigger(server, "service.health.down", { hold: "PT5M" });
      await server.api.emit(down());
    });
    await startAt("2026-03-01T12:04:00Z", (server) => pass(server, SECOND));
    expect(receiver.requests).toEqual([]);
    await startAt("2026-03-01T12:09:00Z", async () => void (await expect.poll(() => receiver.requests.length).toBe(1)));
  });
});

describe("flapping", () => {
  it("is told of once, then nothing until it is steady, then how it ended", async () => {
    const { server, received, titles } = await setUp();
    await updateSettings(server, { flappingCount: 3, flappingWindow: "PT10M" });
    for (let round = 0; round < 6; round += 1) {
      await server.api.emit(down());
      await pass(server, 10 * SECOND);
      await server.api.emit(up());
      await pass(server, 10 * SECOND);
    }
    expect(await titles()).toEqual(["web is down", "web is back", "web is down", "web is back", "Flapping: web is down"]);
    const { conditions } = await server.api.run<any>(`{ conditions(first: 1) { nodes { status flappingSince recheckAt count } } }`);
    expect(conditions.nodes[0]).toMatchObject({ status: "CLOSED", flappingSince: "2026-03-01T12:00:00.000Z", count: 4 });
    await pass(server, 9 * MINUTE + 30 * SECOND);
    expect(await received()).toEqual([]);
    await pass(server, MINUTE);
    const [word, ...more] = await received();
    expect(more).toEqual([]);
    expect(word?.message).toContain("It is steady now, and is over");
    await server.api.emit(down());
    expect(await titles()).toEqual(["web is down"]);
  });

  it("that ends with the problem going on says so, and its end is told", async () => {
    const { server, received, titles } = await setUp();
    await updateSettings(server, { flappingCount: 3, flappingWindow: "PT10M" });
    for (let round = 0; round < 4; round += 1) {
      await server.api.emit(down());
      await pass(server, 10 * SECOND);
      if (round < 3) await server.api.emit(up());
      await pass(server, 10 * SECOND);
    }
    await received();
    await pass(server, 10 * MINUTE);
    const [word] = await received();
    expect(word).toMatchObject({ title: "Still going on: web is down", message: expect.stringContaining("It is steady now, and goes on") });
    await server.api.emit(up());
    expect(await titles()).toEqual(["web is back"]);
  });
});

describe("a burst", () => {
  it("comes as the first messages and one that holds the rest, in the history as one row", async () => {
    const { server, received, titles } = await setUp({ againstNoise: true });
    await Promise.all(Array.from({ length: 100 }, (_, index) => server.api.emit({ type: "deploy.failure", service: `s${index}`, source: index < 60 ? "ci-1" : "ci-2" })));
    expect(await received()).toHaveLength(20);
    await pass(server, 59 * SECOND);
    expect(await received()).toEqual([]);
    await pass(server, SECOND);
    const [burst, ...more] = await received();
    expect(more).toEqual([]);
    expect(burst).toMatchObject({ event: "burst.deploy.failure", title: expect.stringContaining("80 more"), message: expect.stringContaining("ci-1") });
    expect((await server.api.history({ types: ["burst.deploy.failure"] })).filter(({ channelName }) => channelName === "Hook")).toHaveLength(1);
    await pass(server, 10 * MINUTE);
    await server.api.emit({ type: "deploy.failure", service: "later" });
    expect(await titles()).toHaveLength(1);
  });

  it("of problems leaves each end to go the way of its problem", async () => {
    const { server, received } = await setUp({ againstNoise: true });
    const services = Array.from({ length: 30 }, (_, index) => `s${index}`);
    for (const service of services) await server.api.emit(down(service));
    expect(await received()).toHaveLength(20);
    for (const service of services.slice(0, 25)) await server.api.emit(up(service));
    expect((await received()).filter(({ title }) => title.endsWith("is back"))).toHaveLength(20);
    await pass(server, MINUTE);
    const [burst, ...more] = await received();
    expect(more).toEqual([]);
    expect(burst).toMatchObject({ event: "burst.service.health.down" });
    expect(burst?.message).toContain("5");
  });
});

describe("a silence", () => {
  it("keeps what it covers, with who and why, and is followed by what still goes on", async () => {
    const { server, received, titles } = await setUp();
    await createSilence(server, { matchers: [{ field: "service", operator: "MATCHES", value: "db-.*" }], duration: "PT1H" });
    const kept = await server.api.emit(down("db-1"));
    expect(kept.decision).toMatchObject({ action: "SUPPRESS", because: "SILENCED", until: "2026-03-01T13:00:00.000Z" });
    const { node } = await server.api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Event { decision { explanation channels { channelName because explanation until } } } } }`, { id: kept.event?.id });
    expect(node.decision.explanation).toMatch(/database move/);
    await server.api.emit(down("db-2"));
    await server.api.emit(down("api"));
    expect(await titles()).toEqual(["api is down"]);
    await pass(server, 30 * MINUTE);
    await server.api.emit(up("db-2"));
    await pass(server, 29 * MINUTE);
    expect(await received()).toEqual([]);
    await pass(server, MINUTE);
    expect(await titles()).toEqual(["db-1 is down"]);
  });

  it("that is ended by hand is followed by it at once, and one that is made later is in force at once", async () => {
    const { server, titles } = await setUp();
    const silence = await createSilence(server, { matchers: [{ field: "type", operator: "EQUALS", value: "service.health.down" }], duration: "PT1H" });
    await server.api.emit(down());
    await pass(server, 10 * MINUTE);
    expect(await titles()).toEqual([]);
    await endSilence(server, silence);
    await pass(server, SECOND);
    expect(await titles()).toEqual(["web is down"]);
  });

  it("comes again every night as a maintenance window", async () => {
    const { server, titles } = await setUp({ at: "2026-03-01T20:00:00Z" });
    await createSilence(server, { matchers: [{ field: "service", operator: "EQUALS", value: "web" }], schedule: { timeZone: "Europe/Berlin", windows: [{ start: "02:00", end: "03:00" }] } });
    await server.api.emit({ type: "deploy.failure", service: "web", title: "before" });
    expect(await titles()).toEqual(["before"]);
    await pass(server, 5 * HOUR + 30 * MINUTE); // 02:30 in Berlin
    await server.api.emit(down());
    await server.api.emit({ type: "deploy.failure", service: "web", title: "within" });
    expect(await titles()).toEqual([]);
    await pass(server, 30 * MINUTE);
    expect(await titles()).toEqual(["web is down"]);
    const { simulateEvent } = await server.api.run<any>(
      `query ($input: EmitEventInput!, $at: DateTime) { simulateEvent(input: $input, at: $at) { ... on SimulateEventPayload { decision { because until } } } }`,
      { input: { type: "deploy.failure", service: "web" }, at: "2026-03-03T01:15:00Z" },
    );
    expect(simulateEvent.decision).toEqual({ because: "SILENCED", until: "2026-03-03T02:00:00.000Z" });
  });
});

describe("inhibition", () => {
  it("keeps what another open problem accounts for, counts it, and tells of what is left when that is over", async () => {
    const { server, received, titles } = await setUp();
    const { createInhibitionRule } = await server.api.run<any>(
      `mutation ($input: CreateInhibitionRuleInput!) { createInhibitionRule(input: $input) { __typename ... on Error { message } } }`,
      { input: { name: "services of a host", whileOpen: ["monitor.down"], matchers: [{ field: "type", operator: "EQUALS", value: "service.health.down" }], sameFields: ["source"] } },
    );
    expect(createInhibitionRule).toEqual({ __typename: "CreateInhibitionRulePayload" });
    await server.api.emit({ type: "monitor.down", service: "host", source: "pve1", title: "pve1 is down" });
    for (let index = 0; index < 48; index += 1) await server.api.emit(down(`s${index}`, { source: "pve1" }));
    await server.api.emit(down("other", { source: "pve2" }));
    expect(await titles()).toEqual(["pve1 is down", "other is down"]);
    const { conditions } = await server.api.run<any>(`{ conditions(first: 100, filter: { types: ["monitor.down"] }) { nodes { coveredCount } } }`);
    expect(conditions.nodes).toEqual([{ coveredCount: 48 }]);
    for (let index = 0; index < 46; index += 1) await server.api.emit({ ...up(`s${index}`), source: "pve1" });
    await server.api.emit({ type: "monitor.recovery", service: "host", source: "pve1", title: "pve1 is back" });
    const [back, ...more] = await received();
    expect(more).toEqual([]);
    expect(back).toMatchObject({ title: "pve1 is back", message: expect.stringContaining("48 others were not sent because of this.") });
    await pass(server, MINUTE);
    expect((await titles()).sort()).toEqual(["s46 is down", "s47 is down"]);
  });
});
