import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { watchByWebSocket } from "../e2e/liveClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

/** Several servers on one PostgreSQL: whatever one is told, each may do, and it is done once. */

const SHARED = { SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-all-of-these-servers" };

async function setUp(count: number) {
  const env = { ...SHARED, DATABASE_URL: await freshPostgresqlUrl() };
  const servers = await Promise.all(Array.from({ length: count }, () => startTestServer({ env, clock: systemClock })));
  for (const server of servers) onTestFinished(() => server[Symbol.asyncDispose]());
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const apis = servers.map(({ api }) => api);
  const bodies = () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as { title: string; id: string });
  return { env, servers, apis, api: (at: number) => apis[at % count] as (typeof apis)[number], receiver, bodies };
}

describe("servers on one database", () => {
  it("start at once on an empty one, and share its settings", async () => {
    const { apis, receiver, api } = await setUp(3);
    for (const one of apis) expect(await one.run(`{ channels { nodes { name } } }`)).toEqual({ channels: { nodes: [{ name: "Inbox" }] } });
    await api(0).createChannel("Hook", { webhook: { url: receiver.url } });
    // Another service each time: a repeat would be held back by its cooldown.
    let sent = 0;
    await eventually(async () => (await api(1).emit({ type: "deploy.failure", service: `x-${(sent += 1)}` })).decision?.channels.some(({ channelName, action }) => channelName === "Hook" && action === "SEND"));
    await eventually(() => receiver.requests.length > 0);
  });

  it("know a type that they are sent for the first time, all at once", async () => {
    const { api, env } = await setUp(3);
    const types = Array.from({ length: 12 }, (_, at) => `unheard.of.${at}`);
    const answers = await Promise.all(types.flatMap((type) => [0, 1, 2].map((at) => api(at).post("/v1/events", { type, service: `s${at}` }))));
    expect(answers.filter(({ status }) => status >= 300).map(({ body }) => body)).toEqual([]);
    expect(await run(env.DATABASE_URL, `SELECT COUNT(*)::int AS "count" FROM "CustomEventType"`)).toEqual([{ count: types.length }]);
  });

  it("deliver each event once, whichever of them took it in", async () => {
    const { receiver, api, bodies } = await setUp(3);
    await api(0).createChannel("Hook", { webhook: { url: receiver.url } });
    await eventually(async () => (await api(1).emit({ type: "deploy.failure", service: "first" })).decision?.channels.length === 2 && (await api(2).emit({ type: "deploy.failure", service: "second" })).decision?.channels.length === 2);
    const before = receiver.requests.length;
    await Promise.all(Array.from({ length: 300 }, (_, at) => api(at).emit({ type: "deploy.failure", service: `s${at}`, title: `event ${at}` })));
    await eventually(() => new Set(bodies().filter(({ title }) => title.startsWith("event")).map(({ title }) => title)).size === 300, 40_000);
    expect(receiver.requests.length - before).toBeLessThanOrEqual(302);
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(receiver.requests.length);
  });

  it("keep the order of a problem and its end, though different ones hear of them", async () => {
    const { receiver, api, bodies } = await setUp(2);
    await api(0).createChannel("Hook", { webhook: { url: receiver.url } });
    await eventually(async () => (await api(1).emit({ type: "deploy.success", service: "x" })).decision?.channels.length === 2);
    const services = Array.from({ length: 40 }, (_, at) => `s${at}`);
    await Promise.all(
      services.map(async (service, at) => {
        await api(at).emit({ type: "service.health.down", service, title: `${service} down` });
        await api(at + 1).emit({ type: "service.health.recovered", service, title: `${service} up` });
      }),
    );
    const titles = () => bodies().map(({ title }) => title).filter((title) => / (down|up)$/.test(title));
    await eventually(() => titles().length === 80, 40_000);
    for (const service of services) expect(titles().filter((title) => title.startsWith(`${service} `))).toEqual([`${service} down`, `${service} up`]);
  });

  it("never send more at once, nor faster, than the channel's pace", async () => {
    const { receiver, api } = await setUp(3);
    receiver.script = Array.from({ length: 100 }, () => ({ status: 200 }));
    await api(0).createChannel("Hook", { webhook: { url: receiver.url } }, { pace: { concurrency: 1, perSecond: 20, burst: 1 } });
    await eventually(async () => (await api(1).emit({ type: "deploy.success", service: "x" })).decision?.channels.length === 2);
    const began = performance.now();
    await Promise.all(Array.from({ length: 30 }, (_, at) => api(at).emit({ type: "deploy.failure", service: `s${at}` })));
    await eventually(() => receiver.requests.filter(({ body }) => body.toString().includes("deploy.failure")).length === 30, 40_000);
    // 30 messages at 20 a second take a second and a half at the least.
    expect(performance.now() - began).toBeGreaterThan(1300);
  });

  it("feed every subscriber with everything in one order, whichever of them sent it", async () => {
    const { servers, api } = await setUp(2);
    const feeds = servers.map(({ url }) => watchByWebSocket(url, { token: SHARED.ADMIN_TOKEN, filter: { types: ["deploy.success"] } }));
    for (const feed of feeds) onTestFinished(() => feed.close());
    // Not before both listen.
    await eventually(async () => {
      await api(0).emit({ type: "deploy.success", service: `warm-${performance.now()}` });
      return feeds.every(({ items }) => items.length > 0);
    });
    const seen = () => feeds.map(({ items }) => items.flatMap(({ attempt }) => (/^s\d/.test(attempt.title) ? Buffer.from(attempt.id, "base64").toString() : [])));
    await Promise.all(Array.from({ length: 100 }, (_, at) => api(at).emit({ type: "deploy.success", service: `s${at}`, title: `s${at}` })));
    await eventually(() => seen().every((all) => all.length === 100), 40_000);
    const [one, other] = seen();
    expect(one).toEqual(other);
    expect([...(one ?? [])].sort()).toEqual(one);
  });

  it("share the channels out fairly, also with those that come later, and take over from one that goes", { timeout: 120_000 }, async () => {
    const { env, api, receiver } = await setUp(1);
    // Each channel has one message that is tried again and again: its lane is never empty.
    receiver.script = Array.from({ length: 10_000 }, () => ({ status: 503 }));
    for (let at = 0; at < 30; at += 1) await api(0).createChannel(`Hook ${at}`, { webhook: { url: receiver.url } });
    await api(0).emit({ type: "deploy.failure", service: "x" });
    const shares = async () => (await run<{ count: number }>(env.DATABASE_URL, `SELECT COUNT(*)::int AS "count" FROM "Lane" WHERE "expiresAt" > clock_timestamp() AT TIME ZONE 'UTC' GROUP BY "owner" ORDER BY 1`)).map(({ count }) => count);
    await eventually(async () => String(await shares()) === "30");
    const others = await Promise.all([1, 2].map(() => startTestServer({ env, clock: systemClock })));
    onTestFinished(() => others[1]?.[Symbol.asyncDispose]());
    await eventually(async () => String(await shares()) === "10,10,10", 60_000);
    await others[0]?.[Symbol.asyncDispose]();
    await eventually(async () => String(await shares()) === "15,15", 60_000);
    receiver.script = [];
    await eventually(async () => (await run<{ left: number }>(env.DATABASE_URL, `SELECT COUNT(*)::int AS "left" FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY')`))[0]?.left === 0, 60_000);
    const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(30);
  });

  it("revoke a token everywhere", async () => {
    const { api } = await setUp(2);
    const { createAccessToken } = await api(0).run<any>(`mutation { createAccessToken(input: { name: "other", role: VIEWER }) { ... on CreateAccessTokenPayload { token accessToken { id } } } }`);
    const other = api(1).as(createAccessToken.token);
    await eventually(async () => (await other.raw("{ settings { historyDays } }")).body.data);
    await api(0).run(`mutation ($id: ID!) { revokeAccessToken(id: $id) { __typename } }`, { id: createAccessToken.accessToken.id });
    await eventually(async () => (await other.raw("{ settings { historyDays } }")).body.errors);
  });
});

