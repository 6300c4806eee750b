import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { createManualClock } from "./manualClock.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";
import { createCustomer } from "./planted.ts";

/** Problems that nobody takes on, by a whole server: who is told when. The clock is turned by hand from noon UTC on. */

const MINUTE = 60_000;
const ERROR = "... on Error { code message } ... on ValidationError { issues { path message } }";

/** A channel that hears of nothing by itself. */
const SILENT = { onlyByRules: true };

function callsOf(api: ApiClient) {
  const run = async (mutation: string, variables: object) => Object.values(await api.run<any>(mutation, variables))[0] as any;
  return {
    createPolicy: (input: object) => run(`mutation ($input: CreateEscalationPolicyInput!) { createEscalationPolicy(input: $input) { __typename ... on CreateEscalationPolicyPayload { escalationPolicy { id name rounds reminder steps { delay channels { name } contacts { name } groups { name } } } } ${ERROR} } }`, { input }),
    updatePolicy: (id: string, input: object) => run(`mutation ($id: ID!, $input: UpdateEscalationPolicyInput!) { updateEscalationPolicy(id: $id, input: $input) { __typename ... on UpdateEscalationPolicyPayload { escalationPolicy { name rounds steps { delay } } } ${ERROR} } }`, { id, input }),
    deletePolicy: (id: string) => run(`mutation ($id: ID!) { deleteEscalationPolicy(id: $id) { __typename ... on DeleteEscalationPolicyPayload { endedCount } ... on Error { code message } } }`, { id }),
    createRule: async (input: object) => expect(await run(`mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename ${ERROR} } }`, { input })).toEqual({ __typename: "CreateAlertRulePayload" }),
    acknowledge: (id: string, note?: string) => run(`mutation ($id: ID!, $note: String) { acknowledgeCondition(id: $id, note: $note) { __typename ... on AcknowledgeConditionPayload { condition { acknowledgement { at by note } } } ${ERROR} } }`, { id, note }),
    unacknowledge: (id: string) => run(`mutation ($id: ID!) { unacknowledgeCondition(id: $id) { __typename ... on Error { code message } } }`, { id }),
    conditions: async (filter: object = {}) => (await api.run<any>(`query ($filter: ConditionFilter) { conditions(filter: $filter) { nodes { id title status acknowledgement { by note } escalations { policy { name } step round nextAt notices { at step round reminder channelName contactName delivery { state reason } } } } } }`, { filter })).conditions.nodes as any[],
  };
}

async function setUp(options: { dataDir?: string; env?: Record<string, string>; at?: string } = {}) {
  const server = await startTestServer({ ...options, clock: createManualClock(options.at ? new Date(options.at) : undefined) });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const calls = callsOf(server.api);

  /** A webhook of that name with a receiver of its own. */
  async function hook(name: string, more: object = SILENT) {
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const id = await server.api.createChannel(name, { webhook: { url: receiver.url } }, more);
    const got = () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as { title: string; message: string; acknowledgeUrl?: string });
    return { id, got, titles: () => got().map(({ title }) => title), receiver };
  }

  /** Every problem is escalated by a policy of these steps. */
  async function policy(steps: object[], more: object = {}): Promise<string> {
    const { escalationPolicy, ...wrong } = await calls.createPolicy({ name: "On call", steps, ...more });
    expect(wrong).toEqual({ __typename: "CreateEscalationPolicyPayload" });
    await calls.createRule({ name: "All", matchers: [], escalationPolicyId: escalationPolicy.id });
    return escalationPolicy.id;
  }
  return { server, ...calls, hook, policy };
}

/** Turns the clock and waits for what that sets off. A message still on its way would run out of time, and be sent again. */
async function pass(server: TestServer, ms: number): Promise<void> {
  await server.api.settled();
  server.clock.advance(ms);
  await server.api.run("{ settings { historyDays } }");
  await server.idle();
  server.clock.advance(1);
  await server.api.settled();
}

const down = (more = {}) => ({ type: "service.health.down", service: "web", title: "web is down", ...more });
const up = { type: "service.health.recovered", service: "web", title: "web is back" };

