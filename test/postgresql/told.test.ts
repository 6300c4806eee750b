import { describe, expect, it, onTestFinished } from "vitest";
import { createAccessTokenStore } from "../../src/access/accessToken.store.ts";
import { createChannelStore } from "../../src/channels/channel.store.ts";
import { systemClock } from "../../src/clock.ts";
import type { Clock } from "../../src/clock.ts";
import { openDatabase } from "../../src/db/database.ts";
import { createRecorder } from "../../src/dispatch/recorder.ts";
import { createIds } from "../../src/ids.ts";
import { watchByWebSocket } from "../e2e/liveClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

/** What other processes change reaches a server, also when they die as soon as it is committed. */

async function setUp<C extends Clock>(clock: C = systemClock as C) {
  const DATABASE_URL = await freshPostgresqlUrl();
  const server = await startTestServer({ env: { DATABASE_URL }, clock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { id } = await server.api.createChannel("Log", { log: true }).then(() => run<{ id: string }>(DATABASE_URL, `SELECT "id" FROM "Channel" WHERE "name" = 'Log'`)).then(([row]) => row as { id: string });
  // A process that commits, and does nothing after it.
  const other = await openDatabase(DATABASE_URL, () => systemClock.now());
  onTestFinished(() => other.close());
  return { DATABASE_URL, ...server, channelId: id, other };
}

/** What the server decides by, which it has in memory. */
async function namesInForce({ api }: Awaited<ReturnType<typeof setUp<Clock>>>): Promise<string[]> {
  const { simulateEvent } = await api.run<any>(`{ simulateEvent(input: { type: "deploy.failure" }) { ... on SimulateEventPayload { decision { channels { channelName } } } } }`);
  return simulateEvent.decision.channels.map(({ channelName }: { channelName: string }) => channelName).sort();
}

const attempt = {
  at: new Date(), deliveryId: null, eventId: null, channelName: "Log", kind: "LOG", type: "t", category: "c", severity: "INFO" as const, customer: null, channelCustomer: null, reason: "TEST" as const, title: "t", body: "b",
  outcome: "PERMANENT" as const, status: null, error: null, hint: null, durationMs: 1, tryNumber: 1, nextTryAt: null,
};

/** As a process has it that dies once the attempt is committed. */
const recorderOf = ({ other }: Awaited<ReturnType<typeof setUp<Clock>>>) =>
  createRecorder({ db: other, ids: createIds(() => Date.now()), published: () => undefined, dispatch: () => undefined, healthChanged: () => Promise.resolve() });

describe("by the commit alone a server hears", () => {
  it("of changed settings", async () => {
    const scene = await setUp();
    expect(await namesInForce(scene)).toEqual(["Inbox", "Log"]);
    await createChannelStore(scene.other).update(scene.channelId, { name: "Renamed" });
    await expect.poll(() => namesInForce(scene)).toEqual(["Inbox", "Renamed"]);
  });

  it("of a revoked token", async () => {
    const { api, other } = await setUp();
    const { createAccessToken } = await api.run<any>(`mutation { createAccessToken(input: { name: "other", role: VIEWER }) { ... on CreateAccessTokenPayload { token accessToken { id } } } }`);
    const guest = api.as(createAccessToken.token);
    expect((await guest.raw("{ settings { historyDays } }")).body.errors).toBeUndefined();
    await createAccessTokenStore(other).revoke(Buffer.from(createAccessToken.accessToken.id, "base64").toString().split(":")[1] ?? "", new Date());
    await expect.poll(async () => (await guest.raw("{ settings { historyDays } }")).body.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
  });

  it("that a channel fails", async () => {
    const scene = await setUp();
    const metrics = async () => (await fetch(`${scene.url}/metrics`, { headers: { authorization: `Bearer ${scene.app.adminToken.value}` } })).text();
    expect(await metrics()).toMatch(/failing\w* 0$/m);
    await recorderOf(scene).record({ attempt: { ...attempt, channelId: scene.channelId }, delivery: null, failingSince: new Date() });
    await expect.poll(metrics).toMatch(/failing\w* 1$/m);
  });
});

it("a server whose connection for what is told was lost reads its settings anew", async () => {
  const scene = await setUp();
  // A change that nobody is told of.
  await run(scene.DATABASE_URL, `UPDATE "Channel" SET "name" = 'Unheard' WHERE "id" = $1`, [scene.channelId]);
  expect(await namesInForce(scene)).toEqual(["Inbox", "Log"]);
  await run(scene.DATABASE_URL, `SELECT pg_terminate_backend("pid") FROM "pg_stat_activity" WHERE "datname" = current_database() AND "application_name" = 'carillon notifications'`);
  await expect.poll(() => namesInForce(scene)).toEqual(["Inbox", "Unheard"]);
});

it("subscribers see an attempt of a process that told nobody of it, within five seconds of the server's clock", async () => {
  const scene = await setUp(createManualClock());
  const feed = watchByWebSocket(scene.url, { token: scene.app.adminToken.value, filter: {} });
  onTestFinished(() => feed.close());
  // Not before it is watched.
  await expect.poll(async () => {
    await scene.api.emit({ type: "deploy.success", service: `warm-${performance.now()}` });
    return feed.items.length;
  }).toBeGreaterThan(0);
  const seen = () => feed.items.map((item) => Buffer.from(item.attempt.id, "base64").toString().split(":")[1]);
  for (let round = 0; round < 2; round += 1) {
    await scene.idle();
    const { id } = await recorderOf(scene).record({ attempt: { ...attempt, channelId: scene.channelId }, delivery: null });
    await scene.idle();
    expect(seen()).not.toContain(id);
    scene.clock.advance(5_000);
    await expect.poll(seen).toContain(id);
  }
});
