import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { createManualClock } from "./manualClock.ts";
import type { ManualClock } from "./manualClock.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Quiet hours and digests by a whole server: what waits, what passes, and the one summary that comes of it. The clock is turned by hand. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** The clock stands at noon UTC on a Sunday in winter, when Berlin has 13:00. */
const EVENING = { timeZone: "Europe/Berlin", windows: [{ start: "22:00", end: "07:00" }] };

interface Setup {
  server: TestServer;
  receiver: FakeHttp;
  channel: string;
  /** Bodies that the webhook got since it was last asked. */
  received(): { event: string; title: string; message: string; severity: string }[];
}

async function setUp(settings: object, options: { dataDir?: string; clock?: ManualClock } = {}): Promise<Setup> {
  const server = await startTestServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const channel = await server.api.createChannel("Hook", { webhook: { url: receiver.url } }, settings);
  let seen = 0;
  return {
    server,
    receiver,
    channel,
    received() {
      const fresh = receiver.requests.slice(seen).map(({ body }) => JSON.parse(body.toString()) as ReturnType<Setup["received"]>[number]);
      seen = receiver.requests.length;
      return fresh;
    },
  };
}

/** Waits until nothing is under way while the clock stands still. */
async function settled(server: TestServer): Promise<void> {
  await server.idle();
  await server.api.settled();
}
const stateOf = async (server: TestServer, event: { event?: { id: string } | null }) =>
  (await server.api.deliveries(event.event?.id ?? "")).filter(({ channel }) => channel.name === "Hook").map(({ state }) => state);

