import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { KEY_LOCK, LOCK_SPACE } from "../../src/db/lockSpace.ts";
import { NOTIFICATIONS } from "../../src/db/postgresqlClient.ts";
import { StartError } from "../../src/errors.ts";
import { rotateKey } from "../../src/rotateKey.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { createPostgresqlDatabase, run } from "./freshDatabase.ts";
import { startWire } from "./wire.ts";

/** Changing the key of a database that several servers use; what is the same with SQLite is tested there. */

const KEYS = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64")) as [string, string];
const TOKEN = "123456789:AAtokenOfTheAccountTokenOfTheAccount";

async function setUp() {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-rotate-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const fake = await startFakeHttp(() => ({ status: 200, body: JSON.stringify({ ok: true, result: { message_id: 1 } }) }));
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const DATABASE_URL = await createPostgresqlDatabase({ migrated: true });
  const start = (env: Record<string, string> = {}) => startTestServer({ dataDir, env: { DATABASE_URL, ...env } });
  return {
    DATABASE_URL,
    dataDir,
    start,
    rotate: (env: Record<string, string> = {}) => rotateKey(readConfig({ DATA_DIR: dataDir, DATABASE_URL, ...env }), systemClock),
    /** A channel with secrets of its own and one with an account's. */
    async fill(env?: Record<string, string>) {
      await using server = await start(env);
      await server.api.createChannel("Hook", { webhook: { url: `${fake.url}/hook`, secret: "signs every request" } });
      const { createProviderAccount } = await server.api.run<any>(
        `mutation ($input: CreateProviderAccountInput!) { createProviderAccount(input: $input) { ... on CreateProviderAccountPayload { providerAccount { id } } } }`,
        { input: { name: "Bot", config: { telegram: { botToken: TOKEN, apiBaseUrl: fake.url } } } },
      );
      await server.api.createChannel("Chat", { telegram: { chatId: "1" } }, { accountId: createProviderAccount.providerAccount.id });
    },
    /** Both channels send with the secrets that they were given. */
    async expectSends(env?: Record<string, string>) {
      await using server = await start(env);
      fake.requests.length = 0;
      const { channels } = await server.api.run<any>(`{ channels { nodes { id kind } } }`);
      for (const { id, kind } of channels.nodes) if (kind !== "INBOX") await server.api.run(`mutation ($id: ID!) { testChannel(id: $id) { __typename } }`, { id });
      expect(fake.requests.map(({ path }) => path)).toEqual(["/hook", `/bot${TOKEN}/sendMessage`]);
      expect(fake.requests[0]?.headers["x-signature-256"]).toMatch(/^sha256=/);
    },
    /** Key ids of all that is encrypted. */
    async keyIds() {
      const texts = await run<{ text: string }>(DATABASE_URL, `SELECT "secrets"::text AS "text" FROM "Channel" UNION ALL SELECT "secrets"::text FROM "ProviderAccount" UNION ALL SELECT "value"::text FROM "Setting"`);
      return new Set(texts.flatMap(({ text }) => /v1\.([0-9a-f]{8})\./.exec(text ?? "")?.[1] ?? []));
    },
    connections: () => run(DATABASE_URL, `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`),
  };
}

it("encrypts everything anew, at once after the last server has stopped", async () => {
  const { dataDir, fill, rotate, keyIds, expectSends } = await setUp();
  await fill();
  const rotation = await rotate();
  expect(rotation).toMatchObject({ rows: 2, oldKeyFile: join(dataDir, `secret.key.${rotation.oldKeyId}.old`) });
  expect(await keyIds()).toEqual(new Set([rotation.newKeyId]));
  expect((await readFile(join(dataDir, "secret.key"), "utf8")).length).toBeGreaterThan(40);
  await expectSends();
});

it("takes both keys from the environment, as servers on several machines have them", async () => {
  const { dataDir, start, fill, rotate, keyIds, expectSends } = await setUp();
  await fill({ SECRET_KEY: KEYS[0] });
  await expect(rotate({ SECRET_KEY: KEYS[0] })).rejects.toThrow(/NEW_SECRET_KEY must give the new key/);
  await expect(rotate({ SECRET_KEY: KEYS[1], NEW_SECRET_KEY: KEYS[0] })).rejects.toThrow(/not the one/);
  const { newKeyId } = await rotate({ SECRET_KEY: KEYS[0], NEW_SECRET_KEY: KEYS[1] });
  expect(await keyIds()).toEqual(new Set([newKeyId]));
  await expect(start({ SECRET_KEY: KEYS[0] })).rejects.toThrow(/not the one/);
  await expectSends({ SECRET_KEY: KEYS[1] });
  expect((await readdir(dataDir)).filter((name) => name.startsWith("secret.key"))).toEqual([]);
});

it("is refused while any server runs, and changes nothing", async () => {
  const { dataDir, start, fill, rotate, keyIds, connections } = await setUp();
  await fill();
  const before = [await readFile(join(dataDir, "secret.key"), "utf8"), await keyIds()];
  {
    await using _server = await start();
    await expect(rotate()).rejects.toThrow(/A server is running on this database: stop it first/);
  }
  expect([await readFile(join(dataDir, "secret.key"), "utf8"), await keyIds()]).toEqual(before);
  await eventually(async () => (await connections()).length === 0);
  expect((await readdir(dataDir)).filter((name) => name.endsWith(".new"))).toEqual([]);
});

/** Advisory locks that somebody has, or waits for. */
function locks(url: string) {
  return run<{ pid: number; objid: number; mode: string; granted: boolean }>(url, `SELECT "pid", "objid"::int, "mode", "granted" FROM "pg_locks" WHERE "locktype" = 'advisory' AND "database" = (SELECT "oid" FROM "pg_database" WHERE "datname" = current_database())`);
}

