import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startAndFail, startServerProcess } from "../e2e/serverProcess.ts";
import { canMount } from "./canMount.ts";

/** The real server as its owner meets it: the first start, all that can be wrong at a start, a full disk, the end. */

const IS_ROOT = process.getuid?.() === 0;
const CAN_MOUNT = canMount();

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "carillon-start-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "data");
}

/** A file system of its own, as small or as locked as wanted. */
function mounted(options: string): string {
  const dir = mkdtempSync(join(tmpdir(), "carillon-mount-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir]);
  onTestFinished(() => {
    execFileSync("umount", ["-l", dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const databaseIn = (dir: string) => join(dir, "carillon.db");

function hashes(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, createHash("sha256").update(readFileSync(join(dir, name))).digest("hex")]));
}

/** A folder that a server has used and left in good order, to be copied and broken. */
let template: string;
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "carillon-template-"));
  await using server = await startServerProcess(template);
  await server.api.emit({ type: "custom", title: "kept" });
  await eventually(async () => (await server.api.history()).length === 1);
  expect(await server.stop()).toBe(0);
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

function usedDir(): string {
  const dir = freshDir();
  execFileSync("cp", ["-a", template, dir]);
  return dir;
}

/** Starts, expects a refusal that says `right` on one line after the heading, and that what was there is as it was. */
async function expectRefusal(dir: string, env: Record<string, string>, right: RegExp): Promise<void> {
  const before = existsSync(dir) && statSync(dir).isDirectory() ? hashes(dir) : {};
  const { code, stderr, stdout } = await startAndFail(dir, env);
  expect(stderr.trimEnd().split("\n")).toEqual(["Carillon cannot start.", expect.stringMatching(right)]);
  expect(code).toBe(1);
  for (const name of ["SECRET_KEY", "ADMIN_TOKEN"]) expect(env[name] !== undefined && stderr.includes(env[name]), "a secret was repeated").toBe(false);
  expect(stdout).toBe("");
  for (const [name, hash] of Object.entries(before)) expect(hashes(dir)[name], `${name} was changed`).toBe(hash);
}

describe("the first start", () => {
  it("makes its folder, keys and token for the owner only, says what to do, and shows the token once", async () => {
    const dir = freshDir();
    const first = await startServerProcess(dir);
    expect(modeOf(dir)).toBe("700");
    expect(modeOf(join(dir, "secret.key"))).toBe("600");
    expect(modeOf(join(dir, "admin.token"))).toBe("600");
    expect(modeOf(databaseIn(dir))).toBe("600");
    const token = readFileSync(join(dir, "admin.token"), "utf8").trim();
    expect(token).toMatch(/^car_[\w-]{43}$/);
    expect(Buffer.from(readFileSync(join(dir, "secret.key"), "utf8").trim(), "base64")).toHaveLength(32);
    await eventually(() => first.stdout().includes("mutation {"));
    expect(first.stdout().split(token)).toHaveLength(2);
    expect(first.stdout()).toContain(`GraphiQL: ${first.url}/graphql`);
    expect(first.stderr()).toBe("");

    // What is printed works as printed.
    const mutation = /mutation \{.*\}/.exec(first.stdout())?.[0] ?? "";
    expect(await first.api.run(mutation)).toEqual({ emitEvent: { __typename: "EmitEventPayload", decision: { explanation: expect.any(String) as string } } });
    expect(await (await fetch(`${first.url}/graphql`, { headers: { accept: "text/html" } })).text()).toMatch(/<title>Carillon/);
    expect(await (await fetch(`${first.url}/ready`)).json()).toEqual({ status: "ready" });
    expect(await (await fetch(`${first.url}/health`)).json()).toEqual({ status: "ok" });
    expect(await first.stop()).toBe(0);

    const secretKey = readFileSync(join(dir, "secret.key"), "utf8");
    await using second = await startServerProcess(dir);
    await eventually(() => second.stdout().includes("mutation {"));
    expect(second.stdout()).not.toContain(token);
    expect(readFileSync(join(dir, "secret.key"), "utf8")).toBe(secretKey);
    expect(readFileSync(join(dir, "admin.token"), "utf8").trim()).toBe(token);
    expect((await second.api.run<any>(`{ events { totalCount } inbox { totalCount } }`))).toEqual({ events: { totalCount: 1 }, inbox: { totalCount: 1 } });
  });

  it("takes a token and a key that are given, and neither prints nor writes them", async () => {
    const dir = freshDir();
    const ADMIN_TOKEN = "a-token-of-one's-own-choice-123";
    const SECRET_KEY = randomBytes(32).toString("hex");
    await using server = await startServerProcess(dir, { ADMIN_TOKEN, SECRET_KEY });
    expect((await server.api.run<any>(`{ viewer { role } }`)).viewer.role).toBe("ADMIN");
    expect(readdirSync(dir).filter((name) => !name.startsWith("carillon.db"))).toEqual([]);
    expect(server.stdout()).not.toContain(ADMIN_TOKEN);
  });
});

describe("refuses to start, with one clear line and nothing changed:", () => {
  it("a database of random bytes", async () => {
    const dir = usedDir();
    writeFileSync(databaseIn(dir), randomBytes(50_000));
    await expectRefusal(dir, {}, /carillon\.db is not a SQLite database.*backup/);
  });

  it("a truncated database", async () => {
    const dir = usedDir();
    truncateSync(databaseIn(dir), Math.floor(statSync(databaseIn(dir)).size / 2 / 4096) * 4096 + 100);
    await expectRefusal(dir, {}, /carillon\.db is damaged.*backup/);
  });

  it("a database with a page overwritten", async () => {
    const dir = usedDir();
    const file = openSync(databaseIn(dir), "r+");
    for (let page = 1; page < 12; page += 1) writeSync(file, randomBytes(4096), 0, 4096, page * 4096);
    closeSync(file);
    await expectRefusal(dir, {}, /carillon\.db is damaged.*backup/);
  });

  it("a database of another program", async () => {
    const dir = usedDir();
    rmSync(databaseIn(dir));
    const other = new Database(databaseIn(dir));
    other.exec("CREATE TABLE recipes (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO recipes (name) VALUES ('soup')");
    other.close();
    await expectRefusal(dir, {}, /another program/);
  });

  it("a database of a newer version", async () => {
    const dir = usedDir();
    const db = new Database(databaseIn(dir));
    db.prepare(`INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count") VALUES ('x', 'x', 1, '99990101000000_telepathy', 1)`).run();
    db.close();
    await expectRefusal(dir, {}, /newer version.*99990101000000_telepathy.*backup/);
  });

  it("another secret key", async () => {
    await expectRefusal(usedDir(), { SECRET_KEY: randomBytes(32).toString("base64") }, /secret key is not the one.*SECRET_KEY/);
  });

  it("a secret key that is gone", async () => {
    const dir = usedDir();
    unlinkSync(join(dir, "secret.key"));
    await expectRefusal(dir, {}, /secret\.key is missing.*SECRET_KEY/);
    expect(existsSync(join(dir, "secret.key"))).toBe(false);
  });

  it("a damaged secret key", async () => {
    const dir = usedDir();
    writeFileSync(join(dir, "secret.key"), "short\n");
    await expectRefusal(dir, {}, /secret\.key is damaged.*32 bytes/);
  });

  it("a damaged token file (its token would open nothing)", async () => {
    const dir = usedDir();
    writeFileSync(join(dir, "admin.token"), "\n");
    await expectRefusal(dir, {}, /admin\.token/);
  });

  it.each<{ name: string; env: Record<string, string>; right: RegExp }>([
    { name: "SECRET_KEY of 16 bytes", env: { SECRET_KEY: randomBytes(16).toString("base64") }, right: /^SECRET_KEY must be 32 bytes/ },
    { name: "ADMIN_TOKEN of 8 characters", env: { ADMIN_TOKEN: "letmein!" }, right: /^ADMIN_TOKEN must be at least 24/ },
    { name: "PORT=abc", env: { PORT: "abc" }, right: /^PORT must be a port number/ },
    { name: "PORT=70000", env: { PORT: "70000" }, right: /^PORT must be from 0 to 65535/ },
    { name: "LOG_LEVEL=loud", env: { LOG_LEVEL: "loud" }, right: /^LOG_LEVEL must be one of fatal, error/ },
    { name: "DATABASE_URL of MySQL", env: { DATABASE_URL: "mysql://localhost/x" }, right: /^DATABASE_URL must be/ },
    { name: "HOST unknown", env: { HOST: "no-such-host.invalid" }, right: /no-such-host\.invalid.*HOST/ },
    { name: "HOST of another machine", env: { HOST: "192.0.2.1" }, right: /192\.0\.2\.1.*not an address of this machine.*HOST/ },
  ])("$name", async ({ env, right }) => {
    await expectRefusal(usedDir(), env, right);
  });

  it("several at once: a line for each", async () => {
    const { code, stderr } = await startAndFail(freshDir(), { PORT: "abc", ADMIN_TOKEN: "short", GRAPHIQL: "perhaps" });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").slice(1).map((line) => line.split(" ")[0]).sort()).toEqual(["ADMIN_TOKEN", "GRAPHIQL", "PORT"]);
  });

  it("a port in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const PORT = String((other.address() as AddressInfo).port);
    await expectRefusal(usedDir(), { PORT }, new RegExp(`^127\\.0\\.0\\.1:${PORT} is in use.*choose another PORT\\.$`));
  });

  it("a data folder that is a file", async () => {
    const dir = freshDir();
    writeFileSync(dir, "a file");
    await expectRefusal(dir, {}, /data folder .* cannot be used/);
    expect(readFileSync(dir, "utf8")).toBe("a file");
  });

  it("a data folder below a file", async () => {
    const dir = freshDir();
    writeFileSync(dir, "a file");
    await expectRefusal(join(dir, "data"), {}, /data folder .* cannot be used/);
  });

  it("a database that is a folder", async () => {
    const dir = usedDir();
    rmSync(databaseIn(dir));
    mkdirSync(databaseIn(dir));
    const { code, stderr } = await startAndFail(dir);
    expect(stderr).toMatch(/^Carillon cannot start\.\n.*carillon\.db cannot be opened.*\n$/);
    expect(code).toBe(1);
  });

  it.runIf(!IS_ROOT)("a data folder that may not be written (skipped for root, whom permissions do not stop)", async () => {
    const dir = usedDir();
    chmodSync(databaseIn(dir), 0o400);
    chmodSync(dir, 0o500);
    onTestFinished(() => chmodSync(dir, 0o700));
    await expectRefusal(dir, {}, /cannot be (written|opened|used)/);
  });

  it.runIf(CAN_MOUNT)("a data folder on a read-only file system (runs only for root, who may mount one)", async () => {
    const dir = mounted("size=8m");
    execFileSync("cp", ["-a", `${template}/.`, dir]);
    execFileSync("mount", ["-o", "remount,ro", dir]);
    await expectRefusal(dir, {}, /cannot be (written|opened|used)/);
    const empty = mounted("size=1m,ro");
    await expectRefusal(empty, {}, /data folder .* cannot be used.*read-only/i);
  });

  it("a second server on one folder; the first goes on", async () => {
    const dir = usedDir();
    await using first = await startServerProcess(dir);
    const { code, stderr } = await startAndFail(dir);
    expect(stderr).toMatch(/^Carillon cannot start\.\n.*in use by another.*Only one server.*\n$/);
    expect(code).toBe(1);
    expect((await first.api.emit({ type: "custom", title: "still there" })).__typename).toBe("EmitEventPayload");
    await first.stop("SIGKILL");
    // The lock goes with its holder, however that ended.
    await using third = await startServerProcess(dir);
    expect((await third.api.run<any>(`{ events { totalCount } }`)).events.totalCount).toBe(2);
  });
});

describe("a full disk", () => {
  const fill = (dir: string, left = 0): (() => void) => {
    const path = join(dir, "filler");
    const file = openSync(path, "w");
    for (const size of [65_536, 4096, 512, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch {
        // Full for pieces of this size.
      }
    }
    closeSync(file);
    if (left > 0) truncateSync(path, Math.max(0, statSync(path).size - left));
    return () => rmSync(path);
  };

  it.runIf(CAN_MOUNT)("takes nothing in that it cannot keep, keeps what it took, and goes on when there is room (runs only for root, who may mount one)", async () => {
    const disk = mounted("size=12m");
    const dir = join(disk, "data");
    await using hook = await startFakeHttp();
    await using server = await startServerProcess(dir, { LOG_LEVEL: "fatal" });
    const { api } = server;
    await api.createChannel("hook", { webhook: { url: hook.url } });
    const accepted: string[] = [];
    const refused: { code?: string }[] = [];
    const emit = async (title: string) => {
      const { body } = await api.raw(`mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename ... on Error { code message } ... on EmitEventPayload { event { title } } } }`, { input: { type: "custom", title, message: "x".repeat(2000) } });
      const result = body.data?.emitEvent;
      if (result?.event) accepted.push(title);
      else refused.push({ code: result?.code ?? (body.errors?.[0]?.extensions?.["code"] as string) });
    };
    for (let at = 0; at < 20; at += 1) await emit(`before ${at}`);
    expect(refused).toEqual([]);

    const makeRoom = fill(disk, 100_000);
    for (let at = 0; at < 2000 && refused.length < 30; at += 1) await emit(`while ${at}`);
    expect(refused.length).toBe(30);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["UNAVAILABLE"]));
    const rest = await api.post("/v1/events", { type: "custom", title: "by REST" });
    expect(rest).toMatchObject({ status: 503, body: { error: { code: "UNAVAILABLE", message: expect.stringMatching(/nothing was stored.*again later/) as string } } });
    // It still reads, and says so of changes.
    expect((await api.run<any>(`{ channels { totalCount } }`)).channels.totalCount).toBe(2);
    const services = Array.from({ length: 200 }, (_, at) => `${at}`.padEnd(200, "x"));
    const { body } = await api.raw(`mutation ($input: CreateChannelInput!) { createChannel(input: $input) { __typename ... on Error { code } } }`, { input: { name: "large", config: { log: true }, services } });
    expect(JSON.stringify(body)).toContain("UNAVAILABLE");
    expect((await fetch(`${server.url}/health`)).status).toBe(200);

    makeRoom();
    const before = refused.length;
    await eventually(async () => {
      await emit(`after ${performance.now()}`);
      return refused.length === before || accepted.at(-1)?.startsWith("after");
    });
    await eventually(() => {
      const arrived = new Set(hook.requests.map(({ body: bytes }) => (JSON.parse(bytes.toString()) as { title: string }).title));
      return accepted.every((title) => arrived.has(title));
    }, 20_000);
    // Nothing that was refused arrived, and nothing arrived as two messages.
    const titles = new Map(hook.requests.map(({ headers, body: bytes }) => [headers["webhook-id"] as string, (JSON.parse(bytes.toString()) as { title: string }).title]));
    expect([...titles.values()].sort()).toEqual([...accepted].sort());
    const stored = await api.run<any>(`{ events { totalCount } }`);
    expect(stored.events.totalCount).toBe(accepted.length);
    expect(await server.stop()).toBe(0);
  });

  it.runIf(CAN_MOUNT)("does not start a new installation, and says why (runs only for root, who may mount one)", async () => {
    const disk = mounted("size=4m");
    const makeRoom = fill(disk);
    await expectRefusal(disk, {}, /cannot be used.*no space left|disk is full/i);
    makeRoom();
    await using server = await startServerProcess(disk);
    expect(server.stderr()).toBe("");
  });

  it.runIf(CAN_MOUNT)("does not start on a folder in use, and says why; starts again when there is room (runs only for root, who may mount one)", async () => {
    const disk = mounted("size=4m");
    execFileSync("cp", ["-a", `${template}/.`, disk]);
    const makeRoom = fill(disk);
    const before = readFileSync(databaseIn(disk));
    const { code, stderr } = await startAndFail(disk);
    expect(stderr).toMatch(/^Carillon cannot start\.\n.*(disk is full|no space left).*\n$/i);
    expect(code).toBe(1);
    expect(readFileSync(databaseIn(disk)).equals(before)).toBe(true);
    makeRoom();
    await using server = await startServerProcess(disk);
    expect((await server.api.run<any>(`{ events { totalCount } }`)).events.totalCount).toBe(1);
  });
});

