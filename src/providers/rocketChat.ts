import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cutEscaped } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { httpUrl, publicUrl } from "./url.ts";

/** UTF-16 units. A text's limit is a setting of the server, 5,000 by default (unverified); the rest is for people's sake. */
const LIMITS = { text: 5000, title: 250, facts: 30, allFacts: 4000, label: 200, value: 1500, displayName: 200 };

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "URL of an incoming integration; it decides the room that is posted to.",
    secret: true,
    format: "url",
    example: "https://chat.example.com/hooks/xxxxxxxxxxxxxxxxxxxxxxxx/XXXXXXXXXXXXXXXXXXXXXXXX",
  } satisfies FieldMeta),
  channel: z
    .string()
    .trim()
    .max(120, "must be at most 120 characters")
    .regex(/^[#@][\p{L}\p{N}._-]+$/u, "must be a channel such as #alerts or a person such as @anna")
    .optional()
    .meta({
      title: "Channel",
      description: "Posts to another channel or person. Only integrations that allow overriding the destination channel obey it; others refuse the message.",
      example: "#alerts",
    } satisfies FieldMeta),
  alias: z.string().trim().min(1, "must not be empty").max(100, "must be at most 100 characters").regex(/^\P{Cc}+$/u, "must be a name on one line").optional().meta({
    title: "Alias",
    description: "Name shown as the sender in place of the integration's own.",
    example: "Carillon",
  } satisfies FieldMeta),
  avatarUrl: publicUrl().optional().meta({
    title: "Avatar URL",
    description: "Picture shown for the sender in place of the integration's own. It goes before an emoji.",
    format: "url",
    example: "https://example.com/bell.png",
  } satisfies FieldMeta),
  emoji: z.string().trim().max(60, "must be at most 60 characters").regex(/^:[A-Za-z0-9_+-]+:$/, "must be a name between colons, such as :bell:").optional().meta({
    title: "Emoji",
    description: "Emoji shown for the sender in place of a picture.",
    example: ":bell:",
  } satisfies FieldMeta),
});

function urlProblem({ pathname }: URL): string | undefined {
  if (/\/hooks\/[A-Za-z0-9]+(\/[A-Za-z0-9]+)?\/[A-Za-z0-9%._-]+$/.test(pathname)) return undefined;
  return "must be an incoming integration's URL: the server's, then /hooks/, its id, a slash and its token";
}

/** URLs, and what is a mark in messages: of these signs only the first group has an escape. */
const SPECIAL = /https?:\/\/[^\s<>()[\]\\`*~|]+|[*_~`]|\\(?=[!-/:-@[-`{-~])|@|<(?=[A-Za-z!/?+])|\](?=[([:])|\|(?=\|)|^ *(?:[-+#>=]|\d+(?=[.)]))/gm;

/**
 * A word joiner, which nobody sees, parts what would be a mark or mention together with what is beside it.
 * A backslash cannot: `\[` and `\(` begin a formula. https://github.com/RocketChat/Rocket.Chat/blob/develop/packages/message-parser/src/grammar.pegjs
 */
function escape(text: string): string {
  const escaped = text.replace(SPECIAL, (part) => {
    if (part.startsWith("http")) return part;
    if (/^[*_~`]$/.test(part)) return `\\${part}`;
    return /^[@<\]|\\]$/.test(part) ? `${part}\u2060` : `\u2060${part}`;
  });
  // Attachments are read as CommonMark, in which a single line end would be a blank.
  return escaped.replace(/(?<!\n)\n(?!\n)/g, "  \n");
}

const escapeLine = (text: string) => escape(text.replace(/\s*\n\s*/g, " "));
/** For the title of an attachment, which is shown as it is. */
const withoutMentions = (text: string) => text.replaceAll("@", "@\u2060");

interface RocketChatPayload {
  text?: string;
  attachments?: object[];
  channel?: string;
  alias?: string;
  avatar?: string;
  emoji?: string;
}

/**
 * Rocket.Chat incoming integration: https://docs.rocket.chat/docs/integrations
 * What it answers is in https://github.com/RocketChat/Rocket.Chat/blob/develop/apps/meteor/app/integrations/server/api/api.ts; it names no message.
 */
