import { expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

it("finds events, problems and attempts by any name of their type, by severities and by a minimum", async () => {
  await using server = await startTestServer();
  const { api } = server;
  await api.emit({ type: "deploy.success", service: "shop" });
  await api.emit({ type: "disk_space_low", source: "web-1", value: 95 });
  await api.emit({ type: "service.health.down", service: "shop", severity: "CRITICAL" });
  await eventually(async () => (await api.history()).length === 3);
  const ask = (filter: string) =>
    api.run<any>(`{ events(filter: ${filter}) { nodes { type } } history(filter: ${filter}) { nodes { type } } conditions(filter: ${filter}) { nodes { type } } }`);
  const typesIn = ({ nodes }: { nodes: { type: string }[] }) => nodes.map(({ type }) => type).sort();

  const named = await ask(`{ types: ["Disk usage high", "service.health.down"] }`);
  for (const list of [named.events, named.history, named.conditions]) expect(typesIn(list)).toEqual(["disk.space_low", "service.health.down"]);
  const above = await ask(`{ minimumSeverity: WARNING }`);
  for (const list of [above.events, above.history, above.conditions]) expect(typesIn(list)).toEqual(["disk.space_low", "service.health.down"]);
  const both = await ask(`{ severities: [INFO, CRITICAL], minimumSeverity: WARNING }`);
  for (const list of [both.events, both.history, both.conditions]) expect(typesIn(list)).toEqual(["service.health.down"]);
  const none = await ask(`{ severities: [INFO], minimumSeverity: CRITICAL }`);
  for (const list of [none.events, none.history, none.conditions]) expect(typesIn(list)).toEqual([]);
});

it("finds channels by name, kind and whether they are on", async () => {
  await using server = await startTestServer();
  await server.api.createChannel("Standard output", { log: true });
  await server.api.createChannel("Off", { log: true }, { enabled: false });
  const names = async (filter: string) => (await server.api.run<any>(`{ channels(filter: ${filter}) { totalCount nodes { name } } }`)).channels;
  expect(await names(`{ kinds: [LOG] }`)).toEqual({ totalCount: 2, nodes: [{ name: "Standard output" }, { name: "Off" }] });
  expect(await names(`{ kinds: [LOG], enabled: true }`)).toEqual({ totalCount: 1, nodes: [{ name: "Standard output" }] });
  expect(await names(`{ names: ["Inbox", "none"] }`)).toEqual({ totalCount: 1, nodes: [{ name: "Inbox" }] });
  expect(await names(`{ customers: ["acme"] }`)).toEqual({ totalCount: 0, nodes: [] });
});

it("leads from an inbox message to its event, from a rule to its policy and back, and from a problem to the one that accounts for it", async () => {
  await using server = await startTestServer();
  const { api } = server;
  const inbox = (await api.run<any>(`{ channels { nodes { id } } }`)).channels.nodes[0].id;
  const made = await api.run<any>(`mutation ($steps: [EscalationStepInput!]!) { createEscalationPolicy(input: { name: "On call", steps: $steps, rounds: 1 }) { ... on CreateEscalationPolicyPayload { escalationPolicy { id } } } }`, { steps: [{ delay: "PT5M", channelIds: [inbox] }] });
  const policy = made.createEscalationPolicy.escalationPolicy.id;
  await api.run(`mutation ($policy: ID!) { createAlertRule(input: { name: "All", matchers: [], escalationPolicyId: $policy }) { __typename } }`, { policy });
  expect(await api.run(`{ alertRules { nodes { name escalationPolicy { name rules { name } } } } }`)).toEqual({ alertRules: { nodes: [{ name: "All", escalationPolicy: { name: "On call", rules: [{ name: "All" }] } }] } });

  await api.run(`mutation { createInhibitionRule(input: { name: "Node", whileOpen: ["node.disconnect"], matchers: [{ field: "category", operator: EQUALS, value: "services" }], sameFields: ["source"] }) { __typename } }`);
  const node = await api.emit({ type: "node.disconnect", source: "pve1" });
  await api.emit({ type: "service.health.down", source: "pve1", service: "shop" });
  const { conditions } = await api.run<any>(`{ conditions(filter: { types: ["service.health.down"] }) { nodes { inhibitedBy { type title } } } }`);
  expect(conditions.nodes).toEqual([{ inhibitedBy: { type: "node.disconnect", title: node.event?.title } }]);

  const items = await eventually(async () => {
    const { nodes } = (await api.run<any>(`{ inbox { nodes { event { id } } } }`)).inbox;
    return nodes.length > 0 && nodes;
  });
  expect(items).toEqual([{ event: { id: node.event?.id } }]);
});

it("pages through the events of each problem, from either end, whichever others are asked for beside it", async () => {
  await using server = await startTestServer();
  const { api } = server;
  for (const title of ["one", "two", "three"]) for (const service of ["shop", "mail"]) await api.emit({ type: "service.health.down", service, title: `${service} ${title}` });
  const page = async (args: string) => {
    const { conditions } = await api.run<any>(`{ conditions { nodes { service events(${args}) { pageInfo { hasNextPage hasPreviousPage endCursor } nodes { title } } again: events(first: 1) { nodes { title } } } } }`);
    for (const { service, again } of conditions.nodes) expect(again.nodes).toEqual([{ title: `${service} three` }]);
    return conditions.nodes.find(({ service }: { service: string }) => service === "shop").events;
  };
  const titles = ({ nodes }: { nodes: { title: string }[] }) => nodes.map(({ title }) => title);

  const newest = await page("first: 2");
  expect(titles(newest)).toEqual(["shop three", "shop two"]);
  expect(newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const rest = await page(`first: 2, after: "${newest.pageInfo.endCursor}"`);
  expect(titles(rest)).toEqual(["shop one"]);
  expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  expect(titles(await page("last: 2"))).toEqual(["shop two", "shop one"]);
  expect(titles(await page("first: 3"))).toEqual(["shop three", "shop two", "shop one"]);
  expect(await page("first: 0")).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true } });
});

