import { createDecipheriv, createECDH, createPublicKey, hkdfSync, verify } from "node:crypto";
import { webPush } from "../../src/providers/webPush.ts";
import { asProvider, CANARY, type ContractCase, text } from "./case.ts";
import { Complaint, type SeenRequest } from "./fakeHttp.ts";

/** Made for these tests alone. */
const VAPID = {
  publicKey: "BOi2hE9cwg8-3Q-3bL3VWD-XPVrHGkqaDEyWCPZsXWaN9VQ91cdqiAV7rYQlIdwx9-hqrF9uL5StzeHa89alsmI",
  privateKey: "5pY3SxJrezCPUl_6o7o23skWf6xXCFVepIiCB3Vandg",
};

/** The example of RFC 8291, appendix A. */
const BROWSER = {
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
};

const SUBJECT = "mailto:admin@example.com";

const bytes = (base64url: string) => Buffer.from(base64url, "base64url");
const refuse = (status: number, message: string) => new Complaint(message, text(status, message));
const derive = (secret: Buffer, salt: Buffer, info: (string | Buffer)[], length: number) =>
  Buffer.from(hkdfSync("sha256", secret, salt, Buffer.concat(info.map((part) => Buffer.from(part))), length));

/** What the browser reads: one record of aes128gcm (RFC 8188), with the keys of RFC 8291. */
export function decrypt(body: Buffer): Record<string, unknown> {
  const salt = body.subarray(0, 16);
  const recordSize = body.readUInt32BE(16);
  const sender = body.subarray(21, 21 + body.readUInt8(20));
  const record = body.subarray(21 + sender.length);
  if (sender.length !== 65 || recordSize > 4096 || record.length > recordSize) throw refuse(400, "not one aes128gcm record");
  const browser = createECDH("prime256v1");
  browser.setPrivateKey(bytes(BROWSER.privateKey));
  const secret = derive(browser.computeSecret(sender), bytes(BROWSER.auth), ["WebPush: info\0", bytes(BROWSER.p256dh), sender], 32);
  const decipher = createDecipheriv("aes-128-gcm", derive(secret, salt, ["Content-Encoding: aes128gcm\0"], 16), derive(secret, salt, ["Content-Encoding: nonce\0"], 12));
  decipher.setAuthTag(record.subarray(-16));
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 2) throw refuse(400, "the last record does not end in 2");
  if (end > 3993) throw refuse(413, `payload of ${end} bytes`);
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(padded.subarray(0, end))) as Record<string, unknown>;
}

/** RFC 8292: a token signed with the key that it comes with, for this origin, for at most a day. */
function checkVapid({ headers }: SeenRequest): void {
  const [, token = "", key = ""] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), k=([\w-]+)$/.exec(headers.authorization ?? "") ?? [];
  if (key !== VAPID.publicKey) throw refuse(403, "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.");
  const [head = "", claims = "", signature = ""] = token.split(".");
  const point = bytes(key);
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const signed = verify("sha256", Buffer.from(`${head}.${claims}`), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, bytes(signature));
  if (!signed || bytes(head).toString() !== '{"typ":"JWT","alg":"ES256"}') throw refuse(403, "invalid JWT provided");
  const { aud, exp, sub, ...rest } = JSON.parse(bytes(claims).toString()) as Record<string, unknown>;
  // The library reads the clock itself, so the times of a real try are looked for.
  const left = Number(exp) - Date.now() / 1000;
  if (aud !== `http://${headers.host}` || sub !== SUBJECT || !(left > 0 && left <= 24 * 3600) || Object.keys(rest).length > 0) throw refuse(403, `claims ${bytes(claims)}`);
}

const KEYS = ["body", "recovered", "severity", "tag", "timestamp", "title", "type"];

function accept(request: SeenRequest) {
  const { method, path, query, headers, body } = request;
  if (method !== "POST" || path !== `/wpush/v2/${CANARY}` || query.size > 0) throw refuse(404, `${method} ${path}`);
  checkVapid(request);
  if (!/^\d+$/.test(String(headers["ttl"])) || Number(headers["ttl"]) > 2_419_200) throw refuse(400, "TTL");
  if (!/^(very-low|low|normal|high)$/.test(String(headers["urgency"]))) throw refuse(400, "Urgency");
  if (!/^[\w-]{1,32}$/.test(String(headers["topic"]))) throw refuse(400, "Topic");
  if (headers["content-encoding"] !== "aes128gcm" || headers["content-type"] !== "application/octet-stream") throw refuse(400, "content");
  if (headers["crypto-key"] ?? headers["encryption"]) throw refuse(400, "headers of an older draft");
  if (body.length > 4096) throw refuse(413, `body of ${body.length} bytes`);
  const { title, body: said, severity, tag, timestamp, recovered, type, ...rest } = decrypt(body);
  for (const part of [title, said, tag, type]) {
    if (typeof part !== "string" || part.trim() === "" || /\p{Surrogate}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u.test(part)) throw refuse(400, "text");
  }
  if (!/^(INFO|WARNING|CRITICAL)$/.test(String(severity)) || typeof recovered !== "boolean" || !Number.isInteger(timestamp)) throw refuse(400, "values");
  if (Object.keys(rest).length > 0) throw refuse(400, `keys besides ${KEYS.join()}: ${Object.keys(rest).join()}`);
  return { status: 201, headers: { location: `http://${headers.host}/m/${CANARY}` } };
}