describe("a policy", () => {
  it("tells its steps one after another, round by round, until the problem is over; all who were told hear of that", async () => {
    const { server, hook, policy, conditions } = await setUp();
    const [first, second, other] = [await hook("First"), await hook("Second"), await hook("Other")];
    await policy([{ delay: "PT5M", channelIds: [first.id] }, { delay: "PT10M", channelIds: [first.id, second.id] }]);
    await server.api.emit(down());
    await pass(server, 4 * MINUTE);
    expect(first.titles()).toEqual([]);
    await pass(server, MINUTE);
    await eventually(() => first.titles().length === 1);
    expect(first.got()[0]).toMatchObject({ title: "Nobody has it: web is down", message: expect.stringContaining("and nobody has taken it on (On call, step 1).") });
    expect(second.titles()).toEqual([]);
    await pass(server, 10 * MINUTE);
    await eventually(() => first.titles().length === 2 && second.titles().length === 1);
    await pass(server, 5 * MINUTE);
    await eventually(() => first.titles().length === 3);
    await server.api.settled();
    const [condition] = await conditions();
    expect(condition.escalations).toMatchObject([{ policy: { name: "On call" }, step: 2, round: 2 }]);
    expect(condition.escalations[0].notices.map(({ step, round, channelName }: any) => [step, round, channelName])).toEqual([[1, 2, "First"], [2, 1, "Second"], [2, 1, "First"], [1, 1, "First"]]);
    await eventually(async () => (await conditions())[0].escalations[0].notices.every(({ delivery }: any) => delivery.state === "SENT"));
    await server.api.emit(up);
    await eventually(() => first.titles().length === 4 && second.titles().length === 2);
    expect([first.titles().at(-1), second.titles().at(-1), other.titles()]).toEqual(["web is back", "web is back", []]);
    await pass(server, 60 * MINUTE);
    expect((await conditions())[0].escalations[0].nextAt).toBeNull();
    expect(first.titles()).toHaveLength(4);
    // It comes again: a new problem, escalated anew.
    await server.api.emit(down());
    await pass(server, 5 * MINUTE);
    await eventually(() => first.titles().length === 5);
  });

  it("ends after its rounds, and works though no channel takes the problem", async () => {
    const { server, hook, policy, conditions } = await setUp();
    const first = await hook("First");
    const { channels } = await server.api.run<any>(`{ channels { nodes { id name } } }`);
    await server.api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: channels.nodes.find(({ name }: any) => name === "Inbox").id });
    await policy([{ delay: "PT0S", channelIds: [first.id] }], { rounds: 1 });
    expect((await server.api.emit(down())).decision).toMatchObject({ because: "NO_CHANNEL" });
    await pass(server, 1);
    await eventually(() => first.titles().length === 1);
    await pass(server, 60 * MINUTE);
    await server.api.emit(down());
    await pass(server, 60 * MINUTE);
    expect(first.titles()).toHaveLength(1);
    expect((await conditions())[0].escalations).toMatchObject([{ nextAt: null }]);
  });

  it("tells each channel once a step, however many ways lead to it, and says who it is told for", async () => {
    const { server, hook, policy, conditions } = await setUp();
    const { createContact } = await server.api.run<any>(`mutation { createContact(input: { name: "Ann", severities: [INFO] }) { ... on CreateContactPayload { contact { id } } } }`);
    const contactId = createContact.contact.id;
    const own = await hook("Ann's phone", { contactId });
    const { createContactGroup } = await server.api.run<any>(`mutation ($ids: [ID!]) { createContactGroup(input: { name: "Ops", contactIds: $ids }) { ... on CreateContactGroupPayload { contactGroup { id } } } }`, { ids: [contactId] });
    await policy([{ delay: "PT1M", contactIds: [contactId], groupIds: [createContactGroup.contactGroup.id], channelIds: [own.id] }]);
    await server.api.emit(down());
    await pass(server, MINUTE);
    await eventually(() => own.titles().length === 1);
    expect((await conditions())[0].escalations[0].notices).toMatchObject([{ channelName: "Ann's phone", contactName: "Ann" }]);
  });

  it("waits while the problem is silenced, and goes on after; quiet hours do not hold it", async () => {
    const { server, hook, policy } = await setUp();
    const first = await hook("First", { ...SILENT, quietHours: { timeZone: "UTC", windows: [{ start: "11:00", end: "23:00" }] } });
    await policy([{ delay: "PT5M", channelIds: [first.id] }]);
    await server.api.emit(down({ severity: "WARNING" }));
    await server.api.run(`mutation { createSilence(input: { matchers: [{ field: "service", operator: EQUALS, value: "web" }], reason: "move", duration: "PT30M" }) { __typename } }`);
    for (let at = 0; at < 29; at += 1) await pass(server, MINUTE);
    expect(first.titles()).toEqual([]);
    for (let at = 0; at < 2; at += 1) await pass(server, MINUTE);
    await eventually(() => first.titles().length === 1);
  });

  it("goes on over a restart, and is late rather than forgotten", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "carillon-escalation-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const receiver = await startFakeHttp();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const startAt = async (time: string, work: (server: TestServer) => Promise<void>) => {
      await using server = await startTestServer({ dataDir, clock: createManualClock(new Date(time)) });
      await work(server);
    };
    await startAt("2026-03-01T12:00:00Z", async (server) => {
      const id = await server.api.createChannel("Hook", { webhook: { url: receiver.url } }, SILENT);
      const { createPolicy, createRule } = callsOf(server.api);
      const { escalationPolicy } = await createPolicy({ name: "On call", steps: [{ delay: "PT5M", channelIds: [id] }, { delay: "PT20M", channelIds: [id] }] });
      await createRule({ name: "All", matchers: [], escalationPolicyId: escalationPolicy.id });
      await server.api.emit(down());
      await pass(server, 5 * MINUTE);
      await eventually(() => receiver.requests.length === 1);
      await server.api.settled();
    });
    await startAt("2026-03-01T12:10:00Z", async (server) => {
      await pass(server, MINUTE);
      expect(receiver.requests).toHaveLength(1);
    });
    await startAt("2026-03-01T13:00:00Z", async () => void (await eventually(() => receiver.requests.length === 2)));
  });

  it("is refused with what is wrong, changed, and deleted with what it works on", async () => {
    const { server, hook, policy, createPolicy, updatePolicy, deletePolicy, conditions } = await setUp();
    const first = await hook("First");
    const steps = [{ delay: "PT5M", channelIds: [first.id] }];
    const wrong = async (input: object) => (await createPolicy({ name: "Wrong", steps, ...input })).issues?.map(({ path, message }: any) => `${path}: ${message}`);
    expect(await wrong({ steps: [] })).toEqual(["steps: must have at least one step"]);
    expect(await wrong({ steps: [{ delay: "PT5M" }] })).toEqual(["steps.0: must have at least one target: a channel, a contact or a group"]);
    expect(await wrong({ steps: [{ delay: "P31D", channelIds: [first.id, first.id] }] })).toEqual(["steps.0.delay: must be at most P30D", "steps.0: must name each target once"]);
    expect(await wrong({ steps: [{ delay: "PT5M", contactIds: [Buffer.from("Contact:x").toString("base64")] }] })).toEqual(["steps.0.contactIds.0: must be the id of a contact"]);
    expect(await wrong({ steps: Array.from({ length: 21 }, () => steps[0]) })).toEqual(["steps: must have at most 20 steps"]);
    expect(await wrong({ rounds: 101 })).toEqual(["rounds: must be from 1 to 100"]);
    expect(await wrong({ reminder: "PT1S" })).toEqual(["reminder: must be from PT1M to P30D"]);
    expect(await wrong({ steps: [{ delay: "PT0S", channelIds: [first.id] }] })).toEqual([expect.stringContaining("steps: must take at least a minute together")]);
    const id = await policy(steps);
    expect(await createPolicy({ name: "On call", steps })).toMatchObject({ code: "CONFLICT" });
    expect(await updatePolicy(id, { rounds: 3, steps: [{ delay: "PT1M", channelIds: [first.id] }] })).toMatchObject({ escalationPolicy: { name: "On call", rounds: 3, steps: [{ delay: "PT1M" }] } });
    await server.api.emit(down());
    await pass(server, MINUTE);
    await eventually(() => first.titles().length === 1);
    expect(await deletePolicy(id)).toEqual({ __typename: "DeleteEscalationPolicyPayload", endedCount: 1 });
    expect(await deletePolicy(id)).toMatchObject({ code: "NOT_FOUND" });
    // What it has left goes when the clock goes on; nothing of it is seen before.
    expect((await conditions())[0].escalations).toEqual([]);
    const seen = await server.api.run<any>(`query ($id: ID!) { escalationPolicy(id: $id) { name } node(id: $id) { id } escalationPolicies { totalCount nodes { name } } exportConfiguration { ... on ExportConfigurationPayload { document } } }`, { id });
    expect(seen).toMatchObject({ escalationPolicy: null, node: null, escalationPolicies: { totalCount: 0, nodes: [] } });
    expect(JSON.stringify(seen.exportConfiguration)).not.toContain("On call");
    expect(await createPolicy({ name: "On call", steps })).toMatchObject({ __typename: "CreateEscalationPolicyPayload" });
    await pass(server, 60 * MINUTE);
    expect(first.titles()).toHaveLength(1);
    expect((await conditions())[0].escalations).toEqual([]);
  });
});

