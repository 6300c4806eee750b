import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const EMIT = `mutation Emit($input: EmitEventInput!) { emitEvent(input: $input) { ...result } } fragment result on EmitEventResult { __typename ... on EmitEventPayload { kind: __typename event { type } } ... on Error { code message } ... on ValidationError { issues { path } } }`;

/** Most requests are run without the GraphQL server, which runs the others: an answer must not tell by which. */
const REQUESTS: { name: string; query: string; variables?: unknown; operationName?: unknown; token?: string | null }[] = [
  { name: "a query", query: "{ viewer { name role scopes expiresAt } }" },
  { name: "aliases, fragments and directives", query: "query ($no: Boolean = false) { ...a me: viewer { n: name @skip(if: $no) role @include(if: $no) ... on Viewer { name } } } fragment a on Query { viewer { name } }" },
  { name: "meta fields", query: "{ __typename __type(name: \"Severity\") { name enumValues { name } } viewer { __typename } }" },
  { name: "introspection", query: "{ __schema { queryType { name } } }" },
  { name: "one of several operations", query: "query A { viewer { name } } query B { viewer { role } }", operationName: "B" },
  { name: "none of several operations", query: "query A { viewer { name } } query B { viewer { role } }" },
  { name: "an unknown operation", query: "query A { viewer { name } }", operationName: "C" },
  { name: "an operation's name that is no text", query: "query A { viewer { name } }", operationName: 1 },
  { name: "a mutation", query: EMIT, variables: { input: { type: "deploy.success", details: { a: [1, { b: null }] } } } },
  { name: "an error as data", query: EMIT, variables: { input: { type: "deploy.success", title: "x".repeat(400), service: "a\nb" } } },
  { name: "an unknown enum value in variables", query: EMIT, variables: { input: { type: "deploy.success", severity: "BAD" } } },
  { name: "an unknown field in variables", query: EMIT, variables: { input: { type: "deploy.success", typ: 1 } } },
  { name: "a variable that is missing", query: EMIT },
  { name: "a variable that is null", query: EMIT, variables: { input: null } },
  { name: "variables that are a list", query: EMIT, variables: [] },
  { name: "a variable that is left to its default", query: "query ($first: Int = 1) { channels(first: $first) { nodes { name } } }" },
  { name: "a single value for a list", query: "query ($type: [String!]) { events(filter: { types: $type }) { nodes { type } } }", variables: { type: "deploy.success" } },
  { name: "a wrong literal", query: "{ channels(first: \"x\") { nodes { name } } }" },
  { name: "a wrong page", query: "{ channels(first: -1) { nodes { name } } }" },
  { name: "an id that is none", query: "{ event(id: \"nonsense\") { type } }" },
  { name: "nothing found", query: "{ event(id: \"RXZlbnQ6MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx\") { type } }" },
  { name: "an unknown field", query: "{ viewers { name } }" },
  { name: "broken syntax", query: "{ viewer { name }" },
  { name: "too many tokens", query: `{ ${"viewer { name } ".repeat(600)} }` },
  { name: "too costly", query: "{ events(first: 100) { nodes { condition { events(first: 100) { nodes { type } } } } } }" },
  { name: "without a token", query: "{ viewer { name } channels(first: 1) { nodes { name } } }", token: null },
  { name: "a mutation without a token", query: EMIT, variables: { input: { type: "deploy.success" } }, token: null },
  { name: "with a wrong token", query: "{ channels(first: 1) { nodes { name } } }", token: "wrong" },
  { name: "a subscription", query: "subscription { nothing }" },
];

describe("an operation is answered the same", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  async function ask({ query, variables, operationName, token = server.api.token }: Partial<(typeof REQUESTS)[number]>, headers: Record<string, string>): Promise<unknown> {
    const all = { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers };
    const response = await fetch(`${server.url}/graphql`, { method: "POST", headers: all, body: JSON.stringify({ query, variables, operationName }) });
    return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
  }

  it.each(REQUESTS)("by either way: $name", async (request) => {
    for (const accept of ["application/json", "application/graphql-response+json"]) {
      const first = await ask(request, { accept });
      expect(first).toEqual(await ask(request, { accept, origin: "https://example.com" }));
      // What is remembered of it changes nothing.
      expect(await ask(request, { accept })).toEqual(first);
    }
  });

  it("when only its variables make it too costly, or leave out what is", async () => {
    const costly = async (query: string, variables: object): Promise<boolean> => JSON.stringify(await ask({ query, variables }, {})).includes("QUERY_TOO_COSTLY");
    const paged = "query ($first: Int) { events(first: $first) { nodes { condition { events(first: 100) { nodes { type title } } } } } }";
    for (const first of [1, 100, 2, 100]) expect(await costly(paged, { first })).toBe(first === 100);
    const skipped = "query ($no: Boolean!) { __typename events(first: 100) @skip(if: $no) { nodes { condition { events(first: 100) { nodes { type title } } } } } }";
    for (const no of [true, false, true, false]) expect(await costly(skipped, { no })).toBe(!no);
  });
});
