import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import type { Message } from "../render/message.ts";
import { pushBody, pushTitle } from "../render/push.ts";
import type { HttpResponse } from "./http.ts";
import { readObject } from "./json.ts";
import { defineAccount, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** Bytes. Telephones and browsers take 2 to 4 KB for everything together (unverified), OneSignal 2048 for the data. */
const LIMITS = { title: 250, text: 1500, type: 128 };
const MOST_TARGETS = 2000;

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

const credentials = z.strictObject({
  appId: z
    .string()
    .trim()
    .toLowerCase()
    .max(36, "must be at most 36 characters")
    .regex(UUID, "must be the app's id, e.g. 4c5c5a4e-0000-4000-8000-000000000000")
    .meta({
      title: "App id",
      description: "Id of the OneSignal app that sends the messages.",
      example: "4c5c5a4e-0000-4000-8000-000000000000",
    } satisfies FieldMeta),
  apiKey: z
    .string()
    .trim()
    .overwrite((key) => key.replace(/^(key|basic) +/i, ""))
    .max(300, "must be at most 300 characters")
    .refine((key) => !key.startsWith("os_v2_org_"), "is an organization's key; give the key of the app")
    .regex(/^[\w.=/+-]{20,}$/, "must be an API key of the app: letters and digits, at least 20, without blanks")
    .meta({
      title: "API key",
      description: "App API key of the OneSignal app.",
      secret: true,
      example: "os_v2_app_exampleexampleexampleexample",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://api.onesignal.com").meta({
    title: "API base URL",
    description: "Where OneSignal's API is, or a relay of yours.",
    format: "url",
    example: "https://api.onesignal.com",
  } satisfies FieldMeta),
});

const TARGETS = ["EXTERNAL_IDS", "SUBSCRIPTION_IDS", "SEGMENTS"] as const;

const config = z
  .strictObject({
    target: z.enum(TARGETS, `must be one of ${TARGETS.join(", ")}`).meta({
      title: "Target",
      description: "What the targets are: your own ids of users, OneSignal's ids of single devices, or names of segments.",
      values: {
        EXTERNAL_IDS: "Ids that your own app has given its users.",
        SUBSCRIPTION_IDS: "OneSignal's ids of single devices.",
        SEGMENTS: "Names of segments.",
      },
      example: "EXTERNAL_IDS",
    } satisfies FieldMeta),
    targets: z
      .array(
        z
          .string()
          .trim()
          .min(1, "must not be empty")
          .max(128, "must be at most 128 characters")
          .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be on one line"),
      )
      .min(1, "must have at least one entry")
      .max(MOST_TARGETS, `must have at most ${MOST_TARGETS} entries`)
      .meta({
        title: "Targets",
        description: "Who gets the messages: external ids, subscription ids or segments.",
        example: "user-1",
      } satisfies FieldMeta),
    ...credentials.shape,
  })
  .superRefine(({ target, targets }, context) => {
    if (target !== "SUBSCRIPTION_IDS") return;
    const index = targets.findIndex((id) => !UUID.test(id));
    const message = "must be a subscription id, e.g. 8b0ee9e1-0000-4000-8000-000000000000";
    if (index >= 0) context.addIssue({ code: "custom", path: ["targets", index], message });
  });

const headers = ({ apiKey }: z.output<typeof credentials>) => ({ "content-type": "application/json", authorization: `Key ${apiKey}` });

/** https://documentation.onesignal.com/reference/view-messages */
const account = defineAccount({
  kind: "ONESIGNAL",
  title: "OneSignal app",
  config: credentials,
  async check({ config, http, signal, now }) {
    const url = joinUrl(config.apiBaseUrl, `/notifications?app_id=${config.appId}&limit=1`);
    const { status } = await http(
      { method: "GET", url, headers: headers(config), secrets: [config.apiKey] },
      {
        signal,
        now,
        explain(answer) {
          if (answer.status > 299) return refusal(answer, now);
          return Array.isArray(readObject(answer.body)?.["notifications"]) ? undefined : NOT_ONESIGNAL;
        },
      },
    );
    return { status: String(status) };
  },
});

/** OneSignal fills in "{{ name }}" and "{% … %}": a word joiner, which nobody sees, makes them plain text. */
const withoutTemplates = (text: string) => text.replace(/\{(?=[{%])/g, "{\u2060");

/** 10 is delivered at once, anything else when the telephone wakes. */
const priorityOf = ({ severity, recovered }: Message) => (recovered || severity === "INFO" ? 5 : 10);

function audience(target: (typeof TARGETS)[number], targets: string[]): object {
  if (target === "EXTERNAL_IDS") return { include_aliases: { external_id: targets } };
  return target === "SUBSCRIPTION_IDS" ? { include_subscription_ids: targets } : { included_segments: targets };
}

/**
 * OneSignal: https://documentation.onesignal.com/reference/push-notification.
 * A later message of a problem takes the place of the one before on the device.
 */
export const oneSignal = defineProvider({
  kind: "ONESIGNAL",
  title: "OneSignal",
  docs: "https://documentation.onesignal.com/reference/create-message",
  config,
  account,
  recipientFields: ["targets"],
  recovery: "REPLACES",
  // 150 requests a second for each app on the free plan: https://documentation.onesignal.com/reference/rate-limits
  pace: { concurrency: 4, perSecond: 50, burst: 100, timeoutMs: 15_000 },
  // By idempotency_key: https://documentation.onesignal.com/reference/idempotent-notification-requests
  idempotent: true,
  guide: [
    "In OneSignal's dashboard open the app, or create one and set up at least one push platform for it.",
    "Under Settings, Keys & IDs, copy the OneSignal App ID.",
    "On the same page choose Add Key, give it a name, and copy the key: it is shown only once.",
    "Choose who gets the messages: external ids are the ids that your app gives its users (OneSignal.login).",
    "Subscription ids (single devices) and segments are shown in the dashboard under Audience.",
  ],
  render(message, { appId, target, targets }) {
    const clean = cleanMessage(message);
    const title = pushTitle(clean, LIMITS.title, withoutTemplates);
    const body = pushBody(clean, LIMITS.text, withoutTemplates);
    const topic = message.condition?.id;
    const payload = {
      app_id: appId,
      target_channel: "push",
      ...audience(target, targets),
      headings: { en: title },
      contents: { en: body },
      data: {
        delivery_id: message.id,
        event_id: message.event.id,
        ...(topic === undefined ? {} : { condition_id: topic }),
        type: cut(cleanLine(message.event.type), LIMITS.type, "BYTES"),
        severity: message.severity,
        recovered: message.recovered,
      },
      priority: priorityOf(message),
      // The one for telephones, the other for browsers, which would show only the last of all messages without it.
      ...(topic === undefined ? {} : { collapse_id: topic, web_push_topic: topic }),
      idempotency_key: message.id,
    };
    return { text: `${title}\n\n${body}`, payload };
  },
  async send(payload, { config, http, signal, now }) {
    const url = joinUrl(config.apiBaseUrl, "/notifications?c=push");
    const { status, body } = await http(
      { method: "POST", url, headers: headers(config), body: JSON.stringify(payload), secrets: [config.apiKey] },
      { signal, now, explain: (answer) => explain(answer, now) },
    );
    const answer = readObject(body);
    const left = said(answer?.["errors"]);
    const partly = `${status}, but not to everyone: ${cleanLine(left.join("; "))}`;
    return { status: left.length === 0 ? String(status) : cut(partly, 200, "UTF16"), reference: String(answer?.["id"]) };
  },
});

/** Both names were documented: https://documentation.onesignal.com/v9.0/docs/rate-limits */
const waitOf = ({ headers }: HttpResponse, now: Date) => parseRetryAfter(headers["retry-after"] ?? headers["retryafter"], now);

const HINTS: [RegExp, string][] = [
  [/app_id/i, "OneSignal does not know the app. Check the app id."],
  [/subscription_id|player_id|valid uuid/i, "One of the subscription ids is wrong. Check the targets."],
  [
    /english|contents|headings|data must be|no more than|collapse_id|idempotency_key|which players/i,
    "OneSignal did not accept the message's form. This is a fault of the server.",
  ],
  [/segment/i, "OneSignal does not know one of the segments. Their names are shown under Audience, Segments."],
];

const KEY = "OneSignal does not take the API key for this app. Create a key of this app under Settings, Keys & IDs, and check the app id.";
const STATUS_HINTS: Record<number, string> = { 401: KEY, 403: KEY, 404: "There is no such app, or the API base URL does not lead to OneSignal. Check both." };

const NOT_ONESIGNAL = { outcome: "PERMANENT" as const, hint: "The answer is not OneSignal's. Check the API base URL." };

function refusal(response: HttpResponse, now: Date): Partial<DeliveryFailure> {
  const message = said(readObject(response.body)?.["errors"]).join("; ");
  const hint = STATUS_HINTS[response.status] ?? (response.status === 400 ? HINTS.find(([pattern]) => pattern.test(message))?.[1] : undefined);
  return { message, hint, retryAfterMs: waitOf(response, now) };
}

/** A 200 may mean that nothing was sent: the id is empty then. */
function explain(response: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  if (response.status > 299) return refusal(response, now);
  const answer = readObject(response.body);
  const id = answer?.["id"];
  if (typeof id === "string" && id !== "") return undefined;
  if (id !== "" && answer?.["errors"] === undefined) return NOT_ONESIGNAL;
  return {
    outcome: "PERMANENT",
    message: said(answer?.["errors"]).join("; ") || "OneSignal sent the message to nobody.",
    hint: "None of the targets has a device that takes push messages. Check the targets, and that their users have allowed notifications.",
  };
}

/**
 * OneSignal's errors as texts: a list of texts or objects with a title, one text,
 * or an object of what was left out, e.g. { invalid_aliases: { external_id: ["user-2"] } }.
 */
function said(errors: unknown, name = "", depth = 0): string[] {
  if (typeof errors === "string") return [`${name}${errors}`];
  if (typeof errors !== "object" || errors === null || depth > 4) return [];
  if (Array.isArray(errors)) {
    const texts = errors.flatMap((error) => said(error, "", depth + 1));
    return name === "" || texts.length === 0 ? texts : [`${name}${texts.join(", ")}`];
  }
  if ("title" in errors && typeof errors.title === "string") return [errors.title];
  return Object.entries(errors).flatMap(([key, inner]) => said(inner, `${name}${key}: `, depth + 1));
}
