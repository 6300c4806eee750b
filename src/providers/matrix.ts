import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cutEscaped, escapeHtml } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta, type Ways } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/**
 * In bytes. A whole event may have 65,536, with signatures and after JSON has escaped it: https://spec.matrix.org/latest/client-server-api/#size-limits.
 * Even when every byte of these needs an escape, the event stays below that.
 */
const LIMITS = { plain: 12_000, title: 1000, displayName: 400, facts: 30, allFacts: 4000, label: 200, value: 1000, body: 8000 };

/** Waited when a server limits the rate and does not say for how long. */
const LIMITED_MS = 2000;

const credentials = z.strictObject({
  homeserverUrl: publicUrl(({ pathname }) =>
    pathname.includes("/_matrix") ? "must be the server's URL only: remove /_matrix and what follows it" : undefined,
  ).meta({
    title: "Homeserver URL",
    description: "Where the homeserver of the sender is; it may be another name than the one in its Matrix id.",
    format: "url",
    example: "https://matrix.example.com",
  } satisfies FieldMeta),
  accessToken: z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(4000, "must be at most 4000 characters")
    .regex(/^[\x21-\x7E]*$/, "must be the access token alone, without blanks")
    .meta({
      title: "Access token",
      description: "Token of the sender's login.",
      secret: true,
      example: "syt_ZXhhbXBsZQ_ExampleExampleExample_012345",
    } satisfies FieldMeta),
});

