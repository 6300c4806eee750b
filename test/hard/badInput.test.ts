import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { eventually } from "../e2e/apiClient.ts";
import type { ApiClient } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { expectSafe, expectWithout, storedRows } from "./safety.ts";

/** Whatever is sent in wrong: a clear error with a stable code, nothing stored, the server goes on, and nothing of its inside is told. */

let server: TestServer;
let api: ApiClient;
let rowsBefore: object;

beforeAll(async () => {
  server = await startTestServer();
  ({ api } = server);
  await api.createChannel("taken", { log: true });
  await api.emit({ type: "service.health.down", service: "known" });
  await api.emit({ type: "custom", idempotencyKey: "used", title: "first" });
  await eventually(async () => (await api.history()).length === 4);
  rowsBefore = await storedRows(api);
});
afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  expect(await storedRows(api), "something was stored").toEqual(rowsBefore);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});

interface Answer {
  status: number;
  text: string;
  code: string | undefined;
  message: string;
  issues: { path: string; message: string; code: string }[];
}

/** Sends bytes as they are and reads the error in whichever form it comes: top level, as data, or REST's. */
async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json", accept: "application/graphql-response+json, application/json", ...headers },
    body: new Uint8Array(Buffer.from(body as string)),
  });
  return answerOf(response.status, await response.text());
}

function answerOf(status: number, text: string): Answer {
  expectSafe(text, [server.api.token, server.dataDir]);
  const body = JSON.parse(text) as { errors?: { message: string; extensions?: { code?: string; issues?: Answer["issues"] } }[]; data?: Record<string, unknown> | null; error?: object };
  const [first] = body.errors ?? [];
  const inData = Object.values(body.data ?? {}).find((value) => value !== null && typeof value === "object" && "code" in value);
  const error = (body.error ?? inData ?? (first && { message: first.message, ...first.extensions }) ?? {}) as Partial<Answer>;
  return { status, text, code: error.code, message: error.message ?? "", issues: error.issues ?? [] };
}

const graphql = (query: string, variables: string | object = {}) =>
  post("/graphql", `{"query":${JSON.stringify(query)},"variables":${typeof variables === "string" ? variables : JSON.stringify(variables)}}`);

const ERROR = `__typename ... on Error { code message } ... on ValidationError { issues { path message code } }`;
const EMIT = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { ${ERROR} } }`;
const SIMULATE = `query ($input: EmitEventInput!) { simulateEvent(input: $input) { ${ERROR} } }`;
/** For results that have no ValidationError. */
const PLAIN = `__typename ... on Error { code message }`;
const CREATE = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ${ERROR} } }`;

function expectIssue(answer: Answer, path: string, right: RegExp): void {
  expect(answer.code, answer.text).toBe("VALIDATION_FAILED");
  const issue = answer.issues.find((one) => one.path === path);
  expect(issue, `no issue at ${path} in ${answer.text.slice(0, 1000)}`).toBeDefined();
  expect(issue?.message).toMatch(right);
  expect(issue?.code).toMatch(/^[a-z_]+$/);
}

const text = (length: number) => JSON.stringify("x".repeat(length));
const nested = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
const PRINTABLE = /control characters/;

