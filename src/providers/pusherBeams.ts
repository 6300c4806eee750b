import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cut } from "../render/cut.ts";
import type { Message } from "../render/message.ts";
import { pushBody, pushTitle } from "../render/push.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { joinUrl, publicUrl } from "./url.ts";

/**
 * Bytes. FCM, APNs and browsers take 4 KB each; the body stays so far below that title, data and what Beams adds fit in as well.
 * The title and the data are sent in three forms.
 */
const LIMITS = { title: 250, body: 2800, type: 128 };

/**
 * https://pusher.com/docs/beams/reference/publish-api. `together` is ours:
 * bytes of all targets, so that the message has room in the request. A user id is counted in bytes, an interest is ASCII.
 */
const TARGETS = {
  INTERESTS: { key: "interests", most: 100, together: 5000, request: 10 * 1024 },
  USERS: { key: "users", most: 1000, together: 190_000, request: 200 * 1024 },
} as const;
const LONGEST_TARGET = 164;

const credentials = z.strictObject({
  instanceId: z
    .string()
    .trim()
    .toLowerCase()
    .max(36, "must be at most 36 characters")
    .regex(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/, "must be the instance's id, e.g. 426abfc7-0000-4000-8000-000000000000")
    .meta({
      title: "Instance id",
      description: "Id of the Beams instance that sends the messages.",
      example: "426abfc7-0000-4000-8000-000000000000",
    } satisfies FieldMeta),
  secretKey: z
    .string()
    .trim()
    .overwrite((key) => key.replace(/^bearer +/i, ""))
    .max(200, "must be at most 200 characters")
    .regex(/^[\w=/+.-]{16,}$/, "must be the instance's secret key: usually 64 letters and digits, without blanks")
    .meta({
      title: "Secret key",
      description: "Secret key of the Beams instance.",
      secret: true,
      example: "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().optional().meta({
    title: "API base URL",
    description: "Where the Beams API is, or a relay of yours. Left out: the instance's own host at Pusher.",
    format: "url",
    example: "https://426abfc7-0000-4000-8000-000000000000.pushnotifications.pusher.com",
  } satisfies FieldMeta),
});

const config = z
  .strictObject({
    target: z.enum(["INTERESTS", "USERS"], "must be INTERESTS or USERS").meta({
      title: "Target",
      description: "What the targets are: interests that devices subscribe to, or ids of authenticated users.",
      values: { INTERESTS: "Interests that devices subscribe to.", USERS: "Ids of users that your app has authenticated." },
      example: "INTERESTS",
    } satisfies FieldMeta),
    targets: z
      .array(
        z
          .string()
          .trim()
          .min(1, "must not be empty")
          .max(LONGEST_TARGET, `must be at most ${LONGEST_TARGET} characters`)
          .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be on one line")
          .refine((target) => Buffer.byteLength(target) <= LONGEST_TARGET, `must be at most ${LONGEST_TARGET} bytes`),
      )
      .min(1, "must have at least one entry")
      .max(TARGETS.USERS.most, `must have at most ${TARGETS.USERS.most} entries`)
      .meta({
        title: "Targets",
        description: "Who gets the messages: up to 100 interests or up to 1000 user ids.",
        example: "alerts",
      } satisfies FieldMeta),
    ...credentials.shape,
  })
  .superRefine(({ target, targets }, context) => {
    const complain = (message: string, ...index: number[]) => context.addIssue({ code: "custom", path: ["targets", ...index], message });
    const { most, together } = TARGETS[target];
    if (targets.length > most) return complain(`must have at most ${most} entries`);
    if (Buffer.byteLength(JSON.stringify(targets)) > together) return complain(`must be shorter: at most about ${together} bytes together`);
    const bad = target === "INTERESTS" ? targets.findIndex((interest) => !/^[\w\-=@,.;]+$/.test(interest)) : -1;
    if (bad >= 0) complain("must be an interest: letters A to Z, digits and any of _-=@,.; without blanks", bad);
  });

/** https://pusher.com/docs/beams/reference/all-libraries. The API has no request that asks for something and changes nothing. */
const account = defineAccount({
  kind: "PUSHER_BEAMS",
  title: "Beams instance",
  config: credentials,
  check: () => Promise.resolve({ status: "not checked: Pusher Beams has no request for that; send a test message" }),
});

/**
 * The same news in the form of each platform: https://pusher.com/docs/beams/reference/publish-payloads
 * and for all keys https://github.com/pusher/push-notifications-node/blob/master/index.d.ts.
 * On telephones a later message of a problem takes the place of the one before (tag, collapse_id); browsers show both.
 */