const permanent = (status: number, body: string, hint: RegExp, disableChannel?: true) => ({
  name: `${status} ${body}`,
  answers: [text(status, body)],
  expect: { outcome: "PERMANENT" as const, status: String(status), hint, ...(disableChannel ? { disableChannel } : {}) },
});

const mozilla = (code: number, errno: number, error: string, message: string) => JSON.stringify({ code, errno, error, message, more_info: "http://autopush.readthedocs.io" });

export const webPushCase: ContractCase = {
  provider: asProvider(webPush),
  accept,
  config: (url) => ({ endpoint: `${url}/wpush/v2/${CANARY}`, p256dh: BROWSER.p256dh, auth: BROWSER.auth, ttl: 3600, subject: SUBJECT, ...VAPID }),
  secrets: [CANARY, BROWSER.auth, VAPID.privateKey],
  invalid: [
    { field: "endpoint", value: "fcm.googleapis.com/fcm/send/abc", message: /starts with https:/ },
    { field: "endpoint", value: "http://push.example/abc", message: /must start with https:/ },
    { field: "endpoint", value: "https://android.googleapis.com/gcm/send/abc", message: /old browser/ },
    { field: "p256dh", value: BROWSER.p256dh.slice(1), message: /65 bytes/ },
    { field: "p256dh", value: `B${"A".repeat(86)}`, message: /p256dh/ },
    { field: "p256dh", value: `A${BROWSER.p256dh.slice(1)}`, message: /first a B/ },
    { field: "auth", value: "AAAA", message: /16 bytes/ },
    { field: "auth", value: BROWSER.p256dh, message: /16 bytes/ },
    { field: "ttl", value: -1, message: /0 to 2419200/ },
    { field: "ttl", value: 2_419_201, message: /0 to 2419200/ },
    { field: "ttl", value: 1.5, message: /whole/ },
    { field: "subject", value: "admin@example.com", message: /mailto:/ },
    { field: "subject", value: "mailto: admin@example.com", message: /without blanks/ },
    { field: "subject", value: "http://example.com", message: /https:/ },
    { field: "subject", value: "https://localhost/contact", message: /localhost/ },
    { field: "publicKey", value: VAPID.privateKey, message: /public key: 65 bytes/ },
    { field: "publicKey", value: `B${"A".repeat(86)}`, message: /public key/ },
    { field: "privateKey", value: VAPID.publicKey, message: /private key: 32 bytes/ },
    { field: "privateKey", value: "A".repeat(43), message: /private key/ },
    { field: "privateKey", value: "_".repeat(43), message: /private key/ },
  ],
  errors: [
    permanent(400, '{"reason":"BadJwtToken"}', /VAPID keys/),
    permanent(400, '{"reason":"VapidPkHashMismatch"}', /another public key/),
    permanent(400, "<HTML><TITLE>UnauthorizedRegistration</TITLE></HTML>", /VAPID keys/),
    permanent(401, mozilla(401, 109, "Unauthorized", "Invalid VAPID token"), /VAPID keys/),
    permanent(401, mozilla(401, 109, "Unauthorized", "VAPID public key mismatch"), /another public key/),
    permanent(403, "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.", /another public key/),
    permanent(403, "permission denied: invalid JWT provided", /clock/),
    permanent(404, mozilla(404, 102, "Not Found", "Request did not validate invalid token"), /Subscribe again/, true),
    permanent(410, mozilla(410, 106, "Gone", "Subscription has expired"), /Subscribe again/, true),
    permanent(410, "push subscription has unsubscribed or expired.", /Subscribe again/, true),
    permanent(413, '{"reason":"PayloadTooLarge"}', /too large/),
    { name: "429 in seconds", answers: [{ status: 429, headers: { "retry-after": "120" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 120_000 } },
    { name: "429 with a date", answers: [{ status: 429, headers: { "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 30_000 } },
    { name: "429 alone", answers: [{ status: 429 }], expect: { outcome: "RATE_LIMITED" } },
    { name: "500", answers: [text(500, "Internal Error")], expect: { outcome: "TRANSIENT", message: /Internal Error/ } },
    {
      name: "503",
      answers: [{ status: 503, headers: { "retry-after": "5" }, body: mozilla(503, 201, "Service Unavailable", "Use exponential back-off") }],
      expect: { outcome: "TRANSIENT", retryAfterMs: 5000, message: /^Use exponential/ },
    },
  ],
  reference: undefined,
  takesAny2xx: true,
  readBody: ({ body }) => decrypt(body),
  goldenHeaders: ["content-type", "content-encoding", "ttl", "urgency", "topic"],
};
