import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { waitUntil } from "./resetTime.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** Pushbullet names no limit; what is longer than this nobody reads on a telephone. */
const LIMITS = { title: 250, body: 4000 };

const credentials = z.strictObject({
  accessToken: z
    .string()
    .trim()
    .max(100, "must be at most 100 characters")
    // Usually "o." and 32 letters and digits (unverified), so only the characters are checked.
    .regex(/^[A-Za-z0-9._-]{10,}$/, "must be an access token: letters, digits and dots, mostly beginning with o.")
    .meta({
      title: "Access token",
      description: "Access token of the Pushbullet account that sends the messages.",
      secret: true,
      example: "o.ExampleExampleExampleExampleExam",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://api.pushbullet.com").meta({
    title: "API base URL",
    description: "Where Pushbullet's API is: its own, or a relay of yours.",
    format: "url",
    example: "https://api.pushbullet.com",
  } satisfies FieldMeta),
});

const TARGETS = ["device", "email", "channelTag"] as const;

interface Targets {
  device?: string | undefined;
  email?: string | undefined;
  channelTag?: string | undefined;
}

/** An empty text is none: so a trigger can take away the channel's device when it names an e-mail address. */
const givenTargets = (targets: Targets) => TARGETS.filter((name) => targets[name]);

const config = z
  .strictObject({
    device: z
      .string()
      .trim()
      .max(64, "must be at most 64 characters")
      .regex(/^[A-Za-z0-9]*$/, "must be a device's identifier: letters and digits")
      .optional()
      .meta({
        title: "Device",
        description: "Identifier of the one device that gets the messages. Without device, e-mail and channel: all devices of the account.",
        example: "ujpah72o0sjAoRtnM0jc",
      } satisfies FieldMeta),
    email: z
      .string()
      .trim()
      .max(254, "must be at most 254 characters")
      .regex(/^([^\s@<>,;"\p{Cc}\p{Surrogate}]+@[^\s@<>,;"\p{Cc}\p{Surrogate}]+)?$/u, "must be one e-mail address")
      .optional()
      .meta({
        title: "E-mail",
        description: "Address of another Pushbullet user who gets the messages, or of anyone, who then gets an e-mail.",
        format: "email",
        example: "anna@example.com",
      } satisfies FieldMeta),
    channelTag: z
      .string()
      .trim()
      .overwrite((tag) => tag.replace(/^#/, ""))
      .max(64, "must be at most 64 characters")
      .regex(/^[A-Za-z0-9_-]*$/, "must be the tag of a channel: letters, digits, hyphens and underscores")
      .optional()
      .meta({ title: "Channel tag", description: "Tag of a channel of yours, whose subscribers get the messages.", example: "my-alerts" } satisfies FieldMeta),
    ...credentials.shape,
  })
  .superRefine((targets, context) => {
    const [first, ...more] = givenTargets(targets);
    for (const name of more) context.addIssue({ code: "custom", path: [name], message: `must be left out when ${first} is given: a message has one target` });
  });

const headersOf = ({ accessToken }: z.output<typeof credentials>) => ({ "access-token": accessToken });

/** https://docs.pushbullet.com/#get-user */
const account = defineAccount({
  kind: "PUSHBULLET",
  title: "Pushbullet account",
  config: credentials,
  async check({ config, http, signal, now }) {
    const request = { method: "GET", url: joinUrl(config.apiBaseUrl, "/v2/users/me"), headers: headersOf(config) } as const;
    const { status } = await http(request, { signal, now, explain: (answer) => explain(answer, now) });
    return { status: String(status) };
  },
});

/**
 * Pushbullet: https://docs.pushbullet.com/#create-push. Notes have no formatting and no severity, and that they can be changed later is not documented,
 * so a recovery is a second one. The delivery's id is the `guid`: the same again gives back the first push, as good as always.
 */
export const pushbullet = defineProvider({
  kind: "PUSHBULLET",
  title: "Pushbullet",
  docs: "https://docs.pushbullet.com",
  config,
  account,
  recipientFields: TARGETS,
  recovery: "FOLLOWS",
  // Calls are limited by what they cost the database (32768 units, 5 for a push), far above this; free accounts have 500 pushes a month:
  // https://docs.pushbullet.com/#limits
  pace: { concurrency: 1, perSecond: 1, burst: 10, timeoutMs: 15_000 },
  idempotent: true,
  guide: [
    "Sign in at https://www.pushbullet.com, open Settings, Account, choose Create Access Token and copy it.",
    "For one device only, open it under Devices in Pushbullet's web page: its identifier is the last part of the page's URL.",
    "For another person enter the e-mail address; for many people create a channel at https://www.pushbullet.com/my-channel and enter its tag.",
    "A free account may send 500 messages a month.",
  ],
  render(message, { device, email, channelTag }) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.body, "UTF16");
    const target = { ...(device ? { device_iden: device } : {}), ...(email ? { email } : {}), ...(channelTag ? { channel_tag: channelTag } : {}) };
    return { text, payload: { type: "note", title: cut(clean.title, LIMITS.title, "UTF16"), body: text, guid: clean.id, ...target } };
  },
  async send(payload, { config, http, signal, now }) {
    const targets = givenTargets(config);
    if (targets.length > 1) {
      const message = `The message has more than one target: ${targets.join(", ")}.`;
      const hint = "The trigger names another kind of target than the channel. Set the channel's one to an empty text in the trigger.";
      throw new DeliveryError({ outcome: "PERMANENT", message, hint });
    }
    const headers = { "content-type": "application/json", ...headersOf(config) };
    const request = { method: "POST", url: joinUrl(config.apiBaseUrl, "/v2/pushes"), headers, body: JSON.stringify(payload) } as const;
    const { status, body } = await http(request, { signal, now, explain: (answer) => explain(answer, now) });
    return { status: String(status), reference: textOf(readObject(body)?.["iden"]) };
  },
});

const HINTS: Record<number, string> = {
  400: "Pushbullet did not accept the message or its target. Check device, e-mail address and channel tag.",
  401: "Pushbullet does not know the access token. Create a new one in its settings.",
  403: "The access token may not do this. A channel must belong to the account of the token.",
  404: "Pushbullet does not know the device or channel, or the API base URL does not lead to Pushbullet.",
};

/** How often it is seen whether the next month has begun; no answer tells when that is. */
const QUOTA_WAIT_MS = 60 * 60 * 1000;

/** Errors are { error: { type, message, param }, error_code }: https://docs.pushbullet.com/#errors. Every good answer is an object with an `iden`. */
function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    return typeof answer?.["iden"] === "string" ? undefined : { outcome: "PERMANENT", hint: "The answer is not Pushbullet's. Check the API base URL." };
  }
  const error = readObject(JSON.stringify(answer?.["error"] ?? null));
  const param = textOf(error?.["param"]);
  const message = [textOf(error?.["message"]), param === "" ? "" : `(${param})`].filter((part) => part !== "").join(" ");
  // Not in Pushbullet's documentation, but in what its servers say (unverified).
  if ([error?.["code"], answer?.["error_code"]].includes("pushbullet_pro_required")) {
    const hint = "A free Pushbullet account may send 500 messages a month, and they are used up. Sending goes on next month, or get Pushbullet Pro.";
    return { outcome: "RATE_LIMITED", message, hint, retryAfterMs: QUOTA_WAIT_MS };
  }
  if (status === 429) return { message, retryAfterMs: parseRetryAfter(headers["retry-after"], now) ?? waitUntil(headers["x-ratelimit-reset"], now) };
  return { message, hint: HINTS[status] };
}
