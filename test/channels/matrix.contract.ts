import { matrix } from "../../src/providers/matrix.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const EVENT = "$YUwRidLecu:example.com";

const error = (status: number, errcode: string, said: string, more: object = {}, headers: Record<string, string> = {}) =>
  json(status, { errcode, error: said, ...more }, headers);

const refuse = (said: string) => new Complaint(said, error(400, "M_BAD_JSON", said));

const TAGS = new Set(["strong", "span", "p", "ul", "li", "em", "br"]);

/** Held to the tags that the spec tells apps to show, all closed. */
function checkHtml(html: string) {
  const open: string[] = [];
  html.replace(/<(\/?)([a-z]*)((?: [^<>]*)?)>|&([^;&\s]*;?)|[<>]/g, (match, closing: string, tag: string, attributes: string, entity?: string) => {
    if (entity !== undefined) {
      if (!["lt;", "gt;", "amp;", "quot;"].includes(entity)) throw refuse(`entity ${match}`);
    } else if (!TAGS.has(tag)) throw refuse(`tag ${match}`);
    else if (closing !== "") {
      if (open.pop() !== tag) throw refuse(`end tag ${match}`);
    } else {
      if (attributes !== "" && !/^ data-mx-color="#[0-9A-F]{6}"$/.test(attributes)) throw refuse(`attributes ${attributes}`);
      if (tag !== "br") open.push(tag);
    }
    return "";
  });
  if (open.length > 0) throw refuse(`open tags ${open.join()}`);
}

function checkRelation(relation: unknown) {
  const { rel_type, event_id, is_falling_back, "m.in_reply_to": reply, ...rest } = relation as Record<string, unknown>;
  const target = (reply as { event_id?: unknown } | undefined)?.event_id;
  if (rel_type !== "m.thread" || is_falling_back !== true || Object.keys(rest).length > 0) throw refuse("relation");
  if (typeof event_id !== "string" || !event_id.startsWith("$") || target !== event_id) throw refuse("event id");
}

function accept(request: SeenRequest) {
  const { method, path, headers, query } = request;
  if (query.size > 0) throw refuse("query");
  if (!/^Bearer [\x21-\x7e]+$/.test(headers.authorization ?? "")) throw new Complaint("token", error(401, "M_MISSING_TOKEN", "Missing access token"));
  if (method === "GET" && path === "/some/path/_matrix/client/v3/account/whoami") return json(200, { user_id: "@alerts:example.com", device_id: "ABC", is_guest: false });
  if (method === "GET" && /^\/some\/path\/_matrix\/client\/v3\/directory\/room\/%23[\w%.-]+$/.test(path)) return json(200, { room_id: "!resolved:example.com", servers: ["example.com"] });
  const [, txnId] = /^\/some\/path\/_matrix\/client\/v3\/rooms\/%21[\w%.-]+\/send\/m\.room\.message\/([\w.~-]+)$/.exec(path) ?? [];
  if (txnId === undefined) throw new Complaint(`path ${path}`, error(404, "M_UNRECOGNIZED", "Unrecognized request"));
  if (method !== "PUT") throw new Complaint("method", error(405, "M_UNRECOGNIZED", "Unrecognized request"));
  // With what a server adds: sender, room, signatures and hashes.
  if (request.body.length > 63_000) throw new Complaint("size", error(413, "M_TOO_LARGE", "event too large"));
  const { msgtype, body, format, formatted_body, "m.mentions": mentions, "m.relates_to": relation, ...rest } = strictJson({ ...request, method: "POST" }, refuse);
  if (Object.keys(rest).length > 0) throw refuse(`keys ${Object.keys(rest).join()}`);
  if (msgtype !== "m.text" && msgtype !== "m.notice") throw refuse("msgtype");
  if (typeof body !== "string" || body.trim() === "") throw refuse("'body' not in content");
  if ((format === undefined) !== (formatted_body === undefined)) throw refuse("format and formatted_body");
  if (formatted_body !== undefined) {
    if (format !== "org.matrix.custom.html" || typeof formatted_body !== "string") throw refuse("format");
    checkHtml(formatted_body);
  }
  if (JSON.stringify(mentions) !== "{}") throw refuse("calls people");
  if (relation !== undefined) checkRelation(relation);
  return json(200, { event_id: EVENT });
}

