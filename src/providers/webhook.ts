import { createHmac } from "node:crypto";
import * as z from "zod";
import { checkBodyTemplate, fillBodyTemplate, TemplateProblem } from "../render/bodyTemplate.ts";
import { cleanJson, cleanLine, cleanText } from "../render/clean.ts";
import type { Message } from "../render/message.ts";
import { defineProvider, type FieldMeta } from "./provider.ts";
import { TimeUp, withinTime } from "./timeLimit.ts";
import { httpUrl } from "./url.ts";

/** Headers that the server sets itself, or that belong to the connection. */
const RESERVED =
  /^(content-type|content-length|host|connection|keep-alive|transfer-encoding|upgrade|expect|te|trailer|x-signature-256|webhook-(id|timestamp|signature)|x-carillon-.*)$/i;

const header = z.strictObject({
  name: z
    .string()
    .min(1, "must not be empty")
    .max(100, "must be at most 100 characters")
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be a header name: letters, digits and hyphens, without blanks or a colon")
    .refine((name) => !RESERVED.test(name), "is set by the server itself; choose another name"),
  value: z
    .string()
    .max(4000, "must be at most 4000 characters")
    .regex(/^[\t\x20-\x7e\xa0-\xff]*$/, "must be one line of Latin letters, digits and signs, without control characters"),
});

const JSON_TYPE = "application/json";

