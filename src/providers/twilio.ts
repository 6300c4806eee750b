import * as z from "zod";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { basicAuthorization } from "./login.ts";
import { looksLikePhoneNumber, tidyPhoneNumber } from "./phoneNumber.ts";
import { defineAccount, type DeliveryFailure, type FieldMeta, type Receipt, type Ways } from "./provider.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** What every kind of Twilio needs: https://www.twilio.com/docs/usage/requests-to-twilio */
export const twilioCredentials = z.strictObject({
  accountSid: z
    .string()
    .trim()
    .max(34, "must be at most 34 characters")
    .regex(/^AC[0-9a-f]{32}$/, "must be an account SID: AC and 32 digits and letters from a to f")
    .meta({
      title: "Account SID",
      description: "The account's id, as the Twilio Console shows it.",
      example: "AC0123456789abcdef0123456789abcdef",
    } satisfies FieldMeta),
  authToken: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{32,64}$/, "must be the account's auth token or an API key's secret: 32 letters and digits")
    .meta({
      title: "Auth token",
      description: "The account's auth token; with an API key, that key's secret.",
      secret: true,
      example: "0123456789abcdef0123456789abcdef",
    } satisfies FieldMeta),
  apiKeySid: z
    .string()
    .trim()
    .max(34, "must be at most 34 characters")
    .regex(/^SK[0-9a-f]{32}$/, "must be an API key's SID: SK and 32 digits and letters from a to f")
    .optional()
    .meta({
      title: "API key SID",
      description: "Id of an API key; the auth token is then this key's secret.",
      example: "SK0123456789abcdef0123456789abcdef",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://api.twilio.com").meta({
    title: "API base URL",
    description: "Where Twilio's API is: another region, or a relay of yours.",
    format: "url",
    example: "https://api.twilio.com",
  } satisfies FieldMeta),
});

type Credentials = z.output<typeof twilioCredentials>;

const E164 = /^\+[1-9]\d{6,14}$/;

const number = (tidy: (text: string) => string) =>
  z
    .string()
    .trim()
    .overwrite(tidy)
    .max(40, "must be at most 40 characters")
    .regex(E164, "must be one phone number with + and country code, e.g. +15551230001");

/** One phone number, given with or without the blanks, dashes and brackets that people write. */
export const e164 = () => number(tidyPhoneNumber);

/** The same for WhatsApp, where Twilio's own pages write a prefix. It is put back on the wire. */
export const whatsappNumber = () => number((text) => tidyPhoneNumber(text.replace(/^whatsapp:/i, "")));

const SENDER_FORMS = [
  E164,
  /^\d{5,6}$/,
  /^MG[0-9a-f]{32}$/,
  // The signs are those of https://www.twilio.com/docs/messaging/api/alphasender-resource
  /^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 _&+-]{0,10}$/,
];

/** Who an SMS comes from: a number, a short code, a name or a messaging service. */
export const smsSender = () =>
  z
    .string()
    .trim()
    .overwrite((text) => (looksLikePhoneNumber(text) ? tidyPhoneNumber(text) : text))
    .max(40, "must be at most 40 characters")
    .refine(
      (text) => SENDER_FORMS.some((form) => form.test(text)),
      "must be a phone number with + and country code, a short code of 5 or 6 digits, a name of at most 11 letters and digits, or a messaging service SID (MG…)",
    );

const authorization = ({ accountSid, apiKeySid, authToken }: Credentials) =>
  basicAuthorization(apiKeySid ?? accountSid, authToken);

const urlOf = ({ apiBaseUrl, accountSid }: Credentials, rest: string) => joinUrl(apiBaseUrl, `/2010-04-01/Accounts/${accountSid}${rest}`);

type TwilioWays = Pick<Ways, "http" | "signal" | "now"> & { config: Credentials };

/**
 * Asks for the account. Only main API keys may, so another key asks for the list of messages, of which it may read but one:
 * https://www.twilio.com/docs/iam/api-keys/keys-in-console
 */