const permanent = (status: number, errcode: string, said: string, hint: RegExp, more?: object) => ({
  name: `${status} ${errcode} ${said}`,
  answers: [error(status, errcode, said, more)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${errcode}: `), hint },
});

const limited = (more: object = {}, headers: Record<string, string> = {}) => error(429, "M_LIMIT_EXCEEDED", "Too Many Requests", more, headers);

const tokenErrors = [
  permanent(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.", /Log in again/, { soft_logout: false }),
  permanent(401, "M_UNKNOWN_TOKEN", "Access token has expired", /Log in again/, { soft_logout: true }),
  permanent(401, "M_MISSING_TOKEN", "Missing access token", /Authorization header/),
  permanent(401, "M_USER_LOCKED", "This user has been locked", /locked/, { soft_logout: true }),
];

export const matrixAnswers = { foreignThread: error(400, "M_UNKNOWN", "Relations must be in the same room"), forbidden: error(403, "M_FORBIDDEN", "not in room") };

export const matrixCase: ContractCase = {
  provider: asProvider(matrix),
  accept,
  config: (url) => ({ homeserverUrl: `${url}/some/path/`, accessToken: CANARY, roomId: "!AbCdEf:example.com:8448" }),
  invalid: [
    { field: "homeserverUrl", value: "matrix.example.com", message: /starts with https:/ },
    { field: "homeserverUrl", value: "https://matrix.example.com/_matrix/client", message: /remove \/_matrix/ },
    { field: "accessToken", value: "", message: /empty/ },
    { field: "accessToken", value: "two words", message: /without blanks/ },
    { field: "roomId", value: "alerts", message: /#alerts:example.com/ },
    { field: "roomId", value: "#alerts", message: /#alerts:example.com/ },
    { field: "roomId", value: "https://matrix.to/#/#alerts:example.com", message: /#alerts:example.com/ },
    { field: "roomId", value: "@anna:example.com", message: /room's id/ },
  ],
  errors: [
    ...tokenErrors,
    permanent(403, "M_FORBIDDEN", "User @alerts:example.com not in room", /let it join/),
    permanent(403, "M_GUEST_ACCESS_FORBIDDEN", "Guest access not allowed", /guests/),
    permanent(403, "M_USER_SUSPENDED", "This user has been suspended", /suspended/),
    permanent(403, "M_USER_DEACTIVATED", "This user has been deactivated", /deactivated/),
    permanent(403, "M_CONSENT_NOT_GIVEN", "You must agree to the terms", /terms/),
    permanent(404, "M_NOT_FOUND", "Unknown room", /no such room/),
    permanent(404, "M_UNRECOGNIZED", "Unrecognized request", /homeserver URL/),
    permanent(400, "M_BAD_JSON", "'body' not in content", /fault of the server/),
    permanent(400, "M_NOT_JSON", "Content not JSON.", /fault of the server/),
    permanent(400, "M_INVALID_PARAM", "Bad room id", /room's id/),
    permanent(413, "M_TOO_LARGE", "event too large", /too large/),
    { name: "400 M_UNKNOWN", answers: [error(400, "M_UNKNOWN", "What?")], expect: { outcome: "PERMANENT", message: /^M_UNKNOWN: What\?$/ } },
    {
      name: "403 with a limit of the server",
      answers: [error(403, "M_RESOURCE_LIMIT_EXCEEDED", "Monthly limit", { admin_contact: "mailto:a@example.com" })],
      expect: { outcome: "TRANSIENT", hint: /administrator/ },
    },
    { name: "429 header", answers: [limited({ retry_after_ms: 9000 }, { "retry-after": "4" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 4000 } },
    { name: "429 body", answers: [limited({ retry_after_ms: 1234 })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 1234 } },
    { name: "429 without a time", answers: [limited()], expect: { outcome: "RATE_LIMITED", retryAfterMs: 2000 } },
    { name: "429 of a proxy", answers: [{ status: 429 }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 2000 } },
    { name: "500", answers: [error(500, "M_UNKNOWN", "Internal server error")], expect: { outcome: "TRANSIENT", status: "500" } },
    { name: "502", answers: [{ status: 502, body: "Bad Gateway" }], expect: { outcome: "TRANSIENT", message: /Bad Gateway/ } },
    { name: "404 of something else", answers: [{ status: 404, body: "Not Found" }], expect: { outcome: "PERMANENT", hint: /Nothing was found/ } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not a homeserver's/ } },
  ],
  checkErrors: [
    ...tokenErrors,
    permanent(404, "M_UNRECOGNIZED", "Unrecognized request", /homeserver URL/),
    { name: "200 of something else, checked", answers: [{ status: 200, body: "{}" }], expect: { outcome: "PERMANENT", hint: /not a homeserver's/ } },
  ],
  reference: EVENT,
  goldenHeaders: ["content-type", "authorization"],
};
