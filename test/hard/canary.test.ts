import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { PROVIDERS } from "../../src/providers/registry.ts";
import { configFields, configKey } from "../../src/channels/channelConfig.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, SeenRequest } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { expectSafe, expectWithout } from "./safety.ts";

/** A known string in every secret field of every channel kind; then everything that leaves the server, and all it writes, is searched for them. */

const canary = (name: string) => `CANARY${name}0123456789abcdefghij`;
const SIGNING = canary("signing").padEnd(32, "x");
const PLANTED = ["slackurl", "discordurl", "telegram", "urluser", "urlpass", "urlpath", "urlquery", "header", "secret", "password"].map(canary);
const ADMIN_TOKEN = canary("admin");
const SECRET_KEY = Buffer.from(canary("key").padEnd(32, "x").slice(0, 32));
const SECRETS = [...PLANTED, SIGNING, ADMIN_TOKEN, SECRET_KEY.toString(), SECRET_KEY.toString("base64")];

/** A receiver that fails and throws everything that it was sent back at us, in the shape of every provider's errors. */
function echo(status: number): (request: SeenRequest) => { status: number; headers: Record<string, string>; body: string } {
  return ({ path, query, headers, body }) => {
    const all = `no: ${path}?${query.toString()} ${decodeURIComponent(path)} ${JSON.stringify(headers)} ${Buffer.from((headers["authorization"] ?? "").replace("Basic ", ""), "base64").toString()} ${body.toString()}`;
    return { status, headers: { "content-type": "application/json", location: `https://example.com${path}?${query.toString()}` }, body: JSON.stringify({ ok: false, error: all, description: all, message: all, errors: [all] }) };
  };
}

const ANSWERS: Answer[] = [echo(400), echo(500), echo(302), echo(200), "CUT_OFF", "RESET", "GARBAGE"];

const CHANNELS = `{ channels(first: 50) { totalCount edges { cursor } nodes { id name kind enabled disabledReason rich displayName minimumSeverity customers services sources createdAt updatedAt overrides { eventType category enabled }
  config { __typename ... on EmailConfig { secretsSet host port tls user from to verifyCertificate } ... on SlackConfig { secretsSet channel } ... on DiscordConfig { secretsSet username avatarUrl threadId }
    ... on TelegramConfig { secretsSet chatId topicId silent apiBaseUrl } ... on WebhookConfig { secretsSet method } ... on InboxConfig { secretsSet } ... on LogConfig { secretsSet } } } } }`;
const QUERIES = [
  CHANNELS,
  `{ history(first: 100) { totalCount edges { cursor node { id at channelId channelName kind type category severity customer reason title body outcome delivered status error hint durationMs tryNumber nextTryAt delivery { id state reference } } } } }`,
  `{ channelKinds { kind configKey title docsUrl guide fields { name title description type required secret format example options defaultValue } } }`,
  `{ events(first: 20) { nodes { id type title message details decision { action because explanation channels { channelId channelName action because explanation } } deliveries { id state reference reason tries channel { name } } } } }`,
  `{ inbox { nodes { id title body } } }`,
  `{ conditions { nodes { id title } } }`,
  `{ settings { displayName } accessTokens { id name role } viewer { name role scopes } categories { name } eventTypes { name } }`,
  `{ __schema { types { name fields { name description } inputFields { name description defaultValue } enumValues { name description } } } }`,
];

