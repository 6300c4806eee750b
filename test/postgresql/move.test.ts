import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import { moveToPostgresql } from "../../src/db/moveToPostgresql.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { StartError } from "../../src/errors.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { NOW, someEvent } from "../store/openStore.ts";
import { createPostgresqlDatabase, freshPostgresqlUrl, run } from "./freshDatabase.ts";

const now = () => NOW;
const TABLES = [
  "setting", "accessToken", "idempotencyKey", "cooldown", "silence", "inhibitionRule", "customEventType", "providerAccount", "channel", "channelOverride", "burst", "trigger",
  "triggerChannel", "triggerRecipient", "condition", "event", "delivery", "attempt", "inboxItem", "contact", "contactGroup", "contactGroupMember", "alertRule", "alertRuleTarget",
  "escalationPolicy", "escalationStep", "escalationTarget", "escalation", "escalationNotice", "acknowledgeLinkUse", "auditEntry",
] as const;

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "carillon-move-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Everything that is stored, table by table. */
async function contents(database: string): Promise<Record<string, unknown[]>> {
  const db = await openDatabase(database, now);
  try {
    const tables = await Promise.all(TABLES.map(async (table) => [table, await (db.read[table] as unknown as { findMany(): Promise<object[]> }).findMany()] as const));
    return Object.fromEntries(tables.map(([table, rows]) => [table, rows.map((row) => JSON.stringify(row)).sort()]));
  } finally {
    await db.close();
  }
}

it("moves everything that a server has stored, and the server goes on with it", async () => {
  const dataDir = await folder();
  const file = join(dataDir, "carillon.db");
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  {
    await using server = await startTestServer({ dataDir, env: { DATABASE_URL: `file:${file}` }, againstNoise: true });
    const { api } = server;
    const hook = await api.createChannel("Hook ü", { webhook: { url: receiver.url, secret: "signs every request" } });
    await api.run(`mutation ($id: ID!) { setChannelOverride(channelId: $id, eventType: "deploy.success", enabled: false) { __typename } }`, { id: hook }).catch(() => undefined);
    await api.run(`mutation { updateTrigger(eventType: "deploy.failure", input: { cooldown: "PT5M" }) { __typename } }`);
    await api.emit({ type: "service.health.down", service: "web", details: { zebra: 1, a: [true, null, 0.1, "\u2028"] } });
    await api.emit({ type: "deploy.failure", service: "web", idempotencyKey: "one" });
    await api.emit({ type: "custom", title: "ü 日本 🔔", severity: "CRITICAL" });
    await api.settled();
  }
  const before = await contents(file);
  for (const table of ["setting", "accessToken", "channel", "trigger", "condition", "event", "delivery", "attempt", "inboxItem", "idempotencyKey"]) expect(before[table], table).not.toEqual([]);

  const url = await createPostgresqlDatabase({ migrated: false });
  const rows = Object.values(before).reduce((sum, { length }) => sum + length, 0);
  expect(await moveToPostgresql(file, url, now)).toBe(rows);
  expect(await contents(url)).toEqual(before);
  expect(await contents(file)).toEqual(before);

  await using server = await startTestServer({ dataDir, env: { DATABASE_URL: url } });
  receiver.requests.length = 0;
  expect(await server.api.emit({ type: "deploy.failure", service: "web", idempotencyKey: "one" })).toMatchObject({ deduplicated: true });
  await server.api.emit({ type: "service.health.recovered", service: "web" });
  await expect.poll(() => receiver.requests.length).toBe(1);
  // Signed with the secret, which the key in the folder still opens.
  expect(receiver.requests[0]?.headers["x-signature-256"]).toMatch(/^sha256=/);
});

it("moves many rows in steps", async () => {
  const file = join(await folder(), "carillon.db");
  const source = await openSqlite(file, now);
  await source.write((tx) => insertEvents(tx, Array.from({ length: 2500 }, (_, at) => someEvent({ title: `${at}` }))));
  await source.close();
  const url = await freshPostgresqlUrl();
  expect(await moveToPostgresql(file, url, now)).toBe(2500);
  expect(await run(url, `SELECT COUNT(DISTINCT "title")::int AS "count" FROM "Event"`)).toEqual([{ count: 2500 }]);
});

it("refuses a database that is not empty, and a file that a server has, and leaves all as it was", async () => {
  const file = join(await folder(), "carillon.db");
  const source = await openSqlite(file, now);
  await source.write((tx) => insertEvents(tx, [someEvent()]));
  const url = await freshPostgresqlUrl();
  await expect(moveToPostgresql(file, url, now)).rejects.toThrow(/in use by another Carillon process/);
  await source.close();

  await run(url, `INSERT INTO "Cooldown" VALUES ('f', now(), 'INFO', 1)`);
  await expect(moveToPostgresql(file, url, now)).rejects.toThrow(/is not empty: its table "Cooldown" has rows/);
  await expect(moveToPostgresql(file, url, now)).rejects.toBeInstanceOf(StartError);
  expect(await run(url, `SELECT 1 FROM "Event"`)).toEqual([]);
});

it("refuses a database on which a server runs", async () => {
  const file = join(await folder(), "carillon.db");
  await (await openSqlite(file, now)).close();
  const url = await freshPostgresqlUrl();
  const server = await openDatabase(url, now);
  await expect(moveToPostgresql(file, url, now)).rejects.toThrow(/A server is running/);
  await server.close();
});
