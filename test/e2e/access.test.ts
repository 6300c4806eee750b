import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { schema } from "../../src/graphql/schema.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient, GraphqlAnswer } from "./apiClient.ts";
import { watchBySse, watchByWebSocket, WATCH } from "./liveClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const ROLES = ["ADMIN", "OPERATOR", "PRODUCER", "VIEWER"] as const;
type Role = (typeof ROLES)[number];

/** A well-formed id of nothing. */
function MISSING(type: string): string {
  return globalId(type, "00000000-0000-7000-8000-0000000000ff");
}

function globalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { __typename ... on Error { code message }
  ... on CreateAccessTokenPayload { token accessToken { id name role createdAt expiresAt revokedAt } } } }`;

async function createToken(api: ApiClient, role: Role | "CUSTOMER", more: object = {}): Promise<{ token: string; id: string }> {
  const { createAccessToken } = await api.run<any>(CREATE_TOKEN, { input: { name: `the ${role.toLowerCase()}`, role, ...more } });
  return { token: createAccessToken.token, id: createAccessToken.accessToken.id };
}

const codesOf = ({ errors }: GraphqlAnswer) => errors?.map(({ extensions }) => extensions?.["code"]);

let server: TestServer;
let channel: string;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  server = await startTestServer();
  const { api } = server;
  for (const role of ROLES) tokens.set(role, (await createToken(api, role)).token);
  channel = (await api.run<any>(`{ channels { nodes { id } } }`)).channels.nodes[0].id;
});

afterAll(() => server[Symbol.asyncDispose]());

/** The same caller for every role, and one without a token. */
function as(role: Role | "NONE"): ApiClient {
  return server.api.as(role === "NONE" ? "" : (tokens.get(role) as string));
}

describe("a field that is not allowed", () => {
  it("is refused in a mutation before its input is looked at, and does nothing", async () => {
    const answer = await as("VIEWER").raw(`mutation { deleteChannel(id: "${channel}") { __typename } createChannel(input: { name: "y", config: { log: true } }) { __typename } }`);
    expect(codesOf(answer.body)).toEqual(expect.arrayContaining(["FORBIDDEN"]));
    const { channels } = await server.api.run<any>(`{ channels { nodes { id } } }`);
    expect(channels.nodes).toEqual([{ id: channel }]);
  });
});

describe("node and nodes", () => {
  it("lets a producer see its own event in the answer, and nothing behind it", async () => {
    const producer = as("PRODUCER");
    // Each about another machine, so that each is sent.
    let vmid = 6;
    const emit = (selection: string) =>
      producer.raw(`mutation { emitEvent(input: { type: "backup.failure", source: "pve1", details: { vmid: ${(vmid += 1)} } }) { ... on EmitEventPayload { deduplicated event { ${selection} } } } }`);
    const own = (await emit("id type severity title message details decision { because } receivedAt")).body;
    expect(own).toMatchObject({ data: { emitEvent: { deduplicated: false, event: { type: "backup.failure", severity: "CRITICAL", details: { vmid: 7 }, decision: { because: "MATCHED" } } } } });
    expect(own).not.toHaveProperty("errors");
    const { id } = own.data.emitEvent.event;
    for (const selection of ["deliveries { id }", "deliveries { channel { name } }"]) {
      const { body } = await emit(selection);
      expect(new Set(codesOf(body))).toEqual(new Set(["FORBIDDEN"]));
    }
    expect(codesOf((await producer.raw(`query ($id: ID!) { node(id: $id) { id } }`, { id })).body)).toEqual(["FORBIDDEN"]);
    const condition = (await producer.raw(`mutation { emitEvent(input: { type: "service.health.down", service: "other" }) { ... on EmitEventPayload { event { condition { title } } } } }`)).body;
    expect(codesOf(condition)).toEqual(["FORBIDDEN"]);
  });

  it("say nothing about what is not there", async () => {
    const { node, nodes } = await as("VIEWER").run<any>(`query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }`, { id: MISSING("Channel") });
    expect({ node, nodes }).toEqual({ node: null, nodes: [null] });
  });
});

describe("an access token", () => {
  it("is shown once and kept as a hash only", async () => {
    const { createAccessToken: made } = await server.api.run<any>(CREATE_TOKEN, { input: { name: "ci", role: "PRODUCER", expiresAt: "2027-01-01T00:00:00Z" } });
    expect(made).toEqual({
      __typename: "CreateAccessTokenPayload",
      token: expect.stringMatching(/^car_[\w-]{43}$/),
      accessToken: { id: expect.any(String), name: "ci", role: "PRODUCER", createdAt: "2026-03-01T12:00:00.000Z", expiresAt: "2027-01-01T00:00:00.000Z", revokedAt: null },
    });
    const { accessTokens } = await server.api.run<any>(`{ accessTokens { id name role lastUsedAt } }`);
    expect(accessTokens.find(({ id }: { id: string }) => id === made.accessToken.id)).toEqual({ id: made.accessToken.id, name: "ci", role: "PRODUCER", lastUsedAt: null });
    expect(schema.getType("AccessToken")?.toConfig()).not.toHaveProperty("fields.token");
    await server.api.as(made.token).emit({ type: "backup.success" });

    const files = await readdir(server.dataDir);
    const database = Buffer.concat(await Promise.all(files.filter((name) => name.startsWith("carillon.db")).map((name) => readFile(join(server.dataDir, name)))));
    for (const token of [made.token, server.api.token, ...tokens.values()]) {
      expect(database.includes(token)).toBe(false);
      expect(database.includes(token.slice(4))).toBe(false);
      expect(database.includes(createHash("sha256").update(token).digest("hex"))).toBe(true);
    }
    // The first administrator's is in its own file and nowhere else.
    const holding = [];
    for (const name of files) if ((await readFile(join(server.dataDir, name))).includes(server.api.token)) holding.push(name);
    expect(holding).toEqual(["admin.token"]);
  });

  it("tells its holder who they are", async () => {
    expect(await as("PRODUCER").run(`{ viewer { name role scopes expiresAt } }`)).toEqual({ viewer: { name: "the producer", role: "PRODUCER", scopes: ["EVENTS_EMIT"], expiresAt: null } });
    expect(await as("VIEWER").run(`{ viewer { role scopes } }`)).toEqual({ viewer: { role: "VIEWER", scopes: ["EVENTS_READ", "HISTORY_READ", "INBOX_READ", "SETTINGS_READ"] } });
  });

  it("opens nothing once it is revoked", async () => {
    const { token, id } = await createToken(server.api, "OPERATOR");
    const holder = server.api.as(token);
    expect((await holder.raw("{ settings { historyDays } }")).body).toEqual({ data: { settings: { historyDays: 90 } } });
    const revoke = () => server.api.run<any>(`mutation ($id: ID!) { revokeAccessToken(id: $id) { __typename ... on RevokeAccessTokenPayload { accessToken { revokedAt } } } }`, { id });
    expect((await revoke()).revokeAccessToken).toEqual({ __typename: "RevokeAccessTokenPayload", accessToken: { revokedAt: "2026-03-01T12:00:00.000Z" } });
    expect(codesOf((await holder.raw("{ settings { historyDays } }")).body)).toEqual(["UNAUTHENTICATED"]);
    expect((await holder.raw("{ viewer { name } }")).body).toEqual({ data: { viewer: null } });
    expect(await holder.post("/v1/events", { type: "backup.success" })).toMatchObject({ status: 401, body: { error: { code: "UNAUTHENTICATED" } } });
    // Again changes nothing.
    expect((await revoke()).revokeAccessToken.__typename).toBe("RevokeAccessTokenPayload");
  });

  it("opens nothing once it has expired, to the millisecond", async () => {
    await using other = await startTestServer();
    const { token } = await createToken(other.api, "VIEWER", { expiresAt: "2026-03-01T13:00:00Z" });
    const holder = other.api.as(token);
    other.clock.advance(3_600_000 - 1);
    expect((await holder.raw("{ viewer { expiresAt } }")).body).toEqual({ data: { viewer: { expiresAt: "2026-03-01T13:00:00.000Z" } } });
    other.clock.advance(1);
    expect(codesOf((await holder.raw("{ settings { historyDays } }")).body)).toEqual(["UNAUTHENTICATED"]);
    const late = await other.api.run<any>(CREATE_TOKEN, { input: { name: "late", role: "VIEWER", expiresAt: "2026-03-01T13:00:00Z" } });
    expect(late.createAccessToken).toMatchObject({ __typename: "ValidationError", code: "VALIDATION_FAILED", message: "expiresAt: must be in the future" });
  });

  it("can be limited to some of its role's scopes", async () => {
    const { token } = await createToken(server.api, "OPERATOR", { name: "limited", scopes: ["HISTORY_READ", "INBOX_READ", "HISTORY_READ"] });
    const holder = server.api.as(token);
    expect(await holder.run(`{ viewer { role scopes } history { nodes { id } } }`)).toMatchObject({ viewer: { role: "OPERATOR", scopes: ["HISTORY_READ", "INBOX_READ"] } });
    const { body } = await holder.raw("{ events { nodes { id } } }");
    expect(body.errors?.[0]).toMatchObject({ message: 'The token "limited" is limited to some scopes of its role OPERATOR, and may not use Query.events.', extensions: { code: "FORBIDDEN" } });
  });

  it.each([
    ["scopes that its role has not", { role: "VIEWER", scopes: ["EVENTS_READ", "EVENTS_EMIT"] }, "scopes.1: must be one that the role VIEWER has: EVENTS_READ, HISTORY_READ, INBOX_READ, SETTINGS_READ"],
    ["no scope", { role: "VIEWER", scopes: [] }, "scopes: must hold at least one scope; left out: all of the role's"],
    ["a customer's role without a customer", { role: "CUSTOMER" }, "customer: must be given: a token with the role CUSTOMER belongs to a customer"],
    ["a server's role for a customer", { role: "OPERATOR", customer: "acme" }, "role: must be one of CUSTOMER, PRODUCER, VIEWER for the token of a customer: OPERATOR is about the whole server"],
    ["an empty customer", { role: "CUSTOMER", customer: " " }, "customer: must not be empty"],
    ["no requests", { role: "VIEWER", requestsPerMinute: 0 }, "requestsPerMinute: must be from 1 to 1000000"],
    ["nobody's contact", { role: "VIEWER", contactId: globalId("Contact", "00000000-0000-7000-8000-0000000000ff") }, "contactId: must be the id of a contact that belongs to no customer"],
    ["a contact that is not there", { role: "CUSTOMER", customer: "acme", contactId: globalId("Contact", "x") }, "contactId: must be the id of a contact of the token's customer"],
  ])("is not made with %s", async (_what, input, message) => {
    const { createAccessToken } = await server.api.run<any>(CREATE_TOKEN, { input: { name: "x", ...input } });
    expect(createAccessToken).toEqual({ __typename: "ValidationError", code: "VALIDATION_FAILED", message });
  });

  it("is not made by one that is allowed less", async () => {
    const { token } = await createToken(server.api, "ADMIN", { name: "clerk", scopes: ["TOKENS_MANAGE", "INBOX_READ"] });
    const clerk = server.api.as(token);
    const { createAccessToken } = await clerk.run<any>(CREATE_TOKEN, { input: { name: "x", role: "VIEWER" } });
    expect(createAccessToken).toMatchObject({ __typename: "ValidationError", message: "scopes: must be among those of your own token, which lacks EVENTS_READ, HISTORY_READ, SETTINGS_READ" });
    expect((await createToken(clerk, "VIEWER", { scopes: ["INBOX_READ"] })).token).toMatch(/^car_/);
  });

  it("can be changed but for what it may do, and is listed by what it is", async () => {
    await using other = await startTestServer();
    const { token, id } = await createToken(other.api, "VIEWER", { customer: "acme", requestsPerMinute: 100 });
    const update = (input: object) =>
      other.api.run<any>(`mutation ($id: ID!, $input: UpdateAccessTokenInput!) { updateAccessToken(id: $id, input: $input) { __typename ... on Error { message } ... on UpdateAccessTokenPayload { accessToken { name role scopes customer contactId expiresAt requestsPerMinute } } } }`, { id, input }).then(({ updateAccessToken }) => updateAccessToken);
    const list = async (filter: object) => (await other.api.run<any>("query ($filter: AccessTokenFilter) { accessTokens(filter: $filter) { name } }", { filter })).accessTokens.map(({ name }: { name: string }) => name);
    expect((await update({ name: "dashboard", expiresAt: "2026-03-01T12:30:00Z" })).accessToken).toEqual({
      name: "dashboard", role: "VIEWER", scopes: ["EVENTS_READ", "HISTORY_READ", "INBOX_READ", "SETTINGS_READ"], customer: "acme", contactId: null, expiresAt: "2026-03-01T12:30:00.000Z", requestsPerMinute: 100,
    });
    expect((await update({ requestsPerMinute: null })).accessToken).toMatchObject({ name: "dashboard", expiresAt: "2026-03-01T12:30:00.000Z", requestsPerMinute: null });
    expect(await update({ expiresAt: "2026-03-01T11:00:00Z" })).toEqual({ __typename: "ValidationError", message: "expiresAt: must be in the future; revokeAccessToken ends it now" });
    expect([await list({ customers: ["acme"] }), await list({ roles: ["VIEWER"], valid: true }), await list({ valid: false })]).toEqual([["dashboard"], ["dashboard"], []]);
    await other.api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
    const feed = watchBySse(other.url, { token });
    await eventually(async () => /^carillon_live_subscribers 1$/m.test(await (await fetch(`${other.url}/metrics`)).text()));
    other.clock.advance(30 * 60_000);
    await eventually(() => feed.ended);
    expect(await list({ valid: false })).toEqual(["dashboard"]);
    expect((await update({ expiresAt: null })).accessToken).toMatchObject({ expiresAt: null });
    expect(await other.api.as(token).run("{ viewer { customer } }")).toEqual({ viewer: { customer: "acme" } });
    await other.api.run(`mutation ($id: ID!) { revokeAccessToken(id: $id) { __typename } }`, { id });
    expect(await update({ name: "again" })).toEqual({ __typename: "ConflictError", message: "The access token was revoked, and is kept as it was. Create a new one." });
  });

  it("of the first administrator is replaced by the one that the environment gives", async () => {
    await using other = await startTestServer({ env: { ADMIN_TOKEN: "a-token-of-24-characters-or-more" } });
    expect(other.api.token).toBe("a-token-of-24-characters-or-more");
    expect(await other.api.run("{ viewer { name role } }")).toEqual({ viewer: { name: "first administrator", role: "ADMIN" } });
    expect(await readdir(other.dataDir)).not.toContain("admin.token");
  });

  it.each(["", "Bearer", "Bearer ", "Basic YWxhZGRpbjpvcGVuc2VzYW1l", "Bearer car_wrong", `Bearer ${"x".repeat(5000)}`])("is not %j", async (authorization) => {
    const response = await fetch(`${server.url}/graphql`, { method: "POST", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify({ query: "{ settings { historyDays } }" }) });
    expect(codesOf((await response.json()) as GraphqlAnswer)).toEqual(["UNAUTHENTICATED"]);
  });
});

describe("a token's rate", () => {
  it("holds for every way in, and comes back with time", async () => {
    await using other = await startTestServer();
    const { token } = await createToken(other.api, "ADMIN", { name: "busy", requestsPerMinute: 3 });
    const holder = other.api.as(token);
    const subscribed = watchBySse(other.url, { token });
    await eventually(async () => /^carillon_live_subscribers 1$/m.test(await (await fetch(`${other.url}/metrics`)).text()));
    expect((await holder.raw("{ viewer { requestsPerMinute } }")).body).toEqual({ data: { viewer: { requestsPerMinute: 3 } } });
    expect((await holder.post("/v1/events", { type: "backup.success" })).status).toBe(202);

    const message = 'The token "busy" may make 3 requests a minute, which it has. Try again in 20 s.';
    const refused = await fetch(`${other.url}/graphql`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ query: "{ viewer { name } }" }) });
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([429, "20", { errors: [{ message, extensions: { code: "RATE_LIMITED", retryAfter: 20 } }] }]);
    expect(await holder.post("/v1/events", { type: "backup.success" })).toEqual({ status: 429, body: { error: { code: "RATE_LIMITED", message, retryAfter: 20 } } });
    for (const watch of [watchByWebSocket, watchBySse]) {
      const feed = watch(other.url, { token });
      await eventually(() => feed.ended);
      expect(feed.ended?.errors).toMatchObject([{ message, extensions: { code: "RATE_LIMITED", retryAfter: 20 } }]);
      feed.close();
    }
    // What is open goes on, and others are not concerned.
    expect(subscribed.ended).toBeNull();
    expect((await other.api.raw("{ viewer { name } }")).status).toBe(200);
    other.clock.advance(20_000);
    expect((await holder.raw("{ viewer { name } }")).status).toBe(200);
    expect((await holder.raw("{ viewer { name } }")).status).toBe(429);
    subscribed.close();
  });
});

describe("the customer portal", () => {
  it("is off at first: then tokens of customers are refused everywhere", async () => {
    await using other = await startTestServer();
    const { token } = await createToken(other.api, "CUSTOMER", { customer: "acme" });
    const holder = other.api.as(token);
    const message = "This token belongs to a customer, and the customer portal is switched off. Its administrators can switch it on.";
    expect(await holder.raw("{ viewer { name } }")).toEqual({ status: 403, body: { errors: [{ message, extensions: { code: "PORTAL_OFF" } }] } });
    expect(await holder.post("/v1/events", { type: "backup.success" })).toEqual({ status: 403, body: { error: { code: "PORTAL_OFF", message } } });
    const feed = watchByWebSocket(other.url, { token });
    await eventually(() => feed.ended);
    expect(feed.ended).toEqual({ code: 4403, reason: message });
  });

  it("ends what customers have open when it is switched off, and nothing else", async () => {
    await using other = await startTestServer();
    const portal = (on: boolean) => other.api.run(`mutation ($on: Boolean!) { updateSettings(input: { customerPortal: $on }) { __typename } }`, { on });
    await portal(true);
    const { token } = await createToken(other.api, "CUSTOMER", { customer: "acme" });
    const [socket, events, own] = [watchByWebSocket(other.url, { token }), watchBySse(other.url, { token }), watchBySse(other.url, { token: other.api.token, query: WATCH })];
    await eventually(async () => /^carillon_live_subscribers 3$/m.test(await (await fetch(`${other.url}/metrics`)).text()));
    await portal(false);
    await eventually(() => socket.ended && events.ended);
    expect(socket.ended).toEqual({ code: 4403, reason: "The customer portal is switched off" });
    expect(own.ended).toBeNull();
    own.close();
    await portal(true);
    expect((await other.api.as(token).raw("{ viewer { customer } }")).body).toEqual({ data: { viewer: { customer: "acme" } } });
  });
});

describe("POST /v1/events", () => {
  it.each(ROLES)("as %s", async (role) => {
    const { status, body } = await as(role).post("/v1/events", { type: "backup.success" });
    if (role === "VIEWER") {
      expect(status).toBe(403);
      expect(body).toEqual({ error: { code: "FORBIDDEN", message: 'The token "the viewer" has the role VIEWER, which may not use POST /v1/events.' } });
    } else {
      expect([status, body.because]).toEqual([202, "TRIGGER_OFF"]);
    }
  });

  it.each(["", "car_wrong"])("with the token %j is refused with 401, and says how to log in", async (token) => {
    const response = await fetch(`${server.url}/v1/events`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: "{}" });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
  });
});

/** Mistakes whose answers could name what the schema holds. */
const MISTAKES: [string, string, object][] = [
  ["a field", "{ setings { historyDays } }", {}],
  ["a field of a type", "{ viewer { nam } }", {}],
  ["an argument", `{ eventType(nam: "x") { name } }`, {}],
  ["a type", "query ($x: EmitEventInpu) { viewer { name } }", {}],
  ["an input field", `{ simulateEvent(input: { type: "x", messag: "y" }) { __typename } }`, {}],
  ["an enum value", `{ simulateEvent(input: { type: "x", severity: INF }) { __typename } }`, {}],
  ["an input field in a variable", "query ($input: EmitEventInput!) { simulateEvent(input: $input) { __typename } }", { input: { type: "x", messag: "y" } }],
  ["an enum value in a variable", "query ($severity: Severity) { history(filter: { minimumSeverity: $severity }) { totalCount } }", { severity: "WARNIN" }],
];

describe("what strangers can learn of the schema", () => {
  it("is all of it by default, with suggestions and GraphiQL", async () => {
    expect((await as("NONE").raw("{ __schema { queryType { name } } }")).body).toEqual({ data: { __schema: { queryType: { name: "Query" } } } });
    for (const [what, query, variables] of MISTAKES) {
      const { body } = await as("ADMIN").raw(query, variables);
      expect([what, JSON.stringify(body)]).toEqual([what, expect.stringContaining("Did you mean")]);
    }
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(await page.text()).toContain("<title>Carillon</title>");
  });

  it("is nothing with INTROSPECTION=false, by HTTP and by WebSocket", async () => {
    await using closed = await startTestServer({ env: { INTROSPECTION: "false" } });
    for (const query of ["{ __schema { types { name } } }", `{ __type(name: "Channel") { fields { name } } }`]) {
      const { body } = await closed.api.raw(query);
      expect(codesOf(body)).toEqual(["BAD_REQUEST", "BAD_REQUEST"].slice(0, body.errors?.length));
      expect(body.errors?.[0]?.message).toMatch(/introspection/i);
      expect(body.data).toBeUndefined();
      const feed = watchByWebSocket(closed.url, { token: closed.api.token, query });
      await eventually(() => feed.ended);
      expect(feed.ended?.errors?.[0]?.message).toMatch(/introspection/i);
      feed.close();
    }
    for (const [what, query, variables] of MISTAKES) {
      const { body } = await closed.api.raw(query, variables);
      expect([what, ...new Set(codesOf(body))]).toEqual([what, "BAD_REQUEST"]);
      expect([what, JSON.stringify(body)]).toEqual([what, expect.not.stringMatching(/did you mean/i)]);
      const socket = await answerByWebSocket(closed, query, variables);
      expect([what, socket]).toEqual([what, expect.not.stringMatching(/did you mean/i)]);
      expect([what, socket]).toEqual([what, expect.stringContaining("BAD_REQUEST")]);
    }
    // __typename is no introspection of the schema, and everything else works.
    expect((await closed.api.raw("{ __typename viewer { name } }")).body).toEqual({ data: { __typename: "Query", viewer: { name: "first administrator" } } });
  });

  it("is no page with GRAPHIQL=false", async () => {
    await using closed = await startTestServer({ env: { GRAPHIQL: "false" } });
    const page = await fetch(`${closed.url}/graphql`, { headers: { accept: "text/html" } });
    expect(page.status).not.toBe(200);
    expect(await page.text()).not.toMatch(/<html|graphiql/i);
    expect(await closed.api.run("{ viewer { name } }")).toEqual({ viewer: { name: "first administrator" } });
  });
});

/** The whole answer to one operation over a bare WebSocket, as text. */
async function answerByWebSocket({ url, api }: TestServer, query: string, variables: object): Promise<string> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  const received: { type: string }[] = [];
  socket.on("message", (data) => received.push(JSON.parse(String(data)) as { type: string }));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: "connection_init", payload: { authorization: `Bearer ${api.token}` } });
  await eventually(() => received.some(({ type }) => type === "connection_ack"));
  send({ id: "1", type: "subscribe", payload: { query, variables } });
  const answer = await eventually(() => received.find(({ type }) => type === "error" || type === "next"));
  socket.terminate();
  return JSON.stringify(answer);
}
