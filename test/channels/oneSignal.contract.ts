import { oneSignal } from "../../src/providers/oneSignal.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const APP = "4c5c5a4e-1111-4000-8000-00000000abcd";
const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

const error = (status: number, errors: unknown, headers?: Record<string, string>) => json(status, { errors }, headers);
const refuse = (message: string) => new Complaint(message, error(400, [message]));
const DENIED = "Access denied.  Please include an 'Authorization: ...' header with a valid API key (https://documentation.onesignal.com/docs/en/keys-and-ids#api-keys).";
const NO_TARGET = "You must include which players, segments, or tags you wish to send this notification to.";

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
const isList = (value: unknown): value is string[] => Array.isArray(value) && value.length > 0 && value.length <= 2000 && value.every(isText);

/** The one text of a map of languages, as it is shown: no template may be left in it. */
function english(map: unknown, name: string): string {
  const { en, ...rest } = (map ?? {}) as Record<string, unknown>;
  if (!isText(en) || Object.keys(rest).length > 0) throw refuse(`Message Notifications must have English language content: ${name}`);
  if (/\{[{%]/.test(en)) throw refuse(`Liquid syntax error in ${name}`);
  return en;
}

function accept(request: SeenRequest) {
  const { method, path, query, headers } = request;
  if (path !== "/relay/notifications") throw new Complaint(`path ${path}`, { status: 404 });
  if (headers.authorization !== `Key ${CANARY}`) throw new Complaint("key", error(403, [DENIED]));
  if (method === "GET") {
    if (query.get("app_id") !== APP || query.get("limit") !== "1" || query.size !== 2) throw refuse(`query ${query}`);
    return json(200, { total_count: 0, offset: 0, limit: 1, notifications: [] });
  }
  if (String(query) !== "c=push") throw refuse(`query ${query}`);
  const body = strictJson(request, refuse);
  const { app_id, target_channel, include_aliases, include_subscription_ids, included_segments, headings, contents, data, ...more } = body;
  const { priority, collapse_id, web_push_topic, idempotency_key, ...rest } = more;
  if (app_id !== APP) throw refuse("app_id not found");
  if (target_channel !== "push") throw refuse("target_channel");
  const audiences = [include_aliases, include_subscription_ids, included_segments].filter((audience) => audience !== undefined);
  if (audiences.length !== 1) throw refuse(audiences.length === 0 ? NO_TARGET : "targets may not be mixed");
  if (include_aliases !== undefined) {
    const { external_id, ...others } = include_aliases as Record<string, unknown>;
    if (!isList(external_id) || Object.keys(others).length > 0) throw refuse("include_aliases");
  }
  const devices = include_subscription_ids;
  if (devices !== undefined && !(isList(devices) && devices.every((id) => UUID.test(id)))) throw refuse("subscription_id");
  if (included_segments !== undefined && !isList(included_segments)) throw refuse("segments");
  const shown = english(headings, "headings") + english(contents, "contents");
  if (Buffer.byteLength(JSON.stringify(data)) > 2048) throw refuse("Data must be no more than 2048 bytes long");
  if (Buffer.byteLength(JSON.stringify(shown)) + Buffer.byteLength(JSON.stringify(data)) > 2500) throw refuse("payload too large for a telephone");
  if (priority !== 5 && priority !== 10) throw refuse("priority");
  for (const id of [collapse_id, web_push_topic]) if (id !== undefined && (!isText(id) || id.length > 64)) throw refuse("collapse_id");
  if (typeof idempotency_key !== "string" || !UUID.test(idempotency_key)) throw refuse("idempotency_key");
  if (Object.keys(rest).length > 0) throw refuse(`keys ${Object.keys(rest).join()}`);
  return json(200, { id: idempotency_key.replace(/^..../, "b0b0"), external_id: null });
}

const permanent = (status: number, errors: unknown, hint: RegExp, message?: RegExp) => ({
  name: `${status} ${JSON.stringify(errors)}`,
  answers: [error(status, errors)],
  expect: { outcome: "PERMANENT" as const, status: String(status), hint, ...(message ? { message } : {}) },
});

const notSent = (answer: object, message: RegExp) => ({
  name: `200 with an empty id and ${JSON.stringify(answer)}`,
  answers: [json(200, { id: "", ...answer })],
  expect: { outcome: "PERMANENT" as const, hint: /None of the targets/, message },
});

const limited = (header: string) => ({
  name: `429 with ${header}`,
  answers: [error(429, ["API rate limit exceeded."], { [header]: "7" })],
  expect: { outcome: "RATE_LIMITED" as const, retryAfterMs: 7000, message: /rate limit/ },
});

const elsewhere = { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT" as const, hint: /not OneSignal's/ } };

export const oneSignalCase: ContractCase = {
  provider: asProvider(oneSignal),
  accept,
  config: (url) => ({ appId: APP.toUpperCase(), apiKey: `Key ${CANARY}`, target: "EXTERNAL_IDS", targets: ["user-1", "Zoë"], apiBaseUrl: `${url}/relay/` }),
  invalid: [
    { field: "appId", value: "my app", message: /app's id/ },
    { field: "apiKey", value: `os_v2_org_${CANARY}`, message: /organization's key/ },
    { field: "apiKey", value: "short", message: /at least 20/ },
    { field: "apiKey", value: "twenty letters and some blanks", message: /without blanks/ },
    { field: "target", value: "EVERYONE", message: /must be one of EXTERNAL_IDS/ },
    { field: "targets", value: [], message: /at least one/ },
    { field: "targets", value: Array.from({ length: 2001 }, (_, index) => `user-${index}`), message: /at most 2000/ },
    { field: "targets", value: [""], message: /not be empty/ },
    { field: "targets", value: ["a\nb"], message: /one line/ },
    { field: "targets", value: ["x".repeat(129)], message: /128/ },
    { field: "apiBaseUrl", value: "api.onesignal.com", message: /starts with https:/ },
  ],
  errors: [
    permanent(400, [NO_TARGET], /fault of the server/, /which players/),
    permanent(400, ["Message Notifications must have English language content"], /fault of the server/),
    permanent(400, ["app_id not found. You may be missing a Content-Type: application/json header."], /app id/),
    permanent(400, ["Incorrect subscription_id format in include_subscription_ids (not a valid UUID): x"], /subscription ids is wrong/),
    permanent(400, "Segment is not known", /segments/, /^Segment is not known$/),
    permanent(400, [{ code: "x-1", title: "Data Data must be no more than 2048 bytes long" }], /fault of the server/, /2048/),
    permanent(401, [DENIED], /API key/),
    permanent(403, [DENIED], /API key/, /Access denied/),
    permanent(404, ["App not found"], /no such app/),
    permanent(200, ["All included players are not subscribed"], /None of the targets/, /not subscribed/),
    notSent({ errors: ["All included players are not subscribed"] }, /^All included players/),
    notSent({ errors: { invalid_aliases: { external_id: ["user-1"] } } }, /invalid_aliases: external_id: user-1/),
    notSent({}, /to nobody/),
    { name: "400 without reasons", answers: [error(400, [{}])], expect: { outcome: "PERMANENT", message: /errors/ } },
    limited("retry-after"),
    limited("RetryAfter"),
    { name: "429 alone", answers: [error(429, ["API rate limit exceeded."])], expect: { outcome: "RATE_LIMITED" } },
    { name: "500", answers: [{ status: 500 }], expect: { outcome: "TRANSIENT" } },
    { name: "503", answers: [error(503, ["Service temporarily unavailable"])], expect: { outcome: "TRANSIENT", message: /unavailable/ } },
    elsewhere,
  ],
  checkErrors: [permanent(400, ["app_id not found"], /app id/), permanent(403, [DENIED], /API key/), limited("retry-after"), elsewhere],
  reference: ({ id }) => id.replace(/^..../, "b0b0"),
  goldenHeaders: ["content-type", "authorization"],
};
