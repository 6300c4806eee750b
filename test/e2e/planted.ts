import Sqlite from "better-sqlite3";
import { join } from "node:path";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { NODE_TYPES } from "./schemaWalk.ts";
import type { TestServer } from "./testServer.ts";

/** Stands in everything that belongs to another customer or to the server, whatever case and signs it is written in. */
export const PLANTED = /planted[^a-z0-9]?secret/i;
const secret = (what: string) => `Planted secret ${what}`;

/** Tokens of a customer: of its people, of a dashboard, of a program. */
export interface Customer {
  name: string;
  people: ApiClient;
  dashboard: ApiClient;
  program: ApiClient;
}

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { ... on Error { message } ... on CreateAccessTokenPayload { token } } }`;

export async function createCustomer({ api }: TestServer, name: string): Promise<Customer> {
  const tokenOf = async (role: string) => {
    const { createAccessToken } = await api.run<any>(CREATE_TOKEN, { input: { name: `${name}'s ${role}`, role, customer: name } });
    return api.as(createAccessToken.token);
  };
  return { name, people: await tokenOf("CUSTOMER"), dashboard: await tokenOf("VIEWER"), program: await tokenOf("PRODUCER") };
}

const HELD = { timeZone: "UTC", windows: [{ days: ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], start: "00:00", end: "00:00" }] };

/** Fills a server with rows of every kind that belong to the server itself. */
export async function plantServersOwn({ api, dataDir }: TestServer): Promise<void> {
  const db = new Sqlite(join(dataDir, "carillon.db"));
  db.prepare(`INSERT INTO "AuditEntry" ("id", "at", "actorName", "action", "subjectType", "subjectName", "customer") VALUES (?, ?, ?, 'updateChannel', 'CHANNEL', ?, 'acme')`)
    .run("01990000-0000-7000-8000-000000000001", new Date(0).toISOString(), secret("administrator"), secret("channel"));
  db.close();
  await plantSettings(api, "of the server");
  await ok(api, `mutation ($input: CreateInhibitionRuleInput!) { createInhibitionRule(input: $input) { __typename ... on Error { message } } }`, {
    input: { name: secret("rule"), whileOpen: ["monitor.down"], matchers: [{ field: "type", operator: "EQUALS", value: "service.health.down" }], sameFields: ["source"] },
  });
  await ok(api, `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { __typename ... on Error { message } } }`, {
    input: { matchers: [{ field: "service", operator: "EQUALS", value: "in maintenance" }], reason: secret("reason"), duration: "P1D" },
  });
  await ok(api, `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { __typename ... on Error { message } } }`, { input: { name: "planted_secret.type", title: secret("type") } });
  const channel = await api.createChannel(secret("hook for deploys"), { log: true });
  await ok(api, `mutation ($id: ID!) { updateTrigger(eventType: "quota.warning", input: { channelIds: [$id] }) { __typename ... on Error { message } } }`, { id: channel });
  await ok(api, `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { __typename ... on Error { message } } }`, { input: { name: secret("token"), role: "VIEWER" } });
  await plantEvents(api, null);
}

/** The same of a customer. */
export async function plantCustomers({ people, program, name }: Customer, { api }: TestServer): Promise<void> {
  await plantSettings(people, `of ${name}`);
  await ok(people, `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { __typename ... on Error { message } } }`, {
    input: { matchers: [{ field: "service", operator: "EQUALS", value: "nothing" }], reason: secret("reason"), duration: "P1D" },
  });
  await plantEvents(program, null);
  // A type that registers itself by an event of the server's producers about this customer.
  await api.emit({ type: secret(`type about ${name}`), customer: name, message: secret("message") });
}

async function plantSettings(api: ApiClient, whose: string): Promise<void> {
  await ok(api, `mutation ($input: CreateProviderAccountInput!) { createProviderAccount(input: $input) { __typename ... on Error { message } } }`, { input: { name: secret(`bot ${whose}`), config: { telegram: { botToken: "1:planted-secret-token", apiBaseUrl: "https://planted-secret.example" } } } });
  const fallbackId = await api.createChannel(secret(`fallback ${whose}`), { inbox: true }, { enabled: false });
  const inbox = await api.createChannel(secret(`inbox ${whose}`), { inbox: true }, { displayName: secret("label"), services: [], fallbackId });
  await api.createChannel(secret(`hook ${whose}`), { webhook: { url: "https://planted-secret.example/hook", headers: [{ name: "X-Planted-Secret", value: "planted secret" }] } }, { enabled: false, services: [secret("service")] });
  await api.createChannel(secret(`quiet inbox ${whose}`), { inbox: true }, { quietHours: HELD });
  const contact = await api.run<any>(`mutation ($input: CreateContactInput!) { createContact(input: $input) { ... on CreateContactPayload { contact { id } } } }`, { input: { name: secret(`contact ${whose}`) } });
  const contactIds = [contact.createContact.contact.id];
  await api.createChannel(secret(`contact's inbox ${whose}`), { inbox: true }, { contactId: contactIds[0] });
  const group = await api.run<any>(`mutation ($input: CreateContactGroupInput!) { createContactGroup(input: $input) { ... on CreateContactGroupPayload { contactGroup { id } } } }`, { input: { name: secret(`group ${whose}`), contactIds } });
  const groupIds = [group.createContactGroup.contactGroup.id];
  const escalationPolicyId = await createPolicy(api, secret(`policy ${whose}`), [{ delay: "PT0S", contactIds, groupIds, channelIds: [inbox] }]);
  await ok(api, `mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename ... on Error { message } } }`, {
    input: { name: secret(`rule ${whose}`), matchers: [], escalationPolicyId, groupIds, contactIds, channelIds: [inbox] },
  });
  await ok(api, `mutation ($id: ID!) { setChannelOverride(id: $id, target: { category: "backups" }, enabled: false) { __typename ... on Error { message } } }`, { id: inbox });
}

