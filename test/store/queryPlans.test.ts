import { GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, getNamedType, getNullableType, isListType } from "graphql";
import type { GraphQLArgument, GraphQLInputField, GraphQLInputType } from "graphql";
import { join } from "node:path";
import { expect, it } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { countFound, search } from "../../src/db/search.ts";
import type { SearchFilter, SearchTable } from "../../src/db/search.ts";
import { CONDITIONS, conditionSearch } from "../../src/conditions/conditionFilter.ts";
import { DELIVERIES, deliverySearch } from "../../src/dispatch/deliveryFilter.ts";
import { EVENTS, eventSearch } from "../../src/events/eventFilter.ts";
import { ATTEMPTS, attemptSearch } from "../../src/history/attemptFilter.ts";
import { INBOX_ITEMS, inboxSearch } from "../../src/inbox/inboxFilter.ts";
import type { ApiClient } from "../e2e/apiClient.ts";
import { globalId, idTypeOf } from "../e2e/schemaWalk.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { freshPostgresqlUrl, ON_POSTGRESQL } from "../postgresql/freshDatabase.ts";
import { freshDir, freshFile, openStore } from "./openStore.ts";
import { openPlanner, recordStatements } from "./statements.ts";

/** Tables that grow with what is taken in. */
const LONG = new Set(["Event", "Attempt", "Delivery", "Condition", "InboxItem", "Cooldown", "IdempotencyKey"]);

/** More than an index is read at. */
const MANY = 60;

function samplesOf(fieldName: string, type: GraphQLInputType): unknown[] {
  const named = getNamedType(type);
  const isList = isListType(getNullableType(type));
  if (named instanceof GraphQLEnumType) {
    const values = named.getValues().map(({ name }) => name);
    return isList ? [...values.map((value) => [value]), values] : values;
  }
  if (named.name === "Boolean") return [true, false];
  const one: Record<string, unknown> = { ID: globalId(idTypeOf(fieldName) ?? "Channel", "none"), DateTime: "2026-03-01T12:00:00Z", String: "none" };
  const sample = one[named.name];
  if (sample === undefined) throw new Error(`A filter of the type ${named.name}: say here what to try it with.`);
  return isList ? [[sample], Array.from({ length: MANY }, (_, at) => (named.name === "String" ? `none ${at}` : sample))] : [sample];
}

/** Every way to fill a filter: each field alone with every sample, and each two of them together. */
function filtersOf(type: GraphQLInputObjectType): object[] {
  const fields = Object.values(type.getFields()).map(({ name, type: fieldType }: GraphQLInputField) => ({ name, samples: samplesOf(name, fieldType) }));
  const alone = fields.flatMap(({ name, samples }) => samples.map((sample) => ({ [name]: sample })));
  const pairs = fields.flatMap((one, at) => fields.slice(at + 1).map((other) => ({ [one.name]: one.samples[0], [other.name]: other.samples[0] })));
  return [{}, ...alone, ...pairs];
}

/** The lists of the API, those that a new one brings along included. */
function lists(): { name: string; args: readonly GraphQLArgument[]; counts: boolean; exact: boolean; node: GraphQLObjectType }[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap(({ name, type, args }) => {
    const connection = getNamedType(type);
    if (!(connection instanceof GraphQLObjectType) || !connection.name.endsWith("Connection")) return [];
    const fields = connection.getFields();
    const node = getNamedType((fields["nodes"] ?? fields["edges"])?.type);
    return node instanceof GraphQLObjectType ? [{ name, args, counts: "totalCount" in fields, exact: "totalCountIsExact" in fields, node }] : [];
  });
}

async function askForAll(api: ApiClient): Promise<void> {
  for (const { name, args, counts, exact, node } of lists()) {
    const wanted = `{ nodes { id ${relationsOf(node)} } pageInfo { endCursor }${counts ? " totalCount" : ""}${exact ? " totalCountIsExact" : ""} }`;
    const own = args.filter(({ name: arg }) => !["first", "last", "before", "after", "limit", "offset"].includes(arg));
    const ways = own.flatMap(({ name: arg, type }) => {
      const named = getNamedType(type);
      const samples = named instanceof GraphQLInputObjectType ? filtersOf(named) : samplesOf(arg, type);
      return samples.map((sample) => ({ [arg]: sample }));
    });
    const declared = own.map(({ name: arg, type }) => `$${arg}: ${String(type).replace(/!$/, "")}`);
    const given = own.map(({ name: arg }) => `${arg}: $${arg}`);
    const ask = async (variables: object, page = "first: 3", more: string[] = []) => {
      const names = [...declared, ...more];
      const { status, body } = await api.raw(`query${names.length > 0 ? `(${names.join()})` : ""} { ${name}(${[page, ...given].join()}) ${wanted} }`, variables);
      // A customer's token may not read everything.
      if (body.errors && body.errors[0]?.extensions?.["code"] !== "FORBIDDEN") throw new Error(`${status} ${name} ${JSON.stringify(variables)}: ${JSON.stringify(body.errors)}`);
      return body.data?.[name]?.pageInfo?.endCursor as string | null | undefined;
    };
    const cursor = await ask({});
    await ask({}, "last: 3");
    for (const variables of ways) await ask(variables);
    if (cursor) await ask({ cursor }, "first: 3, after: $cursor", ["$cursor: String"]);
    if (args.some(({ name: arg }) => arg === "offset")) await ask({}, "limit: 3, offset: 5");
  }
}

