import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { watchBySse, watchByWebSocket } from "../e2e/liveClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { canMount } from "../hard/canMount.ts";
import { run } from "./freshDatabase.ts";
import { startPostgres } from "./startPostgres.ts";
import type { Postgres } from "./startPostgres.ts";

/** Servers under load whose PostgreSQL fails: each way of failing, and what must hold in all of them. */

const SHARED = { SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-all-of-these-servers" };
const MOST_CONNECTIONS = 60;
/** Longer than a lane's lease. */
const LONG_MS = 13_000;

let postgres: Postgres;
/** After a test that has failed it may be away. */
beforeEach(() => postgres.start());
beforeAll(async () => {
  postgres = await startPostgres({ connections: MOST_CONNECTIONS });
});
afterAll(() => postgres.stop());

let databases = 0;

async function createDatabase(options = ""): Promise<string> {
  const name = `failing_${(databases += 1)}`;
  await run(postgres.url("postgres"), `CREATE DATABASE ${name} ${options}`);
  return postgres.url(name);
}

const readyOf = async ({ url }: { url: string }): Promise<any> => (await fetch(`${url}/ready`)).json();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two servers that producers send to without a pause; what is refused is sent again under the same key. */
async function setUp(DATABASE_URL: string) {
  const servers = await Promise.all([1, 2].map(() => startTestServer({ env: { ...SHARED, DATABASE_URL }, clock: systemClock })));
  for (const server of servers) onTestFinished(() => server[Symbol.asyncDispose]());
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const [first, second] = servers as [TestServer<typeof systemClock>, TestServer<typeof systemClock>];
  await first.api.createChannel("Hook", { webhook: { url: receiver.url } }, { pace: { perSecond: 1000, burst: 1000, concurrency: 20 } });
  await eventually(async () => (await second.api.run<any>(`{ simulateEvent(input: { type: "deploy.failure" }) { ... on SimulateEventPayload { decision { channels { channelName } } } } }`)).simulateEvent.decision.channels.length === 2);
  const filter = { types: ["deploy.failure"], kinds: ["WEBHOOK"] };
  const feeds = [watchByWebSocket(first.url, { token: SHARED.ADMIN_TOKEN, filter }), watchBySse(second.url, { token: SHARED.ADMIN_TOKEN, filter })];
  for (const feed of feeds) onTestFinished(() => feed.close());

  const acknowledged = new Set<string>();
  const refusals: { status: number; text: string }[] = [];
  let count = 0;
  let stopping = false;
  async function produce({ api }: TestServer<typeof systemClock>): Promise<void> {
    for (;;) {
      if (stopping) return;
      const service = `s${(count += 1)}`;
      const event = { type: "deploy.failure", service, title: service, idempotencyKey: service, message: "x".repeat(500) };
      for (;;) {
        const { status, body } = await api.post("/v1/events", event);
        if (status < 300) break;
        refusals.push({ status, text: JSON.stringify(body) });
        if (stopping && !postgres.running) return;
        await pause(50);
      }
      acknowledged.add(service);
      await pause(20);
    }
  }

  const producing: Promise<void>[] = [];
  async function stop(): Promise<void> {
    stopping = true;
    await Promise.all(producing);
  }
  onTestFinished(stop);

  return {
    servers,
    acknowledged,
    refusals,
    produce: () => void producing.push(...[first, second].map(produce)),
    async acknowledgeMore(more = 20) {
      const before = acknowledged.size;
      await eventually(() => acknowledged.size >= before + more, 60_000);
    },
    refuseMore: async (more = 4) => {
      const before = refusals.length;
      await eventually(() => refusals.length >= before + more, 60_000);
    },
    stop,
    /** Everything that was acknowledged came once, was recorded, and was shown to both subscribers in order. */
    async expectAllThere() {
      const titles = () => receiver.requests.map(({ body }) => (JSON.parse(body.toString()) as { title: string }).title);
      await eventually(() => new Set(titles()).size >= acknowledged.size, 60_000);
      await eventually(() => feeds.every(({ items }) => items.length >= acknowledged.size), 60_000);
      expect(titles().sort()).toEqual([...acknowledged].sort());
      const shown = feeds.map(({ items }) => items.map(({ attempt }) => Buffer.from(attempt.id, "base64").toString()));
      expect(shown[0]).toEqual(shown[1]);
      expect([...(shown[0] ?? [])].sort()).toEqual(shown[0]);
      expect(feeds[0]?.items.map(({ attempt }) => attempt.title).sort()).toEqual([...acknowledged].sort());
      for (const { items, ended } of feeds) expect([ended, items.filter(({ missed }) => missed > 0)]).toEqual([null, []]);
      const stored = await run<{ service: string }>(DATABASE_URL, `SELECT "service" FROM "Event" WHERE "type" = 'deploy.failure'`);
      expect(stored.map(({ service }) => service).sort()).toEqual([...acknowledged].sort());
      expect(await run(DATABASE_URL, `SELECT "state", COUNT(*)::int AS "count" FROM "Delivery" AS d JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = 'Hook' GROUP BY 1`)).toEqual([{ state: "SENT", count: acknowledged.size }]);
    },
  };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

/** Runs servers under load through a failure and its end. @param reason what `/ready` says meanwhile; null: it may be over before anybody asks */
async function liveThrough(url: string, reason: RegExp | null, fail: (scene: Scene) => Promise<() => Promise<void>>): Promise<void> {
  const scene = await setUp(url);
  scene.produce();
  await scene.acknowledgeMore();
  const mend = await fail(scene);
  if (reason) {
    await scene.refuseMore();
    for (const server of scene.servers) await expect.poll(() => readyOf(server), { timeout: 30_000 }).toMatchObject({ status: "not ready", failed: expect.arrayContaining([{ check: "database", problem: expect.stringMatching(reason) }]) });
  }
  await mend();
  await scene.acknowledgeMore();
  for (const server of scene.servers) await expect.poll(() => readyOf(server), { timeout: 30_000 }).toEqual({ status: "ready" });
  await scene.stop();
  await scene.expectAllThere();
  for (const { status, text } of scene.refusals) {
    expect(status).toBe(503);
    expect(text).toContain("UNAVAILABLE");
    expect(text).not.toMatch(/[Pp]risma|127\.0\.0\.1|of-a-test/);
  }
}

describe("under load, nothing is lost, told twice or out of order, and everything goes on by itself", { timeout: 180_000 }, () => {
  it("when the database is stopped and started again", async () => {
    await liveThrough(await createDatabase(), /cannot be reached|starting or stopping/, async () => {
      await postgres.halt("SIGINT");
      return () => postgres.start();
    });
  });

  it("when it is killed, and away for longer than a lane's lease", async () => {
    await liveThrough(await createDatabase(), /cannot be reached|starting or stopping/, async () => {
      await postgres.halt("SIGKILL");
      await pause(LONG_MS);
      return () => postgres.start();
    });
  });

  it("when all its connections are ended, again and again", async () => {
    const url = await createDatabase();
    await liveThrough(url, null, async (scene) => {
      for (let time = 0; time < 6; time += 1) {
        await endConnections(url);
        await scene.acknowledgeMore(6);
      }
      return () => Promise.resolve();
    });
  });

  it("when others have all its connections", async () => {
    const url = await createDatabase();
    const others: pg.Client[] = [];
    onTestFinished(() => Promise.all(others.map((client) => client.end())).then(() => undefined));
    await liveThrough(url, /no connection left/, async ({ refusals }) => {
      const before = refusals.length;
      while (refusals.length < before + 4) {
        await takeConnections(others);
        await endConnections(url, others[0]);
      }
      await takeConnections(others);
      return async () => void (await Promise.all(others.splice(0).map((client) => client.end())));
    });
  });

  it.runIf(canMount())("when its disk is full (runs only for root, who may mount one)", async () => {
    const disk = mkdtempSync(join(tmpdir(), "carillon-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
    onTestFinished(async () => {
      await postgres.start();
      try {
        await run(postgres.url("postgres"), "DROP DATABASE IF EXISTS full_disk WITH (FORCE)");
        await run(postgres.url("postgres"), "DROP TABLESPACE IF EXISTS small");
      } finally {
        execFileSync("umount", ["-l", disk]);
        rmSync(disk, { recursive: true });
      }
    });
    chmodSync(disk, 0o777);
    const folder = join(disk, "tablespace");
    execFileSync("install", ["-d", "-m", "700", "-o", "postgres", folder]);
    await run(postgres.url("postgres"), `CREATE TABLESPACE small LOCATION '${folder}'`);
    await run(postgres.url("postgres"), "CREATE DATABASE full_disk TABLESPACE small");
    const ballast = join(disk, "ballast");
    await liveThrough(postgres.url("full_disk"), /disk is full/, async ({ refuseMore }) => {
      try {
        writeFileSync(ballast, Buffer.alloc(24 * 1024 * 1024));
      } catch {
        // That was the point.
      }
      await refuseMore();
      return () => Promise.resolve(rmSync(ballast));
    });
  });
});

async function endConnections(url: string, client?: pg.Client): Promise<void> {
  const statement = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}' AND pid <> pg_backend_pid()`;
  if (client) await client.query(statement);
  else await run(postgres.url("postgres"), statement);
}

/** Opens connections until there are none left. */
async function takeConnections(taken: pg.Client[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: postgres.url("postgres") });
    try {
      await client.connect();
      taken.push(client);
    } catch {
      return;
    }
  }
}

/** A server of its own process, with a channel and something under way or waiting for it. */
async function startProcess(DATABASE_URL: string) {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-failing-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const server = await startServerProcess(dataDir, { ...SHARED, DATABASE_URL });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, again: () => startServerProcess(dataDir, { ...SHARED, DATABASE_URL }) };
}

