import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cut, lengthIn } from "../render/cut.ts";
import { cutEscaped, escapeHtml } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta, type SendContext } from "./provider.ts";
import { waitUntil } from "./resetTime.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** https://pushover.net/api#limits, in characters; that tags and entities count too is the safe reading (unverified). */
const LIMITS = { message: 1024, title: 250, facts: 10, allFacts: 400, label: 64, value: 200, displayName: 150 };

const EMERGENCY = 2;

const credentials = z.strictObject({
  appToken: z
    .string()
    .trim()
    .max(30, "must be 30 characters")
    .regex(/^[A-Za-z0-9]{30}$/, "must be an application's API token: 30 letters and digits")
    .meta({
      title: "App token",
      description: "API token of the application that messages are shown under.",
      secret: true,
      example: "azGDORePK8gMaC0QOYAMyEEuzJnyUi",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://api.pushover.net").meta({
    title: "API base URL",
    description: "Where Pushover's API is: its own, or a relay of yours.",
    format: "url",
    example: "https://api.pushover.net",
  } satisfies FieldMeta),
});

const priority = () => z.int("must be a whole number").min(-2, "must be from -2 to 2").max(EMERGENCY, "must be from -2 to 2");

const seconds = (least: number, most: number) =>
  z.int("must be a whole number").min(least, `must be from ${least} to ${most} seconds`).max(most, `must be from ${least} to ${most} seconds`);

const config = z.strictObject({
  userKey: z
    .string()
    .trim()
    .max(30, "must be 30 characters")
    .regex(/^[A-Za-z0-9]{30}$/, "must be a user key or group key: 30 letters and digits")
    .meta({ title: "User key", description: "Key of the user or group that gets the messages.", secret: true, example: "uQiRzpo4DXghDmr9QzzfQu27cmVRsG" } satisfies FieldMeta),
  device: z
    .string()
    .trim()
    .max(260, "must be at most 260 characters")
    .regex(/^[A-Za-z0-9_-]{1,25}(,[A-Za-z0-9_-]{1,25})*$/, "must be a device's name, or several with commas between them")
    .optional()
    .meta({ title: "Device", description: "Name of the device that gets the messages, or several with commas. Left out: all of the user's.", example: "phone" } satisfies FieldMeta),
  sound: z
    .string()
    .trim()
    .max(40, "must be at most 40 characters")
    .regex(/^[A-Za-z0-9_-]+$/, "must be the name of a sound, such as siren")
    .optional()
    .meta({ title: "Sound", description: "Sound of every message, built-in or your own. Left out: what the user has chosen.", example: "siren" } satisfies FieldMeta),
  infoPriority: priority().default(-1).meta({
    title: "Priority of information",
    description: "From -2 (no notification) over -1 (no sound), 0 (normal) and 1 (even in quiet hours) to 2 (repeated until somebody confirms it).",
    example: "-1",
  } satisfies FieldMeta),
  warningPriority: priority().default(0).meta({ title: "Priority of warnings", description: "As for information.", example: "0" } satisfies FieldMeta),
  criticalPriority: priority().default(1).meta({ title: "Priority of critical messages", description: "As for information.", example: "2" } satisfies FieldMeta),
  retrySeconds: seconds(30, 10_800).default(60).meta({
    title: "Repeat after",
    description: "Seconds until a message of priority 2 is shown again, at least 30; it is shown at most 50 times.",
    example: "60",
  } satisfies FieldMeta),
  expireSeconds: seconds(30, 10_800).default(3600).meta({
    title: "Stop repeating after",
    description: "Seconds after which a message of priority 2 is no longer repeated, at most 10800 (three hours).",
    example: "3600",
  } satisfies FieldMeta),
  ...credentials.shape,
});

type Config = z.output<typeof config>;

/** https://pushover.net/api#limits: the same call that tells how many messages are left. */
const account = defineAccount({
  kind: "PUSHOVER",
  title: "Pushover application",
  config: credentials,
  async check({ config: { appToken, apiBaseUrl }, http, signal, now }) {
    const url = joinUrl(apiBaseUrl, `/1/apps/limits.json?token=${encodeURIComponent(appToken)}`);
    const { status } = await http({ method: "GET", url, secrets: [appToken] }, { signal, now, explain: (answer) => explain(answer, now) });
    return { status: String(status) };
  },
});

/** A recovery makes no sound. */
function priorityOf({ severity, recovered }: Message, { infoPriority, warningPriority, criticalPriority }: Config): number {
  if (recovered) return Math.min(infoPriority, -1);
  return { INFO: infoPriority, WARNING: warningPriority, CRITICAL: criticalPriority }[severity];
}

/** The body, the facts, and where it comes from in the severity's colour; only the tags that https://pushover.net/api#html names. */
function htmlText(clean: Message): string {
  const facts = fitFacts(clean.facts, {
    most: LIMITS.facts,
    total: LIMITS.allFacts,
    label: LIMITS.label,
    value: LIMITS.value,
    unit: "CHARACTERS",
    escape: (text) => escapeHtml(cleanLine(text)),
  });
  const list = facts.map(({ label, value }) => `<b>${label}:</b> ${value}`).join("\n");
  const displayName = cutEscaped(clean.displayName, LIMITS.displayName, "CHARACTERS", escapeHtml);
  const footer = `<font color="${severityColor(clean).toLowerCase()}"><b>${displayName}</b></font>`;
  const room = LIMITS.message - lengthIn("CHARACTERS", list) - lengthIn("CHARACTERS", footer) - 4;
  const body = clean.body === clean.title ? "" : cutEscaped(clean.body, room, "CHARACTERS", escapeHtml);
  return [body, list, footer].filter((part) => part !== "").join("\n\n");
}

