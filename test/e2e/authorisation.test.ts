import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import type { ApiClient, GraphqlAnswer } from "./apiClient.ts";
import { watchBySse } from "./liveClient.ts";
import { allRecorded, plantServersOwn, rowsOf } from "./planted.ts";
import type { Rows } from "./planted.ts";
import { globalId, missing, NODE_TYPES, rootFields, shortest } from "./schemaWalk.ts";
import type { Root } from "./schemaWalk.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Who asks: a token of each role, those of a customer, and nobody. */
const CALLERS = {
  admin: { role: "ADMIN" },
  operator: { role: "OPERATOR" },
  producer: { role: "PRODUCER" },
  viewer: { role: "VIEWER" },
  customer: { role: "CUSTOMER", customer: "acme" },
  customersViewer: { role: "VIEWER", customer: "acme" },
  customersProducer: { role: "PRODUCER", customer: "acme" },
} as const;

type Caller = keyof typeof CALLERS;

/** Who may use a field; everybody else, and a caller without a token, is refused. */
type Rule = readonly Caller[];

const ADMIN: Rule = ["admin"];
const MANAGERS: Rule = ["admin", "operator"];
const READERS: Rule = [...MANAGERS, "viewer", "customer", "customersViewer"];
const SERVERS_READERS: Rule = [...MANAGERS, "viewer"];
const OWNERS: Rule = [...MANAGERS, "customer"];
const EMITTERS: Rule = [...MANAGERS, "producer", "customersProducer"];

/** Open to callers without a token too: each says what they then get. */
const OPEN: Record<string, object> = { "Query.viewer": { viewer: null } };

const RULES: Record<string, Rule> = {
  "Query.accessTokens": ADMIN,
  "Query.alertRule": READERS,
  "Query.alertRules": READERS,
  "Query.appriseServices": OWNERS,
  "Query.auditLog": ADMIN,
  "Query.categories": READERS,
  "Query.channel": READERS,
  "Query.channelKinds": READERS,
  "Query.channels": READERS,
  "Query.conditions": READERS,
  "Query.contact": READERS,
  "Query.contactGroup": READERS,
  "Query.contactGroups": READERS,
  "Query.contacts": READERS,
  "Query.deliveries": READERS,
  "Query.escalationPolicies": READERS,
  "Query.escalationPolicy": READERS,
  "Query.event": READERS,
  "Query.events": READERS,
  "Query.eventType": READERS,
  "Query.eventTypes": READERS,
  "Query.exportConfiguration": ADMIN,
  "Query.history": READERS,
  "Query.inbox": READERS,
  "Query.inhibitionRule": SERVERS_READERS,
  "Query.inhibitionRules": SERVERS_READERS,
  "Query.liveCursor": READERS,
  "Query.providerAccount": READERS,
  "Query.providerAccountKinds": READERS,
  "Query.providerAccounts": READERS,
  "Query.settings": SERVERS_READERS,
  "Query.silence": READERS,
  "Query.silences": READERS,
  "Query.simulateEvent": EMITTERS,

  "Mutation.acknowledgeCondition": OWNERS,
  "Mutation.clearHistory": MANAGERS,
  "Mutation.deleteAlertRule": OWNERS,
  "Mutation.deleteContact": OWNERS,
  "Mutation.deleteContactGroup": OWNERS,
  "Mutation.createAccessToken": ADMIN,
  "Mutation.createAlertRule": OWNERS,
  "Mutation.createContact": OWNERS,
  "Mutation.createContactGroup": OWNERS,
  "Mutation.createChannel": OWNERS,
  "Mutation.createEscalationPolicy": OWNERS,
  "Mutation.createInhibitionRule": MANAGERS,
  "Mutation.createProviderAccount": OWNERS,
  "Mutation.createSilence": OWNERS,
  "Mutation.deleteChannel": OWNERS,
  "Mutation.deleteEscalationPolicy": OWNERS,
  "Mutation.deleteEventType": MANAGERS,
  "Mutation.deleteInboxItems": OWNERS,
  "Mutation.deleteInhibitionRule": MANAGERS,
  "Mutation.deleteProviderAccount": OWNERS,
  "Mutation.dropDelivery": MANAGERS,
  "Mutation.duplicateChannel": OWNERS,
  "Mutation.emitEvent": EMITTERS,
  "Mutation.emitEvents": EMITTERS,
  "Mutation.endSilence": OWNERS,
  "Mutation.flushChannel": MANAGERS,
  "Mutation.importConfiguration": ADMIN,
  "Mutation.markInboxRead": OWNERS,
  "Mutation.registerEventType": MANAGERS,
  "Mutation.resendDelivery": MANAGERS,
  "Mutation.resetTrigger": MANAGERS,
  "Mutation.resolveCondition": MANAGERS,
  "Mutation.revokeAccessToken": ADMIN,
  "Mutation.setCategoryEnabled": MANAGERS,
  "Mutation.setChannelOverride": OWNERS,
  "Mutation.testChannel": OWNERS,
  "Mutation.testChannelConfig": OWNERS,
  "Mutation.testProviderAccount": OWNERS,
  "Mutation.testProviderAccountConfig": OWNERS,
  "Mutation.unacknowledgeCondition": OWNERS,
  "Mutation.updateAccessToken": ADMIN,
  "Mutation.updateAlertRule": OWNERS,
  "Mutation.updateContact": OWNERS,
  "Mutation.updateContactGroup": OWNERS,
  "Mutation.updateChannel": OWNERS,
  "Mutation.updateEscalationPolicy": OWNERS,
  "Mutation.updateEventType": MANAGERS,
  "Mutation.updateInhibitionRule": MANAGERS,
  "Mutation.updateProviderAccount": OWNERS,
  "Mutation.updateSettings": MANAGERS,
  "Mutation.updateSilence": OWNERS,
  "Mutation.updateTrigger": MANAGERS,

  "Subscription.channelHealthChanged": READERS,
  "Subscription.notificationDispatched": READERS,
};

