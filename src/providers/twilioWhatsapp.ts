import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut, lengthIn } from "../render/cut.ts";
import { cutEscaped } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import { defineProvider, type FieldMeta } from "./provider.ts";
import { createAtTwilio, twilioAccount, twilioCredentials, whatsappNumber } from "./twilio.ts";

/** Free text, in bytes for the reason given with Twilio SMS: https://www.twilio.com/docs/api/errors/21617 */
const LIMITS = { text: 1600, title: 300, facts: 12, allFacts: 700, label: 64, value: 300, displayName: 128 };
/**
 * Of a template's variables, so that its own text has 200 of the 1,024 characters that WhatsApp gives both: https://www.twilio.com/docs/api/errors/63021
 * One value may have 1,600, and fewer than 250 are advised: https://www.twilio.com/docs/content/using-variables-with-content-api
 */
const VARIABLES = { title: 224, text: 600 };

const config = z.strictObject({
  from: whatsappNumber().meta({
    title: "From",
    description: "The account's WhatsApp sender: its number with + and country code.",
    format: "phone",
    example: "+14155238886",
  } satisfies FieldMeta),
  to: whatsappNumber().meta({
    title: "To",
    description: "WhatsApp number that gets the messages, with + and country code.",
    format: "phone",
    example: "+15551230001",
  } satisfies FieldMeta),
  contentSid: z
    .string()
    .trim()
    .max(34, "must be at most 34 characters")
    .regex(/^HX[0-9a-f]{32}$/, "must be a content template's SID: HX and 32 digits and letters from a to f")
    .optional()
    .meta({
      title: "Content template SID",
      description:
        "Approved template that carries the message: {{1}} is the title, {{2}} the text. Without one, WhatsApp takes messages only within 24 hours of the recipient's last one.",
      example: "HX0123456789abcdef0123456789abcdef",
    } satisfies FieldMeta),
  ...twilioCredentials.shape,
});

/**
 * Text in which WhatsApp reads no marks: it knows no escape, so a word joiner, which nobody sees, comes between an opening mark and the word
 * (that this suffices is unverified). URLs stay as they are, or they would no longer lead anywhere.
 */
const escape = (text: string) =>
  text.replace(/https?:\/\/\S+|(?<![\p{L}\p{N}*_~`])[*_~`]+(?=[^\s*_~`])/gu, (part) => (part.startsWith("http") ? part : `${part}\u2060`));

/** For within bold text, which the same mark would end. */
const escapeBold = (text: string) => escape(text.replaceAll("*", "\u2217"));

/** WhatsApp's marks: https://faq.whatsapp.com/539178204879377 */
function richText(clean: Message): string {
  const title = cutEscaped(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, "BYTES", escapeBold);
  const displayName = cutEscaped(clean.displayName, LIMITS.displayName, "BYTES", escape);
  const facts = fitFacts(clean.facts, {
    most: LIMITS.facts,
    total: LIMITS.allFacts,
    label: LIMITS.label,
    value: LIMITS.value,
    unit: "BYTES",
    escape: (text) => escape(cleanLine(text)),
  });
  const head = `*${title}*`;
  const list = facts.map(({ label, value }) => `${label}: ${value}`).join("\n");
  const room = LIMITS.text - lengthIn("BYTES", head + list + displayName) - 6;
  const body = clean.body === clean.title ? "" : cutEscaped(clean.body, room, "BYTES", escape);
  return [head, body, list, displayName].filter((part) => part !== "").join("\n\n");
}

/**
 * A variable is one line without long runs of blanks, and not empty: https://www.twilio.com/docs/api/errors/21656
 * An apostrophe is said to be refused (unverified); its JSON escape means the same.
 */
function variables(clean: Message): string {
  const title = cutEscaped(clean.title, VARIABLES.title, "UTF16", escape);
  const facts = clean.facts.map(({ label, value }) => `${label}: ${cleanLine(value)}`);
  const lines = [clean.body === clean.title ? "" : cleanLine(clean.body), ...facts].filter((line) => line !== "");
  const end = ` (${cut(clean.displayName, LIMITS.displayName, "UTF16")})`;
  const text = cutEscaped(lines.join(" · ") || clean.title, VARIABLES.text - end.length, "UTF16", escape) + end;
  return JSON.stringify({ 1: title, 2: text }).replaceAll("'", "\\u0027");
}

/** Twilio WhatsApp: https://www.twilio.com/docs/whatsapp/api. A recovery is a second message. */
export const twilioWhatsapp = defineProvider({
  kind: "TWILIO_WHATSAPP",
  title: "WhatsApp (Twilio)",
  docs: "https://www.twilio.com/docs/whatsapp/api",
  config,
  account: twilioAccount,
  recipientFields: ["to"],
  recovery: "FOLLOWS",
  // To one person WhatsApp is said to take a message in six seconds, and bursts of 45 (unverified).
  pace: { concurrency: 1, perSecond: 1, burst: 10, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In the Twilio Console (https://console.twilio.com), copy the account SID and the auth token from the first page.",
    "Or create an API key under Account, API keys & tokens: enter its SID (SK…) as API key SID and its secret as auth token.",
    "To try it, open Messaging, Try it out, Send a WhatsApp message: send the code shown there from your telephone, and enter the sandbox's number as From.",
    "For real use, register a WhatsApp sender under Messaging, Senders, and enter its number as From.",
    "WhatsApp takes free text only within 24 hours of the recipient's last message, and what it refuses is seen in the Console alone.",
    "For alerts at any time, create a content template under Messaging, Content Template Builder, with two variables and at most 200 characters around them.",
    'For example: "Alert: {{1}}. Details: {{2}} End of the alert." Have WhatsApp approve it, and enter its SID (HX…).',
  ],
  render(message, { contentSid }) {
    const clean = cleanMessage(message);
    if (contentSid !== undefined) {
      const ContentVariables = variables(clean);
      const said = JSON.parse(ContentVariables) as { 1: string; 2: string };
      return { text: `${said[1]}\n\n${said[2]}`, payload: { ContentSid: contentSid, ContentVariables } as Record<string, string> };
    }
    const text = message.rich ? richText(clean) : cutEscaped(plainText(clean, LIMITS.text, "BYTES"), LIMITS.text, "BYTES", escape);
    return { text, payload: { Body: text } as Record<string, string> };
  },
  send(payload, context) {
    const { from, to } = context.config;
    return createAtTwilio("Messages", { To: `whatsapp:${to}`, From: `whatsapp:${from}`, ...payload }, context);
  },
});