describe("quiet hours", () => {
  it("hold all but what is critical, and give one summary in order of time when they end, pairs as one line", async () => {
    const { server, received } = await setUp({ quietHours: EVENING });
    await server.clock.advance(10 * HOUR); // 23:00 in Berlin
    const down = await server.api.emit({ type: "service.health.down", service: "web", severity: "WARNING", title: "web is down" });
    expect(down.decision).toMatchObject({ channels: expect.arrayContaining([expect.objectContaining({ channelName: "Hook", action: "HOLD", because: "QUIET_HOURS" })]) });
    await server.clock.advance(30 * MINUTE);
    await server.api.emit({ type: "deploy.success", service: "api", title: "api was deployed" });
    await server.clock.advance(10 * MINUTE);
    const up = await server.api.emit({ type: "service.health.recovered", service: "web", title: "web is back" });
    expect(up.decision?.channels).toContainEqual(expect.objectContaining({ channelName: "Hook", action: "HOLD", because: "PROBLEM_WAITS" }));
    await server.api.emit({ type: "service.health.down", service: "db", severity: "CRITICAL", title: "db is down" });
    await settled(server);
    expect(received()).toMatchObject([{ event: "service.health.down", title: "db is down", severity: "CRITICAL" }]);
    expect(await stateOf(server, down)).toEqual(["HELD"]);

    await server.clock.advance(7 * HOUR + 19 * MINUTE); // 06:59
    await settled(server);
    expect(received()).toEqual([]);
    await server.clock.advance(MINUTE);
    await expect.poll(async () => stateOf(server, down)).toEqual(["SENT"]);
    const [summary, ...others] = received();
    expect(others).toEqual([]);
    expect(summary).toMatchObject({ event: "summary", title: "3 events while it was quiet", severity: "WARNING" });
    expect(summary?.message.split("\n")).toEqual([expect.stringMatching(/^1 Mar 23:00–23:40 ✅ web is down \(over after 40 min\)$/), expect.stringMatching(/^1 Mar 23:30 ℹ️ api was deployed$/)]);
    expect(await stateOf(server, up)).toEqual(["SENT"]);
    const history = await server.api.history({});
    expect(history.filter(({ channelName }) => channelName === "Hook").map(({ type, outcome }) => [type, outcome])).toEqual([["service.health.down", "DELIVERED"], ["summary", "DELIVERED"]]);
  });

  it("send a recovery live when its problem was, and afterwards when the problem was in the summary", async () => {
    const { server, received } = await setUp({ quietHours: EVENING });
    await server.api.emit({ type: "service.health.down", service: "web", severity: "WARNING" });
    await settled(server);
    await server.clock.advance(10 * HOUR);
    await server.api.emit({ type: "service.health.recovered", service: "web" });
    await server.api.emit({ type: "service.health.down", service: "db", severity: "WARNING" });
    await settled(server);
    expect(received().map(({ event }) => event)).toEqual(["service.health.down", "service.health.recovered"]);
    await server.clock.advance(8 * HOUR);
    await expect.poll(() => received().map(({ event }) => event)).toEqual(["summary"]);
    await settled(server);
    await server.api.emit({ type: "service.health.recovered", service: "db" });
    await expect.poll(() => received().map(({ event }) => event)).toEqual(["service.health.recovered"]);
  });

  it("keep what waits over a restart within them, and send it after one that comes too late", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "carillon-quiet-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const startAt = async (time: string, work: (server: TestServer) => Promise<void>) => {
      await using server = await startTestServer({ dataDir, clock: createManualClock(new Date(time)) });
      await work(server);
    };
    await startAt("2026-03-01T22:00:00Z", async (server) => {
      await server.api.createChannel("Hook", { webhook: { url: receiver.url } }, { quietHours: EVENING });
      await server.api.emit({ type: "deploy.failure", service: "web" });
      await settled(server);
    });
    await startAt("2026-03-02T01:00:00Z", (server) => settled(server));
    expect(receiver.requests).toEqual([]);
    await startAt("2026-03-02T09:00:00Z", async () => void (await expect.poll(() => receiver.requests.length).toBe(1)));
    expect(receiver.requests[0]?.body.toString()).toContain("1 event while it was quiet");
  });

  it("let a summary that fails wait, take in what comes meanwhile, and lose and double nothing", { timeout: 120_000 }, async () => {
    const { server, receiver, received } = await setUp({ quietHours: { timeZone: "UTC", windows: [{ start: "13:00", end: "14:00" }, { start: "14:30", end: "15:00" }] } });
    await server.clock.advance(HOUR);
    await server.api.emit({ type: "deploy.failure", service: "one", title: "one failed" });
    receiver.script.push(...Array.from({ length: 9 }, () => ({ status: 503 })));
    await server.clock.advance(HOUR);
    await expect.poll(() => receiver.requests.length).toBe(1);
    await settled(server);
    for (let minute = 0; minute < 31; minute += 1) {
      await server.clock.advance(MINUTE);
      await settled(server);
    }
    await server.api.emit({ type: "deploy.failure", service: "two", title: "two failed" });
    await settled(server);
    for (let minute = 0; minute < 240 && receiver.script.length > 0; minute += 1) {
      await server.clock.advance(MINUTE);
      await settled(server);
    }
    const summaries = () => server.api.history({ outcomes: ["DELIVERED"], types: ["summary"] });
    for (let minute = 0; minute < 240 && !(await summaries()).some(({ body }) => body.includes("two failed")); minute += 1) {
      await server.clock.advance(MINUTE);
      await settled(server);
    }
    const delivered = (await server.api.history({ outcomes: ["DELIVERED"] })).filter(({ channelName }) => channelName === "Hook").map(({ body }) => body).join("\n");
    expect([...delivered.matchAll(/one failed/g)]).toHaveLength(1);
    expect([...delivered.matchAll(/two failed/g)]).toHaveLength(1);
    expect(received().length).toBeGreaterThan(9);
  });

  it("keep what a summary could not bring because it was refused for good, and bring it with the next", async () => {
    const { server, receiver, received } = await setUp({ quietHours: EVENING });
    await server.clock.advance(10 * HOUR);
    const first = await server.api.emit({ type: "deploy.failure", service: "one", title: "one failed" });
    await settled(server);
    receiver.script.push({ status: 401 });
    await server.clock.advance(8 * HOUR);
    await expect.poll(() => receiver.requests.length).toBe(1);
    await expect.poll(async () => (await server.api.history({ outcomes: ["PERMANENT"] })).length).toBe(1);
    expect(await stateOf(server, first)).toEqual(["HELD"]);
    received();
    await server.clock.advance(HOUR);
    await expect.poll(() => received()).toMatchObject([{ title: "1 event while it was quiet" }]);
    await expect.poll(() => stateOf(server, first)).toEqual(["SENT"]);
  });

  it("that are changed or taken away bring what waits at the new time", async () => {
    const { server, channel, received } = await setUp({ quietHours: EVENING });
    await server.clock.advance(10 * HOUR);
    await server.api.emit({ type: "deploy.failure", service: "one", title: "one failed" });
    await settled(server);
    const set = (quietHours: object | null) => server.api.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, { id: channel, input: { quietHours } });
    await set({ timeZone: "Europe/Berlin", windows: [{ start: "22:00", end: "08:30" }] });
    await server.clock.advance(8 * HOUR + 30 * MINUTE); // 07:30
    await settled(server);
    expect(received()).toEqual([]);
    const problem = { type: "service.health.down", service: "web", severity: "WARNING" };
    await server.api.emit(problem);
    await settled(server);
    await set(null);
    await server.clock.advance(1);
    await expect.poll(() => received()).toMatchObject([{ title: "2 events while it was quiet" }]);
    await settled(server);
    await server.api.emit({ type: "service.health.recovered", service: "web" });
    await expect.poll(() => received()).toMatchObject([{ event: "service.health.recovered" }]);
  });

  it("show what waits; it can be sent now, or dropped", async () => {
    const { server, channel, received } = await setUp({ quietHours: EVENING });
    await server.clock.advance(10 * HOUR);
    const [dropped, kept] = [await server.api.emit({ type: "deploy.failure", service: "a", title: "a failed" }), await server.api.emit({ type: "deploy.failure", service: "b", title: "b failed" })];
    const held = async () => (await server.api.run<any>(`query ($id: ID!) { deliveries(filter: { states: [HELD], channelIds: [$id] }) { nodes { id heldFor dueAt event { title } } } }`, { id: channel })).deliveries.nodes;
    expect(await held()).toMatchObject([{ heldFor: "QUIET_HOURS", dueAt: "2026-03-02T06:00:00.000Z", event: { title: "b failed" } }, { event: { title: "a failed" } }]);
    const DROP = `mutation ($id: ID!) { dropDelivery(id: $id) { ... on DropDeliveryPayload { delivery { state } } ... on Error { code } } }`;
    const id = (await held())[1].id;
    expect((await server.api.run<any>(DROP, { id })).dropDelivery).toEqual({ delivery: { state: "DROPPED" } });
    expect((await server.api.run<any>(DROP, { id })).dropDelivery).toEqual({ code: "CONFLICT" });
    const FLUSH = `mutation ($id: ID!) { flushChannel(id: $id, heldFor: QUIET_HOURS) { ... on FlushChannelPayload { deliveryCount } ... on Error { code } } }`;
    const both = await Promise.all([server.api.run<any>(FLUSH, { id: channel }), server.api.run<any>(FLUSH, { id: channel })]);
    expect(both.map(({ flushChannel }) => flushChannel.deliveryCount).sort()).toEqual([0, 1]);
    await expect.poll(async () => [await stateOf(server, dropped), await stateOf(server, kept)]).toEqual([["DROPPED"], ["SENT"]]);
    expect(received()).toMatchObject([{ title: "1 event while it was quiet", message: expect.stringContaining("b failed") }]);

    // Nobody is told of the end of a problem that was dropped.
    await server.api.emit({ type: "service.health.down", service: "web", severity: "WARNING" });
    expect((await server.api.run<any>(DROP, { id: (await held())[0].id })).dropDelivery).toEqual({ delivery: { state: "DROPPED" } });
    const up = await server.api.emit({ type: "service.health.recovered", service: "web" });
    expect(up.decision?.channels).toContainEqual(expect.objectContaining({ channelName: "Hook", action: "SUPPRESS", because: "NOT_TOLD_OF_PROBLEM" }));
  });

  it("show whether they hold now and when that changes, and a simulation can be asked for another moment", async () => {
    const { server, channel } = await setUp({ quietHours: EVENING });
    const preview = async () => (await server.api.run<any>(`query ($id: ID!) { channel(id: $id) { quietHours { timeZone windows { days start end } active nextChange } } }`, { id: channel })).channel.quietHours;
    expect(await preview()).toEqual({ timeZone: "Europe/Berlin", windows: [{ days: ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], start: "22:00", end: "07:00" }], active: false, nextChange: "2026-03-01T21:00:00.000Z" });
    const SIMULATE = `query ($at: DateTime) { simulateEvent(input: { type: "deploy.failure" }, at: $at) { ... on SimulateEventPayload { decision { action channels { channelName action until } } } } }`;
    const simulate = async (at: string | null) => (await server.api.run<any>(SIMULATE, { at })).simulateEvent.decision.channels.find(({ channelName }: { channelName: string }) => channelName === "Hook");
    expect(await simulate(null)).toMatchObject({ action: "SEND" });
    expect(await simulate("2026-03-01T23:00:00Z")).toMatchObject({ action: "HOLD", until: "2026-03-02T06:00:00.000Z" });
    await server.clock.advance(10 * HOUR);
    expect(await preview()).toMatchObject({ active: true, nextChange: "2026-03-02T06:00:00.000Z" });
  });

  it("are checked", async () => {
    const { server, channel } = await setUp({});
    const set = async (quietHours: object) =>
      (await server.api.run<any>(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { ... on ValidationError { issues { path message } } } }`, { id: channel, input: { quietHours } })).updateChannel.issues?.[0];
    expect(await set({ timeZone: "Mars/Olympus", windows: [{ start: "22:00", end: "07:00" }] })).toMatchObject({ path: "quietHours.timeZone", message: expect.stringContaining("Europe/Berlin") });
    expect(await set({ timeZone: "+02:00", windows: [{ start: "22:00", end: "07:00" }] })).toMatchObject({ path: "quietHours.timeZone" });
    expect(await set({ timeZone: "UTC", windows: [{ start: "25:00", end: "07:00" }] })).toMatchObject({ path: "quietHours.windows.0.start", message: expect.stringContaining("00:00 to 23:59") });
    expect(await set({ timeZone: "UTC", windows: [] })).toMatchObject({ path: "quietHours.windows" });
    expect(await set({ timeZone: "UTC", windows: [{ start: "01:00", end: "02:00", days: [] }] })).toMatchObject({ path: "quietHours.windows.0.days" });
    expect(await set({ timeZone: "UTC", windows: [{ start: "22:00", end: "07:00" }, { start: "06:30", end: "08:00", days: ["MON"] }] })).toEqual({ path: "quietHours.windows.1", message: "must not overlap windows.0: MON 06:30 to 08:00 and SUN 22:00 to 07:00" });
  });
});

it("settings that can hardly be meant are taken with a warning", async () => {
  const { server, channel } = await setUp({});
  const set = async (input: object): Promise<string[]> =>
    (await server.api.run<any>(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { ... on UpdateChannelPayload { warnings } } }`, { id: channel, input })).updateChannel.warnings;
  expect(await set({ quietHours: EVENING, digest: { timeZone: "UTC" } })).toEqual([]);
  expect(await set({ minimumSeverity: "CRITICAL" })).toEqual([expect.stringContaining("quiet hours never hold back"), expect.stringContaining("always be empty")]);
  expect(await set({ minimumSeverity: "INFO", quietHours: { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] } })).toEqual([expect.stringContaining("whole week"), expect.stringContaining("never comes")]);
});