/** Who may read a row that is the server's own: customers may not, and are told that there is none. */
const NODES: Record<string, Rule> = {
  AccessToken: ADMIN,
  AlertRule: SERVERS_READERS,
  Attempt: SERVERS_READERS,
  AuditEntry: ADMIN,
  Channel: SERVERS_READERS,
  Condition: SERVERS_READERS,
  Contact: SERVERS_READERS,
  ContactGroup: SERVERS_READERS,
  Delivery: SERVERS_READERS,
  EscalationPolicy: SERVERS_READERS,
  Event: SERVERS_READERS,
  InboxItem: SERVERS_READERS,
  InhibitionRule: SERVERS_READERS,
  ProviderAccount: SERVERS_READERS,
  Silence: SERVERS_READERS,
};

/** What node and nodes give hangs on the type: see NODES. */
const BY_TYPE = ["Query.node", "Query.nodes"];

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { ... on Error { message } ... on CreateAccessTokenPayload { token } } }`;

let server: TestServer;
let rows: Rows;
const tokens = new Map<Caller, string>();

beforeAll(async () => {
  server = await startTestServer();
  await server.api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
  for (const [name, token] of Object.entries(CALLERS)) {
    const { createAccessToken } = await server.api.run<any>(CREATE_TOKEN, { input: { name, ...token } });
    tokens.set(name as Caller, createAccessToken.token);
  }
  await plantServersOwn(server);
  await allRecorded(server);
  rows = rowsOf(server, "acme");
});

afterAll(() => server[Symbol.asyncDispose]());

function as(caller: Caller | null): ApiClient {
  return server.api.as(caller === null ? "" : (tokens.get(caller) as string));
}

const codesOf = ({ errors }: GraphqlAnswer) => [...new Set(errors?.map(({ extensions }) => extensions?.["code"]))];

/** Runs an operation of any kind, a subscription until it is open or refused. */
async function attempt(caller: Caller | null, operation: string): Promise<GraphqlAnswer> {
  if (!operation.startsWith("subscription")) return (await as(caller).raw(operation)).body;
  const subscribers = async () => /^carillon_live_subscribers (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
  const feed = watchBySse(server.url, { token: caller && (tokens.get(caller) as string), query: operation });
  await eventually(async () => feed.ended !== null || (await subscribers()) === "1");
  const answer = feed.ended?.errors ? { errors: feed.ended.errors } : { data: {} };
  feed.close();
  await eventually(async () => (await subscribers()) === "0");
  return answer;
}

const FIELDS = (["Query", "Mutation", "Subscription"] as Root[]).flatMap((root) => rootFields(root).map((field) => ({ name: `${root}.${field.name}`, operation: shortest(root, field, missing) })));

it("every field has a rule: a new one needs its line in RULES, saying who may use it", () => {
  const names = FIELDS.map(({ name }) => name).sort();
  expect([...Object.keys(RULES), ...Object.keys(OPEN), ...BY_TYPE].sort()).toEqual(names);
});

it("every type of node has a rule: a new one needs its line in NODES, saying who may read the server's own", () => {
  expect(Object.keys(NODES).sort()).toEqual(NODE_TYPES);
});

it.each(Object.entries(NODES))("a %s of the server's is given to those of its rule", async (type, rule) => {
  // Before the mutations below have deleted anything.
  const id = globalId(type, rows.foreign.get(type)?.at(-1) ?? "");
  for (const caller of [...(Object.keys(CALLERS) as Caller[]), null]) {
    for (const [operation, found, nothing] of [["query ($id: ID!) { node(id: $id) { id } }", { node: { id } }, { node: null }], ["query ($id: ID!) { nodes(ids: [$id]) { id } }", { nodes: [{ id }] }, { nodes: [null] }]] as const) {
      const { body } = await as(caller).raw(operation, { id });
      if (caller !== null && rule.includes(caller)) expect([caller, body]).toEqual([caller, { data: found }]);
      else if (caller !== null && "customer" in CALLERS[caller]) expect([caller, body]).toEqual([caller, { data: nothing }]);
      else expect([caller, ...codesOf(body)]).toEqual([caller, caller === null ? "UNAUTHENTICATED" : "FORBIDDEN"]);
      if (caller === null || !rule.includes(caller)) expect(JSON.stringify(body.data ?? null)).not.toContain(id);
    }
  }
});

describe.each(FIELDS.filter(({ name }) => name in RULES))("$name", ({ name, operation }) => {
  const rule = RULES[name] as Rule;

  it("is open to those of its rule, and to nobody else", async () => {
    for (const caller of Object.keys(CALLERS) as Caller[]) {
      const answer = await attempt(caller, operation);
      const refused = rule.includes(caller) ? [] : ["FORBIDDEN"];
      expect([caller, operation, codesOf(answer).filter((code) => code === "FORBIDDEN" || code === "UNAUTHENTICATED" || code === "INTERNAL")]).toEqual([caller, operation, refused]);
      if (rule.includes(caller)) continue;
      expect(answer.errors?.[0]?.message).toMatch(/^The token "\w+" (has the role [A-Z]+, which|with the role [A-Z]+ belongs to a customer and) may not use \w+\.\w+\.$/);
      expect(Object.values(answer.data ?? {}).flat().every((value) => value === null)).toBe(true);
    }
    const nobody = await attempt(null, operation);
    expect(codesOf(nobody)).toEqual(["UNAUTHENTICATED"]);
    expect(nobody.errors?.[0]?.message).toMatch(/^A valid token is needed: send the header "Authorization: Bearer <token>"/);
    expect(Object.values(nobody.data ?? {}).flat().every((value) => value === null)).toBe(true);
  });
});

it.each(Object.entries(OPEN))("%s is open, and gives a stranger nothing", async (name, data) => {
  const { operation } = FIELDS.find((field) => field.name === name) as (typeof FIELDS)[number];
  expect((await attempt(null, operation)).data).toEqual(data);
  for (const caller of Object.keys(CALLERS) as Caller[]) expect(await attempt(caller, operation)).not.toHaveProperty("errors");
});
