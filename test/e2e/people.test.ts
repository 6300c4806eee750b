import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Contacts, contact groups and alert rules by the API, and what they lead events to. */

let server: TestServer;
const start = async () => void (server = await startTestServer());
const stop = () => server[Symbol.asyncDispose]();

const ERROR = "... on Error { code message } ... on ValidationError { issues { path message code } }";
const IMPACT = "impact { channels waitingDeliveries inboxMessages contactGroups alertRules escalationPolicies eventTypes fallbackOf accessTokens }";
const CONTACT = "id name customer enabled customers categories severities channels { name onlyByRules } groups { name } rules { name }";
const GROUP = "id name customer contacts { name } groups { name } allContacts { totalCount nodes { name } } rules { name }";
const RULE = "id name customer enabled position stop matchers { field operator value } contacts { name } groups { name } channels { name } matchesNothing warnings reaches { channelCount contactCount channels { name } }";

/** A mutation of one of the three, giving its result. */
async function change(verb: "create" | "update", what: "Contact" | "ContactGroup" | "AlertRule", input: object, id?: string): Promise<any> {
  const fields = { Contact: `contact { ${CONTACT} }`, ContactGroup: `contactGroup { ${GROUP} }`, AlertRule: `alertRule { ${RULE} } warnings` }[what];
  const name = `${verb}${what}`;
  const args = verb === "create" ? ["($input: CreateXInput!)", "(input: $input)"] : ["($id: ID!, $input: UpdateXInput!)", "(id: $id, input: $input)"];
  const query = `mutation ${args[0]?.replace("X", what)} { ${name}${args[1]} { ... on ${verb === "create" ? "Create" : "Update"}${what}Payload { ${fields} } ${ERROR} } }`;
  return (await server.api.run<any>(query, { id, input }))[name];
}

async function remove(what: "Contact" | "ContactGroup" | "AlertRule" | "Channel", id: string): Promise<any> {
  const query = `mutation ($id: ID!) { delete${what}(id: $id) { ... on Delete${what}Payload { deletedId ${IMPACT} } ... on Error { code message } } }`;
  return (await server.api.run<any>(query, { id }))[`delete${what}`];
}

const contact = async (name: string, more: object = {}) => (await change("create", "Contact", { name, ...more })).contact;
const group = async (name: string, more: object = {}) => (await change("create", "ContactGroup", { name, ...more })).contactGroup;
const rule = async (name: string, more: object = {}) => (await change("create", "AlertRule", { name, matchers: [], ...more })).alertRule;
const phone = (name: string, contactId: string, more: object = {}) => server.api.createChannel(name, { log: true }, { contactId, ...more });
const impactOf = async (id: string) => (await server.api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Contact { deletionImpact { ...I } } ... on ContactGroup { deletionImpact { ...I } } ... on AlertRule { deletionImpact { ...I } } ... on Channel { deletionImpact { ...I } } } } fragment I on DeletionImpact ${IMPACT.replace("impact ", "")}`, { id })).node.deletionImpact;

const DECIDED = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { ... on EmitEventPayload { event { id } decision { because rules { id name } channels { channelName action because explanation via { ruleId rule contactId contact groupId group } } } } } }`;
const emit = async (input: object) => (await server.api.run<any>(DECIDED, { input: { type: "deploy.failure", ...input } })).emitEvent;
const verdictOf = (decided: any, name: string) => decided.decision.channels.find(({ channelName }: { channelName: string }) => channelName === name);

const WEB = [{ field: "service", operator: "EQUALS", value: "web" }];
const NOTHING = { channels: [], waitingDeliveries: 0, inboxMessages: 0, contactGroups: [], alertRules: [], escalationPolicies: [], eventTypes: [], fallbackOf: [], accessTokens: [] };