export const rocketChat = defineProvider({
  kind: "ROCKET_CHAT",
  title: "Rocket.Chat",
  docs: "https://docs.rocket.chat/docs/integrations",
  config,
  // Threads exist, but a follow-up that only shows up in one would be missed.
  recovery: "FOLLOWS",
  // The server's limiter counts calls a minute; 10 by default (unverified).
  pace: { concurrency: 1, perSecond: 10 / 60, burst: 5, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "In Rocket.Chat open Administration, Workspace, Integrations, and choose New, Incoming. You need the permission to manage integrations.",
    "Switch on Enabled, and enter a name, the channel that is to get the messages (#alerts) and a user to post as (rocket.cat).",
    "Leave the script off, and save.",
    "Copy the webhook URL that is now shown; it has /hooks/, an id and a token in it.",
    "To give the channel here, switch on Allow to override destination channel in the integration.",
  ],
  render(message, { channel, alias, avatarUrl, emoji }) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text, "UTF16");
    const base = {
      ...(channel === undefined ? {} : { channel }),
      ...(alias === undefined ? {} : { alias }),
      ...(avatarUrl === undefined ? {} : { avatar: avatarUrl }),
      ...(emoji === undefined ? {} : { emoji }),
    };
    if (!message.rich) return { text, payload: { text: cutEscaped(text, LIMITS.text, "UTF16", escape), ...base } as RocketChatPayload };
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "UTF16",
      escape: escapeLine,
    });
    const attachment = {
      title: cutEscaped(clean.displayName, LIMITS.displayName, "UTF16", withoutMentions),
      color: severityColor(message),
      ...(clean.body === clean.title ? {} : { text: cutEscaped(clean.body, LIMITS.text, "UTF16", escape) }),
      fields: facts.map(({ label, value }) => ({ title: label, value, short: value.length <= 40 })),
    };
    // The title stands outside of the attachment, because notifications show this text and not the attachment's.
    const title = cutEscaped(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, "UTF16", escapeLine);
    return { text, payload: { text: title, attachments: [attachment], ...base } as RocketChatPayload };
  },
  async send(payload, { config, http, signal, now }) {
    const { status } = await http(
      { method: "POST", url: config.url, headers: { "content-type": "application/json" }, body: JSON.stringify(payload) },
      { signal, now, explain: (answer) => explain(answer, now) },
    );
    return { status: String(status) };
  },
});

/** By the error's text, because its status differs between versions. */
const HINTS: [RegExp, string][] = [
  [/overriding destination channel is disabled/i, "The integration does not allow another channel. Leave the channel out, or allow overriding it in the integration."],
  [/invalid-(channel|room)/i, "There is no such channel or person, or the integration's user may not see it. Correct the channel, here or in the integration."],
  [/invalid integration id or token|must be logged in/i, "Rocket.Chat does not know this webhook: it was deleted, or the URL is mistyped. Copy the URL anew from the integration."],
  [/error-running-script|unknown-error/i, "The integration's own script failed, or nothing was posted. Switch the script off, or correct it."],
  [/message-size-exceeded/i, "The message is longer than the server allows. An administrator can raise the maximum message size."],
  [/not-allowed|not_allowed|readonly|read.only|blocked|muted|archived/i, "The integration's user may not post in this room. Let another user post, or choose another room."],
];

const hintFor = (message: string) => HINTS.find(([pattern]) => pattern.test(message))?.[1];

function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299 && answer?.["success"] === true) {
    const refused = refusedIn(answer["responses"]);
    return refused === undefined ? undefined : { outcome: "PERMANENT", message: refused, hint: hintFor(refused) };
  }
  const message = textOf(answer?.["error"]) || textOf(answer?.["message"]) || (refusedIn(answer?.["responses"]) ?? "");
  if (status === 429 || /too.many.requests/i.test(message)) {
    return { outcome: "RATE_LIMITED", message, hint: "Rocket.Chat limits the rate of calls; sending goes on later.", retryAfterMs: waitOf(headers, message, now) };
  }
  if (status === 503 && answer?.["success"] === false) {
    // A proxy's 503 has no such body, and passes.
    return { outcome: "PERMANENT", message, hint: "The integration is switched off in Rocket.Chat. Switch on Enabled in its settings." };
  }
  const hint = hintFor(message) ?? (status === 404 ? "There is no such webhook at this URL. Check the URL, and its path when Rocket.Chat is in a folder." : undefined);
  if (status > 299) return { message, hint };
  return { outcome: "PERMANENT", message, hint: hint ?? "Rocket.Chat did not say that it took the message. Check that the URL really leads to Rocket.Chat." };
}

/** The first error among the answers for each channel: [{ channel, error }]. */
function refusedIn(responses: unknown): string | undefined {
  const errors = (Array.isArray(responses) ? responses : []).map((one: unknown) => (typeof one === "object" && one !== null && "error" in one ? textOf(one.error) : ""));
  return errors.find((error) => error !== "");
}

/** `X-RateLimit-Reset` is a time in milliseconds; that hooks send it is unverified. Their error's text says it too. */
function waitOf(headers: Record<string, string>, message: string, now: Date): number | undefined {
  const reset = Number(headers["x-ratelimit-reset"]) - now.getTime();
  const seconds = /wait (\d+) seconds/i.exec(message)?.[1];
  const wait = parseRetryAfter(headers["retry-after"] ?? seconds, now);
  return wait ?? (reset > 0 && reset <= 60 * 60 * 1000 ? reset : undefined);
}
