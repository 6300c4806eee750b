import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { markdownText } from "../render/markdown.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { basicAuthorization, wholeLogin } from "./login.ts";
import { defineAccount, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** In bytes. A longer message would become an attachment; the title has no limit of its own. */
const LIMITS = { message: 4096, title: 250, request: 8192 };

/** Bytes of a message that fits into `LIMITS.request` even where each of them has to be escaped for JSON. */
const SAFE_MESSAGE = 3400;

const credentials = z.strictObject({
  serverUrl: publicUrl().default("https://ntfy.sh").meta({
    title: "Server URL",
    description: "Where the ntfy server is, without the topic.",
    format: "url",
    example: "https://ntfy.sh",
  } satisfies FieldMeta),
  token: z
    .string()
    .trim()
    .max(32, "must be 32 characters")
    .regex(/^tk_[a-z0-9]{29}$/, "must be an access token: tk_ and 29 lower-case letters and digits")
    .optional()
    .meta({
      title: "Access token",
      description: "Token of a user who may write to the topic; it goes before user and password. Topics open to everyone need neither.",
      secret: true,
      example: "tk_exampleexampleexampleexamplee",
    } satisfies FieldMeta),
  user: z
    .string()
    .trim()
    .max(64, "must be at most 64 characters")
    .regex(/^[^:\p{Cc}\p{Surrogate}]*$/u, "must be on one line and without a colon")
    .optional()
    .meta({ title: "User", description: "User who may write to the topic, where there is no access token.", example: "carillon" } satisfies FieldMeta),
  password: z
    .string()
    .max(200, "must be at most 200 characters")
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be on one line")
    .optional()
    .meta({ title: "Password", description: "Password of that user.", secret: true } satisfies FieldMeta),
});

type Credentials = z.output<typeof credentials>;

/** Names that the server keeps for itself. */
const RESERVED = /^(docs|static|file|app|metrics|account|settings|signup|login|v1)$/;

const config = z
  .strictObject({
    topic: z
      .string()
      .trim()
      .max(64, "must be at most 64 characters")
      .regex(/^[-_A-Za-z0-9]+$/, "must be a topic's name: letters, digits, hyphens and underscores, without the server's URL")
      .refine((topic) => !RESERVED.test(topic), "is a name that ntfy keeps for itself; choose another one")
      .meta({
        title: "Topic",
        description: "Topic that gets the messages. On a public server whoever knows its name can read it: choose one that is hard to guess.",
        example: "alerts-8f3kq2v7",
      } satisfies FieldMeta),
    priority: z
      .int("must be a whole number")
      .min(1, "must be from 1 to 5")
      .max(5, "must be from 1 to 5")
      .optional()
      .meta({
        title: "Priority",
        description: "The same for every message, 1 to 5. Left out: 5 for critical, 4 for warnings, 2 for information and recoveries.",
        example: "3",
      } satisfies FieldMeta),
    tags: z
      .array(
        z
          .string()
          .trim()
          .max(32, "must be at most 32 characters")
          .regex(/^[A-Za-z0-9_+.:-]+$/, "must be a tag: letters, digits and _ + . : -"),
      )
      .max(10, "must have at most 10 entries")
      .default([])
      .meta({
        title: "Tags",
        description: "Put on every message; a tag that names an emoji, such as computer, is shown as that before the title.",
        example: "computer",
      } satisfies FieldMeta),
    ...credentials.shape,
  })
  .superRefine(wholeLogin);

function authorization({ token, user, password }: Credentials): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  return user ? { authorization: basicAuthorization(user, password ?? "") } : {};
}

const secretsOf = ({ token, password }: Credentials) => [token, password].filter((secret) => secret !== undefined);

/** Asks who the server takes us for, as its own web page does: the call is in the server's code and not in its documentation, and old servers lack it. */
const account = defineAccount({
  kind: "NTFY",
  title: "Server of ntfy",
  config: credentials.superRefine(wholeLogin),
  async check({ config, http, signal, now }) {
    let cannotBeAsked = false;
    const url = joinUrl(config.serverUrl, "/v1/account");
    const explainAccount = (answer: HttpResponse) => {
      cannotBeAsked = codeOf(answer) === 40401;
      return explain(answer, now, "username");
    };
    try {
      const request = { method: "GET", url, headers: authorization(config), secrets: secretsOf(config) } as const;
      const { status } = await http(request, { signal, now, explain: explainAccount });
      return { status: String(status) };
    } catch (error) {
      if (cannotBeAsked) return { status: "not checked: this ntfy server is too old to be asked" };
      throw error;
    }
  },
});

/** Telephones make a sound from 3 on. */
function priorityOf({ severity, recovered }: Message): number {
  return recovered ? 2 : { INFO: 2, WARNING: 4, CRITICAL: 5 }[severity];
}

/** ntfy has no colours of its own: the tag of a round emoji stands for them. */
function colorTag({ severity, recovered }: Message): string {
  return recovered ? "green_circle" : { INFO: "large_blue_circle", WARNING: "orange_circle", CRITICAL: "red_circle" }[severity];
}

/** A text of at most `LIMITS.message` bytes whose JSON form leaves room for the rest of the request. */
function fitMessage(write: (limit: number) => string): string {
  const text = write(LIMITS.message);
  return Buffer.byteLength(JSON.stringify(text)) <= 2 * SAFE_MESSAGE ? text : write(SAFE_MESSAGE);
}

/**
 * ntfy, published as JSON: https://docs.ntfy.sh/publish/#publish-as-json.
 * The condition is the sequence id: a later message takes the place of the earlier one (server from 2.16, Android app from 1.22, web page):
 * https://docs.ntfy.sh/publish/#updating-notifications. Older servers and other apps, such as that for iPhones (unverified), show both.
 */
