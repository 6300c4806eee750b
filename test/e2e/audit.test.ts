import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { expect, it, onTestFinished } from "vitest";
import { AUDITED_MUTATIONS } from "../../src/audit/audit.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

/** Every change of settings: who, when, from where, what it was and what it became. */

interface Entry {
  at: string;
  actorName: string;
  actorId: string | null;
  address: string | null;
  customer: string | null;
  action: string;
  subjectType: string;
  subjectId: string | null;
  subjectName: string | null;
  before: Record<string, any> | null;
  after: Record<string, any> | null;
  differences: { path: string; before: string | null; after: string | null }[];
}

async function start(): Promise<ApiClient> {
  const server = await startTestServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server.api;
}

async function log(api: ApiClient, filter?: object): Promise<Entry[]> {
  const { auditLog } = await api.run<any>(
    `query ($filter: AuditFilter) { auditLog(first: 100, filter: $filter) { nodes { at actorName actorId address customer action subjectType subjectId subjectName before after differences { path before after } } } }`,
    { filter },
  );
  return auditLog.nodes;
}

/** What changes something else than settings: events, deliveries, the inbox, problems; and tests. */
const NO_SETTINGS = [
  "acknowledgeCondition", "clearHistory", "deleteInboxItems", "dropDelivery", "emitEvent", "emitEvents", "flushChannel", "markInboxRead", "resendDelivery", "resolveCondition",
  "testChannel", "testChannelConfig", "testProviderAccount", "testProviderAccountConfig", "unacknowledgeCondition",
];

it("has a rule for every mutation: a new one belongs into AUDITED_MUTATIONS, or here when it changes no settings", () => {
  const schema = buildSchema(readFileSync(join(import.meta.dirname, "../../schema/schema.graphql"), "utf8"));
  expect([...Object.keys(AUDITED_MUTATIONS), ...NO_SETTINGS].sort()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).sort());
});

it("tells who changed what, from where, and what it was", async () => {
  const api = await start();
  const id = await api.createChannel("Ops", { webhook: { url: "http://127.0.0.1:9/first" } });
  await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { name: "Operations", minimumSeverity: WARNING }) { __typename } }`, { id });
  await api.run(`mutation ($id: ID!) { setChannelOverride(id: $id, target: { category: "updates" }, enabled: false) { __typename } }`, { id });
  await api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id });
  const entries = (await log(api, { subjectIds: [id] })).reverse();
  expect(entries).toMatchObject([
    { action: "createChannel", subjectType: "CHANNEL", subjectName: "Ops", before: null, after: { name: "Ops", kind: "WEBHOOK", secretsSet: ["url"] }, actorName: "first administrator", address: expect.stringContaining("127.0.0.1") },
    { action: "updateChannel", subjectId: id, subjectName: "Operations", differences: [{ path: "minimumSeverity", before: '"INFO"', after: '"WARNING"' }, { path: "name", before: '"Ops"', after: '"Operations"' }] },
    { action: "setChannelOverride", differences: [{ path: "overrides", before: "[]" }] },
    { action: "deleteChannel", subjectName: "Operations", after: null, before: { name: "Operations" } },
  ]);
  expect(new Set(entries.map(({ actorId }) => actorId)).size).toBe(1);
});

it("says of secrets that they were changed, and of what was not changed nothing", async () => {
  const api = await start();
  const id = await api.createChannel("Ops", { webhook: { url: "http://127.0.0.1:9/first" } });
  const config = (url: string) => ({ id, input: { config: { webhook: { url } } } });
  await api.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, config("http://127.0.0.1:9/second-secret"));
  const entries = await log(api, { subjectIds: [id], actions: ["updateChannel"] });
  expect(entries).toMatchObject([{ differences: [{ path: "secrets" }] }]);
  expect(JSON.stringify(await log(api))).not.toMatch(/second-secret|first"/);
  await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { name: "Ops" }) { __typename } }`, { id });
  // The same secret once more, and one that is left out.
  await api.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, config("http://127.0.0.1:9/second-secret"));
  await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { config: { webhook: {} } }) { __typename } }`, { id });
  await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { minimumSeverity: INFO, name: " " }) { __typename } }`, { id });
  expect(await log(api, { subjectIds: [id] })).toHaveLength(2);
});

it("names all that went along with a deletion, and whose token it was", async () => {
  const api = await start();
  const { createContact } = await api.run<any>(`mutation { createContact(input: { name: "Ann" }) { ... on CreateContactPayload { contact { id } } } }`);
  const contact = createContact.contact.id;
  const channel = await api.createChannel("Ann's", { log: true }, { contactId: contact });
  await api.run(`mutation ($ids: [ID!]) { createContactGroup(input: { name: "All", contactIds: $ids }) { __typename } }`, { ids: [contact] });
  const { createAccessToken } = await api.run<any>(`mutation { createAccessToken(input: { name: "Bob", role: OPERATOR }) { ... on CreateAccessTokenPayload { token accessToken { id } } } }`);
  await api.as(createAccessToken.token).run(`mutation ($id: ID!) { deleteContact(id: $id) { __typename } }`, { id: contact });
  const entries = await log(api, { actorIds: [createAccessToken.accessToken.id] });
  expect(entries.map(({ action, subjectType, subjectName, after }) => [action, subjectType, subjectName, after === null]).sort()).toEqual([
    ["deleteContact", "CHANNEL", "Ann's", true],
    ["deleteContact", "CONTACT", "Ann", true],
    ["deleteContact", "CONTACT_GROUP", "All", false],
  ]);
  expect(JSON.stringify(await log(api, { subjectTypes: ["ACCESS_TOKEN"] }))).not.toMatch(/"hash"|car_/);
  expect((await log(api, { subjectIds: [channel] })).map(({ action }) => action)).toEqual(["deleteContact", "createChannel"]);
});

it("has what the server changes by itself as the server's", async () => {
  const api = await start();
  await using receiver = await startFakeHttp();
  receiver.script = [{ status: 410 }];
  const id = await api.createChannel("Gone", { webhook: { url: receiver.url } });
  await api.emit({ type: "deploy.failure", service: "x" });
  await eventually(async () => (await log(api, { subjectIds: [id] })).length === 2);
  expect((await log(api, { subjectIds: [id] }))[0]).toMatchObject({ action: "disableChannel", actorName: "server", actorId: null, address: null, differences: expect.arrayContaining([{ path: "enabled", before: "true", after: "false" }]) });
});

it("has nothing of what was refused, and is for those who may read it", async () => {
  const api = await start();
  const before = (await log(api)).length;
  await api.raw(`mutation { createChannel(input: { name: "", config: { log: true } }) { __typename } }`);
  await api.run(`mutation { importConfiguration(input: { document: { carillon: 1, channels: [{ name: "L", config: { log: true } }, { name: "M", config: {} }] } }) { __typename } }`);
  await api.run(`mutation { importConfiguration(input: { dryRun: true, document: { carillon: 1, channels: [{ name: "L", config: { log: true } }] } }) { __typename } }`);
  expect(await log(api)).toHaveLength(before);
  const { createAccessToken } = await api.run<any>(`mutation { createAccessToken(input: { name: "Bob", role: OPERATOR }) { ... on CreateAccessTokenPayload { token } } }`);
  const { body } = await api.as(createAccessToken.token).raw(`{ auditLog { nodes { id } } }`);
  expect(body.errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN" });
});