describe("the end", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("%s: ends with 0 at once, and loses nothing of what was taken in", async (signal) => {
    const dir = freshDir();
    await using hook = await startFakeHttp();
    const first = await startServerProcess(dir);
    await first.api.createChannel("hook", { webhook: { url: hook.url } });
    const accepted: string[] = [];
    let stopping = false;
    // Emits without a pause until the server does not answer any more.
    const producers = Array.from({ length: 4 }, async (_, producer) => {
      for (let at = 0; !stopping || at < 10_000; at += 1) {
        const title = `${producer}/${at}`;
        try {
          const result = await first.api.emit({ type: "custom", title });
          if (result.__typename === "EmitEventPayload") accepted.push(title);
        } catch {
          return;
        }
      }
    });
    await eventually(() => accepted.length > 50);
    stopping = true;
    const began = performance.now();
    expect(await first.stop(signal)).toBe(0);
    expect(performance.now() - began).toBeLessThan(6_000);
    await Promise.all(producers);

    await using second = await startServerProcess(dir);
    const stored = await second.api.run<any>(`{ events { totalCount } }`);
    expect(stored.events.totalCount).toBeGreaterThanOrEqual(accepted.length);
    await eventually(() => {
      const arrived = new Set(hook.requests.map(({ body }) => (JSON.parse(body.toString()) as { title: string }).title));
      return accepted.every((title) => arrived.has(title));
    });
    expect(new Set(hook.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(hook.requests.length);
  });

  it("does not wait for a receiver that hangs", async () => {
    const dir = freshDir();
    await using hook = await startFakeHttp();
    hook.script = Array.from({ length: 10 }, () => "HANG" as const);
    const first = await startServerProcess(dir);
    await first.api.createChannel("hook", { webhook: { url: hook.url } });
    await first.api.emit({ type: "custom", title: "slow" });
    await eventually(() => hook.requests.length === 1);
    const began = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(16_000);
    hook.script = [];
    await using second = await startServerProcess(dir);
    await eventually(() => hook.requests.length === 2, 15_000);
    expect(hook.requests[1]?.headers["webhook-id"]).toBe(hook.requests[0]?.headers["webhook-id"]);
    expect(second.stderr()).toBe("");
  });
});