/** Whatever else a row leads to, one level down. */
function relationsOf(node: GraphQLObjectType): string {
  return Object.values(node.getFields())
    .filter(({ type, args }) => getNamedType(type) instanceof GraphQLObjectType && args.every(({ name }) => ["first", "last", "before", "after"].includes(name)))
    .filter(({ type }) => "id" in (getNamedType(type) as GraphQLObjectType).getFields() || getNamedType(type).name.endsWith("Connection"))
    .map(({ name, type }) => (getNamedType(type).name.endsWith("Connection") ? `${name}(first: 2) { nodes { id } }` : `${name} { id }`))
    .join(" ");
}

/** Indexes of what is not done, or is uncertain: they are as long as that is much, and not as the tables are. */
const OF_WHAT_WAITS = /Attempt_unknown_idx|Delivery_(unfinished|held|summaryId)_idx|InboxItem_unread_idx|Condition_(recheck_idx|inhibitedBy_idx|open_fingerprint_key)/;
/** Rows of one problem: how often channels were told of it. */
const OF_ONE_PROBLEM = /Delivery_condition_idx/;

async function expectPlans(statements: Map<string, unknown[]>, database: string, atLeast: number): Promise<void> {
  await using planner = await openPlanner(database);
  const wrong: string[] = [];
  let looked = 0;
  for (const [text, values] of statements) {
    if (!/^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b/.test(text)) continue;
    const steps = await planner.plan(text, values);
    if (!steps.some(({ table }) => table !== null && LONG.has(table))) continue;
    looked += 1;
    const long = steps.filter(({ table, text: step }) => table !== null && LONG.has(table) && !OF_WHAT_WAITS.test(step));
    const scan = long.find(({ does }) => does === "SCAN");
    const sort = steps.some(({ does }) => does === "SORT") && long.find(({ byKey, text: step }) => !byKey && !OF_ONE_PROBLEM.test(step));
    if (scan) wrong.push(`${scan.text}\n  ${text}`);
    else if (sort) wrong.push(`SORT after ${sort.text}\n  ${text}`);
  }
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(atLeast);
}

const DAY_MS = 86_400_000;

