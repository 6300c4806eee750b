import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Inhibition rules by the API. */

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const RULE = "id name enabled whileOpen matchers { field operator value } sameFields";
const ERROR = "... on Error { code message } ... on ValidationError { issues { path message } }";
const CREATE = `mutation ($input: CreateInhibitionRuleInput!) { createInhibitionRule(input: $input) { ... on CreateInhibitionRulePayload { warnings inhibitionRule { ${RULE} } } ${ERROR} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateInhibitionRuleInput!) { updateInhibitionRule(id: $id, input: $input) { ... on UpdateInhibitionRulePayload { warnings inhibitionRule { ${RULE} } } ${ERROR} } }`;
const DELETE = `mutation ($id: ID!) { deleteInhibitionRule(id: $id) { ... on DeleteInhibitionRulePayload { deletedId } ... on Error { code } } }`;

const CHECKS = [{ field: "category", operator: "EQUALS", value: "services" }];
const GOOD = { name: "Node down", whileOpen: ["node.disconnect"], matchers: CHECKS, sameFields: ["source"] };

const create = async (input: object) => (await server.api.run<any>(CREATE, { input })).createInhibitionRule;
const update = async (id: string, input: object) => (await server.api.run<any>(UPDATE, { id, input })).updateInhibitionRule;
const list = async () => (await server.api.run<any>(`{ inhibitionRules { totalCount nodes { ${RULE} } } }`)).inhibitionRules;

it("a rule is made with canonical names, read, changed in part and deleted", async () => {
  const { inhibitionRule: rule, warnings } = await create({ ...GOOD, whileOpen: ["Node offline", "split_brain"], sameFields: ["source", "details.node_name"] });
  expect(rule).toEqual({ id: expect.any(String), name: "Node down", enabled: true, whileOpen: ["node.disconnect", "cluster.split_brain"], matchers: CHECKS, sameFields: ["source", "details.node_name"] });
  expect(warnings).toEqual([]);
  const { inhibitionRule, node } = await server.api.run<any>(`query ($id: ID!) { inhibitionRule(id: $id) { ${RULE} } node(id: $id) { ... on InhibitionRule { name } } }`, { id: rule.id });
  expect([inhibitionRule, node]).toEqual([rule, { name: "Node down" }]);

  expect((await update(rule.id, { enabled: false, name: null })).inhibitionRule).toEqual({ ...rule, enabled: false });
  expect((await update(rule.id, { whileOpen: ["node_disconnect"], matchers: [{ field: "type", operator: "EQUALS", value: "split_brain" }] })).inhibitionRule).toMatchObject({ enabled: false, whileOpen: ["node.disconnect"], matchers: [{ value: "cluster.split_brain" }] });
  await create({ ...GOOD, name: "Second", enabled: false });
  expect(await list()).toMatchObject({ totalCount: 2, nodes: [{ name: "Node down" }, { name: "Second", enabled: false }] });

  expect((await server.api.run<any>(DELETE, { id: rule.id })).deleteInhibitionRule).toEqual({ deletedId: rule.id });
  expect((await server.api.run<any>(DELETE, { id: rule.id })).deleteInhibitionRule).toEqual({ code: "NOT_FOUND" });
  expect(await update(rule.id, {})).toMatchObject({ code: "NOT_FOUND" });
  expect((await list()).totalCount).toBe(1);
});

it("a rule that can hardly be meant is taken with a warning", async () => {
  expect((await create({ ...GOOD, sameFields: [] })).warnings).toEqual(["No field must be the same: every matching event on the whole server is held back while one such problem is open."]);
  expect((await create({ ...GOOD, name: "b", matchers: [{ field: "title", operator: "MATCHES", value: ".*" }] })).warnings).toEqual([expect.stringContaining("nearly every event")]);
  expect((await create({ ...GOOD, name: "c", whileOpen: ["node.reconnect", "node.disconnect"] })).warnings).toEqual(["node.reconnect ends a problem and never opens one, so nothing is held back because of it."]);
});

it("wrong input is refused field by field, and changes nothing", async () => {
  const { inhibitionRule: rule } = await create(GOOD);
  const wrong: [input: object, path: string, message: string][] = [
    [{ name: " " }, "name", "must not be empty"],
    [{ whileOpen: [] }, "whileOpen", "must name at least one event type"],
    [{ whileOpen: ["node.disconnect", "node.disconect"] }, "whileOpen.1", "must be an event type; near to it are node.disconnect"],
    [{ whileOpen: ["node.disconnect", "Node offline"] }, "whileOpen.1", "must name each event type once; this is node.disconnect again"],
    [{ whileOpen: Array.from({ length: 21 }, () => "x") }, "whileOpen", "must name at most 20 event types"],
    [{ matchers: [] }, "matchers", "must hold at least one matcher"],
    [{ matchers: [{ field: "title", operator: "MATCHES", value: "(" }] }, "matchers.0.value", "must be a regular expression as RE2 takes them"],
    [{ matchers: [...CHECKS, { field: "type", operator: "EQUALS", value: "no such type" }] }, "matchers.1.value", "must be an event type"],
    [{ sameFields: ["source", "title"] }, "sameFields.1", "must be service, source, customer or details.<name>"],
    [{ sameFields: ["source", "source"] }, "sameFields", "must name each field once"],
    [{ sameFields: Array.from({ length: 11 }, (_, index) => `details.a${index}`) }, "sameFields", "must be at most 10 fields"],
  ];
  for (const [input, path, message] of wrong) {
    const refused = { code: "VALIDATION_FAILED", issues: [{ path, message: expect.stringContaining(message) }] };
    expect([input, await create({ ...GOOD, name: "Other", ...input })]).toMatchObject([input, refused]);
    expect([input, await update(rule.id, { ...input, enabled: false })]).toMatchObject([input, refused]);
  }
  expect(await create(GOOD)).toEqual({ code: "CONFLICT", message: 'There is already an inhibition rule named "Node down". Choose another name.' });
  const { inhibitionRule: other } = await create({ ...GOOD, name: "Other" });
  expect(await update(other.id, { name: "Node down", enabled: false })).toMatchObject({ code: "CONFLICT" });
  expect((await list()).nodes).toEqual([rule, other]);
});

it("there are at most 200 rules", async () => {
  for (let from = 0; from < 200; from += 50) {
    const fields = Array.from({ length: 50 }, (_, index) => `r${index}: createInhibitionRule(input: { name: "Rule ${from + index}", whileOpen: ["node.disconnect"], matchers: [{ field: "service", operator: EQUALS, value: "web" }], sameFields: [] }) { __typename }`);
    await server.api.run(`mutation { ${fields.join(" ")} }`);
  }
  expect(await create(GOOD)).toEqual({ code: "CONFLICT", message: "There are already 200 inhibition rules. Delete some first." });
}, 60_000);
