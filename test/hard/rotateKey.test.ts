import { copyFile, mkdtemp, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { rotateKey } from "../../src/rotateKey.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { startTestServer } from "../e2e/testServer.ts";

const KEYS = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64")) as [string, string];
const TOKEN = "123456789:AAtokenOfTheAccountTokenOfTheAccount";

async function folder(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-rotate-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function receiver(): Promise<FakeHttp> {
  const fake = await startFakeHttp(() => ({ status: 200, body: JSON.stringify({ ok: true, result: { message_id: 1 } }) }));
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

/** A server that has a channel with secrets of its own and one with an account's. */
async function fill(dataDir: string, url: string, env: Record<string, string> = {}): Promise<void> {
  await using server = await startTestServer({ dataDir, env });
  await server.api.createChannel("Hook", { webhook: { url: `${url}/hook`, secret: "signs every request" } });
  const { createProviderAccount } = await server.api.run<any>(
    `mutation ($input: CreateProviderAccountInput!) { createProviderAccount(input: $input) { ... on CreateProviderAccountPayload { providerAccount { id } } } }`,
    { input: { name: "Bot", config: { telegram: { botToken: TOKEN, apiBaseUrl: url } } } },
  );
  await server.api.createChannel("Chat", { telegram: { chatId: "1" } }, { accountId: createProviderAccount.providerAccount.id });
}

/** Both channels send with the secrets that they were given. */
async function expectSends(dataDir: string, fake: FakeHttp, env: Record<string, string> = {}): Promise<void> {
  await using server = await startTestServer({ dataDir, env });
  fake.requests.length = 0;
  const { channels } = await server.api.run<any>(`{ channels { nodes { id kind } } }`);
  for (const { id, kind } of channels.nodes) if (kind !== "INBOX") await server.api.run(`mutation ($id: ID!) { testChannel(id: $id) { __typename } }`, { id });
  expect(fake.requests.map(({ path }) => path)).toEqual(["/hook", `/bot${TOKEN}/sendMessage`]);
  expect(fake.requests[0]?.headers["x-signature-256"]).toMatch(/^sha256=/);
}

const configOf = (dataDir: string, env: Record<string, string> = {}) => readConfig({ DATA_DIR: dataDir, ...env });
const sealed = async (dataDir: string) => (await readFile(join(dataDir, "carillon.db"))).toString("latin1").match(/v1\.[0-9a-f]{8}\./g) ?? [];

it("encrypts everything anew with a new key, and leaves nothing that the old one opens", async () => {
  const [dataDir, fake] = [await folder(), await receiver()];
  await fill(dataDir, fake.url);
  const oldKey = await readFile(join(dataDir, "secret.key"), "utf8");
  const rotation = await rotateKey(configOf(dataDir), systemClock);
  expect(rotation).toMatchObject({ rows: 2, oldKeyFile: join(dataDir, `secret.key.${rotation.oldKeyId}.old`) });
  expect(await readFile(rotation.oldKeyFile ?? "", "utf8")).toBe(oldKey);
  expect(await readFile(join(dataDir, "secret.key"), "utf8")).not.toBe(oldKey);
  expect(((await stat(join(dataDir, "secret.key"))).mode & 0o777).toString(8)).toBe("600");
  const found = await sealed(dataDir);
  expect(found.length).toBeGreaterThanOrEqual(3);
  expect(new Set(found)).toEqual(new Set([`v1.${rotation.newKeyId}.`]));
  await expectSends(dataDir, fake);
});

it("takes both keys from the environment where the first came from there", async () => {
  const [dataDir, fake] = [await folder(), await receiver()];
  await fill(dataDir, fake.url, { SECRET_KEY: KEYS[0] });
  await expect(rotateKey(configOf(dataDir, { SECRET_KEY: KEYS[0] }), systemClock)).rejects.toThrow(/NEW_SECRET_KEY must give the new key/);
  await expect(rotateKey(configOf(dataDir, { SECRET_KEY: KEYS[0], NEW_SECRET_KEY: KEYS[0] }), systemClock)).rejects.toThrow(/in use already/);
  await expect(rotateKey(configOf(dataDir, { SECRET_KEY: KEYS[1], NEW_SECRET_KEY: KEYS[0] }), systemClock)).rejects.toThrow(/not the one/);
  expect(await rotateKey(configOf(dataDir, { SECRET_KEY: KEYS[0], NEW_SECRET_KEY: KEYS[1] }), systemClock)).toMatchObject({ rows: 2, oldKeyFile: null });
  await expect(startTestServer({ dataDir, env: { SECRET_KEY: KEYS[0] } })).rejects.toThrow(/not the one/);
  await expectSends(dataDir, fake, { SECRET_KEY: KEYS[1] });
  expect((await readdir(dataDir)).filter((name) => name.startsWith("secret.key"))).toEqual([]);
});

it("is refused while a server runs, and where there is nothing to encrypt", async () => {
  const dataDir = await folder();
  await expect(rotateKey(configOf(dataDir), systemClock)).rejects.toThrow(/There is no database/);
  await using _server = await startTestServer({ dataDir });
  const before = await readFile(join(dataDir, "secret.key"), "utf8");
  await expect(rotateKey(configOf(dataDir), systemClock)).rejects.toThrow(/in use by another Carillon process/);
  await expect(rotateKey(configOf(dataDir, { NEW_SECRET_KEY: KEYS[0] }), systemClock)).rejects.toThrow(/is for servers whose key is SECRET_KEY/);
  expect(await readFile(join(dataDir, "secret.key"), "utf8")).toBe(before);
  expect((await readdir(dataDir)).filter((name) => name.endsWith(".new"))).toEqual([]);
});

it("that was cut short before it was stored is undone by the next start", async () => {
  const [dataDir, fake] = [await folder(), await receiver()];
  await fill(dataDir, fake.url);
  const other = await folder();
  await fill(other, fake.url);
  await copyFile(join(other, "secret.key"), join(dataDir, "secret.key.new"));
  await expectSends(dataDir, fake);
  expect((await readdir(dataDir)).filter((name) => name.startsWith("secret.key"))).toEqual(["secret.key"]);
});

it("that was cut short after it was stored is ended by the next start", async () => {
  const [dataDir, fake] = [await folder(), await receiver()];
  await fill(dataDir, fake.url);
  const { oldKeyFile } = await rotateKey(configOf(dataDir), systemClock);
  await rename(join(dataDir, "secret.key"), join(dataDir, "secret.key.new"));
  await rename(oldKeyFile ?? "", join(dataDir, "secret.key"));
  await expectSends(dataDir, fake);
  expect((await readdir(dataDir)).filter((name) => name.endsWith(".new"))).toEqual([]);
});
