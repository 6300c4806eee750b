import Sqlite from "better-sqlite3";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** What those who run the server see of it: /metrics, /ready and the auditor. */

const MINUTE = 60_000;
let server: TestServer;
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  server = await startTestServer();
  open.push(server);
}

async function metrics(): Promise<string> {
  return (await fetch(`${server.url}/metrics`)).text();
}

/** A metric's value, by its name with its labels; undefined when there is none. */
async function metric(name: string): Promise<number | undefined> {
  const line = (await metrics()).split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function ready(): Promise<{ status: number; body: any }> {
  const response = await fetch(`${server.url}/ready`);
  return { status: response.status, body: await response.json() };
}

/** Changes the database behind the server's back. */
function behindItsBack<T>(work: (db: Sqlite) => T): T {
  const db = new Sqlite(join(server.dataDir, "carillon.db"), { timeout: 5000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Lets so many minutes pass, one after the other, so that all that the clock does comes to its end in between. */
async function pass(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    server.clock.advance(MINUTE);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

it("counts events, batches, attempts and what waits", async () => {
  await start();
  const fake = await startFakeHttp();
  open.push(fake);
  fake.script.push({ status: 503 });
  await server.api.createChannel("Hook", { webhook: { url: fake.url } });
  await server.api.emit({ type: "deploy.success", service: "a" });
  await eventually(async () => (await metric('carillon_attempts_total{kind="WEBHOOK",outcome="TRANSIENT"}')) === 1);
  expect(await metric('carillon_attempts_total{kind="INBOX",outcome="DELIVERED"}')).toBe(1);
  expect(await metric("carillon_intake_batch_events_sum")).toBe(1);
  expect(await metric("carillon_intake_batch_seconds_count")).toBe(1);
  expect(await metric("carillon_database_writes_pending")).toBeGreaterThanOrEqual(0);
  expect(await metric("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
  server.clock.advance(6_000);
  await eventually(async () => (await metric('carillon_deliveries_unfinished{state="HELD"}')) === 0 && (await metric("carillon_oldest_due_delivery_age_seconds")) !== undefined);
  expect(await metrics()).not.toContain(server.api.token);
});

it("is ready while it can write, and says what it cannot do otherwise", async () => {
  await start();
  expect(await ready()).toEqual({ status: 200, body: { status: "ready" } });
  behindItsBack((db) => db.exec(`CREATE TRIGGER no_more BEFORE UPDATE ON "Setting" BEGIN SELECT RAISE(ABORT, 'no'); END`));
  server.clock.advance(3_000);
  expect(await ready()).toEqual({ status: 503, body: { status: "not ready", failed: [{ check: "database", problem: "The database cannot be written to." }] } });
  behindItsBack((db) => db.exec("DROP TRIGGER no_more"));
  expect(await ready()).toEqual({ status: 200, body: { status: "ready" } });
});

it("is not ready when nothing looks for what is to be done", async () => {
  await start();
  // The clock goes on without a timer of the server ever being called.
  const { clock } = server;
  const now = clock.uptime();
  const real = clock.uptime;
  clock.uptime = () => now + 10 * MINUTE;
  const { status, body } = await ready();
  clock.uptime = real;
  expect(status).toBe(503);
  expect(body.failed.map(({ check }: { check: string }) => check)).toEqual(["dispatcher", "auditor"]);
});

it("reads changed settings again when that has failed", async () => {
  await start();
  behindItsBack((db) => db.exec(`ALTER TABLE "Silence" RENAME TO "Unreadable"`));
  const { body } = await server.api.raw(`mutation { createChannel(input: { name: "Late", config: { log: true } }) { __typename } }`);
  expect(body.errors).toHaveLength(1);
  behindItsBack((db) => db.exec(`ALTER TABLE "Unreadable" RENAME TO "Silence"`));
  server.clock.advance(1_000);
  await eventually(async () => (await server.api.emit({ type: "deploy.failure" })).decision?.channels.some(({ channelName }) => channelName === "Late"));
});

it("finds deliveries that memory has missed while their channel was busy, and sends them", async () => {
  await start();
  const fake = await startFakeHttp();
  open.push(fake);
  // As long as this is in memory, waiting for its next try, nobody looks into the database for the channel.
  fake.script.push({ status: 429, headers: { "retry-after": "900" } });
  const channel = await server.api.createChannel("Hook", { webhook: { url: fake.url } });
  await server.api.emit({ type: "deploy.success", service: "a" });
  await eventually(async () => (await metric('carillon_attempts_total{kind="WEBHOOK",outcome="RATE_LIMITED"}')) === 1);
  behindItsBack((db) => {
    const channelId = Buffer.from(channel, "base64").toString("utf8").split(":")[1];
    const row = db.prepare(`SELECT * FROM "Delivery" WHERE "channelId" = ?`).get(channelId) as Record<string, unknown>;
    const names = Object.keys(row);
    const missed: Record<string, unknown> = { ...row, id: `00${String(row["id"]).slice(2)}`, state: "PENDING", tries: 0, dueAt: server.clock.now().getTime() };
    db.prepare(`INSERT INTO "Delivery" (${names.map((name) => `"${name}"`).join()}) VALUES (${names.map(() => "?").join()})`).run(...names.map((name) => missed[name]));
  });
  await pass(4);
  await eventually(async () => (await metric('carillon_audit_findings_total{finding="missed_delivery"}')) === 1);
  await pass(20);
  await eventually(async () => (await server.api.history()).filter(({ kind, outcome }: any) => kind === "WEBHOOK" && outcome === "DELIVERED").length === 2);
  expect(await metric('carillon_audit_findings_total{finding="missed_delivery"}')).toBe(1);
});

it("finds a problem whose time to be decided about again was missed", async () => {
  await start();
  await server.api.emit({ type: "service.health.down", service: "a" });
  // What the first settings have set off is over, and no alarm is set for this.
  server.clock.advance(0);
  await server.idle();
  behindItsBack((db) => db.prepare(`UPDATE "Condition" SET "recheckAt" = ?`).run(server.clock.now().getTime() - 10 * MINUTE));
  await pass(2);
  await eventually(async () => (await metric('carillon_audit_findings_total{finding="overdue_condition"}')) === 1);
  await eventually(async () => behindItsBack((db) => (db.prepare(`SELECT COUNT(*) AS "left" FROM "Condition" WHERE "recheckAt" IS NOT NULL`).get() as { left: number }).left) === 0);
});
