import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { fitsGsm7, smsText } from "../render/gsm7.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { basicAuthorization } from "./login.ts";
import { looksLikePhoneNumber, tidyPhoneNumber } from "./phoneNumber.ts";
import { defineAccount, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** In bytes. Vonage is said to take 3,200 characters (unverified); each part is paid for, and half of that is long for an SMS. */
const LIMIT = 1600;

const credentials = z.strictObject({
  apiKey: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{8}$/, "must be an API key: 8 letters and digits")
    .meta({ title: "API key", description: "The account's API key, as the Vonage dashboard shows it.", example: "abcd1234" } satisfies FieldMeta),
  apiSecret: z
    .string()
    .trim()
    .min(8, "must be at least 8 characters")
    .max(100, "must be at most 100 characters")
    .regex(/^[\x21-\x7e]+$/, "must be an API secret, without blanks")
    .meta({ title: "API secret", description: "The account's API secret.", secret: true, example: "ExampleSecret123" } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://rest.nexmo.com").meta({
    title: "API base URL",
    description: "Where Vonage's SMS API is: another region, or a relay of yours.",
    format: "url",
    example: "https://rest.nexmo.com",
  } satisfies FieldMeta),
});

/** Vonage wants the digits alone. */
const digits = (text: string) => tidyPhoneNumber(text).replace(/^\+/, "");

const config = z.strictObject({
  from: z
    .string()
    .trim()
    .overwrite((text) => (looksLikePhoneNumber(text) ? digits(text) : text))
    .max(40, "must be at most 40 characters")
    .regex(/^(\d{3,15}|(?=\d*[A-Za-z])[A-Za-z0-9]{1,11})$/, "must be a number of the account in digits, or a name of at most 11 letters and digits")
    .meta({
      title: "From",
      description: "Sender: a number of the account, or a name where the recipient's country allows one.",
      example: "Carillon",
    } satisfies FieldMeta),
  to: z
    .string()
    .trim()
    .overwrite(digits)
    .max(40, "must be at most 40 characters")
    .regex(/^[1-9]\d{6,14}$/, "must be one phone number with country code, e.g. 447700900000")
    .meta({ title: "To", description: "Phone number that gets the messages, with country code.", format: "phone", example: "447700900000" } satisfies FieldMeta),
  ...credentials.shape,
});

/** The secret as it is, and as it stands in a form. */
const secretsOf = ({ apiSecret }: z.output<typeof credentials>) => [apiSecret, new URLSearchParams([["", apiSecret]]).toString().slice(1)];

/** https://developer.vonage.com/en/account/code-snippets/account-balance */
const account = defineAccount({
  kind: "VONAGE",
  title: "Vonage account",
  config: credentials,
  async check({ config, http, signal, now }) {
    const headers = { authorization: basicAuthorization(config.apiKey, config.apiSecret) };
    const url = joinUrl(config.apiBaseUrl, "/account/get-balance");
    const response = await http({ method: "GET", url, headers, secrets: secretsOf(config) }, { signal, now, explain: explainCheck });
    return { status: String(response.status) };
  },
});

