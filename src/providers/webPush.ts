import { createECDH, createHash, ECDH } from "node:crypto";
import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import type { Message } from "../render/message.ts";
import { pushBody, pushTitle } from "../render/push.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { httpUrl } from "./url.ts";

/** Bytes. Push services take 4096 encrypted, which are 3993 of JSON (RFC 8291 §4); less than 3 KB is advised. */
const LIMITS = { title: 250, body: 2400, type: 128 };

/** Four weeks, the longest that push services keep a message. */
const LONGEST_TTL = 2_419_200;

const CURVE = "prime256v1";

/** The alphabet of base64url, which browsers and web-push write; that of base64 and the padding are turned into it. */
const base64url = (length: number, problem: string) =>
  z
    .string()
    .trim()
    .max(200, "must be at most 200 characters")
    .overwrite((text) => text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""))
    .regex(new RegExp(`^[\\w-]{${length}}$`), problem);

/** 65 bytes: a point on the curve, uncompressed. */
const publicPoint = (problem: string) => base64url(87, problem).refine((key) => key.startsWith("B") && succeeds(() => ECDH.convertKey(key, CURVE, "base64url")), problem);

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** @throws when it is no private key of the curve */
function publicOf(privateKey: string): Buffer {
  const pair = createECDH(CURVE);
  pair.setPrivateKey(privateKey, "base64url");
  return pair.getPublicKey();
}

const PRIVATE_KEY = "must be a VAPID private key: 32 bytes, which are 43 letters, digits, - and _";

const credentials = z.strictObject({
  subject: z
    .string()
    .trim()
    .max(200, "must be at most 200 characters")
    .regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/, "must be mailto: and an e-mail address without blanks, or an https:// URL")
    .refine((text) => URL.canParse(text) && new URL(text).hostname !== "localhost", "must not be on localhost: Apple refuses that")
    .meta({
      title: "Subject",
      description: "How push services reach the sender in case of trouble: mailto: and an e-mail address, or an https:// URL.",
      example: "mailto:admin@example.com",
    } satisfies FieldMeta),
  publicKey: publicPoint("must be a VAPID public key: 65 bytes, which are 87 letters, digits, - and _, the first a B").meta({
    title: "VAPID public key",
    description: "Public key of the pair; the browser subscribes with the same one.",
    example: "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs",
  } satisfies FieldMeta),
  privateKey: base64url(43, PRIVATE_KEY)
    .refine((key) => succeeds(() => publicOf(key)), PRIVATE_KEY)
    .meta({ title: "VAPID private key", description: "Private key of the pair.", secret: true, example: "ExampleExampleExampleExampleExampleExampleE" } satisfies FieldMeta),
});

const config = z.strictObject({
  endpoint: httpUrl(endpointProblem).meta({
    title: "Endpoint",
    description: "URL of the browser's subscription at its push service; whoever knows it may try to send there.",
    secret: true,
    format: "url",
    example: "https://updates.push.services.mozilla.com/wpush/v2/gAAAAExample",
  } satisfies FieldMeta),
  p256dh: publicPoint("must be the subscription's key p256dh: 65 bytes, which are 87 letters, digits, - and _, the first a B").meta({
    title: "Key p256dh",
    description: "The subscription's public key, which messages are encrypted for.",
    example: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  } satisfies FieldMeta),
  auth: base64url(22, "must be the subscription's secret auth: 16 bytes, which are 22 letters, digits, - and _").meta({
    title: "Secret auth",
    description: "The subscription's secret, which the encryption needs as well.",
    secret: true,
    example: "iQPOZKF_NLXeYDV51rh2Rg",
  } satisfies FieldMeta),
  ttl: z.int("must be a whole number").min(0, `must be from 0 to ${LONGEST_TTL}`).max(LONGEST_TTL, `must be from 0 to ${LONGEST_TTL}`).default(86_400).meta({
    title: "Time to live",
    description: "Seconds for which the push service keeps a message while the browser is away; 0 drops it then.",
    example: "86400",
  } satisfies FieldMeta),
  ...credentials.shape,
});