const config = z.strictObject({
  roomId: z
    .string()
    .trim()
    .max(255, "must be at most 255 characters")
    .regex(/^(![^\s:/?#]+(:[^\s/?#]+)?|#[^\s:]+:[^\s/?#]+)$/, "must be a room's id such as !abc123:example.com, or an address such as #alerts:example.com")
    .meta({
      title: "Room",
      description: "Room that gets the messages: its internal id, or its address. The sender must have joined it.",
      example: "!AbCdEfGhIjKlMnOp:example.com",
    } satisfies FieldMeta),
  ...credentials.shape,
});

type Credentials = z.output<typeof credentials>;

/** A part of a path; an exclamation mark may stand there as it is, but not every proxy leaves it so. */
const encode = (part: string) => encodeURIComponent(part).replaceAll("!", "%21");

/** One request of the client-server API, whose answer must have the given text field. */
async function call({ http, signal, now, config }: Pick<Ways, "http" | "signal" | "now"> & { config: Credentials }, path: string, field: string, content?: object) {
  const url = joinUrl(config.homeserverUrl, `/_matrix/client/v3${path}`);
  const headers = { authorization: `Bearer ${config.accessToken}`, ...(content ? { "content-type": "application/json" } : {}) };
  const request = content ? ({ method: "PUT", url, headers, body: JSON.stringify(content) } as const) : ({ method: "GET", url, headers } as const);
  const response = await http({ ...request, secrets: [config.accessToken] }, { signal, now, explain: (answer) => explain(answer, field, now) });
  return { status: String(response.status), value: textOf(readObject(response.body)?.[field]) };
}

/** https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3accountwhoami */
const account = defineAccount({
  kind: "MATRIX",
  title: "Matrix account",
  config: credentials,
  async check(context) {
    const { status, value } = await call(context, "/account/whoami", "user_id");
    return { status: `${status} ${value}` };
  },
});

interface MatrixContent {
  /** Apps do not sound for a notice. */
  msgtype: "m.text" | "m.notice";
  body: string;
  format?: "org.matrix.custom.html";
  formatted_body?: string;
  /** Empty, so that @room and names in the text call nobody: https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions */
  "m.mentions": Record<string, never>;
}

const html = (text: string) => escapeHtml(text).replaceAll("\n", "<br>");

function formatted(clean: Message): string {
  const fit = (text: string, limit: number) => cutEscaped(text, limit, "BYTES", html);
  const { facts: most, allFacts: total, label, value } = LIMITS;
  const facts = fitFacts(clean.facts, { most, total, label, value, unit: "BYTES", escape: html });
  const title = fit(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title);
  return [
    `<strong><span data-mx-color="${severityColor(clean)}">${title}</span></strong>`,
    clean.body === clean.title ? "" : `<p>${fit(clean.body, LIMITS.body)}</p>`,
    facts.length === 0 ? "" : `<ul>${facts.map((fact) => `<li><strong>${fact.label}:</strong> ${fact.value}</li>`).join("")}</ul>`,
    `<em>${fit(clean.displayName, LIMITS.displayName)}</em>`,
  ].join("");
}

/** A thread with the first message at its root; apps without threads show a reply: https://spec.matrix.org/latest/client-server-api/#threading */
function relationTo(thread: string): object {
  return { "m.relates_to": { rel_type: "m.thread", event_id: thread, is_falling_back: true, "m.in_reply_to": { event_id: thread } } };
}

/** Matrix client-server API: https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid */
export const matrix = defineProvider({
  kind: "MATRIX",
  title: "Matrix",
  docs: "https://spec.matrix.org/latest/client-server-api/",
  config,
  account,
  recipientFields: ["roomId"],
  recovery: "REPLIES",
  // Up to each server; Synapse's own defaults are 0.2 messages a second after a burst of 10 (unverified).
  pace: { concurrency: 1, perSecond: 0.2, burst: 10, timeoutMs: 15_000 },
  idempotent: true,
  guide: [
    "Make a Matrix account for the sender and log in with it, e.g. in Element.",
    "In Element open All settings, Help & About, Access Token, and copy the token. Then close the window without logging out: logging out ends the token.",
    "On the same page stands the homeserver's URL.",
    "Invite the sender to the room and let it join. Messages are not encrypted, even where the room is.",
    "In Element open the room's settings, Advanced, and copy the internal room id; an address such as #alerts:example.com will do too.",
    "Information and recoveries are sent as notices, for which apps do not sound; warnings and worse are ordinary messages.",
  ],
  render(message) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.plain, "BYTES");
    const content: MatrixContent = {
      msgtype: clean.recovered || clean.severity === "INFO" ? "m.notice" : "m.text",
      body: text,
      ...(message.rich ? { format: "org.matrix.custom.html", formatted_body: formatted(clean) } : {}),
      "m.mentions": {},
    };
    return { text, payload: content };
  },
  async send(payload, context) {
    const { config, message } = context;
    const alias = config.roomId.startsWith("#");
    const room = alias ? (await call(context, `/directory/room/${encode(config.roomId)}`, "room_id")).value : config.roomId;
    const path = `/rooms/${encode(room)}/send/m.room.message/${encode(message.id)}`;
    const post = async (content: object) => {
      const { status, value } = await call(context, path, "event_id", content);
      return { status, reference: value };
    };
    if (!/^\$\S{1,254}$/.test(message.thread ?? "")) return post(payload);
    try {
      return await post({ ...payload, ...relationTo(message.thread ?? "") });
    } catch (error) {
      // The first message may be gone or be in another room: servers then refuse the relation, without a code of its own.
      if (!(error instanceof DeliveryError) || error.failure.status !== "400" || error.failure.outcome !== "PERMANENT") throw error;
      return post(payload);
    }
  },
});

const BUG = "The homeserver did not accept the message's form. This is a fault of the server.";

/** Words of the URL's path are masked in hints, hence "login" and "app". */
const HINTS: Record<string, string> = {
  M_UNKNOWN_TOKEN: "The access token is wrong, or its login has ended. Log in again and copy the new one.",
  M_MISSING_TOKEN: "The access token did not reach the homeserver. A proxy before it may take away the Authorization header.",
  M_FORBIDDEN: "The sender may not write there. Invite it to the room, let it join, and give it the right to send messages.",
  M_GUEST_ACCESS_FORBIDDEN: "The room does not permit guests. Use a registered sender.",
  M_USER_LOCKED: "The sender is locked. Ask an administrator of the homeserver.",
  M_USER_SUSPENDED: "The sender is suspended. Ask an administrator of the homeserver.",
  M_USER_DEACTIVATED: "The sender was deactivated. Use another.",
  M_CONSENT_NOT_GIVEN: "The sender must agree to the homeserver's terms first. Log in with it in an app.",
  M_NOT_FOUND: "There is no such room. Check its id or address.",
  M_UNRECOGNIZED: "The homeserver does not know this request. Check the homeserver URL.",
  M_BAD_JSON: BUG,
  M_NOT_JSON: BUG,
  M_INVALID_PARAM: "The homeserver did not accept a value. Check the room's id or address.",
  M_TOO_LARGE: "The homeserver finds the message too large.",
  M_RESOURCE_LIMIT_EXCEEDED: "The homeserver has reached a limit of its own. Ask its administrator.",
};

/** Errors are { errcode, error }: https://spec.matrix.org/latest/client-server-api/#standard-error-response */
function explain({ status, headers, body }: HttpResponse, field: string, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    return textOf(answer?.[field]) === "" ? { outcome: "PERMANENT", hint: "The answer is not a homeserver's. Check the homeserver URL." } : undefined;
  }
  const code = textOf(answer?.["errcode"]);
  const said: Partial<DeliveryFailure> = { message: code === "" ? "" : `${code}: ${textOf(answer?.["error"])}`, hint: HINTS[code] };
  // It may be over by itself, e.g. when the server's disk has room again.
  if (code === "M_RESOURCE_LIMIT_EXCEEDED") return { ...said, outcome: "TRANSIENT" };
  if (status !== 429) return said;
  const milliseconds = answer?.["retry_after_ms"];
  const waits = [headers["retry-after"], typeof milliseconds === "number" ? milliseconds / 1000 : undefined];
  return { ...said, retryAfterMs: waits.map((wait) => parseRetryAfter(wait, now)).find((wait) => wait !== undefined) ?? LIMITED_MS };
}