/** A connection that has locks. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

it("keeps a server from starting while it is under way", async () => {
  const { DATABASE_URL, start, fill, rotate, expectSends } = await setUp();
  await fill();
  // Whoever writes settings waits for the first lock, the rotation too.
  const writer = await connect(DATABASE_URL);
  await writer.query("SELECT pg_advisory_lock($1, 1)", [LOCK_SPACE]);
  const rotating = rotate();
  await eventually(async () => (await locks(DATABASE_URL)).some(({ granted }) => !granted));
  const refusal: unknown = await start().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartError);
  expect((refusal as StartError).message).toBe("The secret key of this database is being changed by npm run rotate-key. Start the server again when that is done.");
  await writer.query("SELECT pg_advisory_unlock($1, 1)", [LOCK_SPACE]);
  expect(await rotating).toMatchObject({ rows: 2 });
  await expectSends();
});

it("is refused while a server has the key though it was not seen, and changes nothing", async () => {
  const { DATABASE_URL, dataDir, fill, rotate, keyIds, expectSends } = await setUp();
  await fill();
  const before = [await readFile(join(dataDir, "secret.key"), "utf8"), await keyIds()];
  const server = await connect(DATABASE_URL);
  await server.query("SELECT pg_advisory_lock_shared($1, $2)", [LOCK_SPACE, KEY_LOCK]);
  await expect(rotate()).rejects.toThrow(/A server is running on this database: stop it first/);
  await server.query("SELECT pg_advisory_unlock_shared($1, $2)", [LOCK_SPACE, KEY_LOCK]);
  expect([await readFile(join(dataDir, "secret.key"), "utf8"), await keyIds()]).toEqual(before);
  expect((await readdir(dataDir)).filter((name) => name.endsWith(".new"))).toEqual([]);
  await expectSends();
  expect(await rotate()).toMatchObject({ rows: 2 });
});

it("leaves the key to a server whose connections are ended and come back", async () => {
  const { DATABASE_URL, start } = await setUp();
  await using _server = await start();
  const holders = async () => (await locks(DATABASE_URL)).filter(({ objid, mode }) => objid === KEY_LOCK && mode === "ShareLock").map(({ pid }) => pid);
  const [before] = await holders();
  expect(before).toBeDefined();
  await run(DATABASE_URL, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  await eventually(async () => (await holders()).some((pid) => pid !== before));
});

describe("a server that was cut off while the key was changed", () => {
  const [OLD, NEW] = [{ SECRET_KEY: KEYS[0] }, { SECRET_KEY: KEYS[0], NEW_SECRET_KEY: KEYS[1] }];

  async function cutOff() {
    const place = await setUp();
    await place.fill(OLD);
    const wire = await startWire(place.DATABASE_URL);
    onTestFinished(() => wire[Symbol.asyncDispose]());
    return { ...place, wire, env: { ...OLD, DATABASE_URL: wire.url } };
  }

  it("ends with one line when it is back", async () => {
    const { dataDir, wire, env, connections, rotate, expectSends } = await cutOff();
    await using server = await startServerProcess(dataDir, { ...env, ADMIN_TOKEN: "a-token-of-this-server-alone" });
    const ended = new Promise((resolve) => server.child.once("exit", resolve));
    wire.cut();
    await eventually(async () => (await connections()).length === 0);
    await rotate(NEW);
    wire.mend();
    expect(await ended).toBe(1);
    const lines = server.stderr().split("\n").filter((line) => line !== "" && !line.startsWith("{"));
    expect(lines).toEqual(["Carillon cannot go on.", "The secret key of this database was changed by npm run rotate-key while this server could not reach it. Start it again with the new key."]);
    await expectSends({ SECRET_KEY: KEYS[1] });
  });

  it("writes no secret with the old one before it has noticed", async () => {
    const { wire, env, start, connections, rotate, keyIds, expectSends } = await cutOff();
    await using server = await start(env);
    wire.cut();
    await eventually(async () => (await connections()).length === 0);
    const { newKeyId } = await rotate(NEW);
    // What would tell it stays away.
    wire.mend(NOTIFICATIONS);
    const input = { name: "Late", config: { webhook: { url: "https://example.com/late", secret: "signs every request" } } };
    const create = async () => (await server.api.raw(`mutation ($input: CreateChannelInput!) { createChannel(input: $input) { __typename } }`, { input })).body.errors?.[0];
    // Its first connections may still be the ones that were cut.
    const error = await eventually(async () => {
      const found = await create();
      return found?.message.includes("secret key") && found;
    });
    expect(error).toMatchObject({ message: "The secret key of the server's database was changed, and this process still has the old one: it ends. Nothing was stored.", extensions: { code: "UNAVAILABLE" } });
    expect(await server.app.failed).toBeInstanceOf(StartError);
    expect(await keyIds()).toEqual(new Set([newKeyId]));
    await server[Symbol.asyncDispose]();
    await expectSends({ SECRET_KEY: KEYS[1] });
  });

  it("goes on when the key is what it was", async () => {
    const { wire, env, start, connections } = await cutOff();
    await using server = await start(env);
    let hasFailed = false;
    void server.app.failed.then(() => (hasFailed = true));
    wire.cut();
    await eventually(async () => (await connections()).length === 0);
    wire.mend();
    await eventually(async () => (await connections()).length > 2);
    await eventually(async () => (await fetch(`${server.url}/ready`)).status === 200);
    await server.api.createChannel("Late", { webhook: { url: "https://example.com/late", secret: "signs every request" } });
    expect(hasFailed).toBe(false);
  });
});