/** Without TLS only to this machine, for a simulator. Old Chrome endpoints know no VAPID. */
function endpointProblem({ protocol, hostname, href }: URL): string | undefined {
  if (protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return "must start with https://: push services take nothing else";
  if (href.startsWith("https://android.googleapis.com/gcm/")) return "is an endpoint of an old browser, which takes no VAPID keys; subscribe again with a new one";
  return undefined;
}

/** Nobody can be asked about a pair of keys, but whether it is one can be worked out. */
const account = defineAccount({
  kind: "WEB_PUSH",
  title: "VAPID keys",
  config: credentials,
  check({ config }) {
    if (publicOf(config.privateKey).equals(Buffer.from(config.publicKey, "base64url"))) {
      return Promise.resolve({ status: "not checked: the keys belong together; whether a push service takes them only a test message shows" });
    }
    const failure: DeliveryFailure = {
      outcome: "PERMANENT",
      message: "The private key does not belong to the public key.",
      hint: "Enter the two keys of one pair, as npx web-push generate-vapid-keys wrote them.",
    };
    return Promise.reject(new DeliveryError(failure));
  },
});

/** Telephones that save power wake for the first at once. */
function urgencyOf({ severity, recovered }: Message) {
  return recovered ? "low" : ({ INFO: "low", WARNING: "normal", CRITICAL: "high" } as const)[severity];
}

/** At most 32 letters of base64url (RFC 8030 §5.4): the same for all messages of a problem, and telling nothing of it. */
const topicOf = (conditionId: string) => createHash("sha256").update(conditionId).digest("base64url").slice(0, 32);

/**
 * Web Push: RFC 8030 (request), RFC 8291 (encryption), RFC 8292 (VAPID).
 * A later message of a problem takes the place of the one before: at the push service by topic, in the browser by the tag.
 */
export const webPush = defineProvider({
  kind: "WEB_PUSH",
  title: "Web Push",
  docs: "https://developer.mozilla.org/docs/Web/API/Push_API",
  config,
  account,
  recovery: "REPLACES",
  // Push services limit each subscription, but do not say how (unverified).
  pace: { concurrency: 2, perSecond: 5, burst: 10, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "Make a pair of VAPID keys once with npx web-push generate-vapid-keys, and enter both; with other keys all subscriptions have to be made anew.",
    "Let a web page of yours register a service worker that shows what it gets: on push, it reads event.data.json() " +
      "and calls registration.showNotification(title, { body, tag, renotify: true, timestamp }).",
    "On that page, in the browser that is to get the messages, run " +
      'registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: "<public key>" }) and allow notifications.',
    "Print the subscription with JSON.stringify(subscription) and copy from it endpoint, keys.p256dh and keys.auth.",
  ],
  render(message) {
    const clean = cleanMessage(message);
    const { event, condition, severity, recovered } = message;
    const title = pushTitle(clean, LIMITS.title);
    const body = pushBody(clean, LIMITS.body);
    const content = {
      title,
      body,
      severity,
      tag: condition?.id ?? message.id,
      timestamp: event.occurredAt.getTime(),
      recovered,
      type: cut(cleanLine(event.type), LIMITS.type, "BYTES"),
    };
    const topic = condition ? { topic: topicOf(condition.id) } : {};
    return { text: `${title}\n\n${body}`, payload: { content, urgency: urgencyOf(message), ...topic } };
  },
  async send({ content, ...options }, { config, http, signal, now }) {
    const { subject, publicKey, privateKey, p256dh, auth, ttl } = config;
    // As the URL standard writes it, so that the token is made out for the origin proper.
    const endpoint = new URL(config.endpoint).href;
    // Loaded with the first message: few use it, and it would keep every start waiting.
    const { default: webpush } = await import("web-push");
    const { headers, body } = webpush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(content), {
      vapidDetails: { subject, publicKey, privateKey },
      TTL: ttl,
      ...options,
    });
    // The library gives some values as numbers; the length is set where the request is sent.
    const sent = Object.entries(headers).flatMap(([name, value]) => (name === "Content-Length" ? [] : [[name, String(value)]]));
    const secrets = [config.endpoint, auth, privateKey];
    const request = { method: "POST" as const, url: endpoint, headers: Object.fromEntries(sent) as Record<string, string>, body, secrets };
    const response = await http(request, { signal, now, explain });
    return { status: String(response.status) };
  },
});

const GONE = "The browser's subscription has ended. Subscribe again in the browser, and enter the new endpoint and keys.";
const OTHER_KEY = "The subscription was made with another public key. Enter the VAPID keys that the browser subscribed with, or subscribe again with these.";
const KEYS = "The push service does not take the VAPID keys. Check that they are one pair, that the subscription was made with this public key, and this server's clock.";
const HINTS: Record<number, string> = {
  400: KEYS,
  401: KEYS,
  403: KEYS,
  404: GONE,
  410: GONE,
  413: "The push service finds the message too large. This is a fault of the server.",
};

/** As Chrome's, Mozilla's, Apple's and Microsoft's services word it (unverified): nothing but the hint depends on it. */
const MISMATCH = /do not correspond|VapidPkHashMismatch|MismatchSenderId|public key mismatch/i;

/** Errors are plain text, or JSON with `message` (Mozilla) or `reason` (Apple). */
function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  if (status <= 299) return undefined;
  const answer = readObject(body);
  const message = textOf(answer?.["message"]) || textOf(answer?.["reason"]);
  const hint = status < 404 && MISMATCH.test(message || body) ? OTHER_KEY : HINTS[status];
  return { message, hint, disableChannel: status === 404 || status === 410 ? true : undefined };
}
