import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

const NAME_CHANNELS = `mutation ($type: String!, $ids: [ID!]) { updateTrigger(eventType: $type, input: { channelIds: $ids }) { __typename } }`;
const UPDATE = `mutation ($type: String!, $input: UpdateTriggerInput!) { updateTrigger(eventType: $type, input: $input) { __typename
  ... on UpdateTriggerPayload { eventType { hold burst { count window } } } ... on Error { message } ... on ValidationError { issues { path message } } } }`;
const READ = `query ($type: String!) { eventType(name: $type) { enabled cooldown hold burst { count window } } }`;
const RESET = `mutation ($type: String!) { resetTrigger(eventType: $type) { ... on ResetTriggerPayload { eventType { hold burst { count window } } } } }`;
const SETTINGS = `burstCount burstWindow flappingCount flappingWindow`;
const UPDATE_SETTINGS = `mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { __typename
  ... on UpdateSettingsPayload { settings { ${SETTINGS} } } ... on ValidationError { issues { path } } } }`;
const DELETE = `mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`;

it("does not go to everybody when the only channel that a trigger names is deleted", async () => {
  await using server = await startTestServer();
  const only = await server.api.createChannel("Only", { log: true });
  await server.api.run(NAME_CHANNELS, { type: "backup.failure", ids: [only] });
  await server.api.run(DELETE, { id: only });
  const { decision } = await server.api.emit({ type: "backup.failure" });
  expect(decision).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL", channels: [{ channelName: "Inbox", because: "NOT_NAMED_BY_TRIGGER" }] });
});

it("closes a problem of a registered type by a RESOLVED event in other words", async () => {
  await using server = await startTestServer();
  await server.api.emit({ type: "queue.stuck", status: "FIRING", service: "orders", message: "712 jobs wait", details: { jobs: 712 } });
  const { decision } = await server.api.emit({ type: "queue.stuck", status: "RESOLVED", service: "orders", message: "All is well" });
  expect(decision).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM", reason: "RECOVERY" });
  const { conditions } = await server.api.run<{ conditions: { nodes: object[] } }>(`{ conditions { nodes { status count } } }`);
  expect(conditions.nodes).toEqual([{ status: "CLOSED", count: 1 }]);
});

it("registers a type once when many events of it come together", async () => {
  await using server = await startTestServer();
  const results = await Promise.all(Array.from({ length: 20 }, (_, number) => server.api.emit({ type: "Brand New", details: { number } })));
  expect(new Set(results.map(({ event }) => event?.type))).toEqual(new Set(["brand.new"]));
  const { eventTypes } = await server.api.run<{ eventTypes: object[] }>(`{ eventTypes(search: "brand") { name title category builtIn } }`);
  expect(eventTypes).toEqual([{ name: "brand.new", title: "Brand New", category: "custom", builtIn: false }]);
});

it("says what a message held back when the cooldown is over", async () => {
  await using server = await startTestServer();
  const input = { type: "login.new_ip", source: "panel", details: { user: "root", ip: "203.0.113.7" } };
  await server.api.emit(input);
  for (let again = 0; again < 3; again += 1) expect((await server.api.emit(input)).decision).toMatchObject({ action: "SUPPRESS", because: "COOLDOWN" });
  server.clock.advance(3_600_000);
  await server.api.emit(input);
  const attempts = await eventually(async () => {
    const all = await server.api.history();
    return all.length === 2 && all;
  });
  expect(attempts[1]?.body).toContain("3 repeats were held back before this one.");
});

async function update(api: ApiClient, type: string, input: object): Promise<any> {
  return (await api.run<any>(UPDATE, { type, input })).updateTrigger;
}

async function read(api: ApiClient, type: string): Promise<any> {
  return (await api.run<any>(READ, { type })).eventType;
}

const GENERAL = { count: 20, window: "PT1M" };
const BUILT_IN = { count: 5, window: "PT2M" };