function forms(message: Message, title: string, body: string, data: Record<string, string>) {
  const { severity, recovered, condition, rich } = message;
  const urgent = !recovered && severity !== "INFO";
  const sound = urgent ? { sound: "default" } : {};
  const notification = { title, body };
  return {
    web: { notification, data },
    fcm: {
      notification: { ...notification, ...sound, ...(rich ? { color: severityColor(message) } : {}), ...(condition ? { tag: condition.id } : {}) },
      data,
      priority: urgent ? "high" : "normal",
    },
    apns: {
      aps: { alert: notification, ...sound, ...(condition ? { "thread-id": condition.id } : {}) },
      data,
      priority: urgent ? 10 : 5,
      ...(condition ? { collapse_id: condition.id } : {}),
    },
  };
}

/** Pusher Beams: https://pusher.com/docs/beams/reference/publish-api. The API changes no message, so a recovery is a second one. */
export const pusherBeams = defineProvider({
  kind: "PUSHER_BEAMS",
  title: "Pusher Beams",
  docs: "https://pusher.com/docs/beams/reference/publish-api",
  config,
  account,
  recipientFields: ["targets"],
  recovery: "FOLLOWS",
  // 100 requests a second for each instance: https://pusher.com/docs/beams/reference/publish-api#error-responses
  pace: { concurrency: 4, perSecond: 50, burst: 50, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In Pusher's dashboard (https://dashboard.pusher.com/beams) create a Beams instance, or open one, and set it up for your app or web page.",
    "On its tab Credentials (Keys) copy the instance id and the secret key.",
    "Choose who gets the messages: interests are the names that your app subscribes its devices to (addDeviceInterest).",
    "Users are the ids that your app signs its users in with (setUserId).",
  ],
  render(message, { target, targets }) {
    const clean = cleanMessage(message);
    const { key, request } = TARGETS[target];
    const title = pushTitle(clean, LIMITS.title);
    const { id, event, condition, severity, recovered } = message;
    // FCM takes only texts as data.
    const data = {
      deliveryId: id,
      eventId: event.id,
      ...(condition ? { conditionId: condition.id } : {}),
      type: cut(cleanLine(event.type), LIMITS.type, "BYTES"),
      severity,
      recovered: String(recovered),
    };
    const withBody = (body: string) => ({ [key]: targets, ...forms(clean, title, body, data) });
    const room = Math.floor((request - Buffer.byteLength(JSON.stringify(withBody("")))) / 3);
    // A trigger's own targets may be more than fit; Pusher refuses those, and says so better than an empty message.
    const body = pushBody(clean, Math.max(200, Math.min(LIMITS.body, room)));
    return { text: `${title}\n\n${body}`, payload: withBody(body) };
  },
  async send(payload, { config, http, signal, now }) {
    const { target, instanceId, secretKey, apiBaseUrl = `https://${instanceId}.pushnotifications.pusher.com` } = config;
    const url = joinUrl(apiBaseUrl, `/publish_api/v1/instances/${instanceId}/publishes/${TARGETS[target].key}`);
    const headers = { "content-type": "application/json", authorization: `Bearer ${secretKey}` };
    const { status, body } = await http({ method: "POST", url, headers, body: JSON.stringify(payload), secrets: [secretKey] }, { signal, now, explain });
    return { status: String(status), reference: textOf(readObject(body)?.["publishId"]) };
  },
});

const BUG = "Pusher did not accept the message's form. This is a fault of the server.";
const KEY = "Pusher does not take the secret key for this instance. Copy both again from Credentials in the dashboard.";
const HINTS: Record<number, string> = {
  400: BUG,
  401: KEY,
  402: "Pusher has stopped sending because the plan's limits are used up. Choose a larger plan, or wait for the next month.",
  403: KEY,
  404: "Pusher does not know the instance. Check the instance id.",
  422: BUG,
};

/** Errors are { error, description }; when to try again after a 429 is not said. */
function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    return typeof answer?.["publishId"] === "string" ? undefined : { outcome: "PERMANENT", hint: "The answer is not Pusher's. Check the API base URL." };
  }
  const message = [answer?.["error"], answer?.["description"]].map(textOf).filter((part) => part !== "").join(": ");
  return { message, hint: /too large/i.test(message) ? "Pusher finds the request too large. Give fewer targets." : HINTS[status] };
}
