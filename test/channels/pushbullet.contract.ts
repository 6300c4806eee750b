import { pushbullet } from "../../src/providers/pushbullet.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const TOKEN = `o.${CANARY}1234`;

const error = (status: number, message: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  json(status, { error: { type: status < 500 ? "invalid_request" : "server", message, cat: "~(=^‥^)", ...more } }, headers);

const refuse = (said: string) => new Complaint(said, error(400, said));

const KNOWN = ["type", "title", "body", "url", "guid", "device_iden", "email", "channel_tag", "client_iden", "source_device_iden"];

function accept(request: SeenRequest) {
  const { method, path, query, headers } = request;
  if (headers["access-token"] !== TOKEN || headers.authorization || query.size > 0) throw new Complaint("token", error(401, "Access token is missing or invalid."));
  if (method === "GET" && path === "/base/v2/users/me") return json(200, { iden: "ujpah72o0", email: "anna@example.com", name: "Anna" });
  if (path !== "/base/v2/pushes") throw new Complaint("path", error(404, "The resource could not be found."));
  const body = strictJson(request, refuse);
  for (const [key, value] of Object.entries(body)) if (!KNOWN.includes(key) || typeof value !== "string" || value.trim() === "") throw refuse(`parameter ${key}`);
  const { type, title, body: text, guid } = body as Record<string, string>;
  if (type !== "note") throw refuse("The param 'type' has an invalid value.");
  if (title === undefined || title.includes("\n") || title.length > 250) throw refuse("title");
  if (text === undefined || text.length > 4000) throw refuse("body");
  if (!/^[\w-]+$/.test(guid ?? "")) throw refuse("guid");
  if (["device_iden", "email", "channel_tag", "client_iden"].filter((key) => key in body).length > 1) throw refuse("more than one target");
  return json(200, { iden: "ujpah72o0sjAoRtnM0jc", active: true, dismissed: false, created: 1772366400.5, modified: 1772366400.5, type, title, body: text, guid, direction: "self" });
}

const refused = (status: number, said: string, hint: RegExp, more: Record<string, unknown> = {}) => ({
  name: `${status} ${said}`,
  answers: [error(status, said, more)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${said}`), hint },
});

const accountErrors = [
  refused(401, "Access token is missing or invalid.", /know the access token/),
  refused(403, "The access token is not valid for that request.", /may not do this/),
  { name: "429", answers: [error(429, "Too many requests.", {}, { "x-ratelimit-reset": "1772366430" })], expect: { outcome: "RATE_LIMITED" as const, retryAfterMs: 30_000, message: /Too many/ } },
  { name: "500", answers: [error(500, "Something went wrong.")], expect: { outcome: "TRANSIENT" as const, status: "500", message: /went wrong/ } },
  { name: "503", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" as const } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT" as const, hint: /not Pushbullet's/ } },
];

const PRO = "Pushbullet Pro is required to make this call.";

const HOUR = 60 * 60 * 1000;

export const pushbulletCase: ContractCase = {
  provider: asProvider(pushbullet),
  accept,
  config: (url) => ({ device: "", email: "anna@example.com", channelTag: "", accessToken: TOKEN, apiBaseUrl: `${url}/base/` }),
  secrets: [CANARY],
  invalid: [
    { field: "device", value: "my phone", message: /device's identifier/ },
    { field: "device", value: "x".repeat(65), message: /at most 64/ },
    { field: "email", value: "anna", message: /one e-mail address/ },
    { field: "email", value: "anna@example.com,bert@example.com", message: /one e-mail address/ },
    { field: "email", value: "Anna <anna@example.com>", message: /one e-mail address/ },
    { field: "channelTag", value: "my channel", message: /tag of a channel/ },
    { field: "channelTag", value: "my-alerts", message: /left out when email is given/ },
    { field: "accessToken", value: "short", message: /access token/ },
    { field: "accessToken", value: `Bearer ${TOKEN}`, message: /letters, digits and dots/ },
    { field: "apiBaseUrl", value: "api.pushbullet.com", message: /starts with https:/ },
  ],
  errors: [
    ...accountErrors,
    refused(400, "The param 'device_iden' has an invalid value.", /Check device/, { param: "device_iden" }),
    { name: "400 names the parameter", answers: [error(400, "Missing", { param: "type" })], expect: { outcome: "PERMANENT", message: /^Missing \(type\)$/ } },
    refused(404, "The resource could not be found.", /does not know the device/),
    { name: "400 the month's messages are used up", answers: [error(400, PRO, { code: "pushbullet_pro_required" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: HOUR, hint: /500 messages a month/ } },
    {
      name: "the same in another place",
      answers: [json(400, { error: { type: "invalid_request", message: PRO }, error_code: "pushbullet_pro_required" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: HOUR, message: /Pro is required/ },
    },
    { name: "429 with the usual header", answers: [error(429, "Slow down", {}, { "retry-after": "7", "x-ratelimit-reset": "1772366430" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 7000 } },
    { name: "429 with a time that has passed", answers: [error(429, "Slow down", {}, { "x-ratelimit-reset": "1432447070" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined } },
  ],
  checkErrors: accountErrors,
  reference: "ujpah72o0sjAoRtnM0jc",
  goldenHeaders: ["content-type"],
};
