import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer, TestServerOptions } from "../e2e/testServer.ts";
import { systemClock } from "../../src/clock.ts";
import type { Clock } from "../../src/clock.ts";
import { startCable } from "./cable.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

async function start<C extends Clock>(options: TestServerOptions<C>): Promise<TestServer<C>> {
  const server = await startTestServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

describe("a server whose PostgreSQL goes away", () => {
  it("says so to producers, lives on, and goes on by itself once it is back", async () => {
    const cable = await startCable(new URL(await freshPostgresqlUrl()));
    const { api } = await start({ clock: systemClock, env: { DATABASE_URL: cable.url } });
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    await api.createChannel("Hook", { webhook: { url: receiver.url } });
    await api.emit({ type: "deploy.failure", service: "before" });
    await eventually(() => receiver.requests.length === 1);

    cable.cut();
    const answers = await Promise.all(["a", "b"].map((service) => api.post("/v1/events", { type: "deploy.failure", service })));
    for (const { status, body } of answers) {
      expect(status).toBe(503);
      expect(JSON.stringify(body)).toContain("UNAVAILABLE");
      expect(JSON.stringify(body)).not.toMatch(/[Pp]risma|127\.0\.0\.1|of-a-test|Connection/);
    }

    cable.mend();
    await eventually(async () => (await api.post("/v1/events", { type: "deploy.failure", service: "after" })).status < 300);
    await eventually(() => receiver.requests.some(({ body }) => body.toString().includes("after")));
    await eventually(async () => (await api.history()).filter(({ outcome, channelName }) => outcome === "DELIVERED" && channelName === "Hook").length === 2);
  });
});

describe("two servers on one database", () => {
  it("count one problem as one, whichever of them hears of it", async () => {
    const DATABASE_URL = await freshPostgresqlUrl();
    const env = { DATABASE_URL, SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-both-of-these-servers" };
    const servers = [await start({ env }), await start({ env })];
    const events = Array.from({ length: 60 }, (_, at) => ({ type: "service.health.down", service: `s${at % 3}` }));
    await Promise.all(events.map((event, at) => (servers[Math.floor(at / 3) % 2] as TestServer).api.emit(event)));
    expect(await run(DATABASE_URL, `SELECT "count", "status" FROM "Condition"`)).toEqual(Array.from({ length: 3 }, () => ({ count: 20, status: "OPEN" })));
    // Opened and closed in turn by both, with clocks that stand at the same time: no end is lost.
    for (let turn = 0; turn < 6; turn += 1) {
      await (servers[turn % 2] as TestServer).api.emit({ type: turn % 2 === 0 ? "service.health.recovered" : "service.health.down", service: "s0" });
      const open = await run(DATABASE_URL, `SELECT 1 FROM "Condition" WHERE "status" = 'OPEN' AND "title" IS NOT NULL`);
      expect(open).toHaveLength(turn % 2 === 0 ? 2 : 3);
    }
  });

  it("take one idempotency key once", async () => {
    const DATABASE_URL = await freshPostgresqlUrl();
    const env = { DATABASE_URL, SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-both-of-these-servers" };
    const servers = [await start({ env }), await start({ env })];
    const results = await Promise.all(Array.from({ length: 20 }, (_, at) => (servers[at % 2] as TestServer).api.emit({ type: "deploy.success", service: "x", idempotencyKey: "one" })));
    expect(new Set(results.map(({ event }) => event?.id)).size).toBe(1);
    expect(await run(DATABASE_URL, `SELECT 1 FROM "Event"`)).toHaveLength(1);
  });
});

it("a server stays ready for as long as it looks for what is to be done", async () => {
  const { url, clock, idle } = await start({ clock: createManualClock(), env: { DATABASE_URL: await freshPostgresqlUrl() } });
  for (let time = 0; time < 10; time += 1) {
    clock.advance(30_000);
    await idle();
  }
  expect(await (await fetch(`${url}/ready`)).json()).toEqual({ status: "ready" });
});
