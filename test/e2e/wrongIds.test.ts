import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import type { ApiClient, GraphqlAnswer } from "./apiClient.ts";
import { watchBySse } from "./liveClient.ts";
import { gives, globalId, idPlaces, missing, rootFields, shortest } from "./schemaWalk.ts";
import type { Root } from "./schemaWalk.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

let server: TestServer;
let channel: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  server = await startTestServer();
  channel = await server.api.createChannel("ops", { log: true });
  for (const role of ["VIEWER", "PRODUCER"]) {
    const { createAccessToken } = await server.api.run<any>(`mutation { createAccessToken(input: { name: "${role}", role: ${role} }) { ... on CreateAccessTokenPayload { token } } }`);
    tokens[role] = createAccessToken.token;
  }
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a mutation answers: its result, which must be no error of the request. */
async function resultOf(mutation: string, variables?: object): Promise<any> {
  const { body } = await server.api.raw(mutation, variables);
  expect(body.errors).toBeUndefined();
  return Object.values(body.data)[0];
}

const ERROR = "__typename ... on Error { code message } ... on ValidationError { issues { path message code } }";
const issue = (path: string, type: string, code = "invalid_value") => ({ path, message: `must be the id of ${type}, as its queries give it`, code });
const refusal = (...issues: ReturnType<typeof issue>[]) => ({ __typename: "ValidationError", code: "VALIDATION_FAILED", message: issues.map(({ path, message }) => `${path}: ${message}`).join("\n"), issues });