describe("an event", () => {
  beforeEach(start);
  afterEach(stop);

  it("comes to a person by a rule and a group, once, and says by which; without a rule it does not", async () => {
    const ann = await contact("Ann");
    await phone("Ann's phone", ann.id);
    const inner = await group("Operators", { contactIds: [ann.id] });
    const outer = await group("On call", { groupIds: [inner.id] });
    const first = await rule("Web", { matchers: WEB, groupIds: [outer.id], contactIds: [] });
    await rule("Web again", { matchers: WEB, contactIds: [ann.id], groupIds: [inner.id] });
    expect(await change("update", "AlertRule", {}, first.id)).toMatchObject({ alertRule: { reaches: { channelCount: 1, contactCount: 1, channels: [{ name: "Ann's phone" }] }, groups: [{ name: "On call" }] }, warnings: [] });

    const web = await emit({ service: "web" });
    expect(verdictOf(web, "Ann's phone")).toEqual({
      channelName: "Ann's phone", action: "SEND", because: "MATCHED",
      explanation: `The event type is on and the channel's settings let it through. The alert rule "Web" leads to it by the contact "Ann" of the group "On call".`,
      via: { ruleId: first.id, rule: "Web", contactId: ann.id, contact: "Ann", groupId: outer.id, group: "On call" },
    });
    expect(web.decision.rules.map(({ name }: { name: string }) => name)).toEqual(["Web", "Web again"]);
    const db = await emit({ service: "db" });
    expect(verdictOf(db, "Ann's phone")).toMatchObject({ action: "SUPPRESS", because: "NO_RULE", via: null });
    expect(verdictOf(db, "Inbox")).toMatchObject({ action: "SEND", via: null });
    await eventually(() => server.printed.length > 0);
    await server.api.settled();
    expect(server.printed).toHaveLength(1);

    // What is stored says the same, and a simulation too.
    const { node } = await server.api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Event { decision { rules { name } channels { channelName action via { rule contact group } } } } } }`, { id: web.event.id });
    expect(node.decision.rules).toHaveLength(2);
    expect(node.decision.channels.find(({ channelName }: { channelName: string }) => channelName === "Ann's phone")).toEqual({ channelName: "Ann's phone", action: "SEND", via: { rule: "Web", contact: "Ann", group: "On call" } });
    const { simulateEvent } = await server.api.run<any>(`{ simulateEvent(input: { type: "deploy.failure", service: "web", message: "another" }) { ... on SimulateEventPayload { decision { channels { channelName via { rule group } } } } } }`);
    expect(simulateEvent.decision.channels).toContainEqual({ channelName: "Ann's phone", via: { rule: "Web", group: "On call" } });
  });

  it("goes through the rules in their order, and a moved rule stops what was before it", async () => {
    const [ann, bob] = [await contact("Ann"), await contact("Bob")];
    await phone("A", ann.id);
    await phone("B", bob.id);
    await rule("For Ann", { matchers: WEB, contactIds: [ann.id] });
    const bobs = await rule("For Bob", { matchers: WEB, contactIds: [bob.id], stop: true });
    expect([verdictOf(await emit({ service: "web", message: "1" }), "A").action, bobs.position]).toEqual(["SEND", 1]);
    await change("update", "AlertRule", { position: 0 }, bobs.id);
    // Of the same position the older comes first.
    expect(verdictOf(await emit({ service: "web", message: "2" }), "A").action).toBe("SEND");
    const { alertRules } = await server.api.run<any>(`{ alertRules(first: 1) { totalCount nodes { name } pageInfo { endCursor } } }`);
    await change("update", "AlertRule", { position: 5 }, (await server.api.run<any>(`{ alertRules(filter: { names: ["For Ann"] }) { nodes { id } } }`)).alertRules.nodes[0].id);
    expect(alertRules).toMatchObject({ totalCount: 2, nodes: [{ name: "For Ann" }] });
    expect((await server.api.run<any>(`{ alertRules { nodes { name position } } }`)).alertRules.nodes).toEqual([{ name: "For Bob", position: 0 }, { name: "For Ann", position: 5 }]);
    const third = await emit({ service: "web", message: "3" });
    expect([verdictOf(third, "A").because, verdictOf(third, "B").action]).toEqual(["NO_RULE", "SEND"]);
    await change("update", "AlertRule", { enabled: false }, bobs.id);
    const fourth = await emit({ service: "web", message: "4" });
    expect([verdictOf(fourth, "A").action, verdictOf(fourth, "B").because]).toEqual(["SEND", "NO_RULE"]);
  });

  it("reaches a person as far as the person wants to hear of it", async () => {
    const ann = await contact("Ann", { customers: ["acme"], categories: ["deploys"], severities: ["CRITICAL"] });
    expect(ann).toMatchObject({ customers: ["acme"], categories: ["deploys"], severities: ["CRITICAL"], enabled: true, customer: null });
    await phone("A", ann.id, { onlyByRules: false });
    const because = async (input: object) => verdictOf(await emit(input), "A").because;
    expect(await because({ customer: "acme", severity: "CRITICAL", message: "1" })).toBe("MATCHED");
    expect(await because({ customer: "globex", severity: "CRITICAL", message: "2" })).toBe("CONTACT_PREFERENCE");
    expect(await because({ customer: "acme", severity: "WARNING", message: "3" })).toBe("CONTACT_PREFERENCE");
    await change("update", "Contact", { customers: [], severities: [] }, ann.id);
    expect(await because({ customer: "globex", severity: "WARNING", message: "4" })).toBe("MATCHED");
    await change("update", "Contact", { enabled: false }, ann.id);
    expect(await because({ customer: "globex", severity: "WARNING", message: "5" })).toBe("CONTACT_DISABLED");
  });

  it("tells of any channel by itself, and of one that was not there yet nothing", async () => {
    const ann = await contact("Ann");
    const old = await phone("A", ann.id);
    const { event } = await emit({});
    server.clock.advance(1000);
    const young = await phone("B", ann.id);
    const asked = (id: string) => server.api.run<any>(`query ($event: ID!, $id: ID!) { node(id: $event) { ... on Event { decision { channel(id: $id) { channelName because } } } } }`, { event: event.id, id });
    expect((await asked(old)).node.decision.channel).toEqual({ channelName: "A", because: "NO_RULE" });
    expect((await asked(young)).node.decision.channel).toBeNull();
  });
});

describe("a person", () => {
  beforeEach(start);
  afterEach(stop);

  it("has channels, is in groups and is led to by rules, and all of it can be asked from everywhere", async () => {
    const ann = await contact("Ann");
    await phone("Phone", ann.id);
    await server.api.createChannel("Mail", { log: true });
    const inner = await group("Inner", { contactIds: [ann.id] });
    const outer = await group("Outer", { groupIds: [inner.id], contactIds: [(await contact("Bob")).id] });
    await rule("Outer rule", { groupIds: [outer.id] });
    await rule("Other rule");
    expect(outer).toMatchObject({ contacts: [{ name: "Bob" }], groups: [{ name: "Inner" }], allContacts: { totalCount: 2, nodes: [{ name: "Ann" }, { name: "Bob" }] } });
    const { contact: read, channels, node } = await server.api.run<any>(`query ($id: ID!, $inner: ID!) { contact(id: $id) { ${CONTACT} } channels { nodes { name onlyByRules contact { name } rules { name } } } node(id: $inner) { ... on ContactGroup { ${GROUP} } } }`, { id: ann.id, inner: inner.id });
    expect(read).toMatchObject({ channels: [{ name: "Phone", onlyByRules: true }], groups: [{ name: "Inner" }], rules: [{ name: "Outer rule" }] });
    expect(node.rules).toEqual([{ name: "Outer rule" }]);
    expect(channels.nodes).toEqual([
      { name: "Inbox", onlyByRules: false, contact: null, rules: [] },
      { name: "Phone", onlyByRules: true, contact: { name: "Ann" }, rules: [{ name: "Outer rule" }] },
      { name: "Mail", onlyByRules: false, contact: null, rules: [] },
    ]);
  });

  it("takes channels over and gives them back", async () => {
    const ann = await contact("Ann");
    const id = await server.api.createChannel("Mail", { log: true });
    const update = async (input: object) => (await server.api.run<any>(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { ... on UpdateChannelPayload { channel { onlyByRules contact { name } } } ${ERROR} } }`, { id, input })).updateChannel;
    expect(await update({ contactId: ann.id })).toEqual({ channel: { onlyByRules: true, contact: { name: "Ann" } } });
    expect(await update({ onlyByRules: false })).toEqual({ channel: { onlyByRules: false, contact: { name: "Ann" } } });
    expect(await update({ contactId: ann.id })).toEqual({ channel: { onlyByRules: false, contact: { name: "Ann" } } });
    expect(await update({ contactId: null })).toEqual({ channel: { onlyByRules: false, contact: null } });
    expect(await update({ contactId: ann.id, onlyByRules: false })).toEqual({ channel: { onlyByRules: false, contact: { name: "Ann" } } });
    expect(await update({ contactId: Buffer.from("Contact:x").toString("base64") })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "contactId", message: "must be the id of a contact" }] });
  });

  it("is deleted with what is the person's own, and it is said before and after", async () => {
    const ann = await contact("Ann");
    const held = await phone("Phone", ann.id, { quietHours: { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] } });
    await phone("Box", ann.id);
    const members = await group("On call", { contactIds: [ann.id] });
    const led = await rule("By name", { contactIds: [ann.id] });
    await rule("By channel", { channelIds: [held] });
    await rule("By group", { groupIds: [members.id] });
    await server.api.run(`mutation ($ids: [ID!]) { updateTrigger(eventType: "deploy.failure", input: { channelIds: $ids }) { __typename } }`, { ids: [held] });
    await emit({});
    const expected = { ...NOTHING, channels: ["Box", "Phone"], waitingDeliveries: 1, contactGroups: ["On call"], alertRules: ["By channel", "By name"], eventTypes: ["deploy.failure"] };
    await expect.poll(() => impactOf(ann.id)).toEqual(expected);
    expect(await impactOf(held)).toEqual({ ...expected, channels: [], contactGroups: [], alertRules: ["By channel"] });
    expect(await impactOf(members.id)).toEqual({ ...NOTHING, alertRules: ["By group"] });
    expect(await impactOf(led.id)).toEqual(NOTHING);

    expect(await remove("Contact", ann.id)).toEqual({ deletedId: ann.id, impact: expected });
    const left = await server.api.run<any>(`{ channels { nodes { name } } contacts { totalCount } contactGroups { nodes { name contacts { name } } } alertRules { nodes { name warnings } } }`);
    expect(left.channels.nodes).toEqual([{ name: "Inbox" }]);
    expect([left.contacts.totalCount, left.contactGroups.nodes]).toEqual([0, [{ name: "On call", contacts: [] }]]);
    for (const { warnings } of left.alertRules.nodes) expect(warnings).toContain("It leads to no channel.");
    expect(await remove("Contact", ann.id)).toEqual({ code: "NOT_FOUND", message: "This contact was not found." });
    expect(await remove("ContactGroup", members.id)).toEqual({ deletedId: members.id, impact: { ...NOTHING, alertRules: ["By group"] } });
    expect(await remove("AlertRule", led.id)).toEqual({ deletedId: led.id, impact: NOTHING });
  });

  it("may have the name of another customer's, but not of one of the same", async () => {
    for (const what of ["Contact", "ContactGroup", "AlertRule"] as const) {
      const input = { name: "Same", ...(what === "AlertRule" ? { matchers: [] } : {}) };
      for (const customer of [null, "acme", "globex"]) expect(await change("create", what, { ...input, customer })).not.toHaveProperty("code");
      for (const customer of [null, "acme"]) expect(await change("create", what, { ...input, customer })).toMatchObject({ code: "CONFLICT", message: expect.stringContaining('named "Same"') });
    }
    const { contacts } = await server.api.run<any>(`{ contacts(filter: { customers: ["acme", "globex"] }) { totalCount nodes { customer } } }`);
    expect(contacts).toEqual({ totalCount: 2, nodes: [{ customer: "acme" }, { customer: "globex" }] });
  });
});