export const twilioAccount = defineAccount({
  kind: "TWILIO",
  title: "Twilio account",
  config: twilioCredentials,
  async check({ config, http, signal, now }) {
    const url = urlOf(config, config.apiKeySid === undefined ? ".json" : "/Messages.json?PageSize=1");
    const headers = { authorization: authorization(config) };
    const response = await http({ method: "GET", url, headers, secrets: [config.authToken] }, { signal, now, explain: (answer) => explainCheck(answer, config) });
    return { status: String(response.status) };
  },
});

function explainCheck(response: HttpResponse, { apiKeySid }: Credentials): Partial<DeliveryFailure> | undefined {
  const { status, body } = response;
  const failure = readError(response);
  if (status === 401 || status === 403) {
    const restricted = " A restricted key that may not read messages fails this check, and may send all the same.";
    return apiKeySid === undefined ? failure : { ...failure, hint: `${failure?.hint ?? BAD_KEY}${restricted}` };
  }
  if (status > 299) return failure;
  const answer = readObject(body);
  if (apiKeySid === undefined ? typeof answer?.["sid"] !== "string" : !Array.isArray(answer?.["messages"])) return NOT_TWILIO;
  const state = textOf(answer?.["status"]);
  return state === "suspended" || state === "closed" ? { outcome: "PERMANENT", message: `The account is ${state}.`, hint: INACTIVE } : undefined;
}