it("sets a hold and a burst, changes one at a time, and returns each to its default by null", async () => {
  await using server = await startTestServer({ againstNoise: true });
  const type = "service.health.down";
  expect(await read(server.api, type)).toEqual({ enabled: true, cooldown: null, hold: null, burst: GENERAL });

  const both = { hold: "PT5M", burst: { count: 3, window: "PT10M" } };
  expect(await update(server.api, type, both)).toEqual({ __typename: "UpdateTriggerPayload", eventType: both });
  await update(server.api, type, { cooldown: "PT1H" });
  expect(await read(server.api, type)).toEqual({ enabled: true, cooldown: "PT1H", ...both });
  // Another way to write the same rows.
  await server.api.run(`mutation { setCategoryEnabled(category: "services", enabled: false) { __typename } }`);
  expect(await read(server.api, type)).toEqual({ enabled: false, cooldown: "PT1H", ...both });

  expect((await update(server.api, type, { burst: null })).eventType).toEqual({ hold: "PT5M", burst: GENERAL });
  expect((await update(server.api, type, { hold: null })).eventType).toEqual({ hold: null, burst: GENERAL });
  await update(server.api, type, { hold: "P7D", burst: { count: 10_000, window: "P1D" } });
  expect(await read(server.api, type)).toMatchObject({ hold: "PT168H", burst: { count: 10_000, window: "PT24H" } });
  expect(await server.api.run(RESET, { type })).toEqual({ resetTrigger: { eventType: { hold: null, burst: GENERAL } } });
});

it("takes a hold of 0 for none, and a burst of 0 for every message by itself", async () => {
  await using server = await startTestServer({ againstNoise: true });
  expect(await read(server.api, "auth.failure")).toMatchObject({ burst: BUILT_IN });
  const none = { hold: "PT0S", burst: { count: 0, window: "PT1S" } };
  expect((await update(server.api, "auth.failure", none)).eventType).toEqual({ hold: null, burst: null });
  expect((await update(server.api, "auth.failure", { burst: null })).eventType).toEqual({ hold: null, burst: BUILT_IN });
});

it.each([
  { type: "disk.space_low", input: { hold: "P8D" }, path: "hold" },
  { type: "service.health.recovered", input: { hold: "PT1M" }, path: "hold" },
  { type: "disk.space_low", input: { burst: { count: 10_001, window: "PT1M" } }, path: "burst.count" },
  { type: "disk.space_low", input: { burst: { count: 3, window: "PT0S" } }, path: "burst.window" },
])("refuses $input of $type and changes nothing", async ({ type, input, path }) => {
  await using server = await startTestServer({ againstNoise: true });
  const before = await read(server.api, type);
  expect(await update(server.api, type, { enabled: false, ...input })).toMatchObject({ __typename: "ValidationError", issues: [{ path }] });
  expect(await read(server.api, type)).toEqual(before);
});

it("tells where the hold of a recovery belongs, and takes one that says nothing", async () => {
  await using server = await startTestServer();
  const [issue] = (await update(server.api, "monitor.recovery", { hold: "PT1M" })).issues;
  expect(issue.message).toContain("Set it on monitor.down");
  for (const hold of [null, "PT0S"]) expect(await update(server.api, "monitor.recovery", { hold })).toMatchObject({ eventType: { hold: null } });
});

it("puts the general burst and the flapping rule of the settings in force at once, and keeps them over a refusal", async () => {
  await using server = await startTestServer({ againstNoise: true });
  const settings = async () => (await server.api.run<any>(`{ settings { ${SETTINGS} } }`)).settings;
  const set = async (input: object) => (await server.api.run<any>(UPDATE_SETTINGS, { input })).updateSettings;
  expect(await settings()).toEqual({ burstCount: 20, burstWindow: "PT1M", flappingCount: 5, flappingWindow: "PT30M" });

  const changed = { burstCount: 10_000, burstWindow: "PT24H", flappingCount: 2, flappingWindow: "PT10S" };
  expect(await set(changed)).toEqual({ __typename: "UpdateSettingsPayload", settings: changed });
  expect(await read(server.api, "custom")).toMatchObject({ burst: { count: 10_000, window: "PT24H" } });
  expect(await set({ burstCount: 7, flappingCount: 1 })).toMatchObject({ issues: [{ path: "flappingCount" }] });
  expect(await settings()).toEqual(changed);

  await set({ burstCount: 0, flappingCount: 0 });
  expect(await settings()).toEqual({ ...changed, burstCount: 0, flappingCount: 0 });
  expect(await read(server.api, "custom")).toMatchObject({ burst: null });
  expect(await read(server.api, "auth.failure")).toMatchObject({ burst: BUILT_IN });
});

it("keeps a hold and a burst over a restart", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-triggers-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const both = { hold: "PT5M", burst: { count: 0, window: "PT1S" } };
  {
    await using server = await startTestServer({ dataDir });
    await update(server.api, "disk.io_error", both);
  }
  await using server = await startTestServer({ dataDir });
  expect(await read(server.api, "disk.io_error")).toMatchObject({ hold: "PT5M", burst: null });
});