describe("a problem that somebody has taken on", () => {
  it("is escalated no further, nor told of again, until it is given back", async () => {
    const { server, hook, policy, conditions, acknowledge, unacknowledge } = await setUp();
    const [first, all] = [await hook("First"), await hook("All", {})];
    await policy([{ delay: "PT5M", channelIds: [first.id] }]);
    await server.api.emit(down({ severity: "WARNING" }));
    const [{ id }] = (await conditions()) as [any];
    expect(await acknowledge(id, "  On my way ")).toEqual({ __typename: "AcknowledgeConditionPayload", condition: { acknowledgement: { at: "2026-03-01T12:00:00.000Z", by: expect.any(String), note: "On my way" } } });
    expect(await conditions({ acknowledged: true })).toHaveLength(1);
    expect(await conditions({ acknowledged: false })).toEqual([]);
    await pass(server, 120 * MINUTE);
    expect((await server.api.emit(down({ severity: "WARNING" }))).decision).toMatchObject({ action: "SUPPRESS", because: "ACKNOWLEDGED" });
    expect((await server.api.emit(down({ severity: "CRITICAL" }))).decision).toMatchObject({ action: "SEND", reason: "ESCALATED" });
    await eventually(() => all.titles().length === 2);
    expect([first.titles(), all.titles()]).toEqual([[], ["web is down", "Worse: web is down"]]);
    expect(await unacknowledge(id)).toEqual({ __typename: "UnacknowledgeConditionPayload" });
    expect(await unacknowledge(id)).toMatchObject({ code: "CONFLICT", message: "Nobody has taken this condition on." });
    await pass(server, 5 * MINUTE);
    await eventually(() => first.titles().length === 1);
    await server.api.emit(up);
    await eventually(() => first.titles().length === 2);
    expect(await acknowledge(id)).toMatchObject({ code: "CONFLICT", message: "This condition is closed already." });
    expect(await acknowledge(id, "x".repeat(501))).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "note" }] });
  });

  it("is told of again as a reminder, and escalated anew when that has no answer", async () => {
    const { server, hook, policy, conditions, acknowledge } = await setUp();
    const first = await hook("First");
    await policy([{ delay: "PT5M", channelIds: [first.id] }], { reminder: "PT1H" });
    await server.api.emit(down());
    await pass(server, 5 * MINUTE);
    await eventually(() => first.titles().length === 1);
    const [{ id }] = (await conditions()) as [any];
    await acknowledge(id);
    await pass(server, 60 * MINUTE);
    await eventually(() => first.titles().length === 2);
    expect(first.got()[1]).toMatchObject({ title: "Not over yet: web is down", message: expect.stringMatching(/took it on at 2026-03-01 12:05 UTC/) });
    // Whoever answers has as long again.
    await acknowledge(id, "still at it");
    await pass(server, 60 * MINUTE);
    await eventually(() => first.titles().length === 3);
    await pass(server, 60 * MINUTE);
    await eventually(async () => (await conditions())[0].acknowledgement === null);
    await pass(server, 5 * MINUTE);
    await eventually(() => first.titles().length === 4);
    expect(first.titles().at(-1)).toBe("Nobody has it: web is down");
    expect((await conditions())[0].escalations[0].notices.filter(({ channelName }: any) => channelName === "First").map(({ reminder }: any) => reminder)).toEqual([false, true, true, false]);
  });
});