describe("a digest", () => {
  const MORNING = { time: "09:00", timeZone: "Europe/Berlin" };

  it("takes what is only information and no live action, and comes once at its time, by category", async () => {
    const { server, received } = await setUp({ digest: MORNING });
    await server.api.emit({ type: "deploy.success", service: "a", title: "a was deployed" });
    await server.api.emit({ type: "update_summary", severity: "INFO", source: "pve1", title: "12 updates" });
    await server.api.emit({ type: "deploy.success", service: "b", title: "b was deployed" });
    await server.api.emit({ type: "deploy.failure", service: "c", severity: "WARNING" });
    await settled(server);
    expect(received().map(({ event }) => event)).toEqual(["deploy.failure"]);
    await server.clock.advance(20 * HOUR);
    await expect.poll(() => received()).toMatchObject([{ title: "Digest: 3 events", severity: "INFO", message: expect.stringMatching(/^Deploys \(2\)\n.*a was deployed\n.*b was deployed\n\n\S+ \(1\)\n.*12 updates$/) }]);
    await server.clock.advance(48 * HOUR);
    await settled(server);
    expect(received()).toEqual([]);
  });

  it("that is due within quiet hours comes when they end", async () => {
    const { server, received } = await setUp({ digest: { time: "06:00", timeZone: "Europe/Berlin" }, quietHours: EVENING });
    await server.api.emit({ type: "deploy.success", service: "a", title: "a was deployed" });
    await server.clock.advance(17 * HOUR + 30 * MINUTE); // 06:30
    await settled(server);
    expect(received()).toEqual([]);
    await server.clock.advance(31 * MINUTE);
    await expect.poll(() => received()).toMatchObject([{ title: "Digest: 1 event" }]);
  });
});