it("a server that is killed is replaced by the others, with nothing lost and its unanswered message repeated under one id", { timeout: 90_000 }, async () => {
  const DATABASE_URL = await freshPostgresqlUrl();
  const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "carillon-process-"))));
  onTestFinished(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))).then(() => undefined));
  const [first, second] = await Promise.all(folders.map((folder) => startServerProcess(folder, { ...SHARED, DATABASE_URL })));
  if (!first || !second) throw new Error("no servers");
  onTestFinished(() => second[Symbol.asyncDispose]());
  await using receiver = await startFakeHttp();
  receiver.script = ["HANG"];
  await first.api.createChannel("Hook", { webhook: { url: receiver.url } });
  await first.api.emit({ type: "deploy.failure", service: "unanswered" });
  await eventually(() => receiver.requests.length === 1);
  await first.stop("SIGKILL");
  for (let at = 0; at < 20; at += 1) await second.api.emit({ type: "deploy.failure", service: `later-${at}` });
  await eventually(() => receiver.requests.length >= 22, 60_000);
  const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
  expect(ids.filter((id) => id === ids[0])).toHaveLength(2);
  expect(new Set(ids).size).toBe(21);
  // What is received is recorded a moment later.
  await expect.poll(() => run(DATABASE_URL, `SELECT COUNT(*)::int AS "left" FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY')`)).toEqual([{ left: 0 }]);
});
