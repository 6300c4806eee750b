import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, describe, expect, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { webhook } from "../../src/providers/webhook.ts";
import type { Message } from "../../src/render/message.ts";
import { startFake, unusedWays } from "./case.ts";
import { startFakeHttp } from "./fakeHttp.ts";
import { makeMessage, makeStage, makeStrange, NOW, STRANGE_TEXTS } from "./messages.ts";
import { webhookCase } from "./webhook.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const configOf = (settings: object, url = "https://x.example") => webhook.config.parse({ url, ...settings });

interface Sending {
  id?: string;
  now?: Date;
  contentType?: string;
}

async function sendBody(body: string, settings: object, { id = "msg_0001", now = NOW, contentType = "application/json" }: Sending = {}) {
  await using fake = await startFakeHttp();
  const config = configOf(settings, `${fake.url}/hook`);
  const message = makeMessage({ id });
  await webhook.send({ body, contentType }, { ...unusedWays, config, message, http, signal: new AbortController().signal, now });
  const [request] = fake.requests;
  if (!request) throw new Error("no request");
  return request;
}

/** Renders and sends, as the dispatcher does. */
async function deliver(message: Message, settings: object) {
  const { text, payload } = webhook.render(message, configOf(settings));
  return { text, request: await sendBody(payload.body, settings, { contentType: payload.contentType }) };
}

test("signatures are those of the published vectors, over the exact bytes", async () => {
  const body = '{"event":"alert.firing","id":"a1","n":2}';
  const request = await sendBody(body, { secret: "topsecret", signingSecret: SECRET }, { now: new Date(1_700_000_000_000) });
  expect(request.body.toString()).toBe(body);
  expect(request.headers).toMatchObject({
    "x-signature-256": "sha256=00450c4b8b058a977908d6d1ae576516fbd35cdfd2c54fbb58928ac7bc3937b2",
    "webhook-id": "msg_0001",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1,zCr9PEmTXF3N0gkWkSn149TARzDrvHTF5ghm6qrP2ps=",
  });
});

test("the Standard Webhooks library takes a whole message", async () => {
  const { text, payload } = webhook.render(makeMessage({ body: "äöü 👩‍🚀" }), configOf({}));
  const request = await sendBody(payload.body, { signingSecret: SECRET }, { id: "msg_2", now: new Date() });
  expect(new Webhook(SECRET).verify(request.body, request.headers as Record<string, string>)).toEqual(JSON.parse(text));
});

test("without secrets there are no signatures, but the id to know repeats by", async () => {
  const { headers, method } = await sendBody("{}", {});
  expect(method).toBe("POST");
  expect(headers).toMatchObject({ "webhook-id": "msg_0001", "x-carillon-delivery": "msg_0001", "x-carillon-event": "storage.disk.full" });
  expect(headers).not.toHaveProperty("x-signature-256");
  expect(headers).not.toHaveProperty("webhook-signature");
});

test("one-off events count once and have no condition", () => {
  const { text } = webhook.render(makeMessage({ condition: null }), configOf({}));
  expect(JSON.parse(text)).toMatchObject({ conditionId: null, count: 1, timestamp: "2026-03-01T11:59:58.123Z" });
});

test.each(Object.entries(STRANGE_TEXTS))("the built-in body takes strange text: %s", async (_, strange) => {
  await using fake = await startFake(webhookCase);
  const config = webhook.config.parse(webhookCase.goldenConfig?.(fake.url));
  const message = makeStrange(strange, true);
  const { payload } = webhook.render(message, config);
  await webhook.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
});

