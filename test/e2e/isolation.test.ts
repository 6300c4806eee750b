import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { watchBySse, watchByWebSocket } from "./liveClient.ts";
import { allRecorded, createCustomer, createPolicy, plantCustomers, PLANTED, plantServersOwn, rowsOf } from "./planted.ts";
import type { Customer, Rows } from "./planted.ts";
import { globalId, missing, NODE_TYPES, rootFields, shortest, takesIds, walk } from "./schemaWalk.ts";
import type { IdOf } from "./schemaWalk.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Every statement that the database has run. */
const statements: string[] = [];
const { prepare } = Sqlite.prototype;

/** Prepared statements are kept and run again: each tells of every time. */
function noted(statement: ReturnType<typeof prepare>, source: string): typeof statement {
  for (const name of ["all", "get", "run"] as const) {
    const original = statement[name];
    statement[name] = function (this: typeof statement, ...values: unknown[]) {
      statements.push(source);
      return original.apply(this, values);
    } as never;
  }
  return statement;
}

let server: TestServer;
let acme: Customer;
let rival: Customer;
let rows: Rows;
let ownChannel: string;

beforeAll(async () => {
  Sqlite.prototype.prepare = function (this: InstanceType<typeof Sqlite>, source: string) {
    return noted(prepare.call(this, source), source);
  } as typeof prepare;
  server = await startTestServer();
  const { api } = server;
  await api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
  const { channels } = await api.run<any>(`{ channels { nodes { id } } }`);
  await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { name: "Planted secret inbox" }) { __typename } }`, { id: channels.nodes[0].id });
  rival = await createCustomer(server, "Planted secret rival");
  await plantServersOwn(server);
  await plantCustomers(rival, server);

  acme = await createCustomer(server, "acme");
  ownChannel = await acme.people.createChannel("Own inbox", { inbox: true });
  await acme.people.createChannel("Own quiet inbox", { inbox: true }, { digest: { time: "09:00", timeZone: "UTC" } });
  await acme.people.run(`mutation { createProviderAccount(input: { name: "Own bot", config: { telegram: { botToken: "1:own" } } }) { __typename } }`);
  await acme.people.run(`mutation { createSilence(input: { matchers: [{ field: "service", operator: EQUALS, value: "silent" }], reason: "own", duration: "P1D" }) { __typename } }`);
  const contact = await acme.people.run<any>(`mutation { createContact(input: { name: "Own contact" }) { ... on CreateContactPayload { contact { id } } } }`);
  const contactIds = [contact.createContact.contact.id];
  await acme.people.createChannel("Own contact's inbox", { inbox: true }, { contactId: contactIds[0] });
  const group = await acme.people.run<any>("mutation ($input: CreateContactGroupInput!) { createContactGroup(input: $input) { ... on CreateContactGroupPayload { contactGroup { id } } } }", { input: { name: "Own group", contactIds } });
  await acme.people.run("mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename } }", { input: { name: "Own rule", matchers: [{ field: "service", operator: "EQUALS", value: "one" }], groupIds: [group.createContactGroup.contactGroup.id] } });
  // Also what is inhibited by the server's rule, silenced by the server, and about what is not offered to customers.
  await acme.program.emit({ type: "monitor.down", source: "own host", service: "one" });
  await acme.program.emit({ type: "service.health.down", source: "own host", service: "two" });
  await acme.program.emit({ type: "deploy.failure", source: "own host", service: "in maintenance" });
  await acme.program.emit({ type: "deploy.success", source: "own host", service: "three" });
  await api.emit({ type: "node.disconnect", customer: "acme", source: "own node", title: "Planted secret node" });
  await escalated();
  await allRecorded(server);
  rows = rowsOf(server, "acme");
  for (const type of NODE_TYPES) expect([type, rows.foreign.get(type)?.length]).not.toEqual([type, 0]);
});

afterAll(async () => {
  Sqlite.prototype.prepare = prepare;
  await server[Symbol.asyncDispose]();
});

/** A problem of acme's that its own policy and one of the server's tell of, also on acme's channel; acme has taken it on, then the server's administrator. */
async function escalated(): Promise<void> {
  const { api } = server;
  const matchers = [{ field: "service", operator: "EQUALS", value: "escalated" }];
  const rule = (by: ApiClient, name: string, escalationPolicyId: string) => by.run("mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename } }", { input: { name, matchers, escalationPolicyId } });
  const { channels } = await api.run<any>(`{ channels { nodes { id name } } }`);
  const servers = channels.nodes.find(({ name }: any) => name === "Planted secret inbox of the server").id;
  await rule(acme.people, "Own escalation", await createPolicy(acme.people, "Own policy", [{ delay: "PT0S", channelIds: [ownChannel] }]));
  await rule(api, "Planted secret escalation", await createPolicy(api, "Planted secret policy for acme", [{ delay: "PT0S", channelIds: [servers, ownChannel] }]));
  await acme.program.emit({ type: "monitor.down", source: "own escalated host", service: "escalated" });
  await eventually(async () => {
    server.clock.advance(1);
    return (await escalationsOf(api)).filter(({ notices }) => notices.length > 0).length === 3;
  });
  const [{ id }] = await conditionsOf(acme.people);
  const administrator = (await api.run<any>(`mutation { createAccessToken(input: { name: "Planted secret administrator", role: ADMIN }) { ... on CreateAccessTokenPayload { token } } }`)).createAccessToken.token;
  for (const [by, note] of [[acme.people, "own note"], [api.as(administrator), "Planted secret note"]] as const) await by.run("mutation ($id: ID!, $note: String) { acknowledgeCondition(id: $id, note: $note) { __typename } }", { id, note });
  await acme.program.emit({ type: "monitor.down", source: "own escalated host", service: "escalated" });
}

const conditionsOf = async (api: ApiClient) => (await api.run<any>(`{ conditions(filter: { services: ["escalated"] }) { nodes { id acknowledgement { at by note } escalations { policy { name } notices { channelName delivery { reason } } } } } }`)).conditions.nodes as any[];
const escalationsOf = async (api: ApiClient) => (await conditionsOf(api))[0].escalations as any[];

const first: (ids: Map<string, string[]>) => IdOf = (ids) => (type) => globalId(type, ids.get(type)?.at(-1) ?? "00000000-0000-7000-8000-0000000000fe");
const own: IdOf = (type) => first(rows.own)(type);
const foreign: IdOf = (type) => first(rows.foreign)(type);

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Ids in a text, also in the opaque ones and in cursors. */
function idsIn(value: unknown): string[] {
  if (typeof value === "string") return [...(value.match(UUID) ?? []), ...(Buffer.from(value, "base64").toString("latin1").match(UUID) ?? [])];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(idsIn) : [];
}

/** @throws when an answer holds anything foreign */
function expectNothingForeign(operation: string, answer: unknown): void {
  const text = JSON.stringify(answer);
  expect([operation, PLANTED.exec(text)?.[0]]).toEqual([operation, undefined]);
  const known = new Set([...rows.foreign.values()].flat());
  expect([operation, idsIn(answer).filter((id) => known.has(id))]).toEqual([operation, []]);
}

/** The same with another id in the place of the one that was asked for. */
const without = (id: string, text: unknown) => JSON.stringify(text).replaceAll(id, "the id").replaceAll(id.slice(0, -4), "the id");

describe("a customer's token", () => {
  it.each(rootFields("Query").filter(({ name }) => name !== "node" && name !== "nodes"))("walks through $name and finds nothing foreign", async (field) => {
    for (const api of [acme.people, acme.dashboard, acme.program]) {
      const refused = (await api.raw(shortest("Query", field, own))).body;
      expectNothingForeign(field.name, refused);
      if (refused.errors?.[0]?.extensions?.["code"] === "FORBIDDEN") continue;
      for (const operation of walk("Query", field, own)) {
        const { body } = await api.raw(operation);
        expectNothingForeign(operation, body);
        // Categories and event types are many, and cost much: what is below them is asked for elsewhere too.
        const errors = body.errors?.filter(({ extensions }) => extensions?.["code"] !== "QUERY_TOO_COSTLY" && extensions?.["code"] !== "FORBIDDEN") ?? [];
        expect([operation, errors]).toEqual([operation, []]);
      }
    }
  });

  it.each(NODE_TYPES)("walks on from its own %s and finds nothing foreign", async (type) => {
    const node = rootFields("Query").find(({ name }) => name === "node");
    for (const operation of walk("Query", node as never, own, type)) {
      const { body } = await acme.people.raw(operation);
      expectNothingForeign(operation, body);
      expect([operation, body.errors]).toEqual([operation, undefined]);
    }
  });

  it("counts nothing foreign", async () => {
    for (const field of rootFields("Query")) {
      if (!/Connection!?$/.test(String(field.type))) continue;
      const { body } = await acme.people.raw(`{ ${field.name}(first: 100) { totalCount nodes { __typename id } } }`);
      if (body.errors) continue;
      const { totalCount, nodes } = body.data[field.name];
      expect([field.name, totalCount]).toEqual([field.name, nodes.length]);
      for (const { id, __typename } of nodes) expect(rows.own.get(__typename)?.map((one) => globalId(__typename, one))).toContain(id);
    }
  });

  it.each(NODE_TYPES)("learns nothing of a foreign %s by its id", async (type) => {
    const ask = async (ids: string[], idOfAnswer: string) => {
      statements.length = 0;
      const { body } = await acme.people.raw(`query ($id: ID!, $ids: [ID!]!) { node(id: $id) { __typename id } nodes(ids: $ids) { __typename id } }`, { id: ids[0], ids });
      return { answer: without(idOfAnswer, body), statements: [...statements] };
    };
    const unknown = missing(type);
    const expected = await ask([unknown], unknown);
    expect(expected.answer).toBe(JSON.stringify({ data: { node: null, nodes: [null] } }));
    for (const raw of rows.foreign.get(type)?.slice(-5) ?? []) expect(await ask([globalId(type, raw)], globalId(type, raw))).toEqual(expected);
  });

  const withIds = (["Query", "Mutation"] as const).flatMap((root) => rootFields(root).filter((field) => field.name !== "node" && field.name !== "nodes" && takesIds(field)).map((field) => ({ root, field, name: field.name })));

  it.each(withIds)("gets the same answer from $name to a foreign id as to an unknown one, and changes nothing", async ({ root, field }) => {
    const before = rowsOf(server, "acme").foreignText;
    for (const optionalIds of [false, true].filter((optional) => takesIds(field, optional))) {
      const ask = async (idOf: IdOf) => {
        const operation = shortest(root, field, idOf, { optionalIds });
        statements.length = 0;
        const { status, body } = await acme.people.raw(operation);
        const asked = new Set(operation.match(/[A-Za-z0-9+/=]{40,}/g));
        return { status, answer: [...asked].reduce((text, id) => text.replaceAll(id, "the id"), JSON.stringify(body)), statements: [...statements] };
      };
      expect(await ask(foreign)).toEqual(await ask(missing));
    }
    expect(rowsOf(server, "acme").foreignText).toBe(before);
  });

  it("reads nothing of a foreign channel by filters and arguments within", async () => {
    const ask = async (id: string) => {
      const { body } = await acme.people.raw(
        `query ($id: ID!, $ids: [ID!]) { categories { name enabledCount(channelId: $id) } history(filter: { channelIds: $ids }) { totalCount } deliveries(filter: { channelIds: $ids }) { totalCount } }`,
        { id, ids: [id] },
      );
      return body;
    };
    expect(await ask(foreign("Channel"))).toEqual(await ask(missing("Channel")));
    expect((await ask(ownChannel)).data).toMatchObject({ history: { totalCount: expect.any(Number) } });
  });

  it.each([["WebSocket", watchByWebSocket], ["Server-Sent Events", watchBySse]] as const)("hears of nothing foreign over %s", async (_name, watch) => {
    const { liveCursor } = await acme.people.run<any>("{ liveCursor }");
    const feeds = [watch(server.url, { token: acme.people.token }), watch(server.url, { token: acme.dashboard.token, after: liveCursor })];
    const all = watch(server.url, { token: server.api.token });
    await eventually(async () => /^carillon_live_subscribers 3$/m.test(await (await fetch(`${server.url}/metrics`)).text()));
    const run = `${_name} ${Math.random()}`;
    await rival.program.emit({ type: "deploy.failure", service: `theirs ${run}`, title: "Planted secret" });
    await server.api.emit({ type: "deploy.failure", service: `the server's ${run}`, title: "Planted secret" });
    await acme.program.emit({ type: "deploy.failure", service: `own ${run}`, title: run });
    await eventually(() => all.items.length >= 7 && feeds.every(({ items }) => items.length >= 2));
    await allRecorded(server);
    rows = rowsOf(server, "acme");
    for (const feed of feeds) {
      expectNothingForeign("subscription", feed.items);
      expect(feed.items.map(({ attempt, missed }) => [attempt.channelName, attempt.title, missed])).toEqual([["Own inbox", run, 0], ["Own quiet inbox", run, 0]].filter((_, at) => at < feed.items.length));
    }
    for (const feed of [...feeds, all]) feed.close();
    await eventually(async () => /^carillon_live_subscribers 0$/m.test(await (await fetch(`${server.url}/metrics`)).text()));
  });

  it("cannot tell by the live cursor whether others are told of anything", async () => {
    const cursorOf = async () => (await acme.people.run<any>("{ liveCursor }")).liveCursor as string;
    const [one, two] = [await cursorOf(), await cursorOf()];
    expect(one).not.toBe(two);
    expect(one).toHaveLength(two.length);
    expect(idsIn(one)).toEqual([]);
    const { history } = await acme.people.run<any>("query ($after: String) { history(after: $after, first: 1) { nodes { id } } }", { after: two });
    expect(history.nodes).toHaveLength(1);
  });
});