/** Creates a message or call. The form's fields are Twilio's. */
export async function createAtTwilio(
  resource: "Messages" | "Calls",
  form: Record<string, string>,
  { config, http, signal, now }: TwilioWays,
): Promise<Receipt> {
  const headers = { authorization: authorization(config), "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams(form).toString();
  const url = urlOf(config, `/${resource}.json`);
  const response = await http({ method: "POST", url, headers, body, secrets: [config.authToken] }, { signal, now, explain: explainCreated });
  const answer = readObject(response.body);
  return { status: `${response.status} ${textOf(answer?.["status"])}`.trim(), reference: textOf(answer?.["sid"]) };
}

const NOT_TWILIO: Partial<DeliveryFailure> = { outcome: "PERMANENT", hint: "The answer is not Twilio's. Check the API base URL." };

/** Twilio takes a message first and sends it later: what fails then is seen in the Console only, unless it is known at once. */
function explainCreated(response: HttpResponse): Partial<DeliveryFailure> | undefined {
  if (response.status > 299) return readError(response);
  const answer = readObject(response.body);
  if (typeof answer?.["sid"] !== "string" || answer["sid"] === "") return NOT_TWILIO;
  if (!/^(failed|undelivered|canceled)$/.test(textOf(answer["status"]))) return undefined;
  const code = Number(answer["error_code"]);
  const said = textOf(answer["error_message"]) || `Twilio says: ${textOf(answer["status"])}`;
  return { outcome: "PERMANENT", ...ERRORS[code], message: code > 0 ? `${said} (code ${code})` : said };
}

/** Errors are { code, message, more_info, status }. */
function readError({ headers, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  const code = answer?.["code"];
  if (typeof code !== "number") return undefined;
  const known = ERRORS[code];
  // No wait is documented (unverified); a relay's own is better than a guess.
  const retryAfterMs = headers["retry-after"] === undefined ? known?.retryAfterMs : undefined;
  return { ...known, retryAfterMs, message: `${textOf(answer?.["message"]) || "Twilio refused the request"} (code ${code})` };
}

const HOUR_MS = 3_600_000;

const permanent = (hint: string): Partial<DeliveryFailure> => ({ outcome: "PERMANENT", hint });
const transient = (hint: string, retryAfterMs?: number): Partial<DeliveryFailure> => ({ outcome: "TRANSIENT", hint, retryAfterMs });
const limited = (hint: string, retryAfterMs?: number): Partial<DeliveryFailure> => ({ outcome: "RATE_LIMITED", hint, retryAfterMs });

const INACTIVE = "The Twilio account is suspended or closed, most often for lack of credit. Look into the Twilio Console.";
const BAD_KEY = "Twilio does not accept the credentials. Check the account SID and auth token; with an API key, its SID and its secret.";
const BAD_TO = "Twilio knows no such phone number. Check the recipient: + and country code, then the number without its leading 0.";
const BAD_FROM = "Twilio cannot send from this sender. Give a number of this Twilio account, as the Console shows it.";
const UNVERIFIED_TO = "A trial account reaches verified numbers only. Verify the number in the Twilio Console, or upgrade the account.";
const NO_GEO = "The account may not reach this country. Allow it in the Twilio Console under geographic permissions.";
const TOO_LONG = "Twilio finds the text too long. This is a fault of the server.";
const BAD_TEMPLATE = "Twilio refuses the content template. Check its SID, that WhatsApp has approved it, and that its variables are {{1}} and {{2}}.";

/** https://www.twilio.com/docs/api/errors; from 30001 on they mostly come later, when nobody asks any more. */
const ERRORS: Record<number, Partial<DeliveryFailure>> = {
  10001: permanent(INACTIVE),
  10002: permanent("A trial account cannot do this. Upgrade the Twilio account."),
  10004: limited("The account has too many calls at once; sending goes on later."),
  13227: permanent(NO_GEO),
  20003: permanent(BAD_KEY),
  20005: permanent(INACTIVE),
  20403: permanent(INACTIVE),
  20404: permanent("Twilio does not know the account or what is asked of it. Check the account SID and the API base URL."),
  20429: limited("Too many requests of this Twilio account at once; sending goes on later."),
  21201: permanent(BAD_TO),
  21210: permanent("Calls can come only from a number of this Twilio account, or one that is verified there."),
  21211: permanent(BAD_TO),
  21212: permanent(BAD_FROM),
  21213: permanent(BAD_FROM),
  21215: permanent(NO_GEO),
  21219: permanent(UNVERIFIED_TO),
  21408: permanent(NO_GEO),
  21606: permanent("This sender cannot send such messages, or not to this country. Choose one that can in the Twilio Console."),
  21608: permanent(UNVERIFIED_TO),
  21610: permanent("This person has opted out by answering STOP. They must text START to the sender."),
  21611: transient("More than ten hours of messages wait for this sender. Sending goes on later; use a messaging service with more numbers.", HOUR_MS),
  21612: permanent("There is no route from this sender to this number. Try another sender."),
  21614: permanent("This number cannot receive SMS; it may be a landline."),
  21617: permanent(TOO_LONG),
  21620: permanent("Twilio refuses the message's media. This is a fault of the server, which sends none."),
  21655: permanent(BAD_TEMPLATE),
  21656: permanent(BAD_TEMPLATE),
  21658: permanent(TOO_LONG),
  21659: permanent(BAD_FROM),
  21660: permanent(BAD_FROM),
  21703: permanent("The messaging service has no sender for this number. Add one to its sender pool."),
  21705: permanent("There is no such messaging service in this account. Check its SID (MG…)."),
  22005: transient("More than a day of calls wait in this account. Sending goes on later.", HOUR_MS),
  30001: transient("The sender's queue is full; sending goes on later."),
  30003: transient("The telephone cannot be reached: it may be off or without a network."),
  30004: permanent("The recipient or their network blocks such messages."),
  30005: permanent("The number is unknown or no longer in use. Check the recipient."),
  30006: permanent("The number is a landline, or its network takes no SMS. Give a mobile number."),
  30007: permanent("The network filtered the message as unwanted. Ask Twilio's support, or use another sender."),
  30008: transient("The network gave no reason."),
  30034: permanent("Messages to US numbers need a registered sender (A2P 10DLC). Register it in the Twilio Console."),
  32018: permanent(TOO_LONG),
  63007: permanent("This sender is no WhatsApp sender of the account. Give the number as the Console lists it under WhatsApp senders."),
  63016: permanent(
    "WhatsApp takes free text only within 24 hours of the recipient's last message. Set a content template (HX…), or have them write to the sender first.",
  ),
  63018: limited("WhatsApp or the account limits the rate; sending goes on later."),
  63021: permanent("WhatsApp refuses the content. With a content template, its own text and the alert's may have 1,024 characters together: shorten the template."),
  63038: limited("The account has reached its daily limit of messages; sending goes on later. Twilio's support can raise it.", HOUR_MS),
  70051: permanent(`${BAD_KEY} A restricted key must be allowed to do this.`),
};
