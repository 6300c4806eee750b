import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { cutEscaped, escapeHtml } from "../render/escape.ts";
import type { Message } from "../render/message.ts";
import { defineProvider, type FieldMeta } from "./provider.ts";
import { createAtTwilio, e164, twilioAccount, twilioCredentials } from "./twilio.ts";

/**
 * `twiml` for the whole document: https://www.twilio.com/docs/api/errors/32018
 * `speech` (bytes, the smallest of three makes of voices) and `encoded` (when URL-encoded) for what is said: https://www.twilio.com/docs/api/errors/13521
 */
const LIMITS = { name: 100, title: 400, speech: 3000, encoded: 4500, twiml: 4000 };

const config = z.strictObject({
  from: e164().meta({
    title: "From",
    description: "Number that calls: one of the account's, or one verified there.",
    format: "phone",
    example: "+15551230002",
  } satisfies FieldMeta),
  to: e164().meta({
    title: "To",
    description: "Phone number that is called, with + and country code.",
    format: "phone",
    example: "+15551230001",
  } satisfies FieldMeta),
  voice: z
    .string()
    .trim()
    .max(80, "must be at most 80 characters")
    .regex(/^(man|woman|alice|[A-Za-z]+\.[A-Za-z0-9-]+)$/, "must be man, woman or the name of one of Twilio's voices, e.g. Polly.Joanna")
    .optional()
    .meta({ title: "Voice", description: "Voice that speaks, as Twilio names it. It must speak the language.", example: "Polly.Joanna" } satisfies FieldMeta),
  language: z
    .string()
    .trim()
    .max(20, "must be at most 20 characters")
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/, "must be a language and region, e.g. en-US")
    .optional()
    .meta({ title: "Language", description: "Language that is spoken. Left out: that of the voice, or American English.", example: "en-US" } satisfies FieldMeta),
  repeats: z
    .int("must be a whole number")
    .min(1, "must be from 1 to 10")
    .max(10, "must be from 1 to 10")
    .default(2)
    .meta({ title: "Repeats", description: "How often the message is said in one call, 1 to 10.", example: "2" } satisfies FieldMeta),
  ...twilioCredentials.shape,
});

const URLS = /https?:\/\/(?:[^\s/@]*@)?([^\s/:?#<>()"[\]]*)(?:[^\s<>()"]*[^\s<>()".,;:!?])?/gi;
/** Emoji and what joins them, which voices would name one by one, and code points that XML does not take. */
const UNSPEAKABLE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\p{Noncharacter_Code_Point}\u200D\u20E3\uFE0F]/gu;

/** A text as sentences to be heard: of a URL the host alone, and a stop at the end of each line. */
function spoken(text: string): string {
  return text
    .replace(URLS, "$1")
    .replace(UNSPEAKABLE, "")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .map((line) => (/[.!?:;,…]$/.test(line) ? line : `${line}.`))
    .join(" ");
}

function speechOf(message: Message): string {
  const { displayName, title, body, event } = cleanMessage(message);
  const name = cut(spoken(displayName), LIMITS.name, "BYTES");
  const headline = cut(spoken(title) || spoken(cleanLine(event.type)) || "Notification.", LIMITS.title, "BYTES");
  const text = body === title ? "" : spoken(body);
  return cut([name, headline, text].filter((part) => part !== "").join(" "), LIMITS.speech, "BYTES");
}

/** The longest beginning of `text` whose escaped form has at most `limit` units. */
const fit = (text: string, limit: number, escape: (text: string) => string, unescape: (text: string) => string) =>
  unescape(cutEscaped(text, limit, "UTF16", escape));

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' };
const unescapeXml = (text: string) => text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);

/** Twilio call that speaks the message: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource. A recovery is a second call. */
export const twilioVoice = defineProvider({
  kind: "TWILIO_VOICE",
  title: "Phone call (Twilio)",
  docs: "https://www.twilio.com/docs/voice/api/call-resource",
  config,
  account: twilioAccount,
  recipientFields: ["to"],
  recovery: "FOLLOWS",
  // One call a second for each account, the rest waits at Twilio: https://www.twilio.com/docs/voice/api/call-resource
  pace: { concurrency: 1, perSecond: 1, burst: 1, timeoutMs: 15_000 },
  idempotent: false,
  withoutLinks: true,
  guide: [
    "In the Twilio Console (https://console.twilio.com), copy the account SID and the auth token from the first page.",
    "Or create an API key under Account, API keys & tokens: enter its SID (SK…) as API key SID and its secret as auth token.",
    "Get a phone number that can call under Phone Numbers and enter it as From.",
    "Allow calls to the recipient's country under Voice, Settings, Geo permissions. A trial account reaches only verified numbers.",
    "For another voice or language, choose a pair from https://www.twilio.com/docs/voice/twiml/say/text-speech.",
  ],
  render(message, { voice, language, repeats }) {
    const attributes = Object.entries({ voice, language, loop: String(repeats) }).flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${value}"`]));
    const [before, after] = [`<Response><Say${attributes.join("")}>`, "</Say></Response>"];
    const short = fit(speechOf(message), LIMITS.encoded, encodeURIComponent, decodeURIComponent);
    const text = fit(short, LIMITS.twiml - before.length - after.length, escapeHtml, unescapeXml);
    return { text, payload: { Twiml: before + escapeHtml(text) + after } };
  },
  send(payload, context) {
    const { from, to } = context.config;
    return createAtTwilio("Calls", { To: to, From: from, ...payload }, context);
  },
});