const CREATE = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { __typename ... on CreateChannelPayload { channel { id config { __typename } } } ... on Error { code message } } }`;
const TEST = `mutation ($id: ID!) { testChannel(id: $id) { __typename ... on TestChannelPayload { delivered outcome status error hint body } ... on Error { code message } } }`;
const TEST_CONFIG = `mutation ($config: ChannelConfigInput!, $id: ID) { testChannelConfig(config: $config, channelId: $id) { __typename ... on TestChannelConfigPayload { delivered outcome status error hint body } ... on Error { code message } } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename ... on Error { code message } ... on UpdateChannelPayload { channel { config { __typename } } } } }`;
const WATCH = `subscription { notificationDispatched { cursor missed attempt { id channelName kind title body outcome status error hint } } }`;

it("no secret leaves the server, and none is written in clear", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-canary-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await using receiver = await startFakeHttp();
  await using smtp = await startSmtpSink({ tls: "NONE", auth: { user: "user", password: "another" } });
  smtp.fail({ on: "AUTH", times: 1000, reply: `535 5.7.8 wrong password ${canary("password")} ${Buffer.from(`\0user\0${canary("password")}`).toString("base64")}` });

  const base = receiver.url;
  const configs: Record<string, object> = {
    EMAIL: { host: smtp.host, port: smtp.port, tls: "NONE", user: "user", password: canary("password"), from: "a@example.com", to: ["b@example.com"] },
    SLACK: { url: `${base}/services/T0/B0/${canary("slackurl")}` },
    DISCORD: { url: `${base}/api/webhooks/123456789012345678/${canary("discordurl")}` },
    TELEGRAM: { botToken: `123456789:${canary("telegram")}`, chatId: "-1001", apiBaseUrl: base },
    WEBHOOK: {
      url: `${base.replace("//", `//${canary("urluser")}:${canary("urlpass")}@`)}/in/${canary("urlpath")}?key=${canary("urlquery")}`,
      headers: [{ name: "X-Api-Key", value: canary("header") }],
      secret: canary("secret"),
      signingSecret: `whsec_${Buffer.from(SIGNING).toString("base64")}`,
    },
  };
  for (const { kind, ...provider } of PROVIDERS) {
    const secret = configFields({ kind, ...provider }).filter((field) => field.secret).map((field) => field.name);
    expect(Object.keys(configs[kind] ?? {}), `a canary in every secret field of ${kind}`).toEqual(expect.arrayContaining(secret));
  }

  await using server = await startServerProcess(dataDir, { ADMIN_TOKEN, SECRET_KEY: SECRET_KEY.toString("base64"), LOG_LEVEL: "trace" });
  const { api } = server;
  const answers: string[] = [];
  const ask = async (query: string, variables: object = {}) => {
    const { body } = await api.raw(query, variables);
    answers.push(JSON.stringify(body));
    return body;
  };

  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
  const heard: string[] = [];
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } }));
  await eventually(() => heard.some((text) => text.includes("connection_ack")));
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: WATCH } }));

  const ids: string[] = [];
  for (const [kind, config] of Object.entries(configs)) {
    const { data } = await ask(CREATE, { input: { name: kind, config: { [configKey(kind)]: config } } });
    expect(data.createChannel.channel, JSON.stringify(data)).toBeDefined();
    ids.push(data.createChannel.channel.id);
  }

  // Every way to fail, by a test of what is saved, by one of what is not, and by an event.
  const failed: unknown[] = [];
  for (const answer of ANSWERS) {
    receiver.script = Array.from({ length: 3 * ids.length }, () => answer);
    for (const [at, [kind, config]] of Object.entries(configs).entries()) {
      const saved = await ask(TEST, { id: ids[at] });
      const unsaved = await ask(TEST_CONFIG, { config: { [configKey(kind)]: config } });
      failed.push(saved.data.testChannel.error, unsaved.data.testChannelConfig.error);
    }
    receiver.script = [];
  }
  expect(failed.filter((error) => typeof error === "string" && error.length > 0).length).toBeGreaterThan(50);

  receiver.script = Array.from({ length: 20 }, () => echo(400));
  for (let at = 0; at < 3; at += 1) await api.emit({ type: "custom", title: `event ${at}` });
  await eventually(async () => (await api.history({ outcomes: ["PERMANENT"], types: ["custom"] })).length >= 12);

  // Changes that are wrong, and names that are taken.
  for (const [at, [kind, config]] of Object.entries(configs).entries()) {
    await ask(UPDATE, { id: ids[at], input: { config: { [configKey(kind)]: { ...config, secret: undefined, ...(kind === "EMAIL" ? { port: 0 } : { url: `ftp://${canary("urlpath")}` }), ...(kind === "TELEGRAM" ? { url: undefined, chatId: "!" } : {}) } } } });
    await ask(UPDATE, { id: ids[at], input: { config: { [configKey(kind)]: { ...config, nonsense: canary("secret") } } } });
    await ask(CREATE, { input: { name: kind, config: { [configKey(kind)]: config } } });
    await ask(CREATE, { input: { name: `${kind} 2`, config: { [configKey(kind)]: { ...config, url: [canary("urlpath")], botToken: { a: canary("telegram") }, password: [canary("password")] } } } });
    await ask(`mutation ($id: ID!) { duplicateChannel(id: $id, name: "copy of ${kind}") { ... on DuplicateChannelPayload { channel { name config { __typename } } } } }`, { id: ids[at] });
  }
  await ask(`mutation { createAccessToken(input: { name: "x", role: VIEWER }) { ... on CreateAccessTokenPayload { accessToken { id name } } } }`);
  await ask(`{ nope`);

  for (const query of QUERIES) {
    const body = await ask(query);
    expect(body.errors).toBeUndefined();
    const found = JSON.stringify(body).match(/"id":"[A-Za-z0-9+/=]+"/g) ?? [];
    for (const id of found.slice(0, 10)) await ask(`query ($id: ID!) { node(id: $id) { __typename id ... on Attempt { body error hint status } ... on Channel { name config { __typename } } } }`, { id: JSON.parse(`{${id}}`).id });
  }
  const secretsSet = JSON.stringify((await api.run(CHANNELS)) as object);
  for (const [kind, config] of Object.entries(configs)) for (const name of Object.keys(config).filter((field) => PROVIDERS.some((one) => one.kind === kind && configFields(one).some((known) => known.name === field && known.secret)))) expect(secretsSet).toContain(`"${name}"`);

  for (const path of ["/metrics", "/health", "/ready", "/graphql"]) answers.push(await (await fetch(server.url + path, { headers: { accept: "text/html" } })).text());
  await eventually(() => heard.filter((text) => text.includes('"next"')).length >= 30);
  socket.terminate();

  for (const text of answers) expectWithout(text, SECRETS);
  for (const text of answers.filter((one) => one.startsWith("{") && !one.includes("__schema"))) expectSafe(text.replaceAll(/"(title|body|guide|description|example|defaultValue)":("[^"]*"|\[[^\]]*\])/g, ""));
  for (const text of heard) expectSafe(text, SECRETS);

  // What it wrote: the database as it is while running, with its journal, and after the end; the log, and what it printed.
  const files = async () => {
    for (const name of await readdir(dataDir)) expectWithout((await readFile(join(dataDir, name))).toString("latin1"), SECRETS);
  };
  await files();
  expect(await server.stop()).toBe(0);
  await files();
  expectWithout(server.stderr(), SECRETS);
  expectWithout(server.stdout(), SECRETS);
  expect(answers.length).toBeGreaterThan(100);
});
