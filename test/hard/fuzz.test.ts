import { join } from "node:path";
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import fc from "fast-check";
import { buildSchema, getNamedType, isInterfaceType, isLeafType, isObjectType, isUnionType } from "graphql";
import type { GraphQLField, GraphQLOutputType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { ANY_JSON, ANY_TEXT, recordOf } from "./fuzzInput.ts";
import type { Known } from "./fuzzInput.ts";
import { insideIn } from "./safety.ts";

/**
 * Input by the thousand, made from the schema, so that what is added to it is tried without a word here: no fault of the
 * server, nothing of its inside told, and nothing changed by what was refused. FUZZ_SEED takes other inputs, FUZZ_RUNS more of them.
 */
const SEED = Number(process.env["FUZZ_SEED"] ?? 461_112);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 40);

const schema = buildSchema(readFileSync(join(import.meta.dirname, "../../schema/schema.graphql"), "utf8"));
const fieldsOf = (kind: "Query" | "Mutation"): GraphQLField<unknown, unknown>[] => Object.values((schema.getType(kind) as { getFields(): Record<string, GraphQLField<unknown, unknown>> } | undefined)?.getFields() ?? {});

/** One of each, for what changes it. */
const BEFOREHAND: { mutation: string; input: object }[] = [
  { mutation: "createProviderAccount", input: { name: "bot", config: { telegram: { botToken: "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11" } } } },
  { mutation: "createSilence", input: { matchers: [{ field: "service", operator: "EQUALS", value: "none" }], reason: "seed", duration: "P30D" } },
  { mutation: "createInhibitionRule", input: { name: "seed", whileOpen: ["monitor.down"], matchers: [{ field: "service", operator: "EQUALS", value: "none" }], sameFields: ["source"] } },
  { mutation: "createContact", input: { name: "seed" } },
  { mutation: "createContactGroup", input: { name: "seed" } },
  { mutation: "createAlertRule", input: { name: "seed", matchers: [{ field: "service", operator: "EQUALS", value: "none" }] } },
  { mutation: "createAccessToken", input: { name: "seed", role: "VIEWER" } },
];

let server: TestServer;
let file: Database;
let dataDir: string;

beforeAll(async () => {
  console.log(`FUZZ_SEED=${SEED}`);
  server = await startTestServer();
  ({ dataDir } = server);
  file = new Database(join(dataDir, "carillon.db"), { readonly: true, timeout: 10_000 });
  const { api } = server;
  await api.createChannel("taken", { log: true });
  await api.createChannel("hook", { webhook: { url: "http://127.0.0.1:9/x" } }, { quietHours: { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] } });
  await api.emit({ type: "service.health.down", service: "known", customer: "acme" });
  await api.emit({ type: "deploy.failure", service: "web" });
  await api.emit({ type: "Something new", title: "registers itself" });
  for (const { mutation, input } of BEFOREHAND) await api.run(`mutation ($input: ${inputTypeOf(mutation)}) { ${mutation}(input: $input) { __typename } }`, { input });
  await eventually(async () => (await api.history()).length > 0);
});
afterAll(async () => {
  file.close();
  await server[Symbol.asyncDispose]();
});

/** Rows that only a change of settings, or an event, changes. */
function stored(): Map<string, string> {
  const tables = (file.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all() as { name: string }[]).map(({ name }) => name);
  return new Map(tables.filter((name) => !MOVES_BY_ITSELF.has(name)).map((name) => [name, rowsOf(name)]));
}

/** What follows from events that were taken in before, as time passes. */
const MOVES_BY_ITSELF = new Set(["Attempt", "Delivery", "InboxItem", "Condition", "Cooldown", "Burst", "Lane", "Escalation", "EscalationNotice", "_prisma_migrations"]);
const MOVING_COLUMNS = new Set(["lastUsedAt", "failingSince", "updatedAt"]);

function rowsOf(table: string): string {
  if (table === "Event") return String((file.prepare(`SELECT COUNT(*) AS n FROM "Event"`).get() as { n: number }).n);
  const rows = file.prepare(`SELECT * FROM "${table}" ${table === "Setting" ? `WHERE "key" <> 'lastProbe'` : ""} ORDER BY 1, 2`).all();
  return JSON.stringify(rows, (name, value: unknown) => (MOVING_COLUMNS.has(name) ? null : value));
}

function changedTables(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after].filter(([name, rows]) => before.get(name) !== rows).map(([name]) => name);
}

/** Ids of everything that is there, as the API shows them. */
function known(about: string): Known {
  const nodes = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node")).map(({ name }) => name);
  const ids = nodes.flatMap((type) => {
    try {
      return (file.prepare(`SELECT "id" FROM "${type}" ORDER BY "id" DESC LIMIT 5`).all() as { id: string }[]).map(({ id }) => Buffer.from(`${type}:${id}`).toString("base64"));
    } catch {
      // Not a table, or one without ids.
      return [];
    }
  });
  const isAbout = (id: string) => about.toLowerCase().includes(Buffer.from(id, "base64").toString().split(":")[0]?.toLowerCase() ?? "");
  return { ids, likely: ids.filter(isAbout) };
}

function inputTypeOf(mutation: string): string {
  return String(fieldsOf("Mutation").find(({ name }) => name === mutation)?.args.find(({ name }) => name === "input")?.type);
}

interface Answer {
  status: number;
  text: string;
}

async function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, { method: "POST", body, headers: { authorization: `Bearer ${server.api.token}`, "content-type": "application/json", ...headers } });
  return { status: response.status, text: await response.text() };
}