/** A media type with its parameters (RFC 9110, 8.3.1). */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*(\s*;\s*[\w!#$&^.+-]+=([\w!#$%&'*+.^`|~-]+|"[\x20\x21\x23-\x5b\x5d-\x7e]*"))*$/;

const fields = z.strictObject({
  url: httpUrl().meta({
    title: "URL",
    description: "Where every notification is sent to, as JSON unless a template says otherwise. Redirects count as failures; an answer of 410 switches the channel off.",
    secret: true,
    format: "url",
    example: "https://example.com/hooks/alerts",
  } satisfies FieldMeta),
  method: z.enum(["POST", "PUT"], "must be POST or PUT").default("POST").meta({
    title: "Method",
    description: "HTTP method of the request: POST or PUT.",
    values: { POST: "What nearly every receiver wants.", PUT: "For receivers that want it." },
  } satisfies FieldMeta),
  headers: z
    .array(header)
    .max(20, "must be at most 20 headers")
    .refine((all) => new Set(all.map(({ name }) => name.toLowerCase())).size === all.length, "must name every header once")
    .default([])
    .meta({
      title: "Headers",
      description: "Additional request headers, e.g. Authorization.",
      secret: true,
    } satisfies FieldMeta),
  secret: z
    .string()
    .min(1, "must not be empty; leave it out to send no X-Signature-256")
    .max(500, "must be at most 500 characters")
    .optional()
    .meta({
      title: "Secret",
      description: "Signs every request: X-Signature-256 is sha256= and the hex HMAC-SHA256 of the body's bytes under this secret.",
      secret: true,
    } satisfies FieldMeta),
  signingSecret: z
    .string()
    .trim()
    .max(200, "must be at most 200 characters")
    .superRefine((secret, context) => {
      const message = signingSecretProblem(secret);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .optional()
    .meta({
      title: "Standard Webhooks secret",
      description: "Signs every request by the Standard Webhooks specification: whsec_ and 24 to 64 random bytes in base64.",
      secret: true,
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwEXAMPLEonly",
    } satisfies FieldMeta),
  bodyTemplate: z
    .string()
    .min(1, "must not be empty; leave it out to send the built-in JSON")
    .max(20_000, "must be at most 20000 characters")
    .optional()
    .meta({
      title: "Body template",
      description:
        "Liquid template of the body, for receivers that want another form than the built-in JSON. It may name every field of that, and also recovered and reason. " +
        "What it fills in is escaped for the content type; {{ service | json }} gives a text in quotes, or null.",
      format: "multiline",
      example: '{"text": "{{ title }}: {{ message }}", "data": {{ details }}}',
    } satisfies FieldMeta),
  contentType: z
    .string()
    .trim()
    .max(100, "must be at most 100 characters")
    .regex(MEDIA_TYPE, "must be a media type, e.g. text/plain or application/x-www-form-urlencoded")
    .refine((type) => !/;\s*charset="?(?!utf-?8"?\s*(;|$))/i.test(type), "must have no charset but utf-8, for that is what is sent")
    .default(JSON_TYPE)
    .meta({
      title: "Content type",
      description: "Media type of the body that the template makes. The built-in body is always application/json.",
      example: "text/plain",
    } satisfies FieldMeta),
});

const config = fields.superRefine(({ bodyTemplate, contentType }, context) => {
  if (bodyTemplate === undefined) return;
  const checked = attempt(() => checkBodyTemplate(bodyTemplate, contentType));
  if ("problem" in checked) context.addIssue({ code: "custom", path: ["bodyTemplate"], message: `must be a Liquid template that works: ${checked.problem}` });
});

/** Whatever a template does, it keeps the process busy no longer than this. */
const TEMPLATE_MS = 100;

/** Never throws: a fault of a template is no fault of the message. */
function attempt<Result>(work: () => Result): { result: Result } | { problem: string } {
  try {
    return { result: withinTime(TEMPLATE_MS, work) };
  } catch (error) {
    if (error instanceof TemplateProblem) return { problem: error.message };
    return { problem: error instanceof TimeUp ? "it takes too long" : "it fails" };
  }
}

function signingSecretProblem(secret: string): string | undefined {
  if (!secret.startsWith("whsec_")) return "must start with whsec_, followed by 24 to 64 random bytes in base64";
  const base64 = secret.slice("whsec_".length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(base64)) return "must be base64 after whsec_";
  const { length } = signingKey(secret);
  if (length < 24 || length > 64) return `must hold 24 to 64 bytes in base64 after whsec_; this one holds ${length}`;
  return undefined;
}

const signingKey = (secret: string) => Buffer.from(secret.slice("whsec_".length), "base64");

/**
 * Any HTTP server: it gets JSON or what a template makes, with two styles of signature over the exact bytes sent.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhook = defineProvider({
  kind: "WEBHOOK",
  title: "Webhook",
  docs: "https://www.standardwebhooks.com",
  config,
  recovery: "FOLLOWS",
  // There is no limit of a provider; the time-out is the lower end of what the specification suggests.
  pace: { concurrency: 10, perSecond: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY, timeoutMs: 15_000 },
  idempotent: true,
  guide: [
    "Take the URL of the service that is to receive notifications; it gets a POST request with a JSON body for each.",
    "If it wants a token, add the header that carries it, e.g. Authorization.",
    "To let it check that a request is genuine, set a secret and have it compare X-Signature-256 with its own HMAC-SHA256 of the raw body.",
    "For a receiver with a Standard Webhooks library, set a signing secret instead: run `echo whsec_$(openssl rand -base64 32)` and give it to both sides.",
    'If it wants another body, write a Liquid template of it, e.g. {"text": "{{ title }}: {{ message }}"}, and set the content type where that is not JSON.',
  ],
  render(message, { bodyTemplate, contentType }) {
    const values = bodyValues(message);
    if (bodyTemplate === undefined) return builtIn(values);
    const { recovered, reason } = message;
    const filled = attempt(() => fillBodyTemplate(bodyTemplate, contentType, { ...values, recovered, reason }));
    // A fault of the template costs the message its looks; that it arrives matters more.
    if ("problem" in filled) return builtIn({ ...values, templateError: `The channel's body template failed, so this is the built-in body: ${filled.problem}.` });
    return { text: filled.result, payload: { body: filled.result, contentType } };
  },
  async send({ body, contentType }, { config, message, http, signal, now }) {
    const timestamp = Math.floor(now.getTime() / 1000);
    const headers: Record<string, string> = {
      ...Object.fromEntries(config.headers.map(({ name, value }) => [name.toLowerCase(), value])),
      "content-type": contentType,
      "x-carillon-event": message.event.type.replace(/[^\x21-\x7e]/g, "?"),
      "x-carillon-delivery": message.id,
      "webhook-id": message.id,
    };
    if (config.secret !== undefined) {
      headers["x-signature-256"] = `sha256=${createHmac("sha256", config.secret).update(body).digest("hex")}`;
    }
    if (config.signingSecret !== undefined) {
      const signed = createHmac("sha256", signingKey(config.signingSecret)).update(`${message.id}.${timestamp}.${body}`);
      headers["webhook-timestamp"] = String(timestamp);
      headers["webhook-signature"] = `v1,${signed.digest("base64")}`;
    }
    const { status } = await http(
      { method: config.method, url: config.url, headers, body },
      {
        signal,
        now,
        explain: (response) =>
          response.status === 410
            ? { disableChannel: true, hint: "The receiver says that this webhook is gone for good (410), so the channel is switched off." }
            : undefined,
      },
    );
    return { status: String(status) };
  },
});

function builtIn(values: object) {
  const text = JSON.stringify(values);
  return { text, payload: { body: text, contentType: JSON_TYPE } };
}

/** What the built-in body tells, in this order; a template may name each. */
function bodyValues({ event, condition, acknowledgeUrl, ...message }: Message) {
  return {
    event: event.type,
    service: cleanJson(event.service),
    customer: cleanJson(event.customer),
    timestamp: event.occurredAt.toISOString(),
    message: cleanText(message.body),
    details: cleanJson(event.details),
    id: event.id,
    severity: message.severity,
    status: event.status,
    title: cleanLine(message.title),
    category: event.category,
    displayName: cleanLine(message.displayName),
    conditionId: condition?.id ?? null,
    count: condition?.count ?? 1,
    ...(acknowledgeUrl === null ? {} : { acknowledgeUrl }),
  };
}