describe("what is refused", () => {
  let ids: Record<"ann" | "acmes" | "inner" | "outer" | "rule" | "acmesChannel", string>;

  beforeAll(async () => {
    await start();
    const ann = await contact("Ann");
    const acmes = await contact("Acme's", { customer: "acme" });
    const inner = await group("Inner");
    const outer = await group("Outer", { groupIds: [inner.id] });
    ids = { ann: ann.id, acmes: acmes.id, inner: inner.id, outer: outer.id, rule: (await rule("Rule", { contactIds: [ann.id] })).id, acmesChannel: await phone("Acme's phone", acmes.id) };
  });
  afterAll(stop);

  const unknown = (type: string) => Buffer.from(`${type}:00000000-0000-7000-8000-000000000000`).toString("base64");
  const matcher = (field: string, operator: string, value: string) => [{ field, operator, value }];

  it.each<[what: string, subject: "Contact" | "ContactGroup" | "AlertRule", input: () => object, path: string, message: string]>([
    ["no name", "Contact", () => ({ name: " " }), "name", "must not be empty"],
    ["a name of two lines", "ContactGroup", () => ({ name: "a\nb" }), "name", "must be one line"],
    ["a long name", "AlertRule", () => ({ name: "a".repeat(101), matchers: [] }), "name", "must be at most 100 characters"],
    ["an unknown category", "Contact", () => ({ name: "x", categories: ["deploy"] }), "categories.0", "must be one of deploys"],
    ["a long customer", "Contact", () => ({ name: "x", customer: "a".repeat(201) }), "customer", "must be at most 200 characters"],
    ["somebody who is not there", "ContactGroup", () => ({ name: "x", contactIds: [ids.ann, unknown("Contact")] }), "contactIds.1", "must be the id of a contact"],
    ["a group that is not there", "AlertRule", () => ({ name: "x", matchers: [], groupIds: [unknown("ContactGroup")] }), "groupIds.0", "must be the id of a contact group"],
    ["a channel that is not there", "AlertRule", () => ({ name: "x", matchers: [], channelIds: [unknown("Channel")] }), "channelIds.0", "must be the id of a channel"],
    ["a policy that is not there", "AlertRule", () => ({ name: "x", matchers: [], escalationPolicyId: unknown("EscalationPolicy") }), "escalationPolicyId", "must be the id of an escalation policy"],
    ["somebody twice", "AlertRule", () => ({ name: "x", matchers: [], contactIds: [ids.ann, ids.ann] }), "contactIds", "must name each once"],
    ["too many", "ContactGroup", () => ({ name: "x", contactIds: Array.from({ length: 501 }, (_, at) => Buffer.from(`Contact:${at}`).toString("base64")) }), "contactIds", "must be at most 500 members"],
    ["too many together", "AlertRule", () => ({ name: "x", matchers: [], contactIds: Array.from({ length: 60 }, (_, at) => Buffer.from(`Contact:${at}`).toString("base64")), channelIds: Array.from({ length: 60 }, (_, at) => Buffer.from(`Channel:${at}`).toString("base64")) }), "contactIds", "must be at most 100 targets together"],
    ["a customer's group with others in it", "ContactGroup", () => ({ name: "x", customer: "acme", contactIds: [ids.acmes, ids.ann] }), "contactIds.1", "must be the id of a contact"],
    ["a customer's rule that leads to others", "AlertRule", () => ({ name: "x", customer: "globex", matchers: [], contactIds: [ids.acmes], channelIds: [ids.acmesChannel] }), "contactIds.0", "must be the id of a contact"],
    ["a negative place", "AlertRule", () => ({ name: "x", matchers: [], position: -1 }), "position", "must be from 0 to 1000000"],
    ["an unknown field", "AlertRule", () => ({ name: "x", matchers: matcher("host", "EQUALS", "a") }), "matchers.0.field", "must be one of type, category"],
    ["an unknown type", "AlertRule", () => ({ name: "x", matchers: matcher("type", "EQUALS", "deploy.failre") }), "matchers.0.value", "near to it are deploy.failure"],
    ["a backreference", "AlertRule", () => ({ name: "x", matchers: matcher("title", "MATCHES", "(a)\\1") }), "matchers.0.value", "must not refer back"],
  ])("%s", async (_what, subject, input, path, message) => {
    const before = await server.api.run(`{ contacts { totalCount } contactGroups { totalCount } alertRules { totalCount } }`);
    const { code, issues } = await change("create", subject, input());
    expect([code, issues[0].path]).toEqual(["VALIDATION_FAILED", path]);
    expect(issues[0].message).toContain(message);
    expect(await server.api.run(`{ contacts { totalCount } contactGroups { totalCount } alertRules { totalCount } }`)).toEqual(before);
  });

  it("a group that would hold itself, with the way, or be too deep", async () => {
    expect(await change("update", "ContactGroup", { groupIds: [ids.outer] }, ids.inner)).toMatchObject({ issues: [{ path: "groupIds.0", code: "cycle", message: 'must not hold the group itself: "Inner" → "Outer" → "Inner"' }] });
    expect(await change("update", "ContactGroup", { groupIds: [ids.inner] }, ids.inner)).toMatchObject({ issues: [{ code: "cycle", message: 'must not hold the group itself: "Inner" → "Inner"' }] });
    let last = ids.outer;
    for (let depth = 3; depth <= 10; depth++) last = (await group(`Depth ${depth}`, { groupIds: [last] })).id;
    expect(await change("create", "ContactGroup", { name: "Depth 11", groupIds: [last] })).toMatchObject({ issues: [{ path: "groupIds.0", message: expect.stringMatching(/^must be at most 10 groups deep: "Depth 11" → "Depth 10" → .* → "Outer" → "Inner"$/) }] });
    expect(await change("update", "ContactGroup", { groupIds: [(await group("Below")).id] }, ids.inner)).toMatchObject({ issues: [{ path: "groupIds.0", message: expect.stringContaining("must be at most 10 groups deep") }] });
    expect((await server.api.run<any>(`query ($id: ID!) { contactGroup(id: $id) { groups { name } } }`, { id: ids.inner })).contactGroup.groups).toEqual([]);
  });

  it("what is not there", async () => {
    for (const what of ["Contact", "ContactGroup", "AlertRule"] as const) {
      expect(await change("update", what, {}, unknown(what))).toMatchObject({ code: "NOT_FOUND" });
      expect(await remove(what, unknown(what))).toMatchObject({ code: "NOT_FOUND" });
      expect((await server.api.run<any>(`query ($id: ID!) { node(id: $id) { id } }`, { id: unknown(what) })).node).toBeNull();
    }
  });

  it("nothing of a rule changes when a part of the change is wrong", async () => {
    expect(await change("update", "AlertRule", { name: "Other", stop: true, contactIds: [ids.ann, unknown("Contact")] }, ids.rule)).toMatchObject({ issues: [{ path: "contactIds.1" }] });
    expect(await change("update", "AlertRule", { name: "Other", matchers: matcher("type", "EQUALS", "nothing like it") }, ids.rule)).toMatchObject({ issues: [{ path: "matchers.0.value" }] });
    expect((await server.api.run<any>(`query ($id: ID!) { alertRule(id: $id) { ${RULE} } }`, { id: ids.rule })).alertRule).toMatchObject({ name: "Rule", stop: false, contacts: [{ name: "Ann" }], matchers: [] });
  });

  it("what matches nothing is taken, and said", async () => {
    const both = [...WEB, { field: "service", operator: "EQUALS", value: "db" }];
    expect(await change("create", "AlertRule", { name: "Never", matchers: both, contactIds: [ids.ann] })).toMatchObject({
      alertRule: { matchesNothing: true },
      warnings: ["No event can match: the matchers contradict each other.", "It leads to no channel."],
    });
  });
});