/** Vonage SMS: https://developer.vonage.com/en/api/sms. A recovery is a second message. */
export const vonageSms = defineProvider({
  kind: "VONAGE_SMS",
  title: "SMS (Vonage)",
  docs: "https://developer.vonage.com/en/messaging/sms/overview",
  config,
  account,
  recipientFields: ["to"],
  recovery: "FOLLOWS",
  // 30 requests a second for each account, 1 from US numbers (unverified): the slower one suits every sender.
  pace: { concurrency: 2, perSecond: 1, burst: 10, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In the Vonage dashboard (https://dashboard.vonage.com), open API settings and copy the API key and the API secret.",
    "Enter as From a number that you rent there, or a name of up to 11 letters and digits where the recipient's country allows one.",
    "A demo account reaches only numbers on its list of test numbers, and adds a line to each message.",
    "Enter the recipient's number with country code, e.g. 447700900000.",
  ],
  render(message) {
    const text = smsText(plainText(cleanMessage(message), LIMIT, "BYTES"));
    // client-ref finds the message in Vonage's records; it does not keep it from being sent twice.
    return { text, payload: { text, type: fitsGsm7(text) ? "text" : "unicode", "client-ref": message.id.slice(0, 40) } };
  },
  async send(payload, { config, http, signal, now }) {
    const { apiKey, apiSecret, from, to, apiBaseUrl } = config;
    const body = new URLSearchParams({ to, from, ...payload, api_key: apiKey, api_secret: apiSecret }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const url = joinUrl(apiBaseUrl, "/sms/json");
    const response = await http({ method: "POST", url, headers, body, secrets: secretsOf(config) }, { signal, now, explain: (answer) => explain(answer, now) });
    const parts = partsOf(response);
    const refused = parts.filter(({ status }) => status !== "0");
    // Sent again, the parts that went out would come twice and be paid twice.
    const left = `: only ${parts.length - refused.length} of ${parts.length} parts were sent (status ${refused[0]?.status ?? ""}); not sent again`;
    return { status: `${response.status}${refused.length > 0 ? left : ""}`, reference: parts.find(({ status }) => status === "0")?.id };
  },
});

interface Part {
  /** "0" when it was taken; "" when Vonage did not say. */
  status: string;
  id: string | undefined;
  error: string;
}

/** A long text goes out in parts, each with an entry of its own. All values are strings. */
function partsOf({ body }: HttpResponse): Part[] {
  const messages = readObject(body)?.["messages"];
  if (!Array.isArray(messages)) return [];
  return (messages as unknown[]).map((entry) => {
    const part = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
    const status = String(part["status"]);
    return { status: /^\d{1,3}$/.test(status) ? status : "", id: textOf(part["message-id"]) || undefined, error: textOf(part["error-text"]) };
  });
}

const BAD_CREDENTIALS = "Vonage does not accept the credentials. Check the API key and the API secret.";
const BUG = "Vonage did not accept the message's form. This is a fault of the server.";

/** https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms */
const STATUSES: Record<string, Partial<DeliveryFailure>> = {
  1: { outcome: "RATE_LIMITED", hint: "Too many messages in a short time; sending goes on later." },
  2: { hint: BUG },
  3: { hint: "Vonage finds a value invalid. Check the sender and the recipient's number." },
  4: { hint: BAD_CREDENTIALS },
  5: { outcome: "TRANSIENT", hint: "Vonage had a fault of its own." },
  6: { hint: "Vonage cannot reach this number. Check the recipient: country code, then the number without its leading 0." },
  7: { hint: "This number is barred from receiving messages. Ask Vonage's support." },
  8: { hint: "The Vonage account is barred. Ask Vonage's support." },
  9: { hint: "The Vonage account has no credit. Top it up." },
  10: { outcome: "TRANSIENT", hint: "The account has too many connections at once; sending goes on later." },
  11: { hint: "The Vonage account is not enabled for this API. Look into its API settings." },
  12: { hint: "Vonage finds the text too long. This is a fault of the server." },
  14: { hint: "The account demands signed requests. Allow plain API secrets in its API settings." },
  15: { hint: "The recipient's country does not allow this sender. Use a number of the account." },
  22: { hint: "Vonage finds the network code invalid. Check the recipient's number." },
  23: { hint: BUG },
  29: { hint: "A demo account reaches only numbers on its list of test numbers. Add this one there, or top up the account." },
  32: { hint: "The account demands signed requests, or its secret is not valid for them. Look into its API settings." },
  33: { hint: "The number is deactivated. Check the recipient." },
};

function explain(response: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  if (response.status > 299) return readError(response);
  const parts = partsOf(response);
  if (parts.some(({ status }) => status === "0")) return undefined;
  const [first] = parts;
  if (!first || first.status === "") return { outcome: "PERMANENT", hint: "The answer is not Vonage's. Check the API base URL." };
  const { status, error } = first;
  // "Throughput Rate Exceeded - please wait [ 250 ] and retry"; that the number is in milliseconds is unverified.
  const wait = /\[ *(\d{1,9}) *\]/.exec(error)?.[1];
  return {
    outcome: "PERMANENT",
    ...STATUSES[status],
    message: `${error || "Vonage refused the message"} (status ${status})`,
    retryAfterMs: status === "1" && wait !== undefined ? parseRetryAfter(Number(wait) / 1000, now) : undefined,
  };
}

/** Errors outside of messages are { error-code, error-code-label }, or problem details of RFC 7807. */
function readError({ status, body }: HttpResponse): Partial<DeliveryFailure> {
  const answer = readObject(body);
  const message = ["error-code-label", "detail", "title"].map((name) => textOf(answer?.[name])).find((text) => text !== "");
  return { message: message ?? "", hint: status === 401 ? BAD_CREDENTIALS : undefined };
}

function explainCheck(response: HttpResponse): Partial<DeliveryFailure> | undefined {
  if (response.status > 299) return readError(response);
  const balance = readObject(response.body)?.["value"];
  return typeof balance === "number" ? undefined : { outcome: "PERMANENT", hint: "The answer is not Vonage's. Check the API base URL." };
}