it("says of a type that nobody knows which ones are near, also when it is only simulated", async () => {
  await using server = await startTestServer();
  const simulate = async (type: string) => (await server.api.run<any>(`query ($input: EmitEventInput!) { simulateEvent(input: $input) { ... on SimulateEventPayload { nearestTypes } } }`, { input: { type } })).simulateEvent.nearestTypes;
  expect(await simulate("bakup.failure")).toContain("backup.failure");
  expect(await simulate("backup_fail")).toBeNull();
});

it("warns of settings of a trigger that can hardly be meant", async () => {
  await using server = await startTestServer();
  const off = await server.api.createChannel("Off", { log: true }, { enabled: false });
  const warnings = async (type: string, input: object) =>
    (await server.api.run<any>(`mutation ($type: String!, $input: UpdateTriggerInput!) { updateTrigger(eventType: $type, input: $input) { ... on UpdateTriggerPayload { warnings } } }`, { type, input })).updateTrigger.warnings;
  expect(await warnings("deploy.success", { hold: "PT5M" })).toEqual([expect.stringMatching(/^The hold concerns only events that are sent with the status FIRING/)]);
  expect(await warnings("service.health.recovered", { cooldown: "PT5M" })).toEqual([expect.stringMatching(/^The cooldown has no effect/)]);
  expect(await warnings("disk.space_low", { steps: [80, 120], channelIds: [off] })).toEqual(["The step 120 % is outside of 0 to 100 %: no value reaches it.", expect.stringMatching(/switched on: nobody gets it/)]);
  expect(await warnings("service.health.down", { hold: "PT5M", cooldown: "PT1H" })).toEqual([]);
});

it("tells what is wrong with a time, a cursor and a text in words that say what would be right", async () => {
  await using server = await startTestServer();
  const { api } = server;
  const messageOf = async (query: string, variables?: object) => (await api.raw(query, variables)).body.errors?.[0]?.message;
  const emit = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename } }`;
  const time = "DateTime must be a moment as ISO 8601 with an offset, e.g. 2026-01-31T12:00:00Z.";
  for (const occurredAt of ["yesterday", "2026-01-31T12:00:00", 5]) expect(await messageOf(emit, { input: { type: "custom", occurredAt } })).toContain(`at "input.occurredAt"; ${time}`);
  expect(await messageOf(`{ events(filter: { from: "soon" }) { totalCount } }`)).toBe(time);
  for (const list of ["channels", "events", "conditions"]) expect(await messageOf(`{ ${list}(after: "abc") { nodes { id } } }`)).toBe("after or before: must be a cursor that this server gave for the same list.");

  await api.emit({ type: "service.health.down", service: "shop" });
  const { conditions } = await api.run<any>(`{ conditions { nodes { id } } }`);
  const { resolveCondition } = await api.run<any>(`mutation ($id: ID!, $message: String) { resolveCondition(id: $id, message: $message) { ... on ValidationError { issues { path } } } }`, { id: conditions.nodes[0].id, message: "x".repeat(20_001) });
  expect(resolveCondition).toEqual({ issues: [{ path: "message" }] });
  const { markInboxRead } = await api.run<any>(`mutation ($ids: [ID!]) { markInboxRead(ids: $ids) { ... on ValidationError { issues { path code } } } }`, { ids: Array.from({ length: 1001 }, () => Buffer.from("InboxItem:x").toString("base64")) });
  expect(markInboxRead.issues).toEqual([{ path: "ids", code: "too_big" }]);
});

it("answers HEAD as GET, and another method by naming the right one", async () => {
  await using server = await startTestServer();
  for (const path of ["/health", "/ready", "/metrics"]) expect((await fetch(`${server.url}${path}`, { method: "HEAD" })).status).toBe(200);
  const wrong = await fetch(`${server.url}/v1/events`);
  expect([wrong.status, wrong.headers.get("allow"), await wrong.json()]).toEqual([405, "POST", { error: { code: "METHOD_NOT_ALLOWED", message: "/v1/events takes POST only." } }]);
  expect((await fetch(`${server.url}/health`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${server.url}/v1/nothing`)).status).toBe(404);
});