describe("a customer's channel", () => {
  it("is not told who of the server's people has its problem; a customer's policy reminds nobody else", async () => {
    const { server, hook, policy, conditions, acknowledge } = await setUp();
    await server.api.run("mutation { updateSettings(input: { customerPortal: true }) { __typename } }");
    const acme = (await createCustomer(server, "acme")).people;
    const inbox = await acme.createChannel("Inbox", { inbox: true }, SILENT);
    const first = await hook("First");
    await policy([{ delay: "PT5M", channelIds: [first.id, inbox] }], { reminder: "PT1H" });
    const own = callsOf(acme);
    const { escalationPolicy } = await own.createPolicy({ name: "Own", steps: [{ delay: "PT6M", channelIds: [inbox] }], reminder: "PT2H" });
    await own.createRule({ name: "Own", matchers: [], escalationPolicyId: escalationPolicy.id });
    await server.api.emit(down({ customer: "acme" }));
    // What does not concern services is not escalated to customers by whatever rules.
    await server.api.emit({ type: "split_brain", customer: "acme", source: "cluster", title: "Brain is split" });
    await pass(server, 5 * MINUTE);
    await pass(server, MINUTE);
    await acknowledge((await conditions({ customers: ["acme"], types: ["service.health.down"] }))[0].id);
    await pass(server, 60 * MINUTE);
    await pass(server, 60 * MINUTE);
    const bodies = async () => (await acme.run<any>("{ inbox { nodes { title body } } }")).inbox.nodes.filter(({ title }: any) => title.startsWith("Not over yet")).map(({ body }: any) => body as string);
    await eventually(async () => (await bodies()).length === 2);
    for (const body of await bodies()) expect(body).toContain("The operator took it on at");
    expect(JSON.stringify((await acme.run("{ inbox { nodes { title body } } }")))).not.toMatch(/On call|split/);
    await eventually(() => first.titles().includes("Not over yet: web is down"));
    const [{ escalations }] = await conditions({ types: ["service.health.down"] }) as [any];
    const notices = escalations.find(({ policy: { name } }: any) => name === "Own").notices;
    expect(notices.map(({ channelName }: any) => channelName)).toEqual(["Inbox", "Inbox"]);
    expect((await conditions({ types: ["cluster.split_brain"] }))[0].escalations.map(({ policy: { name } }: any) => name)).toEqual(["On call"]);
  });
});