describe("an id that is none, or another thing's, is told by its place and what would be right", () => {
  const other = globalId("AlertRule", "00000000-0000-7000-8000-0000000000ff");

  it("where one is given", async () => {
    const update = `mutation ($id: ID!) { updateChannel(id: $id, input: { name: "renamed" }) { ${ERROR} } }`;
    expect(await resultOf(update, { id: other })).toEqual(refusal(issue("id", "a Channel")));
    for (const id of ["nonsense", "", "é", Buffer.from("Channel:").toString("base64")]) expect(await resultOf(update, { id })).toEqual(refusal(issue("id", "a Channel", "invalid_format")));
    expect(await resultOf(`mutation ($id: ID!) { updateAccessToken(id: $id, input: { name: "x" }) { ${ERROR} } }`, { id: channel })).toEqual(refusal(issue("id", "an AccessToken")));
  });

  it("where several are given: each that is wrong, from the input's root", async () => {
    const input = { name: "renamed", fallbackId: other, accountId: channel, contactId: "nonsense" };
    expect(await resultOf(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { ${ERROR} } }`, { id: channel, input })).toEqual(
      refusal(issue("accountId", "a ProviderAccount"), issue("fallbackId", "a Channel"), issue("contactId", "a Contact", "invalid_format")),
    );
    expect((await server.api.run<any>(`query ($id: ID!) { channel(id: $id) { name } }`, { id: channel })).channel).toEqual({ name: "ops" });
  });

  it("in lists, and in lists of lists", async () => {
    const trigger = `mutation ($input: UpdateTriggerInput!) { updateTrigger(eventType: "deploy.success", input: $input) { ${ERROR} } }`;
    expect(await resultOf(trigger, { input: { channelIds: [channel, other, channel, "x"] } })).toEqual(refusal(issue("channelIds.1", "a Channel"), issue("channelIds.3", "a Channel", "invalid_format")));
    const policy = `mutation ($input: CreateEscalationPolicyInput!) { createEscalationPolicy(input: $input) { ${ERROR} } }`;
    const steps = [{ delay: "PT5M", channelIds: [channel] }, { delay: "PT5M", channelIds: [channel, other], contactIds: [channel], groupIds: ["x"] }];
    expect(await resultOf(policy, { input: { name: "x", steps } })).toEqual(refusal(issue("steps.1.contactIds.0", "a Contact"), issue("steps.1.groupIds.0", "a ContactGroup", "invalid_format"), issue("steps.1.channelIds.1", "a Channel")));
    expect(await resultOf(`mutation ($ids: [ID!]) { markInboxRead(ids: $ids) { ${ERROR} } }`, { ids: [channel] })).toEqual(refusal(issue("ids.0", "an InboxItem")));
  });

  it("many at once: the first hundred", async () => {
    const { issues } = await resultOf(`mutation ($ids: [ID!]!) { deleteInboxItems(ids: $ids) { ${ERROR} } }`, { ids: Array.from({ length: 1000 }, () => "x") });
    expect(issues).toHaveLength(100);
  });

  it("where the result knows only that something is not there", async () => {
    const remove = `mutation ($id: ID!) { deleteChannel(id: $id) { __typename ... on Error { code message } } }`;
    expect(await resultOf(remove, { id: other })).toEqual({ __typename: "NotFoundError", code: "NOT_FOUND", message: expect.stringMatching(/^id: must be the id of a Channel, as its queries give it; .* was not found\.$/) });
  });

  it("and one of its type that is not there is still not found", async () => {
    expect(await resultOf(`mutation ($id: ID!) { updateChannel(id: $id, input: { name: "x" }) { ${ERROR} } }`, { id: missing("Channel", "id") })).toMatchObject({ __typename: "NotFoundError", message: "This channel was not found." });
  });
});

/** Every place for an id of every field of a root type, with one that is wrong there. */
const places = (root: Root) => rootFields(root).flatMap((field) => idPlaces(field).map((place) => ({ name: field.name, field, place })));
const WRONG = { "no id": "nonsense", "another thing's": globalId("AuditEntry", "00000000-0000-7000-8000-0000000000ff") };
const operations = (root: Root, field: Parameters<typeof shortest>[1], wrongPlace: string) => Object.values(WRONG).map((wrong) => shortest(root, field, (type, place) => (place === wrongPlace ? wrong : missing(type, place)), { to: wrongPlace }));

const codesOf = ({ errors }: GraphqlAnswer) => errors?.map(({ extensions }) => extensions?.["code"]);
const as = (role: string | null): ApiClient => server.api.as(role === null ? "" : (tokens[role] as string));

describe.each(places("Mutation"))("a wrong id of $name as $place", ({ name, field, place }) => {
  it("is a value of the result", async () => {
    for (const operation of operations("Mutation", field, place)) {
      const { body } = await server.api.raw(operation);
      expect(body.errors, operation).toBeUndefined();
      const result = body.data[name];
      const path = place.replace(/^input\./, "");
      const right = /must be the id of an? [A-Z]\w+, as its queries give it/;
      if (gives(field, "ValidationError")) expect(result, operation).toMatchObject({ __typename: "ValidationError", issues: [{ path, message: expect.stringMatching(right) }] });
      else expect(result, operation).toMatchObject({ __typename: "NotFoundError", message: expect.stringMatching(new RegExp(`^${path}: ${right.source}`)) });
    }
  });

  it("is not looked at for those who may not use it", async () => {
    for (const operation of operations("Mutation", field, place)) {
      expect([operation, codesOf((await as("VIEWER").raw(operation)).body)]).toEqual([operation, ["FORBIDDEN"]]);
      expect([operation, codesOf((await as(null).raw(operation)).body)]).toEqual([operation, ["UNAUTHENTICATED"]]);
    }
  });
});

/** Runs a query, or a subscription until it is refused. */
async function ask(api: ApiClient, operation: string): Promise<GraphqlAnswer> {
  if (!operation.startsWith("subscription")) return (await api.raw(operation)).body;
  const feed = watchBySse(server.url, { token: api.token, query: operation });
  await eventually(async () => feed.ended !== null);
  return feed.ended as GraphqlAnswer;
}

describe.each((["Query", "Subscription"] as const).flatMap((root) => places(root).map((of) => ({ root, ...of }))))("a wrong id of the $root $name as $place", ({ root, name, field, place }) => {
  it("is an error of the request that names it", async () => {
    for (const operation of operations(root, field, place)) {
      const { errors } = await ask(server.api, operation);
      // Where anything's id is right.
      if (!errors && ["id", "ids.0", "filter.subjectIds.0"].includes(place) && ["node", "nodes", "auditLog"].includes(name)) continue;
      expect(errors, operation).toMatchObject([{ message: expect.stringMatching(new RegExp(`^${place}: must be `)), extensions: { code: "BAD_REQUEST" } }]);
    }
  });

  // What node and nodes give is looked at by its type.
  it.skipIf(name === "node" || name === "nodes")("is not looked at for those who may not use it", async () => {
    for (const operation of operations(root, field, place)) {
      expect([operation, codesOf(await ask(as("PRODUCER"), operation))]).toEqual([operation, ["FORBIDDEN"]]);
      expect([operation, codesOf(await ask(as(null), operation))]).toEqual([operation, ["UNAUTHENTICATED"]]);
    }
  });
});

it("a wrong id of a field below the root is an error of the request that names it", async () => {
  const { body } = await server.api.raw(`{ categories { enabledCount(channelId: "nonsense") } }`);
  expect(body.errors?.[0]).toMatchObject({ message: "channelId: must be the id of a Channel, as its queries give it.", extensions: { code: "BAD_REQUEST" }, path: ["categories", 0, "enabledCount"] });
});

it("node and nodes name the place of what is nothing's id", async () => {
  for (const id of ["nonsense", globalId("Viewer", "x"), globalId("Query", "x"), globalId("__proto__", "x")]) {
    expect((await server.api.raw(`query ($id: ID!) { node(id: $id) { id } }`, { id })).body.errors).toMatchObject([{ message: expect.stringMatching(/^id: must be an id that this server/), extensions: { code: "BAD_REQUEST" } }]);
    expect((await server.api.raw(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids: [channel, id] })).body.errors).toMatchObject([{ message: expect.stringMatching(/^ids\.1: must be an id that this server/), extensions: { code: "BAD_REQUEST" } }]);
  }
});