/** @returns the id of a policy that goes through its steps once, with a reminder */
export async function createPolicy(api: ApiClient, name: string, steps: object[]): Promise<string> {
  const { createEscalationPolicy } = await api.run<any>(`mutation ($input: CreateEscalationPolicyInput!) { createEscalationPolicy(input: $input) { ... on Error { message } ... on CreateEscalationPolicyPayload { escalationPolicy { id } } } }`, { input: { name, rounds: 1, reminder: "PT1H", steps } });
  if (!createEscalationPolicy.escalationPolicy) throw new Error(createEscalationPolicy.message);
  return createEscalationPolicy.escalationPolicy.id;
}

async function plantEvents(api: ApiClient, customer: string | null): Promise<void> {
  const about = { source: secret("host"), customer, title: secret("title"), message: secret("message"), details: { planted: secret("detail") }, dedupKey: secret("key") };
  for (const type of ["service.health.down", "deploy.failure", "monitor.down", "backup.failure"]) {
    const { event } = await api.emit({ ...about, type, service: secret(type), idempotencyKey: `planted ${type}` });
    if (!event) throw new Error(`the event of the type ${type} was refused`);
  }
  await api.emit({ ...about, type: "monitor.recovery", service: secret("monitor.down") });
}

/** @throws {Error} when the result is not the payload */
async function ok(api: ApiClient, operation: string, variables: object): Promise<void> {
  const [result] = Object.values(await api.run<Record<string, { __typename: string; message?: string }>>(operation, variables));
  if (!result?.__typename.endsWith("Payload")) throw new Error(`${operation}\n${JSON.stringify(result)}`);
}

/** Waits until all that was emitted is delivered and recorded. */
export async function allRecorded({ api, dataDir }: TestServer): Promise<void> {
  await api.settled();
  await eventually(() => read(dataDir, (db) => (db.prepare(`SELECT COUNT(*) AS "count" FROM "Delivery" AS d WHERE "state" IN ('SENT', 'FAILED') AND NOT EXISTS (SELECT 1 FROM "Attempt" AS a WHERE a."deliveryId" = d."id")`).get() as { count: number }).count === 0));
}

/** Rows as they stand in the database, by the name of their type. */
export interface Rows {
  own: Map<string, string[]>;
  foreign: Map<string, string[]>;
  /** Everything that is foreign, as text, to see that nothing of it was changed. */
  foreignText: string;
}

/** What in the database belongs to a customer, and what does not. */
export function rowsOf({ dataDir }: TestServer, customer: string): Rows {
  return read(dataDir, (db) => {
    const rows: Rows = { own: new Map(), foreign: new Map(), foreignText: "" };
    for (const type of NODE_TYPES) {
      const owner = ownerOf(db, type);
      const all = db.prepare(`SELECT t.*, ${owner} AS "owner" FROM "${type}" AS t ORDER BY "id"`).all() as { id: string; owner: string | null }[];
      const foreign = all.filter((row) => row.owner !== customer);
      rows.own.set(type, all.filter((row) => row.owner === customer).map(({ id }) => id));
      rows.foreign.set(type, foreign.map(({ id }) => id));
      rows.foreignText += JSON.stringify(foreign.map((row) => ({ ...row, lastUsedAt: undefined })));
    }
    return rows;
  });
}

/** Whose a row is, as SQL: its channel's customer's, or its own. What has no customer is the server's. */
function ownerOf(db: InstanceType<typeof Sqlite>, table: string): string {
  // Who may do what, and who did it, is the server's, whomever it is about.
  if (table === "AccessToken" || table === "AuditEntry") return "NULL";
  const columns = (db.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name);
  if (columns.includes("channelCustomer")) return `t."channelCustomer"`;
  if (columns.includes("channelId")) return `(SELECT c."customer" FROM "Channel" AS c WHERE c."id" = t."channelId")`;
  if (columns.includes("conditionId") && !columns.includes("customer")) return `(SELECT c."customer" FROM "Condition" AS c WHERE c."id" = t."conditionId")`;
  // What does not concern services is not shown to whom it names.
  if (table === "Event" || table === "Condition") return `CASE WHEN t."category" = 'cluster' THEN NULL ELSE t."customer" END`;
  return columns.includes("customer") ? `t."customer"` : "NULL";
}

function read<Result>(dataDir: string, look: (db: InstanceType<typeof Sqlite>) => Result): Result {
  const db = new Sqlite(join(dataDir, "carillon.db"), { readonly: true });
  try {
    return look(db);
  } finally {
    db.close();
  }
}