/** An operation of one field, asking for whatever can be asked of it without arguments, a few steps deep. */
function operationOf(kind: "query" | "mutation", field: GraphQLField<unknown, unknown>): string {
  const variables = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(", ");
  const args = field.args.map(({ name }) => `${name}: $${name}`).join(", ");
  return `${kind} ${variables ? `(${variables})` : ""} { ${field.name}${args ? `(${args})` : ""} ${selectionOf(field.type, 1)} }`;
}

/** @param depth how many steps further down objects are asked for */
function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isUnionType(named)) return `{ __typename ${named.getTypes().map((member) => `... on ${member.name} ${selectionOf(member, depth)}`).join(" ")} }`;
  if (!isObjectType(named) && !isInterfaceType(named)) return "";
  const fields = Object.values(named.getFields()).filter(({ args, type: inner }) => args.length === 0 && (depth > 0 || isLeafType(getNamedType(inner))));
  // Members of a union may give one field two types: an alias keeps them apart.
  return `{ __typename ${fields.slice(0, 20).map(({ name, type: inner }) => `${named.name}_${name}: ${name} ${selectionOf(inner, depth - 1)}`).join(" ")} }`;
}

const isError = (typename: unknown): boolean => {
  const type = schema.getType(String(typename));
  return isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Error");
};

/** Whether an answer says that something was refused, as a whole. */
function isRefusal({ text }: Answer, field: string): boolean {
  const { data, errors } = JSON.parse(text) as { data?: Record<string, { __typename?: string } | null> | null; errors?: unknown[] };
  // What was done may be told with an error in its answer, where a part of that cannot be shown.
  return data?.[field] ? isError(data[field]?.__typename) : errors !== undefined;
}

function faultsOf({ status, text }: Answer): string[] {
  return [...(status >= 500 ? [`status ${status}`] : []), ...insideIn(text)];
}

const ENDS = /^(delete|end|revoke|clear|drop)/;

/** What takes things away comes last, when the others have had them. */
const mutations = fieldsOf("Mutation").sort((one, other) => Number(ENDS.test(one.name)) - Number(ENDS.test(other.name)));
describe.each(mutations)("$name", (field) => {
  it("takes what it can and refuses the rest without a trace", async () => {
    const inputs = fc.sample(recordOf(field.args, known(field.name)), { seed: SEED, numRuns: RUNS });
    for (const [run, variables] of inputs.entries()) {
      const before = stored();
      const answer = await post("/graphql", JSON.stringify({ query: operationOf("mutation", field), variables }));
      const where = `run ${run} of seed ${SEED}: ${JSON.stringify(variables).slice(0, 600)} gave ${answer.text.slice(0, 600)}`;
      expect(faultsOf(answer), where).toEqual([]);
      if (isRefusal(answer, field.name)) expect(changedTables(before, stored()), where).toEqual([]);
    }
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

/** Starts a program each time, which other tests look at. */
const SLOW = new Set(["appriseServices"]);

describe.each(fieldsOf("Query").filter(({ name }) => !SLOW.has(name)))("$name", (field) => {
  it("answers whatever it is asked, and changes nothing", async () => {
    const before = stored();
    const inputs = field.args.length === 0 ? [{}] : fc.sample(recordOf(field.args, known(field.name)), { seed: SEED, numRuns: RUNS });
    for (const [run, variables] of inputs.entries()) {
      const answer = await post("/graphql", JSON.stringify({ query: operationOf("query", field), variables }));
      expect(faultsOf(answer), `run ${run} of seed ${SEED}: ${JSON.stringify(variables).slice(0, 600)} gave ${answer.text.slice(0, 600)}`).toEqual([]);
    }
    expect(changedTables(before, stored())).toEqual([]);
  });
});

describe("REST", () => {
  it.each(["/v1/events", "/graphql", "/health", "/ready", "/metrics", "/nothing"])("POST %s refuses what is no request of its own", async (path) => {
    const bodies = fc.sample(fc.tuple(fc.oneof(ANY_JSON.map((value) => JSON.stringify(value) ?? ""), ANY_TEXT, fc.constantFrom("{", "[", "{}", "[]", "null", '{"type":', "\ufeff{}")), fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded", "")), { seed: SEED, numRuns: RUNS * 3 });
    for (const [run, [body, type]] of bodies.entries()) {
      const before = stored();
      const answer = await post(path, body, { "content-type": type });
      const where = `run ${run} of seed ${SEED}: ${body.slice(0, 600)} gave ${answer.status} ${answer.text.slice(0, 600)}`;
      expect(faultsOf(answer), where).toEqual([]);
      if (answer.status >= 400) expect(changedTables(before, stored()), where).toEqual([]);
    }
  });

  it("any method of any path is answered", async () => {
    const requests = fc.sample(fc.tuple(fc.constantFrom("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"), fc.oneof(fc.constantFrom("/", "/graphql", "/v1/events", "/health", "/%00", "/..%2f..%2fetc/passwd", "/graphql?query={__typename}", "/graphql?query="), fc.webPath().map((path) => `/${path}`))), { seed: SEED, numRuns: RUNS * 3 });
    const before = stored();
    for (const [method, path] of requests) {
      const response = await fetch(server.url + path, { method, redirect: "manual", headers: { authorization: `Bearer ${server.api.token}` } });
      expect(faultsOf({ status: response.status, text: path.startsWith("/graphql") || path === "/" ? "" : await response.text() }), `${method} ${path}`).toEqual([]);
    }
    expect(changedTables(before, stored())).toEqual([]);
  });
});