describe("a link in a message", () => {
  const PUBLIC_URL = "https://alerts.example.com/carillon/";

  async function withLink(options: Parameters<typeof setUp>[0] = {}) {
    const made = await setUp({ env: { PUBLIC_URL }, ...options });
    const all = await made.hook("All", {});
    await made.server.api.emit(down());
    await eventually(() => all.got().length === 1);
    const url = all.got()[0]?.acknowledgeUrl ?? "";
    const path = (of: string) => of.slice("https://alerts.example.com/carillon".length);
    const open = async (of: string, init: RequestInit = {}) => {
      const response = await fetch(made.server.url + path(of), init);
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    return { ...made, all, url, open, press: (of: string) => open(of, { method: "POST" }) };
  }

  it("takes the problem on by its button, once, and not by being looked at", async () => {
    const { url, open, press, all, conditions, server } = await withLink();
    expect(url).toMatch(/^https:\/\/alerts\.example\.com\/carillon\/acknowledge\/[\w-]{22}\.[0-9a-z]+\.[\w-]{22}$/);
    expect(all.got()[0]?.message).toContain(`Acknowledge: ${url}`);
    for (let at = 0; at < 2; at += 1) {
      const { status, text, headers } = await open(url);
      expect([status, text]).toEqual([200, expect.stringMatching(/web is down[^]*<form method="post"><button/)]);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
    }
    expect((await conditions())[0].acknowledgement).toBeNull();
    expect(await press(url)).toMatchObject({ status: 200, text: expect.stringContaining("You have taken it on, as All.") });
    expect((await conditions())[0].acknowledgement).toEqual({ by: "All by link", note: null });
    expect(await press(url)).toMatchObject({ status: 410, text: expect.stringContaining("This link was used before.") });
    expect(await open(url)).toMatchObject({ status: 410 });
    await server.api.emit(up);
    await eventually(() => all.got().length === 2);
    expect(all.got()[1]).not.toHaveProperty("acknowledgeUrl");
  });

  it("does nothing when it is changed, too old, or the problem is over, and says so without telling of anything else", async () => {
    const { url, press, open, server, conditions } = await withLink();
    const [, id = "", expiry = "", mac = ""] = /acknowledge\/([^.]+)\.([^.]+)\.(.+)$/.exec(url) ?? [];
    const base = url.slice(0, url.indexOf(id));
    const later = (Number.parseInt(expiry, 36) + 86_400).toString(36);
    const wrong = [`${base}${id}.${later}.${mac}`, `${base}${id}.${expiry}.${mac.slice(0, -1)}${mac.endsWith("A") ? "B" : "A"}`, `${base}${id}`, base, `${base}${"A".repeat(22)}.${expiry}.${mac}`, `${base}%00`, `${base}../x`];
    for (const one of wrong) {
      const { status, text } = await press(one);
      expect([one, status]).toEqual([one, 404]);
      expect(text).not.toContain("web is down");
    }
    expect((await open(url, { method: "DELETE" })).status).toBe(405);
    expect((await conditions())[0].acknowledgement).toBeNull();
    await server.api.emit(up);
    expect(await press(url)).toMatchObject({ status: 410, text: expect.stringContaining("The problem is over") });
    server.clock.advance(8 * 24 * 60 * MINUTE);
    const old = await press(url);
    expect([old.status, old.text]).toEqual([410, expect.stringContaining("has expired")]);
    expect(old.text).not.toContain("web is down");
  });

  it("is masked in the history, and is in nothing that many can read", async () => {
    const { url, server, all } = await withLink();
    const secret = url.slice(url.lastIndexOf("/") + 1);
    await eventually(async () => (await server.api.history()).length >= 2);
    const bodies = (await server.api.history()).map(({ body }) => body);
    expect(bodies.some((body) => body.includes("/acknowledge/…"))).toBe(true);
    const { inbox } = await server.api.run<any>(`{ inbox { nodes { body } } }`);
    expect(inbox.nodes).toHaveLength(1);
    expect(JSON.stringify([bodies, inbox])).not.toContain(secret.slice(0, 20));
    all.receiver.script = [({ body }) => ({ status: 400, body: `cannot take ${body.toString()}` })];
    await server.api.emit(down({ service: "db" }));
    await eventually(async () => (await server.api.history()).some(({ outcome }) => outcome === "PERMANENT"));
    expect((await server.api.history()).map(({ error }) => error ?? "").join(" ")).not.toMatch(/acknowledge\/[\w-]{10}/);
  });

  it("may be tried only so often", async () => {
    const { url, open } = await withLink();
    const statuses = new Set<number>();
    for (let at = 0; at < 40; at += 1) statuses.add((await open(`${url}x`)).status);
    expect([...statuses]).toEqual([404, 429]);
  });

  it("is in no message while the server does not know its own address", async () => {
    const { server, hook } = await setUp();
    const all = await hook("All", {});
    await server.api.emit(down());
    await eventually(() => all.got().length === 1);
    expect(JSON.stringify(all.got())).not.toContain("cknowledge");
  });
});