describe("a body template", () => {
  test("makes the body that is sent, signed and kept", async () => {
    const bodyTemplate = '{"text": "{% if recovered %}OK{% else %}{{ severity | downcase }}{% endif %}: {{ title }}\\n{{ message }}", "customer": {{ customer | json }}, "data": {{ details }}, "why": "{{ reason }}"}';
    const { text, request } = await deliver(makeStage("RECOVERY", "INFO", true), { bodyTemplate, secret: "topsecret" });
    expect(request.body.toString()).toBe(
      '{"text": "OK: Recovered: disk usage on pve1\\n/var is at 71 %. The problem lasted 1 hour.", "customer": null, ' +
        '"data": {"mount":"/var","percent":98,"nested":{"list":[1,null,true]}}, "why": "RECOVERY"}',
    );
    expect(text).toBe(request.body.toString());
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      "x-signature-256": `sha256=${createHmac("sha256", "topsecret").update(request.body).digest("hex")}`,
    });
  });

  test("may make any kind of body", async () => {
    const { request } = await deliver(makeMessage(), { bodyTemplate: "title={{ title }}&body={{ message }}&count={{ count }}", contentType: "application/x-www-form-urlencoded" });
    expect(request.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    const { title, body } = makeMessage();
    expect(Object.fromEntries(new URLSearchParams(request.body.toString()))).toEqual({ title, body, count: "1" });
  });

  test("names every field of the built-in body", () => {
    const builtIn = JSON.parse(webhook.render(makeMessage(), configOf({})).text) as object;
    const bodyTemplate = `{${Object.keys(builtIn).map((name) => `"${name}": {{ ${name} | json }}`).join(", ")}}`;
    expect(JSON.parse(webhook.render(makeMessage(), configOf({ bodyTemplate })).text)).toEqual(builtIn);
  });

  // Each is taken when it is saved, for the samples have no such text.
  test.each<[string, string, Partial<Message>, RegExp]>([
    ["gives invalid JSON", '{"a": {{ displayName | remove: "Rack" | json }}{% if title contains "Disk" %},{% endif %}}', {}, /not valid JSON/],
    ["fails", '{"a": "{% if title contains "Disk" %}{{ message | url_decode }}{% endif %}"}', {}, /\(line 1, column 38\)/],
    ["takes too long", '{"a": "{% if title contains "Disk" %}{% for a in (1..1000) %}{% for b in (1..900) %}{% assign c = b %}{% endfor %}{% endfor %}{% endif %}"}', {}, /too long|too much memory/],
    ["takes too much memory", '{"a": "{{ message | replace: "a", message }}"}', { body: "a".repeat(20_000) }, /too much memory/],
  ])("that %s costs the message its looks only", async (_, bodyTemplate, changes, problem) => {
    const message = makeMessage(changes);
    const contentType = "application/vnd.example+json";
    const { text, request } = await deliver(message, { bodyTemplate, contentType });
    const { templateError, ...rest } = JSON.parse(request.body.toString()) as Record<string, unknown>;
    expect(rest).toEqual(JSON.parse(webhook.render(message, configOf({})).text));
    expect(templateError).toMatch(/^The channel's body template failed, so this is the built-in body: .*\.$/);
    expect(templateError).toMatch(problem);
    expect(request.headers["content-type"]).toBe("application/json");
    expect(text).toBe(request.body.toString());
  });

  const indexes = "[numbers]".repeat(2000);
  const busy: Record<string, string> = {
    "nested loops": "{% for a in (1..100000) %}{% for b in (1..100000) %}{% endfor %}{% endfor %}",
    "nested loops over the same list": `{% assign numbers = "${"1,".repeat(9000)}" | split: "," %}{% for a in numbers %}{% for b in numbers %}{% endfor %}{% endfor %}`,
    "a huge range": "{% for a in (1..10000000000) %}{% endfor %}",
    "text that doubles": `{% assign a = "aaaaaaaa" %}${"{% assign a = a | append: a %}".repeat(60)}`,
    "captured text that doubles": `{% assign a = "aaaaaaaa" %}${"{% capture a %}{{ a | raw }}{{ a | raw }}{% endcapture %}".repeat(60)}`,
    "captured plain text": `{% capture a %}{% for b in (1..90000) %}${"x".repeat(15_000)}{% endfor %}{% endcapture %}{{ a | upcase }}`,
    "a long result": `{% for b in (1..90000) %}${"x".repeat(15_000)}{% endfor %}`,
    "lists in lists": `{% assign a = "1" | split: "," %}${"{% assign a = a | push: a %}".repeat(60)}{{ a }}`,
    "one step with many filters": `{{ "%" | append: "%"${" | url_encode".repeat(1500)} }}`,
    "one long date": `{% assign f = "%c%c%c%c" %}${"{% assign f = f | append: f %}".repeat(15)}{{ "now" | date: f }}`,
    "one long expression": `{% assign numbers = "1" | split: "" %}${"{% assign numbers = numbers | concat: numbers %}".repeat(13)}{{ details${indexes} }}`,
    "lists compared many times": `{% assign a = "1" | split: "" %}${"{% assign a = a | concat: a %}".repeat(13)}{% assign b = a | push: "1" %}{% assign a = a | push: "2" %}{% case a %}{% when b${", b".repeat(5000)} %}{% endcase %}`,
    "an expression for each of many": `{% assign a = "1" | split: "" %}${"{% assign a = a | concat: a %}".repeat(13)}{{ a | where_exp: "x", "a == a" }}`,
    "a search that goes back": `{% assign a = "aaaaaaaaaaaaaaaa" %}${"{% assign a = a | append: a %}".repeat(11)}{% assign b = a | append: "b" %}{% assign c = a | append: a %}{{ c | remove_last: b }}`,
    "a search in the middle": `{% assign a = "aaaaaaaaaaaaaaaa" %}${"{% assign a = a | append: a %}".repeat(9)}{% assign b = a | append: "b" | append: a %}{% assign c = a | append: a | append: a | append: a %}{% if c contains b %}{% endif %}`,
    "many words": `{% if ${"title == title and ".repeat(1000)} title %}{% endif %}`,
    "deep nesting": `${"{% if 1 %}".repeat(950)}${"{% endif %}".repeat(950)}`,
    "many brackets": "{{ ".repeat(6000),
    "many words in one output": `{{ ${"a | ".repeat(4900)} }}`,
    "many open tags": "{% if a %}".repeat(2000),
    "many quotes": `{{ ${'"'.repeat(19_000)} }}`,
    "many dots": `{{ a${".a".repeat(9000)} }}`,
    "many raw tags": "{% raw %}".repeat(2200),
    "many comments": "{% comment %}".repeat(1500),
  };

  test.each(Object.entries(busy))("keeps nobody waiting: %s", (_, bodyTemplate) => {
    const startedAt = performance.now();
    webhook.config.safeParse({ url: "https://x.example", bodyTemplate, contentType: "text/plain" });
    // It is 100 ms and one step more; other tests run at the same time.
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
