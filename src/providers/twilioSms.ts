import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { smsText } from "../render/gsm7.ts";
import { plainText } from "../render/plain.ts";
import { defineProvider, type FieldMeta } from "./provider.ts";
import { createAtTwilio, e164, smsSender, twilioAccount, twilioCredentials } from "./twilio.ts";

/**
 * The limit is 1,600 characters, of which those "with a higher byte count" count as several: https://www.twilio.com/docs/api/errors/21617
 * Bytes are the safe reading, and enough: 800 Cyrillic letters are already twelve parts, each paid for.
 */
const LIMIT = 1600;

const config = z.strictObject({
  from: smsSender().meta({
    title: "From",
    description: "Sender: a number or short code of the account, a name of up to 11 letters and digits, or a messaging service SID.",
    example: "+15551230002",
  } satisfies FieldMeta),
  to: e164().meta({
    title: "To",
    description: "Phone number that gets the messages, with + and country code.",
    format: "phone",
    example: "+15551230001",
  } satisfies FieldMeta),
  ...twilioCredentials.shape,
});

/** Twilio SMS: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource. A recovery is a second message. */
export const twilioSms = defineProvider({
  kind: "TWILIO_SMS",
  title: "SMS (Twilio)",
  docs: "https://www.twilio.com/docs/messaging/api/message-resource",
  config,
  account: twilioAccount,
  recipientFields: ["to"],
  recovery: "FOLLOWS",
  // A US number sends one part a second; what comes faster waits at Twilio: https://www.twilio.com/docs/api/errors/21611
  pace: { concurrency: 2, perSecond: 1, burst: 10, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In the Twilio Console (https://console.twilio.com), copy the account SID and the auth token from the first page.",
    "Or create an API key under Account, API keys & tokens: enter its SID (SK…) as API key SID and its secret as auth token.",
    "Get a phone number that can send SMS under Phone Numbers and enter it as From; a messaging service's SID (MG…) does as well.",
    "A trial account reaches only numbers that you have verified under Phone Numbers, Verified Caller IDs.",
    "Enter the recipient's number with + and country code, e.g. +15551230001.",
  ],
  render(message) {
    const text = smsText(plainText(cleanMessage(message), LIMIT, "BYTES"));
    return { text, payload: { Body: text } };
  },
  send(payload, context) {
    const { from, to } = context.config;
    const sender: Record<string, string> = /^MG[0-9a-f]{32}$/.test(from) ? { MessagingServiceSid: from } : { From: from };
    return createAtTwilio("Messages", { To: to, ...sender, ...payload }, context);
  },
});