describe("a stop while the database is away", { timeout: 120_000 }, () => {
  it.each(["stopped", "hanging"] as const)("ends in order, says what it could not do, and loses nothing: %s", async (how) => {
    const { server, again } = await startProcess(await createDatabase());
    await using receiver = await startFakeHttp();
    receiver.script = ["HANG"];
    await server.api.createChannel("Hook", { webhook: { url: receiver.url } }, { pace: { concurrency: 1 } });
    for (const service of ["under-way", "waiting"]) await server.api.emit({ type: "deploy.failure", service });
    await eventually(() => receiver.requests.length === 1);
    if (how === "stopped") await postgres.halt("SIGINT");
    else postgres.freeze();
    const code = await server.stop("SIGTERM");
    if (how === "hanging") postgres.thaw();
    expect([code, server.stderr()]).toEqual([0, expect.stringMatching(/"what":"record the last tries, which are sent again at the next start","why":"The database (cannot be reached|does not answer)[^}]+\}.*goes on at the next start/)]);
    expect(server.stderr()).not.toMatch(/of-a-test/);

    await postgres.start();
    await using next = await again();
    await eventually(() => ["under-way", "waiting"].every((service) => receiver.requests.slice(1).some(({ body }) => body.toString().includes(service))), 60_000);
    await expect.poll(async () => (await next.api.history({ outcomes: ["DELIVERED"] })).filter(({ channelName }) => channelName === "Hook").length).toBe(2);
  });
});