export const ntfy = defineProvider({
  kind: "NTFY",
  title: "ntfy",
  docs: "https://docs.ntfy.sh/publish/",
  config,
  account,
  recipientFields: ["topic"],
  recovery: "REPLACES",
  // 60 requests at once, then one every 5 seconds: https://docs.ntfy.sh/publish/#limitations
  pace: { concurrency: 2, perSecond: 0.2, burst: 50, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "Choose a name for the topic. On ntfy.sh everyone who knows it can read along, so let it be hard to guess.",
    "In the ntfy app, or on the web page of the server, subscribe to that topic.",
    "With a server of your own, enter its URL without the topic.",
    "If the topic is protected, open Account, Access tokens in the web page, create a token and copy it; it starts with tk_. The user must be allowed to write to the topic.",
  ],
  render(message, { topic, priority = priorityOf(message), tags }) {
    const clean = cleanMessage(message);
    const text = fitMessage((limit) => plainText(clean, limit, "BYTES"));
    const title = cut(message.rich ? `${clean.emoji} ${clean.title}`.trim() : clean.title, LIMITS.title, "BYTES");
    const sequence = /^[-_A-Za-z0-9]{1,64}$/.test(message.condition?.id ?? "") ? { sequence_id: message.condition?.id } : {};
    const actions = message.acknowledgeUrl === null ? {} : { actions: [{ action: "view", label: "Acknowledge", url: message.acknowledgeUrl, clear: true }] };
    const plain = { topic, title, message: text, priority, tags, markdown: false, ...sequence, ...actions };
    if (!message.rich) return { text, payload: plain };
    const markdown = fitMessage((total) => markdownText(clean, { total, unit: "BYTES" }));
    return { text, payload: { ...plain, message: markdown, tags: [colorTag(clean), ...tags], markdown: true } };
  },
  async send(payload, { config, http, signal, now }) {
    const url = joinUrl(config.serverUrl, "/");
    const headers = { "content-type": "application/json", ...authorization(config) };
    const request = { method: "POST", url, headers, body: JSON.stringify(payload), secrets: secretsOf(config) } as const;
    const { status, body } = await http(request, { signal, now, explain: (answer) => explain(answer, now, "id") });
    return { status: String(status), reference: textOf(readObject(body)?.["id"]) };
  },
});

const SERVER_FAULT = "ntfy did not accept the message's form. This is a fault of the server.";
const LOGIN = "The access token, or user and password, are not accepted. Create a new token under Account in ntfy's web page.";

/** By ntfy's own error code: https://github.com/binwiederhier/ntfy/blob/main/server/errors.go */
const HINTS: Record<number, string> = {
  40007: "ntfy did not accept the priority. Give 1 to 5.",
  40009: "ntfy does not accept the topic's name. Use letters, digits, hyphens and underscores.",
  40010: "ntfy keeps this topic's name for itself. Choose another one.",
  40101: LOGIN,
  40301: "You may not write to this topic. Give a token, or user and password, of a user who may, or choose another topic.",
  41301: "ntfy finds the message too large, or its bandwidth limit is reached.",
  42901: "Too many messages in a short time; sending goes on later.",
  42902: "The day's limit of this ntfy server is reached; sending goes on after midnight UTC.",
  42904: "The ntfy server has as many topics as it may have. Ask who runs it.",
  42909: `There were too many failed logins from this address. ${LOGIN}`,
  50003: "The ntfy server has no base-url set, which it needs for this. Ask who runs it.",
  50701: "Nobody is subscribed to this UnifiedPush topic. Choose an ordinary topic.",
};

/** Limits that hold until the day ends: e-mails, bandwidth, messages, calls. */
const DAILY = new Set([42902, 42905, 42908, 42910]);

/** Waiting does not help, though the status says so: too many failed logins, and a UnifiedPush topic that nobody reads. */
const HOPELESS = new Set([42909, 50701]);

function codeOf({ body }: HttpResponse): number | undefined {
  const code = readObject(body)?.["code"];
  return typeof code === "number" ? code : undefined;
}

/** Errors are { code, http, error, link }. No wait is told, so it is that of the limit behind the code. */
function explain(response: HttpResponse, now: Date, proof: "id" | "username"): Partial<DeliveryFailure> | undefined {
  const { status, headers } = response;
  const answer = readObject(response.body);
  if (status <= 299) {
    return typeof answer?.[proof] === "string" ? undefined : { outcome: "PERMANENT", hint: "The answer is not ntfy's. Check the server URL." };
  }
  const code = codeOf(response);
  const message = code === undefined ? "" : `${textOf(answer?.["error"])} (code ${code})`;
  if (code !== undefined && HOPELESS.has(code)) return { outcome: "PERMANENT", message, hint: HINTS[code] };
  if (code !== undefined && DAILY.has(code)) return { message, hint: HINTS[42902], retryAfterMs: parseRetryAfter(headers["retry-after"], now) ?? untilMidnight(now) };
  return { message, hint: hintOf(status, code), retryAfterMs: code === 42901 ? (parseRetryAfter(headers["retry-after"], now) ?? 5000) : undefined };
}

/** The counts of a day begin anew at midnight UTC, unless the server is set otherwise. */
function untilMidnight(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();
}

function hintOf(status: number, code: number | undefined): string | undefined {
  const hint = HINTS[code ?? 0];
  if (hint !== undefined) return hint;
  if (status === 404 || status === 405) return "There is no ntfy at this URL. Check the server URL: it is given without the topic.";
  if (status === 401) return LOGIN;
  return status === 400 || status === 413 ? SERVER_FAULT : undefined;
}