describe("a customer", () => {
  const own = (api: ApiClient, selection: string) => api.run<any>(`{ events(first: 50) { nodes { service ${selection} } } }`).then(({ events }) => new Map<string, any>(events.nodes.map((event: any) => [event.service, event])));

  it("sees what became of its events on its own channels, as if there were no others", async () => {
    const events = await own(acme.people, "decision { action because explanation channels { channelName action because explanation } } deliveries { channel { name } }");
    expect(events.get("one")).toMatchObject({ decision: { action: "SEND", because: "MATCHED", channels: [{ channelName: "Own inbox", action: "SEND" }, { channelName: "Own quiet inbox", action: "SEND" }, { channelName: "Own contact's inbox", action: "SEND" }] }, deliveries: [{ channel: { name: "Own inbox" } }, { channel: { name: "Own quiet inbox" } }, { channel: { name: "Own contact's inbox" } }] });
    expect(events.get("two").decision).toMatchObject({ action: "SUPPRESS", because: "INHIBITED", explanation: "Another problem that is open accounts for it." });
    expect(events.get("in maintenance").decision).toMatchObject({ action: "SUPPRESS", because: "SILENCED", explanation: "A silence covers it." });
    expect([...events.keys()]).not.toContain(null);
    const filtered = await acme.people.raw(`{ events(filter: { because: [MATCHED] }) { totalCount } }`);
    expect(filtered.body.errors?.[0]).toMatchObject({ message: expect.stringContaining("must be left out by customers"), extensions: { code: "BAD_REQUEST" } });
  });

  it("learns of its problem's escalations what its own policies do, and that somebody of the server's has taken it on", async () => {
    expect((await escalationsOf(server.api)).map(({ policy }) => policy.name).sort()).toEqual(["Own policy", "Planted secret policy for acme", "Planted secret policy of the server"]);
    expect(await escalationsOf(acme.people)).toEqual([{ policy: { name: "Own policy" }, notices: [{ channelName: "Own inbox", delivery: { reason: "ESCALATION" } }] }]);
    expect((await conditionsOf(server.api))[0].acknowledgement).toMatchObject({ by: "Planted secret administrator", note: "Planted secret note" });
    expect((await conditionsOf(acme.people))[0].acknowledgement).toEqual({ at: expect.any(String), by: null, note: null });
    const { events } = await acme.people.run<any>(`{ events(filter: { services: ["escalated"] }, first: 1) { nodes { decision { because explanation } } } }`);
    expect(events.nodes[0].decision).toEqual({ because: "ACKNOWLEDGED", explanation: "Somebody has taken it on." });
    const { inbox } = await acme.people.run<any>("{ inbox(first: 50) { nodes { body } } }");
    expect(inbox.nodes.map(({ body }: any) => body.match(/nobody has taken it on \((.*)\)/)?.[1]).filter(Boolean).sort()).toEqual(["Own policy, step 1", "step 1"]);
  });

  it("takes its own problem on, which is told by name to its own people", async () => {
    const lonely = await createCustomer(server, "taking");
    await lonely.program.emit({ type: "monitor.down", service: "escalated" });
    const [{ id }] = await conditionsOf(lonely.people);
    await lonely.people.run("mutation ($id: ID!) { acknowledgeCondition(id: $id, note: \"mine\") { __typename } }", { id });
    for (const api of [lonely.people, lonely.dashboard]) expect((await conditionsOf(api))[0].acknowledgement).toMatchObject({ by: "taking's CUSTOMER", note: "mine" });
    const refused = (await lonely.dashboard.raw("mutation ($id: ID!) { unacknowledgeCondition(id: $id) { __typename } }", { id })).body;
    expect(refused.errors?.[0]?.extensions?.["code"]).toBe("FORBIDDEN");
  });

  it("without channels is not told that the server's have heard of its events", async () => {
    const lonely = await createCustomer(server, "lonely");
    const send = async () => {
      const { decision } = await lonely.program.emit({ type: "deploy.failure", service: "alone" });
      return decision;
    };
    // The second is within the cooldown of the first, which the server's inbox has got.
    expect(await send()).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL", channels: [] });
    expect(await send()).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL", until: null, channels: [] });
    expect((await lonely.program.post("/v1/events", { type: "monitor.down", service: "alone" })).body).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL" });
    expect(await lonely.people.run(`{ conditions { nodes { lastNotifiedAt } } history { totalCount } deliveries { totalCount } }`)).toEqual({ conditions: { nodes: [{ lastNotifiedAt: null }] }, history: { totalCount: 0 }, deliveries: { totalCount: 0 } });
    const { simulateEvent } = await lonely.program.run<any>(`{ simulateEvent(input: { type: "deploy.failure", service: "alone" }) { ... on SimulateEventPayload { decision { because channels { channelName } } } } }`);
    expect(simulateEvent.decision).toEqual({ because: "NO_CHANNEL", channels: [] });
  });

  it("may use names that others have", async () => {
    const { channel } = await server.api.run<any>("query ($id: ID!) { channel(id: $id) { name } }", { id: foreign("Channel") });
    await acme.people.createChannel(channel.name, { inbox: true }, { enabled: false });
    const account = await acme.people.run<any>(`mutation ($name: String!) { createProviderAccount(input: { name: $name, config: { telegram: { botToken: "1:own" } } }) { __typename } }`, { name: "Planted secret bot of the server" });
    expect(account.createProviderAccount.__typename).toBe("CreateProviderAccountPayload");
    await expect(acme.people.createChannel("Own inbox", { inbox: true })).rejects.toThrow('There is already a channel named "Own inbox"');
  });

  it("is offered only what concerns services", async () => {
    const { categories, eventTypes } = await acme.people.run<any>("{ categories { name totalCount eventTypes { name } } eventTypes { name category builtIn } }");
    const names = ["deploys", "services", "backups", "quotas", "certificates", "monitors", "vm_ct", "custom"];
    expect(categories.map(({ name }: any) => name)).toEqual(names);
    expect([...new Set(eventTypes.map(({ category }: any) => category))]).toEqual(names);
    expect(eventTypes.filter(({ builtIn }: any) => !builtIn)).toEqual([]);
    // A type of the server's that is given a category is offered.
    await server.api.run(`mutation { registerEventType(input: { name: "shop.order_failed", title: "Order failed", category: "services" }) { __typename } }`);
    expect((await acme.people.run<any>(`{ eventType(name: "Order failed") { name } }`)).eventType).toEqual({ name: "shop.order_failed" });
    for (const name of ["split_brain", "planted_secret.type"]) expect((await acme.people.run<any>(`query ($name: String!) { eventType(name: $name) { name } }`, { name })).eventType).toBeNull();
    const override = (target: object) => acme.people.run<any>(`mutation ($id: ID!, $target: ChannelOverrideTargetInput!) { setChannelOverride(id: $id, target: $target, enabled: true) { __typename ... on Error { message } } }`, { id: ownChannel, target });
    for (const target of [{ category: "cluster" }, { eventType: "planted_secret.type" }]) {
      const { setChannelOverride } = await override(target);
      expect(setChannelOverride.__typename).toBe("ValidationError");
      expectNothingForeign("setChannelOverride", setChannelOverride);
    }
    const silence = await acme.people.run<any>(`mutation { createSilence(input: { matchers: [{ field: "type", operator: EQUALS, value: "planted_secret.type" }], reason: "x", duration: "P1D" }) { __typename ... on Error { message } } }`);
    expect(silence.createSilence).toEqual({ __typename: "ValidationError", message: expect.stringMatching(/^matchers\.0\.value: must be an event type; the eventTypes query lists them$/) });
    expectNothingForeign("createSilence", silence);
  });

  it("hears of no event that does not concern services, though it is named in it", async () => {
    const { decision } = await server.api.emit({ type: "split_brain", customer: "acme", source: "another" });
    expect(decision?.channels).toContainEqual({ channelName: "Own inbox", action: "SUPPRESS", because: "NOT_FOR_CUSTOMERS" });
    const { events } = await acme.people.run<any>(`{ events(filter: { categories: ["cluster"] }) { totalCount } }`);
    expect(events.totalCount).toBe(0);
  });

  it("sends only its own events, of types that are offered", async () => {
    expect((await acme.program.emit({ type: "deploy.success", service: "mine" })).__typename).toBe("EmitEventPayload");
    expect(await acme.program.emit({ type: "deploy.success", customer: rival.name })).toMatchObject({ __typename: "ValidationError", message: 'customer: must be left out, or be "acme": the token belongs to that customer' });
    expect(await acme.program.post("/v1/events", { type: "deploy.success", customer: "nobody" })).toMatchObject({ status: 422, body: { error: { code: "VALIDATION_FAILED" } } });
    for (const type of ["planted_secret.type", "split_brain", "planted_secret.typo"]) {
      const refused = await acme.program.emit({ type });
      expect(refused).toMatchObject({ __typename: "OtherError", code: "UNKNOWN_EVENT_TYPE" });
      expect(refused.message?.replace(type, "")).not.toMatch(PLANTED);
    }
    const { events } = await acme.people.run<any>(`{ events(first: 1) { nodes { service customer } } }`);
    expect(events.nodes).toEqual([{ service: "mine", customer: "acme" }]);
  });

  it("reaches nothing within the server's own network, and uses nothing of its machine", async () => {
    const test = (config: object, api: ApiClient) => api.run<any>(`mutation ($config: ChannelConfigInput!) { testChannelConfig(config: $config) { __typename ... on Error { message } ... on TestChannelConfigPayload { outcome error } } }`, { config });
    const inside = { webhook: { url: `${server.url}/health` } };
    expect((await test(inside, server.api)).testChannelConfig.error).not.toMatch(/address/i);
    expect((await test(inside, acme.people)).testChannelConfig).toMatchObject({ outcome: "PERMANENT", error: expect.stringMatching(/address|network/i) });
    expect((await test({ log: true }, acme.people)).testChannelConfig).toMatchObject({ __typename: "ValidationError", message: expect.stringContaining("config.log: must be another kind") });
    const { channelKinds, appriseServices } = await acme.people.run<any>(`{ channelKinds { kind } appriseServices { available error } }`);
    expect(channelKinds.map(({ kind }: any) => kind)).not.toContain("LOG");
    expect(appriseServices).toEqual({ available: false, error: "Channels of customers cannot use programs on the server's machine." });
  });

  it("reads no metrics", async () => {
    const ask = (token: string) => fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}`, "x-forwarded-for": "203.0.113.1" } });
    expect((await ask(acme.dashboard.token)).status).toBe(403);
    expect((await ask(server.api.token)).status).toBe(200);
  });

  it("empties only its own inbox", async () => {
    const unread = async (api: ApiClient) => (await api.run<any>("{ inbox(unreadOnly: true) { totalCount } }")).inbox.totalCount as number;
    const [all, mine] = [await unread(server.api), await unread(acme.people)];
    expect(mine).toBeGreaterThan(0);
    const { markInboxRead } = await acme.people.run<any>("mutation { markInboxRead { ... on MarkInboxReadPayload { markedCount } } }");
    expect(markInboxRead.markedCount).toBe(mine);
    expect(await unread(server.api)).toBe(all - mine);
    const deleted = await acme.people.run<any>("mutation ($ids: [ID!]!) { deleteInboxItems(ids: $ids) { ... on DeleteInboxItemsPayload { deletedCount } } }", { ids: [foreign("InboxItem"), missing("InboxItem")] });
    expect(deleted.deleteInboxItems.deletedCount).toBe(0);
  });
});
