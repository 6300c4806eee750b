import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { getIntrospectionQuery, graphqlSync } from "graphql";
import type { IntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { schema } from "../../src/graphql/schema.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient, GraphqlAnswer } from "./apiClient.ts";
import { watchBySse, watchByWebSocket } from "./liveClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const ROLES = ["ADMIN", "OPERATOR", "PRODUCER", "VIEWER"] as const;
type Role = (typeof ROLES)[number];

const EVERYONE: Role[] = ["ADMIN", "OPERATOR", "PRODUCER", "VIEWER"];
const READERS: Role[] = ["ADMIN", "OPERATOR", "VIEWER"];
const EMITTERS: Role[] = ["ADMIN", "OPERATOR", "PRODUCER"];
const MANAGERS: Role[] = ["ADMIN", "OPERATOR"];
const ADMIN: Role[] = ["ADMIN"];

/** Ids of what the server holds. */
interface Ids {
  channel: string;
  event: string;
  delivery: string;
  attempt: string;
  condition: string;
  inboxItem: string;
  accessToken: string;
}

interface Field {
  /** Who may use it; everybody else, and a caller without a token, is refused. */
  roles: Role[];
  /** The shortest use of it that breaks nothing which other entries need. */
  use: (ids: Ids) => string;
}

/** Open to callers without a token too: each says what they then get. */
const OPEN_FIELDS: Record<string, (ids: Ids) => { use: string; data: object }> = {
  "Query.viewer": () => ({ use: "{ viewer { name } }", data: { viewer: null } }),
};

const FIELDS: Record<string, Field> = {
  "Query.accessTokens": { roles: ADMIN, use: () => "{ accessTokens { name } }" },
  "Query.categories": { roles: READERS, use: () => "{ categories { name } }" },
  "Query.channel": { roles: READERS, use: ({ channel }) => `{ channel(id: "${channel}") { name } }` },
  "Query.channelKinds": { roles: READERS, use: () => "{ channelKinds { kind } }" },
  "Query.appriseServices": { roles: MANAGERS, use: () => "{ appriseServices { available } }" },
  "Query.providerAccount": { roles: READERS, use: () => `{ providerAccount(id: "${MISSING("ProviderAccount")}") { name } }` },
  "Query.providerAccountKinds": { roles: READERS, use: () => "{ providerAccountKinds { kind } }" },
  "Query.providerAccounts": { roles: READERS, use: () => "{ providerAccounts { totalCount nodes { name } } }" },
  "Query.channels": { roles: READERS, use: () => "{ channels { totalCount nodes { name } } }" },
  "Query.conditions": { roles: READERS, use: () => "{ conditions { totalCount nodes { title } } }" },
  "Query.deliveries": { roles: READERS, use: () => "{ deliveries { nodes { state } } }" },
  "Query.event": { roles: READERS, use: ({ event }) => `{ event(id: "${event}") { title } }` },
  "Query.events": { roles: READERS, use: () => "{ events { totalCount nodes { title } } }" },
  "Query.eventType": { roles: READERS, use: () => `{ eventType(name: "backup_fail") { name } }` },
  "Query.eventTypes": { roles: READERS, use: () => "{ eventTypes { name } }" },
  "Query.history": { roles: READERS, use: () => "{ history { totalCount nodes { title } } }" },
  "Query.inbox": { roles: READERS, use: () => "{ inbox { totalCount nodes { title } } }" },
  "Query.inhibitionRule": { roles: READERS, use: () => `{ inhibitionRule(id: "${MISSING("InhibitionRule")}") { name } }` },
  "Query.inhibitionRules": { roles: READERS, use: () => "{ inhibitionRules { totalCount nodes { name } } }" },
  "Query.liveCursor": { roles: READERS, use: () => "{ liveCursor }" },
  "Query.node": { roles: READERS, use: ({ event }) => `{ node(id: "${event}") { id } }` },
  "Query.nodes": { roles: READERS, use: ({ event, channel }) => `{ nodes(ids: ["${event}", "${channel}"]) { id } }` },
  "Query.settings": { roles: READERS, use: () => "{ settings { historyDays } }" },
  "Query.silence": { roles: READERS, use: () => `{ silence(id: "${MISSING("Silence")}") { reason } }` },
  "Query.silences": { roles: READERS, use: () => "{ silences { totalCount nodes { reason } } }" },
  "Query.simulateEvent": { roles: EMITTERS, use: () => `{ simulateEvent(input: { type: "deploy.success" }) { __typename } }` },

  "Mutation.clearHistory": { roles: MANAGERS, use: () => `mutation { clearHistory(filter: { types: ["nothing"] }) { deletedCount } }` },
  "Mutation.createAccessToken": { roles: ADMIN, use: () => `mutation { createAccessToken(input: { name: "x", role: VIEWER }) { __typename } }` },
  "Mutation.createProviderAccount": { roles: MANAGERS, use: () => `mutation { createProviderAccount(input: { name: "", config: { telegram: {} } }) { __typename } }` },
  "Mutation.deleteProviderAccount": { roles: MANAGERS, use: () => `mutation { deleteProviderAccount(id: "${MISSING("ProviderAccount")}") { __typename } }` },
  "Mutation.testProviderAccount": { roles: MANAGERS, use: () => `mutation { testProviderAccount(id: "${MISSING("ProviderAccount")}") { __typename } }` },
  "Mutation.testProviderAccountConfig": { roles: MANAGERS, use: () => `mutation { testProviderAccountConfig(config: { telegram: {} }) { __typename } }` },
  "Mutation.updateProviderAccount": { roles: MANAGERS, use: () => `mutation { updateProviderAccount(id: "${MISSING("ProviderAccount")}", input: {}) { __typename } }` },
  "Mutation.createChannel": { roles: MANAGERS, use: () => `mutation { createChannel(input: { name: "", config: { log: true } }) { __typename } }` },
  "Mutation.createInhibitionRule": { roles: MANAGERS, use: () => `mutation { createInhibitionRule(input: { name: "", whileOpen: [], matchers: [], sameFields: [] }) { __typename } }` },
  "Mutation.createSilence": { roles: MANAGERS, use: () => `mutation { createSilence(input: { matchers: [], reason: "" }) { __typename } }` },
  "Mutation.deleteChannel": { roles: MANAGERS, use: () => `mutation { deleteChannel(id: "${MISSING("Channel")}") { __typename } }` },
  "Mutation.deleteEventType": { roles: MANAGERS, use: () => `mutation { deleteEventType(name: "nothing") { __typename } }` },
  "Mutation.deleteInboxItems": { roles: MANAGERS, use: () => `mutation { deleteInboxItems(ids: []) { deletedCount } }` },
  "Mutation.deleteInhibitionRule": { roles: MANAGERS, use: () => `mutation { deleteInhibitionRule(id: "${MISSING("InhibitionRule")}") { __typename } }` },
  "Mutation.endSilence": { roles: MANAGERS, use: () => `mutation { endSilence(id: "${MISSING("Silence")}") { __typename } }` },
  "Mutation.dropDelivery": { roles: MANAGERS, use: () => `mutation { dropDelivery(id: "${MISSING("Delivery")}") { __typename } }` },
  "Mutation.flushChannel": { roles: MANAGERS, use: () => `mutation { flushChannel(id: "${MISSING("Channel")}", heldFor: DIGEST) { __typename } }` },
  "Mutation.duplicateChannel": { roles: MANAGERS, use: () => `mutation { duplicateChannel(id: "${MISSING("Channel")}", name: "x") { __typename } }` },
  "Mutation.emitEvent": { roles: EMITTERS, use: () => `mutation { emitEvent(input: { type: "backup.success" }) { __typename } }` },
  "Mutation.emitEvents": { roles: EMITTERS, use: () => `mutation { emitEvents(input: [{ type: "backup.success" }]) { acceptedCount } }` },
  "Mutation.markInboxRead": { roles: MANAGERS, use: () => `mutation { markInboxRead(ids: []) { markedCount } }` },
  "Mutation.registerEventType": { roles: MANAGERS, use: () => `mutation { registerEventType(input: { name: "Not a name", title: "x" }) { __typename } }` },
  "Mutation.resendDelivery": { roles: MANAGERS, use: () => `mutation { resendDelivery(id: "${MISSING("Delivery")}") { __typename } }` },
  "Mutation.resetTrigger": { roles: MANAGERS, use: () => `mutation { resetTrigger(eventType: "deploy.success") { __typename } }` },
  "Mutation.resolveCondition": { roles: MANAGERS, use: () => `mutation { resolveCondition(id: "${MISSING("Condition")}") { __typename } }` },
  "Mutation.revokeAccessToken": { roles: ADMIN, use: () => `mutation { revokeAccessToken(id: "${MISSING("AccessToken")}") { __typename } }` },
  "Mutation.setCategoryEnabled": { roles: MANAGERS, use: () => `mutation { setCategoryEnabled(category: "hardware", enabled: true) { __typename } }` },
  "Mutation.setChannelOverride": { roles: MANAGERS, use: () => `mutation { setChannelOverride(id: "${MISSING("Channel")}", target: { category: "deploys" }) { __typename } }` },
  "Mutation.testChannel": { roles: MANAGERS, use: () => `mutation { testChannel(id: "${MISSING("Channel")}") { __typename } }` },
  "Mutation.testChannelConfig": { roles: MANAGERS, use: () => `mutation { testChannelConfig(config: { log: true }) { __typename } }` },
  "Mutation.updateChannel": { roles: MANAGERS, use: () => `mutation { updateChannel(id: "${MISSING("Channel")}", input: {}) { __typename } }` },
  "Mutation.updateEventType": { roles: MANAGERS, use: () => `mutation { updateEventType(name: "nothing", input: {}) { __typename } }` },
  "Mutation.updateInhibitionRule": { roles: MANAGERS, use: () => `mutation { updateInhibitionRule(id: "${MISSING("InhibitionRule")}", input: {}) { __typename } }` },
  "Mutation.updateSettings": { roles: MANAGERS, use: () => `mutation { updateSettings(input: {}) { __typename } }` },
  "Mutation.updateSilence": { roles: MANAGERS, use: () => `mutation { updateSilence(id: "${MISSING("Silence")}", input: {}) { __typename } }` },
  "Mutation.updateTrigger": { roles: MANAGERS, use: () => `mutation { updateTrigger(eventType: "deploy.success", input: {}) { __typename } }` },

  "Subscription.notificationDispatched": { roles: READERS, use: () => "subscription { notificationDispatched { cursor } }" },
};

/** A well-formed id of nothing. */
function MISSING(type: string): string {
  return globalId(type, "00000000-0000-7000-8000-0000000000ff");
}

function globalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { __typename ... on Error { code message }
  ... on CreateAccessTokenPayload { token accessToken { id name role createdAt expiresAt revokedAt } } } }`;

async function createToken(api: ApiClient, role: Role, more: object = {}): Promise<{ token: string; id: string }> {
  const { createAccessToken } = await api.run<any>(CREATE_TOKEN, { input: { name: `the ${role.toLowerCase()}`, role, ...more } });
  return { token: createAccessToken.token, id: createAccessToken.accessToken.id };
}

const codesOf = ({ errors }: GraphqlAnswer) => errors?.map(({ extensions }) => extensions?.["code"]);

let server: TestServer;
let ids: Ids;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  server = await startTestServer();
  const { api } = server;
  for (const role of ROLES) tokens.set(role, (await createToken(api, role)).token);
  const { event } = await api.emit({ type: "service.health.down", service: "api" });
  await eventually(async () => (await api.history()).length === 1);
  const found = await api.run<any>(`{ channels { nodes { id } } history { nodes { id delivery { id } } } conditions { nodes { id } } inbox { nodes { id } } accessTokens { id } }`);
  ids = {
    channel: found.channels.nodes[0].id,
    event: event?.id ?? "",
    delivery: found.history.nodes[0].delivery.id,
    attempt: found.history.nodes[0].id,
    condition: found.conditions.nodes[0].id,
    inboxItem: found.inbox.nodes[0].id,
    accessToken: found.accessTokens[0].id,
  };
});

afterAll(() => server[Symbol.asyncDispose]());

/** The same caller for every role, and one without a token. */
function as(role: Role | "NONE"): ApiClient {
  return server.api.as(role === "NONE" ? "" : (tokens.get(role) as string));
}

/** Runs an operation of any kind, a subscription until it is open or refused. */
async function attempt(role: Role | "NONE", operation: string): Promise<GraphqlAnswer> {
  if (!operation.startsWith("subscription")) return (await as(role).raw(operation)).body;
  const metrics = async () => /^carillon_live_subscribers (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
  const feed = watchBySse(server.url, { token: role === "NONE" ? null : (tokens.get(role) as string), query: operation });
  await eventually(async () => feed.ended !== null || (await metrics()) === "1");
  const answer = feed.ended?.errors ? { errors: feed.ended.errors } : { data: {} };
  feed.close();
  await eventually(async () => (await metrics()) === "0");
  return answer;
}

describe("every field of Query, Mutation and Subscription", () => {
  const { __schema } = graphqlSync({ schema, source: getIntrospectionQuery() }).data as unknown as IntrospectionQuery;
  const rootFields = ["Query", "Mutation", "Subscription"].flatMap((root) => {
    const type = __schema.types.find(({ name }) => name === root);
    return type && "fields" in type ? type.fields.map(({ name }) => `${root}.${name}`) : [];
  });

  it("has its entry in the table", () => {
    expect([...Object.keys(FIELDS), ...Object.keys(OPEN_FIELDS)].sort()).toEqual([...rootFields].sort());
  });

  describe.each(Object.entries(FIELDS))("%s", (_name, { roles, use }) => {
    it.each(EVERYONE)("as %s", async (role) => {
      const answer = await attempt(role, use(ids));
      if (roles.includes(role)) {
        expect(answer.errors).toBeUndefined();
        expect(answer.data).not.toBeNull();
        return;
      }
      expect(new Set(codesOf(answer))).toEqual(new Set(["FORBIDDEN"]));
      for (const { message } of answer.errors ?? []) expect(message).toMatch(new RegExp(`^The token "the ${role.toLowerCase()}" has the role ${role}, which may not use \\w+\\.\\w+\\.$`));
      expect(Object.values(answer.data ?? {}).flat().every((value) => value === null)).toBe(true);
    });

    it("without a token", async () => {
      const answer = await attempt("NONE", use(ids));
      expect(new Set(codesOf(answer))).toEqual(new Set(["UNAUTHENTICATED"]));
      expect(answer.errors?.[0]?.message).toMatch(/^A valid token is needed: send the header "Authorization: Bearer <token>"/);
      expect(Object.values(answer.data ?? {}).flat().every((value) => value === null)).toBe(true);
    });
  });

  it.each(Object.entries(OPEN_FIELDS))("%s is open, and gives a stranger nothing", async (_name, entry) => {
    const { use, data } = entry(ids);
    expect((await attempt("NONE", use)).data).toEqual(data);
    for (const role of ROLES) expect(await attempt(role, use)).not.toHaveProperty("errors");
  });

  it("is refused in a mutation before its input is looked at, and does nothing", async () => {
    const answer = await as("VIEWER").raw(`mutation { deleteChannel(id: "${ids.channel}") { __typename } createChannel(input: { name: "y", config: { log: true } }) { __typename } }`);
    expect(codesOf(answer.body)).toEqual(expect.arrayContaining(["FORBIDDEN"]));
    const { channels } = await server.api.run<any>(`{ channels { nodes { id } } }`);
    expect(channels.nodes).toEqual([{ id: ids.channel }]);
  });
});

describe("node and nodes", () => {
  const allowed: Record<keyof Ids, Role[]> = {
    channel: READERS,
    event: READERS,
    delivery: READERS,
    attempt: READERS,
    condition: READERS,
    inboxItem: READERS,
    accessToken: ADMIN,
  };

  it.each(Object.entries(allowed) as [keyof Ids, Role[]][])("give a %s to those who may read it", async (key, roles) => {
    for (const role of [...EVERYONE, "NONE"] as const) {
      const one = (await as(role).raw(`query ($id: ID!) { node(id: $id) { __typename id } }`, { id: ids[key] })).body;
      const many = (await as(role).raw(`query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, { ids: [ids[key]] })).body;
      if (role !== "NONE" && roles.includes(role)) {
        expect([role, one]).toMatchObject([role, { data: { node: { id: ids[key] } } }]);
        expect([role, many]).toMatchObject([role, { data: { nodes: [{ id: ids[key] }] } }]);
        expect([one.errors, many.errors]).toEqual([undefined, undefined]);
      } else {
        const code = role === "NONE" ? "UNAUTHENTICATED" : "FORBIDDEN";
        for (const answer of [one, many]) {
          expect([role, ...new Set(codesOf(answer))]).toEqual([role, code]);
          expect(JSON.stringify(answer.data ?? null)).not.toContain(ids[key]);
        }
      }
    }
  });

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
