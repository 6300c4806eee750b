import { createHmac, timingSafeEqual } from "node:crypto";
import { webhook } from "../../src/providers/webhook.ts";
import { asProvider, CANARY, type ContractCase, fakeClock, json, text } from "./case.ts";
import { Complaint, type SeenRequest } from "./fakeHttp.ts";
import { NOW } from "./messages.ts";

const SIGNING_KEY = Buffer.from(CANARY);
const KEYS = ["event", "service", "customer", "timestamp", "message", "details", "id", "severity", "status", "title", "category", "displayName", "conditionId", "count"];

/** A body that only a template makes. */
const TEMPLATE = '{"text": "{{ title }}: {{ message }}", "from": {{ service | json }}, "data": {{ details }}, "over": {{ recovered }}}';
const TEMPLATE_TYPE = "application/vnd.example.alert+json; charset=utf-8";
const TEMPLATE_KEYS = ["text", "from", "data", "over"];

const refuse = (message: string) => new Complaint(message, text(401, message));

function same(expected: string, given: string | string[] | undefined): boolean {
  return typeof given === "string" && given.length === expected.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

/** A receiver that checks both signatures over the raw bytes, and takes the built-in body or that of the template. */
function accept({ method, headers, body }: SeenRequest) {
  if (method !== "PUT") throw refuse("method");
  const keys = { "application/json": KEYS, [TEMPLATE_TYPE]: TEMPLATE_KEYS }[headers["content-type"] ?? ""];
  if (keys === undefined) throw refuse("content type");
  if (headers["user-agent"] !== "Carillon") throw refuse("user agent");
  if (headers["authorization"] !== `Bearer ${CANARY}`) throw refuse("configured header");
  if (!headers["x-carillon-event"] || headers["x-carillon-delivery"] !== headers["webhook-id"]) throw refuse("own headers");
  if (!same(`sha256=${createHmac("sha256", CANARY).update(body).digest("hex")}`, headers["x-signature-256"])) throw refuse("X-Signature-256");
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (typeof id !== "string" || id === "" || id.includes(".")) throw refuse("webhook-id");
  if (typeof timestamp !== "string" || Math.abs(Number(timestamp) * 1000 - fakeClock.now().getTime()) > 300_000) throw refuse("webhook-timestamp");
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  if (!same(`v1,${createHmac("sha256", SIGNING_KEY).update(signed).digest("base64")}`, headers["webhook-signature"])) throw refuse("webhook-signature");
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Record<string, unknown>;
  if (JSON.stringify(Object.keys(value)) !== JSON.stringify(keys)) throw refuse("keys");
  if (/\\u(d[89a-f]|0000)/i.test(body.toString().replaceAll("\\\\", ""))) throw refuse("lone surrogate or NUL");
  return { status: 202 };
}

const builtIn = (url: string) => ({
  url: `${url}/in/${CANARY}?key=${CANARY}`,
  method: "PUT",
  headers: [{ name: "Authorization", value: `Bearer ${CANARY}` }],
  secret: CANARY,
  signingSecret: `whsec_${SIGNING_KEY.toString("base64")}`,
});

export const webhookCase: ContractCase = {
  provider: asProvider(webhook),
  accept,
  config: (url) => ({ ...builtIn(url), bodyTemplate: TEMPLATE, contentType: TEMPLATE_TYPE }),
  goldenConfig: builtIn,
  invalid: [
    { field: "url", value: "example.com/hook", message: /starts with https:\/\// },
    { field: "url", value: "file:///etc/passwd", message: /starts with https:\/\// },
    { field: "url", value: "", message: /empty/ },
    { field: "method", value: "GET", message: /POST or PUT/ },
    { field: "headers", value: [{ name: "Bad Name", value: "x" }], message: /letters, digits and hyphens/ },
    { field: "headers", value: [{ name: "X-A", value: "a\r\nX-B: b" }], message: /one line/ },
    { field: "headers", value: [{ name: "content-TYPE", value: "text/plain" }], message: /set by the server/ },
    { field: "headers", value: [{ name: "Content-Length", value: "1" }], message: /set by the server/ },
    { field: "headers", value: [{ name: "Host", value: "x" }], message: /set by the server/ },
    { field: "headers", value: [{ name: "X-Signature-256", value: "x" }], message: /set by the server/ },
    { field: "headers", value: [{ name: "webhook-signature", value: "x" }], message: /set by the server/ },
    { field: "headers", value: [{ name: "X-A", value: "1" }, { name: "x-a", value: "2" }], message: /once/ },
    { field: "secret", value: "", message: /empty/ },
    { field: "signingSecret", value: "topsecret", message: /start with whsec_/ },
    { field: "signingSecret", value: "whsec_????", message: /base64/ },
    { field: "signingSecret", value: `whsec_${Buffer.alloc(23).toString("base64")}`, message: /24 to 64 bytes.*23/ },
    { field: "signingSecret", value: `whsec_${Buffer.alloc(65).toString("base64")}`, message: /24 to 64 bytes.*65/ },
    { field: "bodyTemplate", value: "", message: /empty/ },
    { field: "bodyTemplate", value: "1".repeat(20_001), message: /20000/ },
    { field: "bodyTemplate", value: "{}\n  {{ title", message: /\{\{ is not closed by \}\} \(line 2, column 3\)/ },
    { field: "bodyTemplate", value: "{% if recovered", message: /\{% is not closed by %\} \(line 1, column 1\)/ },
    { field: "bodyTemplate", value: `{% if title == "${CANARY}" %}{}`, message: /has no end tag.*line 1, column 1/ },
    { field: "bodyTemplate", value: `{"a": "{{ title | shout: '${CANARY}' }}"}`, message: /no filter "shout" \(line 1, column 8\)/ },
    { field: "bodyTemplate", value: "{% shout title %}", message: /no tag "shout"/ },
    { field: "bodyTemplate", value: "{% include '/etc/passwd' %}", message: /tag "include" cannot be used/ },
    { field: "bodyTemplate", value: "{% render 'x' %}", message: /tag "render" cannot be used/ },
    { field: "bodyTemplate", value: "{% layout 'x' %}", message: /tag "layout" cannot be used/ },
    { field: "bodyTemplate", value: `{"token": "${CANARY}", "text": {{ title }}}`, message: /not valid JSON/ },
    { field: "bodyTemplate", value: '{"text": "{{ title | raw }}"}', message: /not valid JSON/ },
    { field: "bodyTemplate", value: '{"service": {{ service }}}', message: /not valid JSON/ },
    { field: "bodyTemplate", value: '{"end": {% unless recovered %}1{% endunless %}}', message: /not valid JSON/ },
    { field: "bodyTemplate", value: "{{ title }}", message: /not valid JSON/ },
    { field: "bodyTemplate", value: "[{% for a in (1..100000) %}{% for b in (1..100000) %}{% endfor %}{% endfor %}]", message: /too much memory|too long/ },
    { field: "contentType", value: "", message: /media type/ },
    { field: "contentType", value: "json", message: /media type, e\.g\. text\/plain/ },
    { field: "contentType", value: "text/plain\r\nX-A: b", message: /media type/ },
    { field: "contentType", value: "text/plain; charset", message: /media type/ },
    { field: "contentType", value: 'text/plain; charset="iso-8859-1"', message: /utf-8/ },
    { field: "contentType", value: `text/${"a".repeat(96)}`, message: /at most 100/ },
  ],
  errors: [
    { name: "410", answers: [{ status: 410 }], expect: { outcome: "PERMANENT", status: "410", disableChannel: true, hint: /gone for good/ } },
    { name: "429", answers: [{ status: 429, headers: { "retry-after": "120" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 120_000 } },
    {
      name: "429 with a date",
      answers: [{ status: 429, headers: { "retry-after": new Date(NOW.getTime() + 90_000).toUTCString() } }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 90_000 },
    },
    { name: "400", answers: [json(400, { error: "no" })], expect: { outcome: "PERMANENT", message: /\{"error":"no"\}/ } },
    { name: "401", answers: [{ status: 401 }], expect: { outcome: "PERMANENT", hint: /credentials/ } },
    { name: "403", answers: [{ status: 403 }], expect: { outcome: "PERMANENT", hint: /refused/ } },
    { name: "404", answers: [{ status: 404 }], expect: { outcome: "PERMANENT", hint: /mistyped/ } },
    { name: "408", answers: [{ status: 408 }], expect: { outcome: "TRANSIENT" } },
    { name: "425", answers: [{ status: 425 }], expect: { outcome: "TRANSIENT" } },
    { name: "503", answers: [{ status: 503, headers: { "retry-after": "1.5" } }], expect: { outcome: "TRANSIENT", retryAfterMs: 1500 } },
    ...[500, 502, 504].map((status) => ({ name: String(status), answers: [{ status }], expect: { outcome: "TRANSIENT" as const } })),
  ],
  takesAny2xx: true,
  reference: undefined,
  goldenHeaders: ["content-type", "user-agent", "x-carillon-event", "x-carillon-delivery", "x-signature-256", "webhook-id", "webhook-timestamp", "webhook-signature"],
};
