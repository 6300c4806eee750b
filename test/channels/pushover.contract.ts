import { pushover } from "../../src/providers/pushover.ts";
import { asProvider, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const TOKEN = "aCANARYtoken0123456789abcdefgh";
const USER = "uCANARYuser00123456789abcdefgh";

const REQUEST_ID = "647d2300-702c-4b38-8b2f-d56326ae460b";

const LIMIT_HEADERS = { "x-limit-app-limit": "10000", "x-limit-app-remaining": "7496", "x-limit-app-reset": "1772431200" };

const error = (status: number, said: string, parameter?: string, headers: Record<string, string> = {}) =>
  json(status, { ...(parameter === undefined ? {} : { [parameter]: "invalid" }), errors: [said], status: 0, request: "5042853c-402d-4a18-abcb-168734a801de" }, headers);

const refuse = (said: string, parameter = "message") => new Complaint(said, error(400, said, parameter));

const KNOWN = ["token", "user", "message", "title", "device", "html", "priority", "sound", "retry", "expire", "tags", "url", "url_title", "timestamp", "ttl", "callback", "monospace"];

const TAGS = new Set(["b", "i", "u", "font", "a"]);

function checkHtml(html: string) {
  const open: string[] = [];
  html.replace(/<(\/?)([a-z]*)([^<>]*)>|&([^;&\s]*;?)|[<>]/g, (match, closing: string, tag: string, rest: string, entity?: string) => {
    if (entity !== undefined) {
      if (!/^(lt|gt|amp|quot);$/.test(entity)) throw refuse(`html: entity ${match}`);
    } else if (tag === undefined || !TAGS.has(tag)) throw refuse(`html: tag ${match}`);
    else if (closing !== "") {
      if (open.pop() !== tag) throw refuse(`html: end of ${tag}`);
    } else {
      if (!(tag === "font" ? /^ color="#[0-9a-f]{6}"$/ : /^$/).test(rest)) throw refuse(`html: attributes of ${match}`);
      open.push(tag);
    }
    return "";
  });
  if (open.length > 0) throw refuse(`html: no end of ${open.join()}`);
}

function checkLength(body: Record<string, unknown>, key: string, limit: number) {
  const value = body[key];
  if (value === undefined) return;
  if (typeof value !== "string" || value.trim() === "") throw refuse(`${key} cannot be blank`, key);
  if ([...value].length > limit) throw refuse(`${key} is too long`, key);
}

function checkMessage(body: Record<string, unknown>) {
  for (const key of Object.keys(body)) if (!KNOWN.includes(key)) throw refuse(`unknown parameter ${key}`);
  if (body["user"] !== USER) throw refuse("user identifier is invalid", "user");
  if (body["message"] === undefined) throw refuse("message cannot be blank");
  checkLength(body, "message", 1024);
  checkLength(body, "title", 250);
  if (String(body["title"]).includes("\n")) throw refuse("title is not one line", "title");
  const { html, priority, retry, expire, tags, device = "phone", sound = "siren" } = body;
  if (html !== undefined && html !== 1) throw refuse("html");
  if (html === 1) checkHtml(String(body["message"]));
  if (!Number.isInteger(priority) || Math.abs(priority as number) > 2) throw refuse("priority is invalid", "priority");
  if (priority === 2) {
    if (!Number.isInteger(retry) || (retry as number) < 30) throw refuse("retry must be at least 30", "retry");
    if (!Number.isInteger(expire) || (expire as number) > 10_800) throw refuse("expire must be at most 10800", "expire");
    if (tags !== undefined && !(typeof tags === "string" && /^[\w-]+$/.test(tags))) throw refuse("tags");
  } else if (retry !== undefined || expire !== undefined || tags !== undefined) throw refuse("retry without priority 2", "retry");
  if (typeof device !== "string" || device.split(",").some((name) => !/^[A-Za-z0-9_-]{1,25}$/.test(name))) throw refuse("device name is not valid", "device");
  if (typeof sound !== "string" || !/^[A-Za-z0-9_-]+$/.test(sound)) throw refuse("sound is invalid", "sound");
}

function accept(request: SeenRequest) {
  const { method, path, query } = request;
  if (method === "GET" && path === "/base/1/apps/limits.json") {
    if (query.toString() !== `token=${TOKEN}`) throw refuse("application token is invalid", "token");
    return json(200, { limit: 10_000, remaining: 7496, reset: 1_772_431_200, status: 1, request: REQUEST_ID });
  }
  const cancels = /^\/base\/1\/receipts\/cancel_by_tag\/[\w-]+\.json$/.test(path);
  if (path !== "/base/1/messages.json" && !cancels) throw new Complaint("path", { status: 404, body: "Not Found" });
  const { token, ...body } = strictJson(request, refuse);
  if (query.size > 0 || token !== TOKEN) throw refuse("application token is invalid", "token");
  if (cancels) {
    if (Object.keys(body).length > 0) throw refuse(`unknown parameters ${Object.keys(body).join()}`);
    return json(200, { canceled: 1, status: 1, request: REQUEST_ID });
  }
  checkMessage(body);
  return json(200, { status: 1, request: REQUEST_ID, ...(body["priority"] === 2 ? { receipt: "rLqVuqTRh62UzxtmqiaLzQmVcPgiCy" } : {}) }, LIMIT_HEADERS);
}

const refused = (said: string, parameter: string | undefined, hint: RegExp | undefined, status = 400) => ({
  name: `${status} ${said}`,
  answers: [error(status, said, parameter)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(said), ...(hint ? { hint } : {}) },
});

const accountErrors = [
  refused("application token is invalid, see https://pushover.net/api", "token", /know the app token/),
  refused("application token is invalid", undefined, /know the app token/, 403),
  { name: "503", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" as const, retryAfterMs: 5000 } },
  { name: "404 of something else", answers: [{ status: 404, body: "Not Found" }], expect: { outcome: "PERMANENT" as const, hint: /no Pushover at this URL/ } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT" as const, hint: /not Pushover's/ } },
];

export const pushoverErrors = { noSuchTag: error(404, "tag not found"), down: { status: 503 } };

export const pushoverCase: ContractCase = {
  provider: asProvider(pushover),
  accept,
  config: (url) => ({
    userKey: USER,
    device: "phone,tablet_2",
    sound: "siren",
    infoPriority: -2,
    warningPriority: 1,
    criticalPriority: 2,
    retrySeconds: 30,
    expireSeconds: 10_800,
    appToken: TOKEN,
    apiBaseUrl: `${url}/base/`,
  }),
  goldenConfig: (url) => ({ userKey: USER, criticalPriority: 2, appToken: TOKEN, apiBaseUrl: `${url}/base` }),
  secrets: [TOKEN, USER],
  invalid: [
    { field: "appToken", value: "short", message: /30 letters and digits/ },
    { field: "appToken", value: `${TOKEN}x`, message: /30/ },
    { field: "userKey", value: "anna@example.com", message: /user key or group key/ },
    { field: "userKey", value: USER.replace("u", "-"), message: /30 letters and digits/ },
    { field: "device", value: "my phone", message: /device's name/ },
    { field: "device", value: "phone,", message: /device's name/ },
    { field: "device", value: "x".repeat(26), message: /device's name/ },
    { field: "sound", value: "loud!", message: /name of a sound/ },
    { field: "infoPriority", value: -3, message: /-2 to 2/ },
    { field: "warningPriority", value: 1.5, message: /whole/ },
    { field: "criticalPriority", value: 3, message: /-2 to 2/ },
    { field: "retrySeconds", value: 29, message: /30 to 10800/ },
    { field: "retrySeconds", value: 30.5, message: /whole/ },
    { field: "expireSeconds", value: 10_801, message: /30 to 10800/ },
    { field: "apiBaseUrl", value: "api.pushover.net", message: /starts with https:/ },
  ],
  errors: [
    ...accountErrors,
    refused("user identifier is invalid", "user", /know the user key/),
    refused("user identifier is not a valid user, group, or subscribed user key, see https://pushover.net/api#identifiers", "user", /know the user key/),
    refused("user key is valid but has no active devices", undefined, /no active device/),
    refused("device name is not valid for user", "device", /know the device/),
    refused("sound is invalid", "sound", /know the sound/),
    refused("retry must be at least 30", "retry", /at least 30/),
    refused("expire must be at most 10800", "expire", /at most 10800/),
    refused("message cannot be blank", "message", /fault of the server/),
    refused("title is too long", undefined, /fault of the server/),
    refused("something new", undefined, undefined),
    refused("user identifier is invalid", "user", /know the user key/, 200),
    {
      name: "429 the month's messages are used up",
      answers: [error(429, "application is over its message limit", undefined, { ...LIMIT_HEADERS, "x-limit-app-reset": "1772431200" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 64_800_000, hint: /this month/, message: /over its message limit/ },
    },
    { name: "429 with a month to go", answers: [error(429, "over", undefined, { "x-limit-app-reset": "1775019600" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 86_400_000 } },
    { name: "429 without a time", answers: [error(429, "over")], expect: { outcome: "RATE_LIMITED", message: /over/ } },
    { name: "500", answers: [error(500, "internal server error")], expect: { outcome: "TRANSIENT", status: "500", retryAfterMs: 5000, message: /internal/ } },
    { name: "502 with a wait", answers: [{ status: 502, headers: { "retry-after": "60" } }], expect: { outcome: "TRANSIENT", retryAfterMs: 60_000 } },
  ],
  checkErrors: accountErrors,
  reference: REQUEST_ID,
  goldenHeaders: ["content-type"],
};