describe("an event", () => {
  /** JSON as it is sent; what its own check says at REST and GraphQL alike, or what GraphQL's types say before that. */
  const CASES: { name: string; json: string; path: string; right: RegExp; types?: RegExp }[] = [
    { name: "no type", json: `{}`, path: "type", right: /must be given/, types: /Field "type" of required type "String!"/ },
    { name: "type null", json: `{"type":null}`, path: "type", right: /text/, types: /non-nullable type "String!"/ },
    { name: "blank type", json: `{"type":"  "}`, path: "type", right: /backup\.failure/ },
    { name: "type a number", json: `{"type":5}`, path: "type", right: /text/, types: /String cannot represent/ },
    { name: "type a list", json: `{"type":["custom"]}`, path: "type", right: /text/, types: /String cannot represent/ },
    { name: "type too long", json: `{"type":${text(101)}}`, path: "type", right: /at most 100/ },
    { name: "type of two lines", json: `{"type":"a\\nb"}`, path: "type", right: /one line/ },
    { name: "an unknown field", json: `{"type":"custom","titel":"x"}`, path: "titel", right: /has no field "titel".*title/, types: /"titel".*Did you mean "title"/ },
    { name: "severity unknown", json: `{"type":"custom","severity":"BAD"}`, path: "severity", right: /INFO, WARNING, CRITICAL/, types: /"Severity" enum/ },
    { name: "severity lower case", json: `{"type":"custom","severity":"info"}`, path: "severity", right: /INFO/, types: /Did you mean the enum value "INFO"/ },
    { name: "severity a number", json: `{"type":"custom","severity":1}`, path: "severity", right: /INFO/, types: /Enum "Severity"/ },
    { name: "status unknown", json: `{"type":"custom","status":"OK"}`, path: "status", right: /FIRING, RESOLVED/, types: /"EventStatus" enum/ },
    ...["source", "service", "customer", "dedupKey", "idempotencyKey"].flatMap((field) => [
      { name: `${field} too long`, json: `{"type":"custom","${field}":${text(201)}}`, path: field, right: /at most 200/ },
      { name: `${field} of two lines`, json: `{"type":"custom","${field}":"a\\r\\nb"}`, path: field, right: /one line/ },
      { name: `${field} an object`, json: `{"type":"custom","${field}":{"a":1}}`, path: field, right: /text/, types: /String cannot represent/ },
    ]),
    { name: "title too long", json: `{"type":"custom","title":${text(301)}}`, path: "title", right: /at most 300/ },
    { name: "message too long", json: `{"type":"custom","message":${text(20_001)}}`, path: "message", right: /at most 20000/ },
    ...["type", "source", "service", "customer", "title", "message", "dedupKey", "idempotencyKey"].flatMap((field) =>
      [["NUL", "\\u0000"], ["escape", "\\u001b[31m"], ["delete", "\\u007f"], ["half a surrogate pair", "\\ud800"], ["the other half", "\\udc00"]].map(([what, bad]) => ({
        name: `${field} with ${what}`, json: `{"type":"custom","${field}":"a${bad}b"}`, path: field, right: PRINTABLE,
      })),
    ),
    { name: "details with NUL", json: `{"type":"custom","details":{"a":["b\\u0000"]}}`, path: "details", right: PRINTABLE },
    { name: "details with half a surrogate pair", json: `{"type":"custom","details":{"a":"\\ud800"}}`, path: "details", right: PRINTABLE },
    { name: "details with a control character in a key", json: `{"type":"custom","details":{"a\\u0007":1}}`, path: "details", right: PRINTABLE },
    { name: "details a list", json: `{"type":"custom","details":[1]}`, path: "details", right: /JSON object/, types: /JSONObject/ },
    { name: "details text", json: `{"type":"custom","details":"x"}`, path: "details", right: /JSON object/, types: /JSONObject/ },
    { name: "details nine deep", json: `{"type":"custom","details":${nested(9)}}`, path: "details", right: /at most 8 deep/ },
    { name: "details 100,000 deep", json: `{"type":"custom","details":${nested(100_000)}}`, path: "details", right: /at most 8 deep/ },
    { name: "details of 33 KiB", json: `{"type":"custom","details":{"a":${text(33 * 1024)}}}`, path: "details", right: /at most 32768 bytes/ },
    { name: "details of 33 KiB in umlauts", json: `{"type":"custom","details":{"a":"${"ü".repeat(17_000)}"}}`, path: "details", right: /at most 32768 bytes/ },
    { name: "details with 1e400", json: `{"type":"custom","details":{"a":[1e400]}}`, path: "details", right: /1\.7e308/ },
    { name: "value 1e400", json: `{"type":"custom","value":1e400}`, path: "value", right: /number/, types: /Float cannot represent/ },
    { name: "value -1e400", json: `{"type":"custom","value":-1e400}`, path: "value", right: /number/, types: /Float cannot represent/ },
    { name: "value text", json: `{"type":"custom","value":"90"}`, path: "value", right: /number/, types: /Float cannot represent/ },
    { name: "value NaN as text", json: `{"type":"custom","value":"NaN"}`, path: "value", right: /number/, types: /Float cannot represent/ },
    { name: "occurredAt without a zone", json: `{"type":"custom","occurredAt":"2026-01-31T12:00:00"}`, path: "occurredAt", right: /offset.*2026-01-31T12:00:00Z/, types: /DateTime/ },
    { name: "occurredAt in a zone that is none", json: `{"type":"custom","occurredAt":"2026-01-31T12:00:00[Mars/Olympus]"}`, path: "occurredAt", right: /offset/, types: /DateTime/ },
    { name: "occurredAt on a day that is none", json: `{"type":"custom","occurredAt":"2026-02-30T12:00:00Z"}`, path: "occurredAt", right: /ISO 8601/, types: /DateTime/ },
    { name: "occurredAt a number", json: `{"type":"custom","occurredAt":1e20}`, path: "occurredAt", right: /ISO 8601/, types: /DateTime/ },
    { name: "occurredAt in 1970", json: `{"type":"custom","occurredAt":"1970-01-21T12:00:00Z"}`, path: "occurredAt", right: /after the year 2000/ },
    { name: "occurredAt in the far future", json: `{"type":"custom","occurredAt":"9999-01-01T00:00:00Z"}`, path: "occurredAt", right: /a day in the future/ },
    { name: "__proto__ as a field", json: `{"type":"custom","__proto__":{"admin":true}}`, path: "__proto__", right: /no field "__proto__"/, types: /__proto__/ },
    { name: "constructor as a field", json: `{"type":"custom","constructor":{"a":1}}`, path: "constructor", right: /no field "constructor"/, types: /constructor/ },
  ];

  it.each(CASES)("$name", async ({ json, path, right, types }) => {
    const rest = await post("/v1/events", json);
    expect(rest.status).toBe(422);
    expectIssue(rest, path, right);
    for (const operation of [EMIT, SIMULATE]) {
      const answer = await graphql(operation, `{"input":${json}}`);
      if (types) {
        expect(answer.code).toBe("BAD_REQUEST");
        expect(answer.message).toMatch(types);
      } else {
        expectIssue(answer, path, right);
      }
    }
  });

  it("names all that is wrong at once", async () => {
    const answer = await post("/v1/events", `{"severity":"X","value":"x","details":1}`);
    expect(answer.issues.map(({ path }) => path).sort()).toEqual(["details", "severity", "type", "value"]);
  });

  it.each([`5`, `null`, `"custom"`, `true`])("is not %s", async (json) => {
    const rest = await post("/v1/events", json);
    expectIssue(rest, "", /an event is a JSON object of type, severity/);
    const answer = await graphql(EMIT, `{"input":${json}}`);
    expect(answer.code).toBe("BAD_REQUEST");
    expect(answer.message).toMatch(/EmitEventInput/);
  });

  it("takes no value beyond all numbers as a literal", async () => {
    expectIssue(await graphql(`mutation { emitEvent(input: { type: "custom", value: 1e400 }) { ${ERROR} } }`), "value", /number/);
  });

  it("keeps its idempotency key to one input", async () => {
    const json = `{"type":"custom","idempotencyKey":"used","title":"second"}`;
    const rest = await post("/v1/events", json);
    expect(rest).toMatchObject({ status: 409, code: "IDEMPOTENCY_CONFLICT" });
    const answer = await graphql(EMIT, `{"input":${json}}`);
    expect(answer).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    expect(answer.message).toMatch(/Use a new key/);
  });

  it("comes 1,000 at a time at most", async () => {
    const many = JSON.stringify(Array.from({ length: 1001 }, () => ({ type: "custom" })));
    const rest = await post("/v1/events", many);
    expect(rest).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(rest.message).toMatch(/at most 1000/);
    const answer = await graphql(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { acceptedCount } }`, `{"input":${many}}`);
    expect(answer.code).toBe("BAD_REQUEST");
    expect(answer.message).toMatch(/at most 1000/);
  });
});

it("a batch with nothing right in it names each fault at its place", async () => {
  const inputs = [{ type: "" }, { type: "custom", severity: "INFO", title: "\ud800" }, { type: "custom", idempotencyKey: "used" }];
  const { data } = (await api.raw(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { acceptedCount results { ${ERROR} } } }`, { input: inputs })).body;
  expect(data.emitEvents.acceptedCount).toBe(0);
  expect(data.emitEvents.results.map((one: { code: string }) => one.code)).toEqual(["VALIDATION_FAILED", "VALIDATION_FAILED", "IDEMPOTENCY_CONFLICT"]);
  const rest = await api.post("/v1/events", inputs);
  expect(rest.status).toBe(207);
  expect(rest.body.results.map((one: { status: number }) => one.status)).toEqual([422, 422, 409]);
});

