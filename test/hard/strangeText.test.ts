import { describe, expect, it } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { telegramCase } from "../channels/telegram.contract.ts";
import { CANARY } from "../channels/case.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";

/** Text that means something to somebody on the way is literal text to everybody. */
const MARKUP = [
  `<script>alert("x")</script>`,
  `<b>bold</b> & <i>italic</i> &amp; &lt;`,
  `{{service}} {{ details.a }} {{constructor.constructor("return process")()}}`,
  `{% raw %}{{x}}{% endraw %} {% for i in (1..9) %}x{% endfor %}`,
  "${process.env.SECRET_KEY} #{x} <%= x %> %s %d $(id) `id`",
  `'; DROP TABLE "Event"; -- \\ " '`,
  `*bold* _it_ ~no~ [link](javascript:alert(1)) <!channel> @everyone <@U123>`,
  `\u202Ereversed \u200bnothing ü 日本 👩‍👩‍👧‍👦 e\u0301`,
];

describe.each(MARKUP)("%j", (markup) => {
  it("arrives as it is, escaped for each receiver", async () => {
    await using server = await startTestServer();
    const { api } = server;
    await using hook = await startFakeHttp();
    await using telegram = await startFakeHttp(telegramCase.accept);
    await using smtp = await startSmtpSink({ tls: "NONE" });
    await api.createChannel("hook", { webhook: { url: hook.url } });
    await api.createChannel("chat", { telegram: { botToken: `123456789:${CANARY}`, chatId: "-1001", apiBaseUrl: telegram.url } });
    await api.createChannel("mail", { email: { host: smtp.host, port: smtp.port, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } });

    const event = { type: "custom", title: `T ${markup}`, message: `M ${markup}\nline two`, service: `S ${markup}`, source: markup, customer: markup, details: { [`k ${markup}`]: { inner: [markup] }, plain: markup }, dedupKey: markup, idempotencyKey: markup };
    const result = await api.emit(event);
    expect(result).toMatchObject({ __typename: "EmitEventPayload", event: { title: event.title, message: event.message } });

    // Webhook: JSON with the text as it came; only what turns the direction of other text is taken out of lines for people.
    const shown = (text: string) => text.replace(/[\u202A-\u202E]/g, "");
    await eventually(() => hook.requests.length === 1);
    expect(JSON.parse(hook.requests[0]?.body.toString() ?? "")).toMatchObject({ service: event.service, customer: markup, details: event.details, title: shown(event.title), message: shown(event.message) });

    // Telegram: its HTML, read as strictly as Telegram does, shows the same.
    await eventually(() => telegram.requests.length === 1);
    expect(telegram.complaints).toEqual([]);
    const html = (JSON.parse(telegram.requests[0]?.body.toString() ?? "") as { text: string }).text;
    const visible = html.replace(/<\/?[a-z]+>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("\u2060", "");
    expect(visible).toContain(shown(event.message));

    // Mail: the same in its text part, and no element of the producer's in its HTML part.
    const [mail] = await smtp.waitFor(1);
    expect(smtp.violations).toEqual([]);
    expect(mail?.parsed.text?.replaceAll("\r\n", "\n")).toContain(shown(event.message));
    expect(mail?.parsed.html).not.toMatch(/<(script|b|i|a)\b/i);

    // The server's own records.
    const data = await api.run<any>(`{ inbox { nodes { title body } } events { nodes { title message service source customer details dedupKey } } history { nodes { channelName outcome title } } }`);
    const { type: _, idempotencyKey: __, ...stored } = event;
    expect(data.events.nodes[0]).toEqual(stored);
    expect(data.inbox.nodes).toHaveLength(1);
    expect(data.inbox.nodes[0].title).toBe(shown(event.title));
    expect(data.inbox.nodes[0].body).toContain(shown(event.message));
    await eventually(async () => (await api.history({ outcomes: ["DELIVERED"] })).length === 4);
  });
});

it("takes the same text for names and labels, and shows it as it is", async () => {
  await using server = await startTestServer();
  const { api } = server;
  for (const markup of MARKUP) {
    const id = await api.createChannel(`C ${markup}`.slice(0, 100), { log: true }, { displayName: markup.slice(0, 100), services: [markup], customers: [markup] });
    const { node } = await api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Channel { name displayName services customers } } }`, { id });
    expect(node).toEqual({ name: `C ${markup}`.slice(0, 100).trim(), displayName: markup.slice(0, 100).trim(), services: [markup], customers: [markup] });
    await api.run(`mutation ($text: String!) { createAccessToken(input: { name: $text, role: VIEWER }) { ... on Error { message } } updateSettings(input: { displayName: $text }) { ... on Error { message } } }`, { text: markup.slice(0, 100) });
    const { settings, accessTokens } = await api.run<any>(`{ settings { displayName } accessTokens { name } }`);
    expect(settings.displayName).toBe(markup.slice(0, 100).trim());
    expect(accessTokens.at(-1).name).toBe(markup.slice(0, 100).trim());
  }
});

describe("an unknown event type", () => {
  const TYPES = ["backup.failur", "Bakup Failed", "order.payment_failed", `<b>${"x".repeat(90)}`, "{{x}}", "__proto__", "constructor", "toString", "日本", "...", "🔔"];

  it.each(TYPES)("%j is taken in and registered under custom", async (type) => {
    await using server = await startTestServer();
    const result = await server.api.emit({ type, service: "s" });
    expect(result.__typename).toBe("EmitEventPayload");
    const { eventType } = await server.api.run<any>(`query ($name: String!) { eventType(name: $name) { name category builtIn } }`, { name: result.event?.type });
    expect(eventType).toMatchObject({ category: "custom" });
    expect(result.nearestTypes).toEqual(expect.any(Array));
    if (/ba.?kup/i.test(type)) expect(result.nearestTypes).toContain("backup.failure");
    // Known by now: no second registration, and nothing more to say about it.
    expect(await server.api.emit({ type: result.event?.type, service: "t" })).toMatchObject({ __typename: "EmitEventPayload", nearestTypes: null });
    const rest = await server.api.post("/v1/events", { type: `${type}2` });
    expect(rest.status).toBe(202);
    expect(rest.body.nearestTypes).toEqual(expect.any(Array));
  });

  it.each(TYPES)("%j is refused where the server is set so, with the nearest names", async (type) => {
    await using server = await startTestServer();
    const { api } = server;
    await api.run(`mutation { updateSettings(input: { unknownEventTypes: REFUSE }) { __typename } }`);
    const result = await api.emit({ type });
    expect(result).toMatchObject({ __typename: "OtherError", code: "UNKNOWN_EVENT_TYPE" });
    expect(result.message).toMatch(/eventTypes query.*registerEventType/);
    if (/ba.?kup/i.test(type)) expect(result.message).toContain("backup.failure");
    const rest = await api.post("/v1/events", { type });
    expect(rest).toMatchObject({ status: 422, body: { error: { code: "UNKNOWN_EVENT_TYPE" } } });
    const { events, eventTypes } = await api.run<any>(`{ events { totalCount } eventTypes(category: "custom") { name } }`);
    expect({ events, eventTypes }).toEqual({ events: { totalCount: 0 }, eventTypes: [{ name: "custom" }] });
  });
});

it("keeps keys of details that mean something to JavaScript as keys", async () => {
  await using server = await startTestServer();
  const { api } = server;
  await using hook = await startFakeHttp();
  await api.createChannel("hook", { webhook: { url: hook.url } });
  const details = `{"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":1,"__proto__":{"polluted":1},"deep":{"__proto__":{"polluted":1},"a":1}}`;
  for (const [at, body] of [`{"type":"custom","title":"rest","details":${details}}`, `{"type":"system.problem","source":"s","details":${details.replace("{", '{"reason":"r",')}}`].entries()) {
    const rest = await api.post("/v1/events", body);
    expect(rest.status).toBe(202);
    await eventually(() => hook.requests.length === at + 1);
  }
  const graphql = await api.post("/graphql", `{"query":"mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename } }","variables":{"input":{"type":"custom","title":"graphql","details":${details}},"__proto__":{"polluted":1},"constructor":1}}`);
  expect(graphql.body).toEqual({ data: { emitEvent: { __typename: "EmitEventPayload" } } });
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  for (const event of (await api.run<any>(`{ events { nodes { details } } }`)).events.nodes) {
    expect(event.details).toMatchObject({ toString: "x", hasOwnProperty: 1 });
    expect(Object.keys(event.details)).toContain("constructor");
    expect(event.details.polluted).toBeUndefined();
  }
});
