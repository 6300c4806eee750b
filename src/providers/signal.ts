import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { cutEscaped } from "../render/escape.ts";
import { markdownText } from "../render/markdown.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { basicAuthorization, wholeLogin } from "./login.ts";
import { defineAccount, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** The service sets none; what is longer than about 2000 bytes is shown with "read more" (unverified), and nobody reads more than this. */
const LIMITS = { title: 300, text: 4000 };

const PHONE = /^\+[1-9]\d{6,14}$/;
const GROUP = /^group\.[A-Za-z0-9+/]{20,}={0,2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const USERNAME = /^[A-Za-z_]\w{2,31}\.\d{2,10}$/;

const credentials = z.strictObject({
  serverUrl: publicUrl().meta({
    title: "Server URL",
    description: "Where signal-cli-rest-api is, with its path when it has one.",
    format: "url",
    example: "http://localhost:8080",
  } satisfies FieldMeta),
  user: z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(200, "must be at most 200 characters")
    .regex(/^[^:\p{Cc}\p{Surrogate}]*$/u, "must be on one line and without a colon")
    .optional()
    .meta({
      title: "User",
      description: "User of the proxy that protects the service, when it asks for one (Basic authentication).",
      example: "carillon",
    } satisfies FieldMeta),
  password: z
    .string()
    .min(1, "must not be empty")
    .max(500, "must be at most 500 characters")
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be on one line")
    .optional()
    .meta({ title: "Password", description: "Password of that user.", secret: true } satisfies FieldMeta),
  number: z
    .string()
    .trim()
    .max(16, "must be a phone number with + and country code, such as +15551230001")
    .regex(PHONE, "must be a phone number with + and country code, such as +15551230001")
    .meta({
      title: "Sender",
      description: "Phone number that is registered or linked in the service.",
      format: "phone",
      example: "+15551230001",
    } satisfies FieldMeta),
});

const config = z
  .strictObject({
    recipients: z
      .array(z.string().trim().max(200, "must be at most 200 characters"))
      .min(1, "must have at least one entry")
      .max(50, "must have at most 50 entries; use a group for more")
      .superRefine((recipients, context) => {
        for (const [at, recipient] of recipients.entries()) {
          if (sortOf(recipient) !== undefined) continue;
          const message = "must be a phone number such as +15551230002, a group's id (group.…), a user name such as anna.42, or a person's UUID";
          context.addIssue({ code: "custom", path: [at], message });
        }
        // The service takes no others together in one request.
        const sorts = new Set(recipients.map(sortOf));
        if (sorts.size > 1 || (sorts.has("GROUP") && recipients.length > 1)) {
          context.addIssue({ code: "custom", message: "must be one group, or phone numbers only, or user names only: make a channel for each" });
        }
      })
      .meta({
        title: "Recipients",
        description: "Who gets the messages: phone numbers, or user names, or one group's id.",
        example: "+15551230002",
      } satisfies FieldMeta),
    ...credentials.shape,
  })
  .superRefine(wholeLogin);

/** As the service tells them apart; UUIDs and numbers may stand together. */
function sortOf(recipient: string): "GROUP" | "NUMBER" | "USERNAME" | undefined {
  if (GROUP.test(recipient)) return "GROUP";
  if (PHONE.test(recipient) || UUID.test(recipient)) return "NUMBER";
  return USERNAME.test(recipient) ? "USERNAME" : undefined;
}

type Credentials = z.output<typeof credentials>;

const secretsOf = ({ password }: Credentials) => (password === undefined ? [] : [password]);

function headersOf({ user = "", password = "" }: Credentials): Record<string, string> {
  if (user === "" && password === "") return {};
  return { authorization: basicAuthorization(user, password) };
}

/** GET /v1/accounts lists the numbers that are registered or linked: src/api/api.go of the service. */
const account = defineAccount({
  kind: "SIGNAL",
  title: "Signal sender",
  config: credentials.superRefine(wholeLogin),
  async check({ config, http, signal, now }) {
    const url = joinUrl(config.serverUrl, "/v1/accounts");
    const { status } = await http(
      { method: "GET", url, headers: headersOf(config), secrets: secretsOf(config) },
      {
        signal,
        now,
        explain(answer) {
          if (answer.status > 299) return explain(answer, []);
          const numbers = parse(answer.body);
          if (!Array.isArray(numbers)) return NOT_THE_SERVICE;
          return numbers.includes(config.number) ? undefined : { outcome: "PERMANENT", message: "The sender is not registered there.", hint: SENDER };
        },
      },
    );
    return { status: String(status) };
  },
});

/** Text without the marks of the "styled" mode; it knows no other than these. */
const escape = (text: string) => text.replace(/[*~`|]/g, "\\$&");

/** A backslash or an escaped asterisk just before the closing mark would swallow it: a word joiner, which nobody sees, keeps them apart. */
const bold = (escaped: string) => `**${escaped.replace(/[\\*]$/, "$&\u2060")}**`;

/** signal-cli-rest-api: https://bbernhard.github.io/signal-cli-rest-api/#/Messages/post_v2_send */
export const signal = defineProvider({
  kind: "SIGNAL",
  title: "Signal",
  docs: "https://github.com/bbernhard/signal-cli-rest-api",
  config,
  account,
  recipientFields: ["recipients"],
  recovery: "REPLIES",
  // Signal documents no limits, and asks senders of many messages for a captcha. The service may start a Java program for each message.
  pace: { concurrency: 1, perSecond: 0.5, burst: 5, timeoutMs: 60_000 },
  idempotent: false,
  guide: [
    "Run signal-cli-rest-api (https://github.com/bbernhard/signal-cli-rest-api) where only this server can reach it: whoever can, can write in your name.",
    "Link it to your own Signal: open http://<server>:8080/v1/qrcodelink?device_name=carillon and scan the code in Signal under Settings, Linked devices.",
    "Or register a number of its own, as its README says. The sender is the number that you linked or registered. It does not ring for messages to itself; use a number of its own for that.",
    "For a group, open http://<server>:8080/v1/groups/<sender> and copy the group's id; it starts with group. and the sender must be a member.",
  ],
  render(message) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text, "UTF16");
    if (!message.rich) return { text, payload: { message: text, text_mode: "normal" } };
    const title = bold(cutEscaped(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, "UTF16", escape));
    const rest = markdownText(clean, { total: LIMITS.text, unit: "UTF16", escape });
    return { text, payload: { message: `${title}\n\n${rest}`, text_mode: "styled" } };
  },
  async send(payload, { config, message, http, signal, now }) {
    const { number, recipients } = config;
    const first = /^\d{1,15}$/.test(message.thread ?? "") ? Number(message.thread) : undefined;
    const quote = first === undefined ? {} : { quote_timestamp: first, quote_author: number };
    const response = await http(
      {
        method: "POST",
        url: joinUrl(config.serverUrl, "/v2/send"),
        headers: { "content-type": "application/json", ...headersOf(config) },
        body: JSON.stringify({ number, recipients, ...payload, ...quote }),
        secrets: secretsOf(config),
      },
      { signal, now, explain: (answer) => explain(answer, recipients) },
    );
    const { timestamp, failures } = readReceipt(response.body);
    const missed = failures.length === 0 ? "" : `, not delivered to ${failures.length}: ${[...new Set(failures)].join(", ")}`;
    return { status: `${response.status}${missed}`, reference: timestamp };
  },
});

const NOT_THE_SERVICE = { outcome: "PERMANENT", hint: "The answer is not signal-cli-rest-api's. Check the server URL." } as const;
const SENDER = "The sender is not registered in the service. Register or link its number there, or correct it.";
const CAPTCHA =
  "Signal limits this sender until it proves to be human: solve the captcha at https://signalcaptchas.org/challenge/generate.html and " +
  "send it with the challenge token to the service, POST /v1/accounts/<sender>/rate-limit-challenge.";

/** The service answers 400 to nearly everything, in the words of signal-cli. */
const FAILURES: [RegExp, Partial<DeliveryFailure>][] = [
  [/rate.?limit|captcha|challenge|proof.?required/i, { outcome: "RATE_LIMITED", hint: CAPTCHA }],
  [
    /untrusted|IDENTITY_FAILURE/i,
    {
      outcome: "PERMANENT",
      hint: "A recipient has a new phone or installed Signal anew. Check the safety number and trust it: PUT /v1/identities/<sender>/trust/<recipient>.",
    },
  ],
  [/unregistered/i, { outcome: "PERMANENT", hint: "A recipient is not on Signal, or hides the phone number. Correct the recipients, or use the user name." }],
  [/not registered|specified account does not exist/i, { outcome: "PERMANENT", hint: SENDER }],
  [/group/i, { outcome: "PERMANENT", hint: "The group is unknown to the sender. Check the group's id, and that the sender is a member with a profile name." }],
  [/time.?out|timed out|network|connect|unreachable|IOException|socket/i, { outcome: "TRANSIENT", hint: "The service could not reach Signal." }],
  [
    /couldn't process request|recipient type/i,
    { outcome: "PERMANENT", hint: "The service did not accept the message's form. Check the sender and the recipients, and update the service." },
  ],
];

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** { timestamp, errors: { recipients: [{ reason }] } }; newer versions put it into a list. */
function readReceipt(body: string): { timestamp: string | undefined; failures: string[] } {
  const value = parse(body);
  const receipt = readObject(JSON.stringify(Array.isArray(value) ? (value as unknown[])[0] : value) ?? "");
  const timestamp = String(receipt?.["timestamp"] ?? "");
  const failed = readObject(JSON.stringify(receipt?.["errors"]) ?? "")?.["recipients"];
  const failures = (Array.isArray(failed) ? failed : []).map((one) => textOf((one as { reason?: unknown } | null)?.reason).slice(0, 40) || "unknown reason");
  return { timestamp: /^\d{1,15}$/.test(timestamp) ? timestamp : undefined, failures };
}

function explain({ status, body }: HttpResponse, recipients: string[]): Partial<DeliveryFailure> | undefined {
  if (status <= 299) {
    const { timestamp, failures } = readReceipt(body);
    if (timestamp === undefined) return NOT_THE_SERVICE;
    // Where some have it, sending again would tell them twice. How many a group has is not known.
    if (failures.length < recipients.length || failures.length === 0 || recipients.some((one) => GROUP.test(one))) return undefined;
    return { outcome: "PERMANENT", message: `Delivered to nobody: ${failures.join(", ")}`, ...meaningOf(failures.join()) };
  }
  const answer = readObject(body);
  const tokens = Array.isArray(answer?.["challenge_tokens"]) ? answer["challenge_tokens"].map(textOf).filter(Boolean) : [];
  const error = textOf(answer?.["error"]);
  const said = { message: tokens.length > 0 ? `${error} Challenge token: ${tokens.join(", ")}` : error };
  if (status === 429) return { ...said, hint: CAPTCHA };
  if (status === 400 && answer) return { ...said, ...meaningOf(error) };
  if (status === 401 || status === 403) return { ...said, hint: "The proxy before the service does not accept the user and password." };
  if (status === 404) return { ...said, hint: "There is no signal-cli-rest-api at this URL. Check the server URL, and its path when it is behind a proxy." };
  return said;
}

function meaningOf(said: string): Partial<DeliveryFailure> | undefined {
  return FAILURES.find(([pattern]) => pattern.test(said))?.[1];
}