describe("a channel's config", () => {
  const email = { host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] };
  const botToken = "123456789:AAabcdefghijklmnopqrstuvwxyz012345678";
  const SLACK = "https://hooks.slack.com/services/T0/B0/xyz";
  const DISCORD = "https://discord.com/api/webhooks/123456789012345678/token-token";
  /** Paths below `config`. */
  const CASES: { config: Record<string, unknown>; path: string; right: RegExp }[] = [
    // Web addresses, of every kind that has one.
    ...["", " ", "example.com", "ftp://example.com/x", "javascript:alert(1)", "http://", "https://exa mple.com/", "file:///etc/passwd", "https://example.com/a\nb", "https://example.com/\u0000", "https://example.com/\ud800", `https://example.com/${"x".repeat(2000)}`].flatMap((url) => [
      { config: { webhook: { url } }, path: "webhook.url", right: /https:\/\/|empty|at most 2000/ },
      { config: { slack: { url } }, path: "slack.url", right: /https:\/\/|empty|at most 2000/ },
      { config: { discord: { url } }, path: "discord.url", right: /https:\/\/|empty|at most 2000/ },
      { config: { discord: { url: DISCORD, avatarUrl: url } }, path: "discord.avatarUrl", right: /https:\/\/|empty|at most 2000/ },
      { config: { telegram: { botToken, chatId: "1", apiBaseUrl: url } }, path: "telegram.apiBaseUrl", right: /https:\/\/|empty|at most 2000/ },
    ]),
    { config: { webhook: {} }, path: "webhook.url", right: /must be given/ },
    // Webhook: headers and secrets.
    ...["X-A\r\nEvil: 1", "X A", "X:A", "", "Ünicode", "x".repeat(101), "X-\u0000"].map((name) => ({ config: { webhook: { url: "https://example.com", headers: [{ name, value: "v" }] } }, path: "webhook.headers.0.name", right: /header name|empty|at most 100/ })),
    ...["content-type", "Content-Length", "Host", "Transfer-Encoding", "X-Signature-256", "webhook-id", "X-Carillon-Event"].map((name) => ({ config: { webhook: { url: "https://example.com", headers: [{ name, value: "v" }] } }, path: "webhook.headers.0.name", right: /set by the server/ })),
    ...["a\r\nEvil: 1", "a\nb", "a\u0000b", "a\ud800", "日本"].map((value) => ({ config: { webhook: { url: "https://example.com", headers: [{ name: "X-A", value }] } }, path: "webhook.headers.0.value", right: /one line/ })),
    { config: { webhook: { url: "https://example.com", headers: [{ name: "X-A", value: "1" }, { name: "x-a", value: "2" }] } }, path: "webhook.headers", right: /once/ },
    { config: { webhook: { url: "https://example.com", headers: Array.from({ length: 21 }, (_, at) => ({ name: `X-${at}`, value: "" })) } }, path: "webhook.headers", right: /at most 20/ },
    { config: { webhook: { url: "https://example.com", secret: "" } }, path: "webhook.secret", right: /empty/ },
    { config: { webhook: { url: "https://example.com", secret: "x".repeat(501) } }, path: "webhook.secret", right: /at most 500/ },
    ...[
      ["", /whsec_/], ["x".repeat(40), /start with whsec_/], ["whsec_", /24 to 64/], [`whsec_${Buffer.alloc(23).toString("base64")}`, /24 to 64 bytes.*23/],
      [`whsec_${Buffer.alloc(65).toString("base64")}`, /24 to 64 bytes.*65/], ["whsec_not base64 at all!", /base64/],
    ].map(([signingSecret, right]) => ({ config: { webhook: { url: "https://example.com", signingSecret } }, path: "webhook.signingSecret", right: right as RegExp })),
    // Telegram: tokens and chats.
    ...["", "123456789", "abc:def", "123456789:with blank", "123:\u0000", "1".repeat(201)].map((wrong) => ({ config: { telegram: { botToken: wrong, chatId: "1" } }, path: "telegram.botToken", right: /@BotFather|at most 200/ })),
    { config: { telegram: { chatId: "1" } }, path: "telegram.botToken", right: /must be given/ },
    ...["", "alerts", "-0", "0", "1e400", "NaN", "1.5", "@a", "@has blank", "--1", "https://t.me/alerts", "99999999999999999999", "-100\u0000", "@\ud800abcd", "x".repeat(41)].map((chatId) => ({ config: { telegram: { botToken, chatId } }, path: "telegram.chatId", right: /chat id|at most 40/ })),
    ...[0, -1].map((topicId) => ({ config: { telegram: { botToken, chatId: "1", topicId } }, path: "telegram.topicId", right: /positive/ })),
    // Slack and Discord.
    { config: { slack: { url: "https://hooks.slack.com/workflows/T0/A0/1/x" } }, path: "slack.url", right: /incoming webhook/ },
    { config: { slack: { url: "https://hooks.slack.com/services/T0" } }, path: "slack.url", right: /services\// },
    ...["#", "two words", "#a\nb", "#\ud800", "x".repeat(81)].map((channel) => ({ config: { slack: { url: SLACK, channel } }, path: "slack.channel", right: /#alerts|at most 80/ })),
    { config: { discord: { url: `${DISCORD}/slack` } }, path: "discord.url", right: /remove what follows/ },
    { config: { discord: { url: "https://discord.com/channels/1/2" } }, path: "discord.url", right: /api\/webhooks/ },
    ...["", "x".repeat(81)].map((username) => ({ config: { discord: { url: DISCORD, username } }, path: "discord.username", right: /empty|at most 80/ })),
    ...["abc", "1", "1".repeat(21), "12345678901234567\n8"].map((threadId) => ({ config: { discord: { url: DISCORD, threadId } }, path: "discord.threadId", right: /digits/ })),
    // Mail.
    ...["", "smtp://example.com", "smtp.example.com:25", "two words", "a\r\nb", "-x-.example", "x".repeat(254)].map((host) => ({ config: { email: { ...email, host } }, path: "email.host", right: /smtp|server|253/i })),
    ...[0, -1, 65_536, 2_147_483_647].map((port) => ({ config: { email: { ...email, port } }, path: "email.port", right: /1 to 65535/ })),
    ...["", "nobody", "a@b@c", "a@", "@b", "a@example.com, b@example.com", "a@example.com\r\nBcc: x@example.com", "<script>@x", "a@exa\u0000mple.com", "a@\ud800.com", "x".repeat(501)].map((from) => ({ config: { email: { ...email, from } }, path: "email.from", right: /@example\.com|sender|500/i })),
    ...["nobody", "a@b@c", "a@", "@b", "a@example.com\r\nBcc: x@example.com", "a@exa\u0000mple.com", `${"x".repeat(65)}@example.com`].map((to) => ({ config: { email: { ...email, to: [to] } }, path: "email.to.0", right: /is not a mail address/ })),
    { config: { email: { ...email, to: [] } }, path: "email.to", right: /at least one/ },
    { config: { email: { ...email, to: Array.from({ length: 101 }, (_, at) => `a${at}@example.com`) } }, path: "email.to", right: /at most 100/ },
    { config: { email: { ...email, user: "a\r\nQUIT", password: "x" } }, path: "email.user", right: /line breaks/ },
    { config: { email: { ...email, user: "a", password: "x\u0000" } }, path: "email.password", right: /line breaks|control/ },
    // Kinds without a config.
    { config: { inbox: false }, path: "inbox", right: /true/ },
    { config: { log: false }, path: "log", right: /true/ },
  ];

  it.each(CASES.map((one) => [JSON.stringify(one.config).slice(0, 120), one] as const))("%s", async (_name, { config, path, right }) => {
    expectIssue(await graphql(CREATE, { input: { name: "new", config } }), `config.${path}`, right);
    // The same by the other way in: a config that is only tested.
    const test = await graphql(`mutation ($config: ChannelConfigInput!) { testChannelConfig(config: $config) { ${ERROR} } }`, { config });
    expectIssue(test, `config.${path}`, right);
  });

  /** What GraphQL's types refuse before any kind sees it. */
  it.each<{ input: object; right: RegExp }>([
    { input: { name: "new" }, right: /Field "config" of required type/ },
    { input: { name: "new", config: null }, right: /"ChannelConfigInput!" not to be null/ },
    { input: { name: "new", config: {} }, right: /Exactly one key/ },
    { input: { name: "new", config: { inbox: true, log: true } }, right: /Exactly one key/ },
    { input: { name: "new", config: { inbox: null } }, right: /must be non-null/ },
    { input: { name: "new", config: { pigeon: {} } }, right: /Field "pigeon" is not defined/ },
    { input: { name: "new", config: { inbox: "true" } }, right: /Boolean cannot represent/ },
    { input: { name: "new", config: { email: { ...email, prot: 25 } } }, right: /Did you mean "port"/ },
    { input: { name: "new", config: { email: { ...email, port: "25" } } }, right: /Int cannot represent/ },
    { input: { name: "new", config: { email: { ...email, port: 1.5 } } }, right: /Int cannot represent/ },
    { input: { name: "new", config: { email: { ...email, port: 1e300 } } }, right: /Int cannot represent/ },
    { input: { name: "new", config: { email: { ...email, tls: "SSL" } } }, right: /"EmailTls" enum/ },
    { input: { name: "new", config: { webhook: { url: "https://example.com", method: "GET" } } }, right: /"WebhookMethod" enum/ },
    { input: { name: "new", config: { webhook: { url: "https://example.com", headers: { a: "b" } } } }, right: /headers"; Field "name" of required type/ },
    { input: { name: "new", config: { telegram: { botToken, chatId: 12 } } }, right: /String cannot represent/ },
    { input: { name: "new", config: { log: true }, minimumSeverity: "HIGH" }, right: /"Severity" enum/ },
    { input: { name: "new", config: { log: true }, enabled: "yes" }, right: /Boolean cannot represent/ },
    { input: { name: "new", config: { log: true }, color: "red" }, right: /Field "color" is not defined/ },
  ])("by type: $input", async ({ input, right }) => {
    const answer = await graphql(CREATE, { input });
    expect(answer).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(answer.message).toMatch(right);
  });

  it("does not repeat a secret that has the wrong type", async () => {
    const CANARY = "CANARYsecret0123456789";
    for (const config of [
      { webhook: { url: "https://example.com", secret: [CANARY] } },
      { webhook: { url: { a: CANARY } } },
      { webhook: { url: `https://example.com/${CANARY}`, sekret: CANARY } },
      { webhook: { url: `https://example.com/${CANARY}` }, telegram: { botToken: CANARY, chatId: "1" } },
      { telegram: { botToken: CANARY, chatId: "1", topicId: "x; at" } },
    ]) {
      for (const [query, variables] of [[CREATE, { input: { name: "new", config } }], [`mutation ($config: ChannelConfigInput!) { testChannelConfig(config: $config) { ${ERROR} } }`, { config }]] as const) {
        const answer = await graphql(query, variables);
        expect(answer.code).toBe("BAD_REQUEST");
        expectWithout(answer.text, [CANARY]);
      }
    }
  });
});

describe("settings", () => {
  const BAD_TEXT = ["a\u0000b", "a\nb", "a\ud800"];
  const mutation = (field: string, args: string, types: string) => `mutation (${types}) { ${field}(${args}) { ${ERROR} } }`;
  const settings = mutation("updateSettings", "input: $input", "$input: UpdateSettingsInput!");
  const trigger = mutation("updateTrigger", `eventType: "disk.space_low", input: $input`, "$input: UpdateTriggerInput!");
  const register = mutation("registerEventType", "input: $input", "$input: RegisterEventTypeInput!");
  const token = mutation("createAccessToken", "input: $input", "$input: CreateAccessTokenInput!");

  const CASES: { name: string; query: string; input: object; path: string; right: RegExp }[] = [
    ...["infoCooldown", "warningCooldown", "criticalCooldown", "followUpCooldown"].flatMap((field) => [
      { name: `${field} negative`, query: settings, input: { [field]: "-PT1M" }, path: field, right: /0 or more/ },
      { name: `${field} of two years`, query: settings, input: { [field]: "P730D" }, path: field, right: /at most a year/ },
    ]),
    ...[
      { burstCount: -1, right: /0 or more/ },
      { burstCount: 10_001, right: /at most 10000/ },
      { burstWindow: "PT0S", right: /at least 1 second/ },
      { burstWindow: "PT24H1S", right: /at most a day/ },
      { flappingCount: -1, right: /0 or more/ },
      { flappingCount: 1, right: /0 for never, or at least 2/ },
      { flappingCount: 101, right: /at most 100/ },
      { flappingWindow: "PT9S", right: /at least 10 seconds/ },
      { flappingWindow: "PT24H1S", right: /at most a day/ },
    ].map(({ right, ...input }) => ({ name: JSON.stringify(input), query: settings, input, path: Object.keys(input)[0] ?? "", right })),
    { name: "historyDays 0", query: settings, input: { historyDays: 0 }, path: "historyDays", right: /at least 1/ },
    { name: "historyDays too many", query: settings, input: { historyDays: 100_000 }, path: "historyDays", right: /at most 3650/ },
    { name: "historyCount too few", query: settings, input: { historyCount: -1 }, path: "historyCount", right: /at least 1000/ },
    { name: "historyCount too many", query: settings, input: { historyCount: 2_000_000_000 }, path: "historyCount", right: /at most 100000000/ },
    { name: "displayName too long", query: settings, input: { displayName: "x".repeat(101) }, path: "displayName", right: /at most 100/ },
    ...BAD_TEXT.map((displayName) => ({ name: `displayName ${JSON.stringify(displayName)}`, query: settings, input: { displayName }, path: "displayName", right: /one line/ })),
    { name: "trigger's cooldown negative", query: trigger, input: { cooldown: "-PT1S" }, path: "cooldown", right: /0 or more/ },
    { name: "trigger's cooldown too long", query: trigger, input: { cooldown: "P367D" }, path: "cooldown", right: /at most a year/ },
    { name: "trigger's hold negative", query: trigger, input: { hold: "-PT1S" }, path: "hold", right: /0 or more/ },
    { name: "trigger's hold too long", query: trigger, input: { hold: "P7DT1S" }, path: "hold", right: /at most 7 days/ },
    { name: "trigger's burst negative", query: trigger, input: { burst: { count: -1, window: "PT1M" } }, path: "burst.count", right: /0 or more/ },
    { name: "trigger's burst too many", query: trigger, input: { burst: { count: 10_001, window: "PT1M" } }, path: "burst.count", right: /at most 10000/ },
    { name: "trigger's burst without a window", query: trigger, input: { burst: { count: 5, window: "PT0S" } }, path: "burst.window", right: /at least 1 second/ },
    { name: "trigger's burst too long", query: trigger, input: { burst: { count: 5, window: "P2D" } }, path: "burst.window", right: /at most a day/ },
    { name: "no steps", query: trigger, input: { steps: [] }, path: "steps", right: /at least one/ },
    { name: "too many steps", query: trigger, input: { steps: Array.from({ length: 11 }, (_, at) => at) }, path: "steps", right: /at most 10/ },
    { name: "a channel that is none", query: trigger, input: { channelIds: [Buffer.from("Channel:nope").toString("base64")] }, path: "channelIds.0", right: /id of a channel/ },
    ...["", "Two Words", "a..b", ".a", "a.", "ä", "__proto__", "a\u0000"].map((name) => ({ name: `event type ${JSON.stringify(name)}`, query: register, input: { name, title: "New" }, path: "name", right: /lower-case words/ })),
    { name: "event type too long", query: register, input: { name: "x".repeat(101), title: "New" }, path: "name", right: /at most 100/ },
    { name: "event type without a title", query: register, input: { name: "new.type", title: " " }, path: "title", right: /empty/ },
    ...BAD_TEXT.flatMap((bad) => [
      { name: `event type's title ${JSON.stringify(bad)}`, query: register, input: { name: "new.type", title: bad }, path: "title", right: /one line/ },
      { name: `event type's description ${JSON.stringify(bad)}`, query: register, input: { name: "new.type", title: "New", description: bad }, path: "description", right: /one line/ },
      { name: `event type's alias ${JSON.stringify(bad)}`, query: register, input: { name: "new.type", title: "New", aliases: [bad] }, path: "aliases.0", right: /one line/ },
      { name: `channel ${JSON.stringify(bad)}`, query: CREATE, input: { name: bad, config: { log: true } }, path: "name", right: /one line/ },
      { name: `channel's displayName ${JSON.stringify(bad)}`, query: CREATE, input: { name: "new", config: { log: true }, displayName: bad }, path: "displayName", right: /one line/ },
      ...["customers", "services", "sources"].map((field) => ({ name: `channel's ${field} ${JSON.stringify(bad)}`, query: CREATE, input: { name: "new", config: { log: true }, [field]: ["ok", bad] }, path: `${field}.1`, right: /one line/ })),
      { name: `token ${JSON.stringify(bad)}`, query: token, input: { name: bad, role: "VIEWER" }, path: "name", right: /one line/ },
    ]),
    { name: "event type's category", query: register, input: { name: "new.type", title: "New", category: "nope" }, path: "category", right: /one of deploys, services/ },
    { name: "event type's fingerprint", query: register, input: { name: "new.type", title: "New", fingerprint: ["details."] }, path: "fingerprint.0", right: /service, source, customer or details/ },
    { name: "event type's aliases too many", query: register, input: { name: "new.type", title: "New", aliases: Array.from({ length: 21 }, (_, at) => `a${at}`) }, path: "aliases", right: /at most 20/ },
    { name: "channel without a name", query: CREATE, input: { name: " ", config: { log: true } }, path: "name", right: /empty/ },
    { name: "channel's name too long", query: CREATE, input: { name: "x".repeat(101), config: { log: true } }, path: "name", right: /at most 100/ },
    { name: "channel's filter blank", query: CREATE, input: { name: "new", config: { log: true }, services: [""] }, path: "services.0", right: /empty/ },
    { name: "channel's filter too many", query: CREATE, input: { name: "new", config: { log: true }, services: Array.from({ length: 201 }, (_, at) => `s${at}`) }, path: "services", right: /at most 200/ },
    { name: "token without a name", query: token, input: { name: "", role: "VIEWER" }, path: "name", right: /empty/ },
    { name: "token that has ended", query: token, input: { name: "old", role: "VIEWER", expiresAt: "2001-01-01T00:00:00Z" }, path: "expiresAt", right: /future/ },
  ];

  it.each(CASES)("$name", async ({ query, input, path, right }) => {
    expectIssue(await graphql(query, { input }), path, right);
  });

  it.each(["P1M", "P1Y", "15 minutes", "", "PT", "PT99999999999999999H", "PT1e400S", "900", "PT1H\u0000"])("duration %j", async (bad) => {
    for (const [query, field] of [[settings, "infoCooldown"], [trigger, "cooldown"]] as const) {
      const answer = await graphql(query, { input: { [field]: bad } });
      expect(answer.code).toBe("BAD_REQUEST");
      expect(answer.message).toMatch(new RegExp(`at "input.${field}".*ISO 8601.*PT15M`));
    }
  });

  it.each([5, true, ["PT1M"], { minutes: 1 }])("duration %j", async (bad) => {
    const answer = await graphql(settings, { input: { infoCooldown: bad } });
    expect(answer.code).toBe("BAD_REQUEST");
    expect(answer.message).toMatch(/PT15M/);
  });

  it.each<{ input: string; right: RegExp }>([
    { input: `{"historyDays":1.5}`, right: /Int cannot represent/ },
    { input: `{"historyDays":1e400}`, right: /Int cannot represent/ },
    { input: `{"historyDays":99999999999}`, right: /Int cannot represent/ },
    { input: `{"historyDays":"90"}`, right: /Int cannot represent/ },
    { input: `{"unknownEventTypes":"MAYBE"}`, right: /"UnknownEventTypes" enum/ },
    { input: `{"__proto__":{"historyDays":1}}`, right: /"__proto__" is not defined/ },
    { input: `{"constructor":1}`, right: /"constructor" is not defined/ },
  ])("by type: $input", async ({ input, right }) => {
    const answer = await graphql(settings, `{"input":${input}}`);
    expect(answer).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(answer.message).toMatch(right);
  });

  it.each<{ name: string; query: string; variables: object; code: string; right: RegExp }>([
    { name: "a channel's name", query: CREATE, variables: { input: { name: "taken", config: { log: true } } }, code: "CONFLICT", right: /already a channel named "taken".*another name/ },
    { name: "a copy's name", query: `mutation ($id: ID!) { duplicateChannel(id: $id, name: "taken") { ${PLAIN} } }`, variables: {}, code: "CONFLICT", right: /another name/ },
    { name: "an event type's name", query: register, variables: { input: { name: "backup.failure", title: "Mine" } }, code: "CONFLICT", right: /backup\.failure.*another name/ },
    { name: "an event type's alias", query: register, variables: { input: { name: "my.type", title: "Mine", aliases: ["Backup failed"] } }, code: "CONFLICT", right: /backup\.failure/ },
    { name: "an event type's title", query: register, variables: { input: { name: "my.type", title: "Backup failed" } }, code: "CONFLICT", right: /backup\.failure/ },
    { name: "a built-in type to delete", query: `mutation { deleteEventType(name: "backup.failure") { ${PLAIN} } }`, variables: {}, code: "VALIDATION_FAILED", right: /switched off/ },
    { name: "an event type that is none", query: `mutation { resetTrigger(eventType: "nope") { ${PLAIN} } }`, variables: {}, code: "NOT_FOUND", right: /"nope" was not found/ },
    { name: "a category that is none", query: `mutation { setCategoryEnabled(category: "__proto__", enabled: false) { ${PLAIN} } }`, variables: {}, code: "NOT_FOUND", right: /was not found/ },
  ])("taken, built in or not there: $name", async ({ query, variables, code, right }) => {
    const { channels } = await api.run<{ channels: { nodes: { id: string }[] } }>(`{ channels { nodes { id } } }`);
    const answer = await graphql(query, { ...variables, ...(query.includes("$id") ? { id: channels.nodes[0]?.id } : {}) });
    expect(answer.code).toBe(code);
    expect(answer.message).toMatch(right);
  });

  it("an override's target that is none", async () => {
    const { channels } = await api.run<{ channels: { nodes: { id: string }[] } }>(`{ channels { nodes { id } } }`);
    const query = (target: string) => `mutation ($id: ID!) { setChannelOverride(id: $id, target: { ${target} }, enabled: false) { ${ERROR} } }`;
    const id = channels.nodes[0]?.id;
    expectIssue(await graphql(query(`eventType: "backup.failur"`), { id }), "target.eventType", /backup\.failure/);
    expectIssue(await graphql(query(`category: "nope"`), { id }), "target.category", /one of deploys/);
  });
});

describe("an id", () => {
  const b64 = (plain: string) => Buffer.from(plain).toString("base64");
  const MUTATIONS = [
    `mutation ($id: ID!) { updateChannel(id: $id, input: { name: "x" }) { ${PLAIN} } }`,
    `mutation ($id: ID!) { deleteChannel(id: $id) { ${PLAIN} } }`,
    `mutation ($id: ID!) { testChannel(id: $id) { ${PLAIN} } }`,
    `mutation ($id: ID!) { duplicateChannel(id: $id, name: "copy") { ${PLAIN} } }`,
    `mutation ($id: ID!) { testChannelConfig(config: { inbox: true }, channelId: $id) { ${PLAIN} } }`,
    `mutation ($id: ID!) { resolveCondition(id: $id) { ${PLAIN} } }`,
    `mutation ($id: ID!) { resendDelivery(id: $id) { ${PLAIN} } }`,
    `mutation ($id: ID!) { revokeAccessToken(id: $id) { ${PLAIN} } }`,
  ];

  it.each(["!!!", "", "é", b64("Channel"), b64("Channel:"), b64(":x"), "\u0000", "A".repeat(5000), b64("__proto__:x"), b64("Query:x"), b64("InboxItem:00000000-0000-7000-8000-000000000000")])("wrong: %j", async (id) => {
    for (const query of MUTATIONS) {
      const answer = await graphql(query, { id });
      expect(answer.code, query).toMatch(/^(VALIDATION_FAILED|NOT_FOUND)$/);
      expect(answer.message).toMatch(/^(id|channelId): must be the id of an? [A-Z]\w+, as its queries give it/);
    }
  });

  it("of nothing", async () => {
    for (const query of MUTATIONS) {
      const type = /resolveCondition/.test(query) ? "Condition" : /resendDelivery/.test(query) ? "Delivery" : /revokeAccessToken/.test(query) ? "AccessToken" : "Channel";
      for (const inner of ["nope", "00000000-0000-7000-8000-00000000ffff", "' OR 1=1 --", "\ud800"]) {
        const answer = await graphql(query, { id: b64(`${type}:${inner}`) });
        expect(answer.code, query).toBe("NOT_FOUND");
        expect(answer.message).toMatch(/was not found/);
      }
    }
  });

  it("of nothing gives null where it is only read", async () => {
    const ids = ["Channel", "Event", "Condition", "Delivery", "Attempt", "InboxItem", "AccessToken"].map((type) => b64(`${type}:nope`));
    const { data, errors } = (await api.raw(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids })).body;
    expect(errors).toBeUndefined();
    expect(data.nodes).toEqual(ids.map(() => null));
    for (const id of ids) expect((await api.run<{ node: null }>(`query ($id: ID!) { node(id: $id) { id } }`, { id })).node).toBeNull();
  });

  it.each(["!!!", b64("Foo:1"), b64("Query:1")])("wrong, where it is only read: %j", async (id) => {
    const answer = await graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id });
    expect(answer.code).toBe("BAD_REQUEST");
    expect(answer.message).toBe("id: must be an id that this server's queries give.");
  });

  it.each<{ name: string; query: string; right: RegExp }>([
    { name: "cursor of the history", query: `{ history(after: "zzz") { nodes { id } } }`, right: /cursor/ },
    { name: "cursor of the events", query: `{ events(after: "zzz") { nodes { id } } }`, right: /cursor/i },
    { name: "filter of the history", query: `{ history(filter: { channelIds: ["zzz"] }) { nodes { id } } }`, right: /^filter\.channelIds\.0: must be the id of a Channel/ },
    { name: "negative first", query: `{ events(first: -1) { nodes { id } } }`, right: /"first" must be a non-negative/ },
    { name: "negative limit", query: `{ history(limit: -1) { nodes { id } } }`, right: /non-negative/ },
    { name: "first beyond all integers", query: `{ events(first: 99999999999) { nodes { id } } }`, right: /Int cannot represent/ },
  ])("$name", async ({ query, right }) => {
    const answer = await graphql(query);
    expect(answer.code).toBe("BAD_REQUEST");
    expect(answer.message).toMatch(right);
  });
});

describe("a query", () => {
  const deep = (levels: number): string => (levels === 0 ? "id" : `condition { events { nodes { ${deep(levels - 1)} } } }`);
  const doubled = Array.from({ length: 60 }, (_, at) => `fragment A${at} on Query { ...A${at + 1} ...A${at + 1} }`).join(" ");
  const CASES: { name: string; query: string; code: string; right: RegExp }[] = [
    { name: "10,000 aliases", query: `{ ${Array.from({ length: 10_000 }, (_, at) => `a${at}: viewer { name }`).join(" ")} }`, code: "BAD_REQUEST", right: /2000 tokens/ },
    { name: "310 aliases", query: `{ ${Array.from({ length: 310 }, (_, at) => `a${at}: viewer { name }`).join(" ")} }`, code: "QUERY_TOO_COSTLY", right: /breadth.*600/ },
    { name: "depth 50", query: `{ events { nodes { ${deep(16)} } } }`, code: "QUERY_TOO_COSTLY", right: /depth.*12/ },
    { name: "nested connections", query: `{ events(first: 100) { nodes { condition { events(first: 100) { nodes { deliveries { event { title } } } } } } } }`, code: "QUERY_TOO_COSTLY", right: /cost|complexity.*10000/ },
    { name: "fragments that double 60 times", query: `{ ...A0 } ${doubled} fragment A60 on Query { viewer { name } }`, code: "QUERY_TOO_COSTLY", right: /breadth/ },
    { name: "fragments in a circle", query: `{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`, code: "BAD_REQUEST", right: /Cannot spread fragment "A" within itself/ },
    { name: "introspection in circles", query: `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`, code: "BAD_REQUEST", right: /introspection depth/ },
    { name: "an unknown field", query: `{ chanels { nodes { id } } }`, code: "BAD_REQUEST", right: /Did you mean "channels"/ },
    { name: "broken syntax", query: `{ channels {`, code: "BAD_REQUEST", right: /Syntax Error/ },
    { name: "nothing", query: ``, code: "BAD_REQUEST", right: /Unexpected <EOF>/ },
    { name: "two operations and no name", query: `query A { __typename } query B { __typename }`, code: "BAD_REQUEST", right: /operation/ },
    { name: "a lone surrogate", query: `{ eventType(name: "\\ud800") { name } }`, code: "BAD_REQUEST", right: /Unicode/ },
    { name: "a subscription of nothing", query: `subscription { nope }`, code: "BAD_REQUEST", right: /Cannot query field "nope"/ },
  ];

  it.each(CASES)("$name", async ({ query, code, right }) => {
    const began = performance.now();
    const answer = await graphql(query);
    expect(answer.code).toBe(code);
    expect(answer.message).toMatch(right);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("finds nothing for strange texts", async () => {
    for (const name of ["\u0000", "\ud800", "__proto__", "constructor", "' OR 1=1 --", "%", "x".repeat(100_000)]) {
      const data = await api.run<{ eventType: null; eventTypes: [] }>(`query ($name: String!) { eventType(name: $name) { name } eventTypes(search: $name, category: $name) { name } }`, { name });
      expect(data).toEqual({ eventType: null, eventTypes: [] });
    }
  });
});

describe("a request", () => {
  const good = `{"query":"{ __typename }"}`;
  const CASES: { name: string; body: string | Buffer; headers?: Record<string, string>; status: number; right: RegExp; also?: "/v1/events" }[] = [
    { name: "broken JSON", body: `{"query":`, status: 400, right: /must be JSON/, also: "/v1/events" },
    { name: "NaN", body: `{"type":"custom","value":NaN}`, status: 400, right: /must be JSON/, also: "/v1/events" },
    { name: "Infinity", body: `{"type":"custom","value":-Infinity}`, status: 400, right: /must be JSON/, also: "/v1/events" },
    { name: "nothing", body: ``, status: 400, right: /must be JSON/, also: "/v1/events" },
    { name: "bytes that are not UTF-8", body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), status: 400, right: /UTF-8/, also: "/v1/events" },
    { name: "a surrogate in bytes", body: Buffer.concat([Buffer.from(`{"type":"`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from(`"}`)]), status: 400, right: /UTF-8/, also: "/v1/events" },
    { name: "UTF-16", body: Buffer.from(`\ufeff${good}`, "utf16le"), status: 400, right: /UTF-8/, also: "/v1/events" },
    { name: "a batch by array", body: `[${good},${good}]`, status: 400, right: /one JSON object/ },
    { name: "null", body: `null`, status: 400, right: /one JSON object/ },
    { name: "text", body: `"{ __typename }"`, status: 400, right: /one JSON object/ },
    { name: "an empty object", body: `{}`, status: 400, right: /"query"/ },
    { name: "a query that is a number", body: `{"query":5}`, status: 400, right: /string/ },
    { name: "variables that are a list", body: `{"query":"{ __typename }","variables":[]}`, status: 400, right: /object/ },
    { name: "an unknown member", body: `{"query":"{ __typename }","querry":1}`, status: 400, right: /Unexpected parameter "querry"/ },
    { name: "__proto__", body: `{"query":"{ __typename }","__proto__":{"a":1}}`, status: 400, right: /__proto__/ },
    { name: "text/plain", body: good, headers: { "content-type": "text/plain" }, status: 400, right: /Content-Type: application\/json/ },
    { name: "a form", body: "query=%7B__typename%7D", headers: { "content-type": "application/x-www-form-urlencoded" }, status: 400, right: /Content-Type: application\/json/ },
    { name: "multipart", body: good, headers: { "content-type": "multipart/form-data; boundary=x" }, status: 400, right: /Content-Type: application\/json/ },
    { name: "5 MB", body: `{"query":"{ __typename }","variables":{"a":"${"x".repeat(5_000_000)}"}}`, status: 413, right: /at most 1048576 bytes/, also: "/v1/events" },
  ];

  it.each(CASES)("$name", async ({ body, headers, status, right, also }) => {
    for (const path of also ? ["/graphql", also] : ["/graphql"]) {
      const answer = await post(path, body, headers);
      expect(answer).toMatchObject({ status, code: status === 413 ? "BODY_TOO_LARGE" : "BAD_REQUEST" });
      expect(answer.message).toMatch(right);
    }
  });

  it.each(["/graphql", "/v1/events"])("5 MB without a content-length to %s", async (path) => {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const sending = request(server.url + path, { method: "POST", headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" } }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
      });
      sending.on("error", reject);
      for (let part = 0; part < 50; part += 1) sending.write("x".repeat(100_000));
      sending.end();
    });
    expect(answer).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
  });

  it.each(["/graphql", "/v1/events"])("a body without an end to %s is cut off", async (path) => {
    const sent = await new Promise<number>((resolve) => {
      let bytes = 0;
      const sending = request(server.url + path, { method: "POST", headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" } });
      sending.on("error", () => resolve(bytes));
      sending.on("close", () => resolve(bytes));
      const more = (): void => {
        while (!sending.destroyed) {
          bytes += 1_000_000;
          if (bytes > 500_000_000 || !sending.write("x".repeat(1_000_000))) break;
        }
      };
      sending.on("drain", more);
      more();
    });
    expect(sent).toBeLessThan(200_000_000);
  });

  it("a body that ends early, and one that is no HTTP", async () => {
    for (const bytes of [`POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"`, "\u0000\u0001\u0002\r\n\r\n", `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: ".padEnd(20_000, "a")}\r\n\r\n`]) {
      const { port, hostname } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) => {
        socket.on("data", (chunk: Buffer) => expectSafe(chunk.toString()));
        socket.on("close", () => resolve());
        socket.on("error", () => resolve());
        socket.write(bytes, () => setTimeout(() => socket.destroy(), 100));
      });
    }
  });

  it("GET changes nothing", async () => {
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent("mutation { clearHistory { __typename } }")}`, { headers: { authorization: `Bearer ${api.token}`, accept: "application/json" } });
    const answer = answerOf(response.status, await response.text());
    expect(answer).toMatchObject({ status: 405, code: "BAD_REQUEST" });
    expect(answer.message).toMatch(/POST/);
  });

  it.each(["PUT", "DELETE", "PATCH"])("%s is not known", async (method) => {
    const response = await fetch(`${server.url}/graphql`, { method, headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" }, body: good });
    const answer = answerOf(response.status, await response.text());
    expect(answer).toMatchObject({ status: 405, code: "BAD_REQUEST" });
    expect(answer.message).toMatch(/GET and POST/);
  });

  it.each(["/nope", "/../etc/passwd", "/%00", "/v1/events/", "/v1/event?x=<script>", "//", "/graphql/../metrics"])("path %s", async (path) => {
    const { port, hostname } = new URL(server.url);
    const text = await new Promise<string>((resolve, reject) => {
      request({ host: hostname, port, path, headers: { authorization: `Bearer ${api.token}` } }, (response) => {
        let all = "";
        response.on("data", (chunk: Buffer) => (all += chunk.toString()));
        response.on("end", () => resolve(all));
      })
        .on("error", reject)
        .end();
    });
    const answer = answerOf(404, text);
    expect(answer.code).toBe("NOT_FOUND");
    expect(answer.message).toMatch(/\/graphql.*\/v1\/events/);
    expect(answer.text).not.toContain("<script>");
  });
});

describe("a token", () => {
  const emit = { query: EMIT, variables: { input: { type: "custom", title: "no entry" } } };
  const ask = async (authorization: string | undefined, path: string, body: object) => {
    const response = await fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) }, body: JSON.stringify(body) });
    return answerOf(response.status, await response.text());
  };

  it.each([undefined, "", "Bearer", "Bearer ", "Bearer nope", "Basic bm9wZTpub3Bl", `Bearer ${"x".repeat(5000)}`, "Bearer a b", "Bearer ' OR 1=1 --", "nope"])("wrong: %s", async (authorization) => {
    const answer = await ask(authorization, "/graphql", emit);
    expect(answer.code).toBe("UNAUTHENTICATED");
    expect(answer.message).toMatch(/Authorization: Bearer <token>/);
    const rest = await ask(authorization, "/v1/events", { type: "custom" });
    expect(rest).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect((await ask(authorization, "/graphql", { query: "{ channels { nodes { name } } history { nodes { id } } }" })).code).toBe("UNAUTHENTICATED");
  });

  it("checks the token before the input: nobody learns by errors what they may not know", async () => {
    const answer = await ask(undefined, "/graphql", { query: CREATE, variables: { input: { name: "taken", config: { webhook: { url: "nope" } } } } });
    expect(answer.code).toBe("UNAUTHENTICATED");
    expect(answer.issues).toEqual([]);
  });
});

it("a token without the scope is told what it lacks", async () => {
  const make = async (role: string) => (await api.run<{ createAccessToken: { token: string; accessToken: { id: string } } }>(`mutation ($role: Role!) { createAccessToken(input: { name: "some one", role: $role }) { ... on CreateAccessTokenPayload { token accessToken { id } } } }`, { role })).createAccessToken;
  const viewer = await make("VIEWER");
  const producer = await make("PRODUCER");
  const refused = async (token: string, query: string, variables = {}) => {
    const { body } = await api.as(token).raw(query, variables);
    expectSafe(JSON.stringify(body), [token]);
    expect(body.errors?.[0]?.extensions?.["code"], query).toBe("FORBIDDEN");
    expect(body.errors?.[0]?.message).toMatch(/"some one" has the role (VIEWER|PRODUCER), which may not use/);
  };
  await refused(viewer.token, EMIT, { input: { type: "custom" } });
  await refused(viewer.token, `mutation { clearHistory { __typename } }`);
  await refused(viewer.token, CREATE, { input: { name: "new", config: { log: true } } });
  await refused(viewer.token, `{ accessTokens { name } }`);
  await refused(producer.token, `{ history { nodes { id } } }`);
  await refused(producer.token, `{ channels { nodes { id } } }`);
  await refused(producer.token, `{ events { nodes { id } } }`);
  await refused(producer.token, `{ inbox { nodes { id } } }`);
  expect((await api.as(viewer.token).post("/v1/events", { type: "custom" })).status).toBe(403);

  await api.run(`mutation ($id: ID!) { revokeAccessToken(id: $id) { __typename } }`, { id: producer.accessToken.id });
  const { body } = await api.as(producer.token).raw(EMIT, { input: { type: "custom" } });
  expect(body.errors?.[0]?.extensions?.["code"]).toBe("UNAUTHENTICATED");
  // Tokens are rows too: they were meant to be stored.
  rowsBefore = await storedRows(api);
});

describe("a WebSocket", () => {
  const url = () => `${server.url.replace("http", "ws")}/graphql`;
  const INIT = () => JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${api.token}` } });
  const subscribe = (id: string, query: string, variables: object = {}) => JSON.stringify({ id, type: "subscribe", payload: { query, variables } });

  interface Talk {
    socket: WebSocket;
    messages: { id?: string; type: string; payload?: { message: string; extensions: { code: string } }[] }[];
    closed: Promise<{ code: number; reason: string }>;
  }

  async function open(protocols = ["graphql-transport-ws"], init: string | null = INIT()): Promise<Talk> {
    const socket = new WebSocket(url(), protocols);
    const messages: Talk["messages"] = [];
    socket.on("message", (data: Buffer) => {
      expectSafe(data.toString(), [api.token]);
      messages.push(JSON.parse(data.toString()));
    });
    socket.on("error", () => undefined);
    const closed = new Promise<{ code: number; reason: string }>((resolve) =>
      socket.on("close", (code, reason) => {
        expectSafe(reason.toString(), [api.token]);
        resolve({ code, reason: reason.toString() });
      }),
    );
    await new Promise<void>((resolve) => {
      socket.on("open", () => resolve());
      socket.on("close", () => resolve());
    });
    if (init !== null && socket.readyState === WebSocket.OPEN) socket.send(init);
    return { socket, messages, closed };
  }

  const acknowledged = (talk: Talk) => eventually(() => talk.messages.some(({ type }) => type === "connection_ack"));

  it.each<{ name: string; protocols?: string[]; first: string | Buffer; code: number; reason: RegExp }>([
    { name: "garbage", first: "{{{", code: 4400, reason: /Invalid message/ },
    { name: "JSON that is no message", first: `{"type":"nope"}`, code: 4400, reason: /Invalid message/ },
    { name: "a list", first: `[]`, code: 4400, reason: /Invalid message/ },
    { name: "binary", first: Buffer.from([0, 1, 2, 255]), code: 4400, reason: /Invalid message/ },
    { name: "init with a list", first: `{"type":"connection_init","payload":[]}`, code: 4400, reason: /Invalid message/ },
    { name: "init without a token", first: `{"type":"connection_init"}`, code: 4403, reason: /Forbidden/ },
    { name: "init with a wrong token", first: `{"type":"connection_init","payload":{"authorization":"Bearer nope"}}`, code: 4403, reason: /Forbidden/ },
    { name: "init with a token that is an object", first: `{"type":"connection_init","payload":{"authorization":{"a":1}}}`, code: 4403, reason: /Forbidden/ },
    { name: "init with __proto__", first: `{"type":"connection_init","payload":{"__proto__":{"authorization":"x"}}}`, code: 4403, reason: /Forbidden/ },
    { name: "an operation before init", first: subscribe("1", "{ __typename }"), code: 4401, reason: /Unauthorized/ },
    { name: "a huge message", first: "x".repeat(2 * 1024 * 1024), code: 1009, reason: /.*/ },
    { name: "no subprotocol", protocols: [], first: "", code: 4406, reason: /Subprotocol/ },
    { name: "an unknown subprotocol", protocols: ["graphql-ws"], first: "", code: 1006, reason: /.*/ },
  ])("$name", async ({ protocols, first, code, reason }) => {
    const talk = await open(protocols, null);
    if (talk.socket.readyState === WebSocket.OPEN) talk.socket.send(first);
    const closed = await talk.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(reason);
    expect(talk.messages).toEqual([]);
  });

  it("init twice", async () => {
    const talk = await open();
    talk.socket.send(INIT());
    expect((await talk.closed).code).toBe(4429);
  });

  it.each<{ name: string; query: string; code: string; right: RegExp }>([
    { name: "a wrong field", query: "subscription { nope }", code: "BAD_REQUEST", right: /Cannot query field/ },
    { name: "broken syntax", query: "subscription {", code: "BAD_REQUEST", right: /Syntax Error/ },
    { name: "too many tokens", query: `{ ${Array.from({ length: 3000 }, (_, at) => `a${at}: __typename`).join(" ")} }`, code: "BAD_REQUEST", right: /2000 tokens/ },
    { name: "a wrong cursor", query: `subscription { notificationDispatched(after: "zzz") { cursor } }`, code: "BAD_REQUEST", right: /cursor/ },
    { name: "a wrong channel", query: `subscription { notificationDispatched(filter: { channelIds: ["zzz"] }) { cursor } }`, code: "BAD_REQUEST", right: /^filter\.channelIds\.0: must be the id of a Channel/ },
  ])("an operation with $name fails by itself; the others go on", async ({ query, code, right }) => {
    const talk = await open();
    await acknowledged(talk);
    talk.socket.send(subscribe("bad", query));
    const answer = await eventually(() => talk.messages.find(({ id }) => id === "bad") as (typeof talk.messages)[number] & { payload: any });
    const errors = Array.isArray(answer.payload) ? answer.payload : answer.payload.errors;
    expect(errors[0].extensions.code).toBe(code);
    expect(errors[0].message).toMatch(right);
    talk.socket.send(subscribe("good", "{ viewer { name } }"));
    await eventually(() => talk.messages.find(({ id, type }) => id === "good" && type === "next"));
    talk.socket.terminate();
  });

  it("51 operations at once", async () => {
    const talk = await open();
    await acknowledged(talk);
    for (let at = 0; at < 60; at += 1) talk.socket.send(subscribe(String(at), "subscription { notificationDispatched { cursor } }"));
    const refused = await eventually(() => {
      const errors = talk.messages.filter(({ type }) => type === "error");
      return errors.length === 10 && errors;
    });
    expect(refused[0]?.payload?.[0]).toMatchObject({ extensions: { code: "TOO_MANY_CONNECTIONS" }, message: expect.stringMatching(/At most 50/) as string });
    talk.socket.terminate();
    await eventually(async () => /carillon_live_subscribers 0/.test(await (await fetch(`${server.url}/metrics`)).text()));
  });

  it("a producer's token may not listen", async () => {
    const { token } = (await api.run<{ createAccessToken: { token: string } }>(`mutation { createAccessToken(input: { name: "deaf", role: PRODUCER }) { ... on CreateAccessTokenPayload { token } } }`)).createAccessToken;
    rowsBefore = await storedRows(api);
    const talk = await open(undefined, JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    await acknowledged(talk);
    talk.socket.send(subscribe("1", "subscription { notificationDispatched { cursor } }"));
    const answer = await eventually(() => talk.messages.find(({ id }) => id === "1") as (typeof talk.messages)[number] & { payload: any });
    expect(JSON.stringify(answer.payload)).toContain("FORBIDDEN");
    talk.socket.terminate();
  });

  it("another path", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/nope`, ["graphql-transport-ws"]);
    const error = await new Promise<Error>((resolve) => socket.on("error", resolve));
    expect(error.message).toMatch(/404/);
  });
});