it("no statement reads a long table from end to end, or puts it in order", async () => {
  const statements = recordStatements();
  const dataDir = freshDir();
  const url = ON_POSTGRESQL ? await freshPostgresqlUrl() : null;
  await using server = await startTestServer({ dataDir, againstNoise: true, env: url === null ? {} : { DATABASE_URL: url } });
  const { api, clock } = server;
  const emit = async (input: object) => expect((await api.emit(input)).__typename).toBe("EmitEventPayload");
  await emit({ type: "deploy.success", service: "a", source: "s", customer: "acme", idempotencyKey: "k" });
  await emit({ type: "deploy.success", service: "a", source: "s", customer: "acme", idempotencyKey: "k" });
  for (const status of ["FIRING", "FIRING", "RESOLVED", "FIRING"]) await emit({ type: "monitor.down", service: "b", customer: "acme", severity: "CRITICAL", status });
  await api.settled();
  await api.run(`mutation { markInboxRead { __typename } }`);
  await askForAll(api);
  await api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
  const { createAccessToken } = await api.run<any>(`mutation { createAccessToken(input: { name: "acme", role: CUSTOMER, customer: "acme" }) { ... on CreateAccessTokenPayload { token } } }`);
  const customer = api.as(createAccessToken.token);
  await customer.createChannel("Own", { inbox: true });
  await emit({ type: "deploy.success", service: "a", source: "s", customer: "acme" });
  for (const list of ["history", "deliveries", "inbox"]) await customer.run(`{ ${list} { nodes { id } totalCount } }`);
  await customer.run(`{ events { nodes { decision { because } deliveries { id } } totalCount } conditions { nodes { lastNotifiedAt events(first: 2) { nodes { id } } inhibitedBy { title } escalations { startedAt } } totalCount } }`);
  await api.run(`{ liveCursor }`);
  await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${api.token}` } });
  // What the clock drives, among it what deletes.
  for (let day = 0; day < 3; day += 1) {
    clock.advance(DAY_MS);
    await server.idle();
    await api.settled();
  }
  await api.run(`mutation { clearHistory(filter: { outcomes: [PERMANENT], types: ["none"] }) { __typename } }`);

  await expectPlans(statements, url ?? join(dataDir, "carillon.db"), 50);
});


/** Filters without an index of their own: whoever uses one alone gets pages of what is found among so many rows. */
const LOOKED_AT = [
  // Asked only of a customer's own, which are looked at by the index of the customer.
  "Condition.category",
];

/** Every filter that the lists have, those by a token's customer included. */
function searches(): [SearchTable, SearchFilter][] {
  const all = new Proxy({}, { get: (_, name) => (name === "from" || name === "to" ? new Date() : name === "minimumSeverity" ? "WARNING" : name === "status" ? "OPEN" : name === "unreadOnly" ? true : name === "channelCustomer" ? "none" : ["none"]) });
  return [
    [ATTEMPTS, attemptSearch(all)],
    [EVENTS, eventSearch(all, ["none"])],
    [CONDITIONS, conditionSearch(all, ["none"])],
    [DELIVERIES, deliverySearch(all, ["none"], "channelId")],
    [INBOX_ITEMS, inboxSearch(all as { unreadOnly: boolean }, ["none"], "channelId")],
  ];
}

it("every filter has an index, or is known to have none", () => {
  const without = searches().flatMap(([{ name, indexed }, { oneOf }]) => Object.keys(oneOf).flatMap((column) => (column in indexed ? [] : `${name}.${column}`)));
  expect(without).toEqual(LOOKED_AT);
});

it.skipIf(ON_POSTGRESQL)("two filters together are looked up in their indexes, and no row is read for them", async () => {
  const statements = recordStatements();
  const database = freshFile();
  const db = await openStore(database);
  const values: Record<string, string[]> = { outcome: ["PERMANENT", "TRANSIENT"], severity: ["CRITICAL"], fate: ["TRIGGER_OFF"] };
  for (const [table, { oneOf, closed = [] }] of searches().slice(0, 2)) {
    const columns = Object.keys(oneOf);
    for (const one of columns) {
      for (const other of columns.slice(columns.indexOf(one) + 1)) {
        const filter = { oneOf: { [one]: values[one] ?? ["none"], [other]: values[other] ?? ["none"] }, closed, along: one };
        await search(db.read, table, filter, { direction: "DOWN", take: 5 });
        await countFound(db.read, table, filter);
      }
    }
  }
  await using planner = await openPlanner(database);
  const looked = [...statements.keys()].filter((text) => text.includes("EXISTS (") && text.includes(`"wanted"`));
  const steps = (await Promise.all(looked.map((text) => planner.plan(text, [])))).flat().filter(({ does }) => does === "SEARCH");
  expect(steps.filter(({ text }) => !text.includes("USING COVERING INDEX"))).toEqual([]);
  expect(looked.length).toBeGreaterThan(50);
});

it.runIf(ON_POSTGRESQL)("two filters together walk along an index alone, and rows are read by their ids", async () => {
  const statements = recordStatements();
  const database = await freshPostgresqlUrl();
  const db = await openStore(database);
  const filter = attemptSearch({ customers: ["none"], types: ["none"], outcomes: ["PERMANENT", "TRANSIENT"] });
  await search(db.read, ATTEMPTS, filter, { direction: "DOWN", beyond: "1", take: 5 });
  await countFound(db.read, ATTEMPTS, filter);
  await using planner = await openPlanner(database);
  const looked = [...statements].filter(([text]) => text.includes(`"wanted"`));
  const steps = (await Promise.all(looked.map(([text, values]) => planner.plan(text, values)))).flat().filter(({ table }) => table === "Attempt");
  // Of an index alone it need not read all that there is and sort it, which it else takes for cheaper.
  expect(steps.filter(({ text, byKey }) => !byKey && !text.startsWith("Index Only Scan")).map(({ text }) => text)).toEqual([]);
  expect(looked.length).toBeGreaterThan(1);
});

it("searches along every index, both ways, on and on", async () => {
  const statements = recordStatements();
  const database = ON_POSTGRESQL ? await freshPostgresqlUrl() : freshFile();
  const db = await openStore(database);
  const values: Record<string, string[]> = { outcome: ["PERMANENT"], severity: ["CRITICAL"], state: ["FAILED"] };
  for (const [table, { oneOf, closed = [] }] of searches()) {
    for (const [column, wanted] of [...Object.entries(oneOf), ["", null] as const]) {
      const filter = { oneOf: column ? { [column]: values[column] ?? wanted } : {}, closed };
      for (const [direction, from] of [["DOWN", null], ["UP", new Date()]] as const) {
        await search(db.read, table, { ...filter, from }, { direction, beyond: direction === "UP" ? "1" : null, until: { id: "2", inclusive: true }, take: 5 });
        await countFound(db.read, table, { ...filter, to: from });
      }
    }
  }
  await expectPlans(statements, database, 50);
});