/**
 * Pushover: https://pushover.net/api.
 * A recovery is a message of its own; before it, a problem that is still repeated until somebody confirms it is silenced by its tag:
 * https://pushover.net/api/receipts#cancel_by_tag
 */
export const pushover = defineProvider({
  kind: "PUSHOVER",
  title: "Pushover",
  docs: "https://pushover.net/api",
  config,
  account,
  recipientFields: ["device"],
  recovery: "FOLLOWS",
  // At most two connections: https://pushover.net/api#friendly. A rate is not named; 10,000 messages a month are free.
  pace: { concurrency: 2, perSecond: 1, burst: 10, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "Sign in at https://pushover.net; your user key is shown on the right. For several people create a group and take its key.",
    "Below Your Applications choose Create an Application/API Token, give it a name, and copy its API token.",
    "Install the Pushover app on the telephone and sign in there.",
    "To have critical messages repeated until somebody confirms them, set their priority to 2.",
  ],
  render(message, given) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.message, "CHARACTERS");
    const level = priorityOf(clean, given);
    const emergency = {
      retry: given.retrySeconds,
      expire: given.expireSeconds,
      ...(clean.condition ? { tags: clean.condition.id } : {}),
    };
    const payload = {
      title: cut(clean.rich ? `${clean.emoji} ${clean.title}`.trim() : clean.title, LIMITS.title, "CHARACTERS"),
      message: clean.rich ? htmlText(clean) : text,
      ...(clean.rich ? { html: 1 } : {}),
      priority: level,
      ...(level === EMERGENCY ? emergency : {}),
      ...(given.device === undefined ? {} : { device: given.device }),
      ...(given.sound === undefined ? {} : { sound: given.sound }),
    };
    return { text, payload };
  },
  async send(payload, context) {
    const { config: given, message } = context;
    const { appToken, userKey, infoPriority, warningPriority, criticalPriority } = given;
    const repeats = [infoPriority, warningPriority, criticalPriority].includes(EMERGENCY);
    if (message.recovered && message.condition && repeats) await silence(message.condition.id, context);
    const { status, body } = await post("/1/messages.json", { token: appToken, user: userKey, ...payload }, context);
    return { status: String(status), reference: textOf(readObject(body)?.["request"]) || undefined };
  },
});

function post(path: string, body: object, { config: { appToken, userKey, apiBaseUrl }, http, signal, now }: SendContext<Config>): Promise<HttpResponse> {
  const headers = { "content-type": "application/json" };
  const url = joinUrl(apiBaseUrl, path);
  return http({ method: "POST", url, headers, body: JSON.stringify(body), secrets: [appToken, userKey] }, { signal, now, explain: (answer) => explain(answer, now) });
}

/** Stops the repeats of a problem that is over. That this fails must not keep the news of its end back, unless the whole may be tried again. */
async function silence(tag: string, context: SendContext<Config>): Promise<void> {
  try {
    await post(`/1/receipts/cancel_by_tag/${encodeURIComponent(tag)}.json`, { token: context.config.appToken }, context);
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.failure.outcome === "TRANSIENT") throw error;
  }
}

/** Pushover asks for at least this much before a request is repeated. */
const LEAST_WAIT_MS = 5000;

const QUOTA = "The application has sent all the messages that it may this month. Sending goes on next month, or buy more at https://pushover.net.";

/** By the parameter that an answer calls "invalid", and by words for those it does not name. */
const HINTS: [string, RegExp, string][] = [
  ["token", /application token/i, "Pushover does not know the app token. Copy the API token of the application again."],
  ["user", /user (identifier|key)|no active devices/i, "Pushover does not know the user key, or the user has no active device. Copy the key of the user or group again."],
  ["device", /device/i, "Pushover does not know the device. Check its name."],
  ["sound", /sound/i, "Pushover does not know the sound. Check its name."],
  ["retry", /retry/i, "Pushover did not accept the seconds after which a message is repeated. Give at least 30."],
  ["expire", /expire/i, "Pushover did not accept the seconds after which repeating stops. Give at most 10800."],
  ["message", /message|title|html/i, "Pushover did not accept the message's form. This is a fault of the server."],
];

/** Refusals are { status: 0, errors: [text], <parameter>: "invalid" }; a status other than 1 is one whatever HTTP says. */
function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  const errors = Array.isArray(answer?.["errors"]) ? answer["errors"].map(textOf).join("; ") : "";
  if (status === 429) return { message: errors, hint: QUOTA, retryAfterMs: waitUntil(headers["x-limit-app-reset"], now) };
  if (status >= 500) return { message: errors, retryAfterMs: Math.max(parseRetryAfter(headers["retry-after"], now) ?? 0, LEAST_WAIT_MS) };
  if (status <= 299 && answer?.["status"] === 1) return undefined;
  if (status <= 299 && answer?.["status"] === undefined) return { outcome: "PERMANENT", hint: "The answer is not Pushover's. Check the API base URL." };
  const named = HINTS.find(([parameter]) => answer?.[parameter] === "invalid") ?? HINTS.find(([, words]) => words.test(errors));
  const missing = status === 404 ? "There is no Pushover at this URL. Check the API base URL." : undefined;
  return { ...(status <= 299 ? { outcome: "PERMANENT" as const } : {}), message: errors, hint: named?.[2] ?? missing };
}
