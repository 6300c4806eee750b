import { opsgenie } from "../../src/providers/opsgenie.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const REQUEST_ID = "43a29c5c-3dbf-4fa4-9c26-f4f71023e120";

const error = (status: number, message: string, code?: number, headers: Record<string, string> = {}) =>
  json(status, { ...(code === undefined ? {} : { code }), message, took: 0.001, requestId: "230e4db1-7212-4331-a853-0852d9451476" }, headers);

const refuse = (said: string) => new Complaint(said, error(422, `Request body is not processable. ${said}`));

const LENGTHS: Record<string, number> = { message: 130, alias: 512, description: 15_000, entity: 512, source: 100, user: 100, note: 25_000 };

const RESPONDER_KEYS: Record<string, string[]> = { team: ["id", "name"], user: ["id", "username"], schedule: ["id", "name"], escalation: ["id", "name"] };

function checkTexts(body: Record<string, unknown>, known: string[]) {
  for (const [key, value] of Object.entries(body)) {
    if (!known.includes(key)) throw refuse(`unknown key ${key}`);
    const limit = LENGTHS[key];
    if (limit !== undefined && (typeof value !== "string" || value.length > limit)) throw refuse(`${key} is too long`);
  }
}

function accept(request: SeenRequest) {
  const { method, path, query, headers } = request;
  if (!/^GenieKey [A-Za-z0-9-]{20,}$/.test(headers.authorization ?? "")) throw new Complaint("key", error(401, "Could not authenticate"));
  if (method === "GET" && /^\/base\/v2\/alerts\/requests\/[0-9a-f-]{36}$/.test(path)) {
    return json(200, { data: { isSuccess: true, action: "Create", status: "Created alert" }, took: 0.02, requestId: REQUEST_ID });
  }
  const [, alias, action] = /^\/base\/v2\/alerts(?:\/([^/]+)\/(close|acknowledge|notes))?$/.exec(path) ?? [];
  if (!path.startsWith("/base/v2/alerts") || (path !== "/base/v2/alerts" && alias === undefined)) throw new Complaint("path", error(404, "No handler found"));
  const body = strictJson(request, refuse);
  if (alias !== undefined && action !== undefined) {
    if (/[^\w%.~-]/.test(alias) || query.toString() !== "identifierType=alias") throw new Complaint("alias", error(404, "Alert does not exist"));
    checkTexts(body, ["source", "user", "note"]);
  } else {
    if (query.size > 0) throw refuse("query");
    checkAlert(body);
  }
  return json(202, { result: "Request will be processed", took: 0.302, requestId: REQUEST_ID });
}

function checkAlert(body: Record<string, unknown>) {
  checkTexts(body, ["message", "alias", "description", "responders", "visibleTo", "actions", "tags", "details", "entity", "source", "priority", "user", "note"]);
  if (typeof body["message"] !== "string" || body["message"].trim() === "") throw refuse("Message can not be empty.");
  if (!/^P[1-5]$/.test(String(body["priority"]))) throw refuse("priority");
  const { responders = [], tags = [], details = {} } = body as { responders?: Record<string, unknown>[]; tags?: unknown[]; details?: Record<string, unknown> };
  if (responders.length > 50) throw refuse("responders");
  for (const { type, ...name } of responders) {
    const [key, ...more] = Object.keys(name);
    if (key === undefined || more.length > 0 || RESPONDER_KEYS[String(type)]?.includes(key) !== true || typeof name[key] !== "string") throw refuse("responders");
  }
  if (tags.length > 20 || tags.some((tag) => typeof tag !== "string" || tag === "" || tag.length > 50)) throw refuse("tags");
  const texts = Object.entries(details).flat();
  if (texts.some((part) => typeof part !== "string") || texts.join("").length > 8000) throw refuse("details");
}

const permanent = (status: number, message: string, hint: RegExp, code?: number) => ({
  name: `${status} ${message}`,
  answers: [error(status, message, code)],
  expect: { outcome: "PERMANENT" as const, status: String(status), hint },
});

const keyErrors = [
  permanent(401, "Could not authenticate", /API key is not accepted/),
  permanent(403, "To perform this action, use an API key from an API integration.", /API Integration that is switched on/, 40301),
  permanent(422, "Key format is not valid!", /API key is not accepted/),
];

export const noSuchRequest = error(404, "Request not found. It might not be processed, yet.");

export const opsgenieCase: ContractCase = {
  provider: asProvider(opsgenie),
  accept,
  config: (url) => ({
    responders: ["team:Operations", "team: 4513b7ea-3b91-438f-b7e4-e3e54af9147c", "user:anna@example.com", "user:712020:4513b7ea", "schedule:Nights", "escalation:All"],
    tags: ["servers", "rack 7"],
    apiKey: CANARY,
    region: "JSM",
    apiBaseUrl: `${url}/base/`,
  }),
  invalid: [
    { field: "apiKey", value: "short", message: /at least 20/ },
    { field: "apiKey", value: `GenieKey ${CANARY}`, message: /API integration/ },
    { field: "region", value: "us", message: /US/ },
    { field: "apiBaseUrl", value: "api.opsgenie.com", message: /starts with https:/ },
    { field: "responders", value: ["Operations"], message: /team:Name/ },
    { field: "responders", value: ["group:Operations"], message: /team:Name/ },
    { field: "responders", value: ["team:"], message: /team:Name/ },
    { field: "responders", value: Array.from({ length: 51 }, () => "team:A"), message: /at most 50/ },
    { field: "tags", value: [""], message: /empty/ },
    { field: "tags", value: ["x".repeat(51)], message: /50 characters/ },
    { field: "tags", value: Array.from({ length: 21 }, () => "a"), message: /at most 20/ },
  ],
  errors: [
    ...keyErrors,
    permanent(402, "Your plan does not allow this", /plan/),
    permanent(404, "No handler found", /region and the API base URL/),
    permanent(400, "Could not parse request body", /fault of the server/),
    permanent(422, "Request body is not processable. Please check the errors.", /responders and tags/),
    {
      name: "429",
      answers: [error(429, "You are making too many requests!", undefined, { "x-ratelimit-state": "THROTTLED", "x-ratelimit-reason": "ACCOUNT", "x-ratelimit-period-in-sec": "60" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 60_000, message: /too many/ },
    },
    { name: "429 with the usual header", answers: [error(429, "Slow down", undefined, { "retry-after": "7" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 7000 } },
    { name: "429 without a time", answers: [error(429, "Slow down")], expect: { outcome: "RATE_LIMITED", message: /Slow down/ } },
    { name: "500", answers: [error(500, "Internal error")], expect: { outcome: "TRANSIENT", status: "500" } },
    { name: "503", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Opsgenie's/ } },
  ],
  checkErrors: [
    ...keyErrors,
    { name: "404 of something else", answers: [{ status: 404, body: "Not Found" }], expect: { outcome: "PERMANENT", hint: /no such API/ } },
    { name: "503 of the check", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" } },
  ],
  reference: REQUEST_ID,
  goldenHeaders: ["content-type", "authorization"],
};
