import { ntfy } from "../../src/providers/ntfy.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const TOKEN = "tk_canary0123456789abcdefghijklm";

const error = (code: number, said: string, headers: Record<string, string> = {}) =>
  json(Math.floor(code / 100), { code, http: Math.floor(code / 100), error: said, link: "https://ntfy.sh/docs/publish/" }, headers);

const refuse = (said: string, code = 40017) => new Complaint(said, error(code, said));

const KNOWN = ["topic", "title", "message", "priority", "tags", "click", "markdown", "icon", "attach", "filename", "delay", "actions", "email", "call", "cache", "firebase", "sequence_id"];

const ACCOUNT = { username: "phil", role: "user", limits: { basis: "tier", messages: 5000 }, stats: { messages: 3, messages_remaining: 4997 } };

function accept(request: SeenRequest) {
  const { method, path, headers, query } = request;
  const login = `Basic ${Buffer.from(`carillon:${CANARY}`).toString("base64")}`;
  if (query.size > 0 || (headers.authorization !== `Bearer ${TOKEN}` && headers.authorization !== login)) throw refuse("unauthorized", 40101);
  if (method === "GET" && path === "/v1/account") return json(200, ACCOUNT);
  if (path !== "/") throw refuse("page not found", 40401);
  if (request.body.length > 8192) throw refuse("JSON body too large", 41303);
  const body = strictJson(request, refuse);
  for (const key of Object.keys(body)) if (!KNOWN.includes(key)) throw refuse(`unknown key ${key}`);
  const { topic, title = "", message, priority = 3, tags = [], markdown = false, sequence_id: sequence } = body;
  if (typeof topic !== "string" || !/^[-_A-Za-z0-9]{1,64}$/.test(topic)) throw refuse("invalid request: topic invalid", 40009);
  if (/^(docs|static|file|app|metrics|account|settings|signup|login|v1)$/.test(topic)) throw refuse("invalid request: topic name is not allowed", 40010);
  if (typeof message !== "string" || message.trim() === "") throw refuse("message");
  if (Buffer.byteLength(message) > 4096) throw refuse("invalid request: attachments not allowed", 40014);
  if (typeof title !== "string" || title.trim() === "" || title.includes("\n") || Buffer.byteLength(title) > 250) throw refuse("title");
  if (!Number.isInteger(priority) || (priority as number) < 1 || (priority as number) > 5) throw refuse("invalid priority parameter", 40007);
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || !/^[^,\s]+$/.test(tag))) throw refuse("tags");
  if (typeof markdown !== "boolean") throw refuse("markdown");
  if (sequence !== undefined && !(typeof sequence === "string" && /^[-_A-Za-z0-9]{1,64}$/.test(sequence))) throw refuse("invalid request: sequence ID invalid");
  const shown = { topic, title, message, priority, tags };
  return json(200, { id: "hwQ2YpKdmg12", time: 1772366400, expires: 1772409600, event: "message", ...shown, ...(sequence === undefined ? {} : { sequence_id: sequence }) });
}

const refused = (code: number, said: string, hint: RegExp) => ({
  name: `${code} ${said}`,
  answers: [error(code, said)],
  expect: { outcome: "PERMANENT" as const, status: String(Math.floor(code / 100)), message: new RegExp(`${said}.*code ${code}`), hint },
});

const limited = (code: number, said: string, retryAfterMs: number, hint: RegExp) => ({
  name: `${code} ${said}`,
  answers: [error(code, said)],
  expect: { outcome: "RATE_LIMITED" as const, status: "429", retryAfterMs, hint },
});

const HALF_A_DAY = 12 * 60 * 60 * 1000;
const DAY = /after midnight UTC/;

const loginErrors = [
  refused(40101, "unauthorized", /not accepted.*Account/),
  refused(42909, "limit reached: too many auth failures", /failed logins.*not accepted/),
  { name: "401 of a proxy", answers: [{ status: 401 }], expect: { outcome: "PERMANENT" as const, hint: /not accepted/ } },
  { name: "503", answers: [{ status: 503, body: "Service Unavailable" }], expect: { outcome: "TRANSIENT" as const, message: /Unavailable/ } },
  { name: "404 of something else", answers: [{ status: 404, body: "Not Found" }], expect: { outcome: "PERMANENT" as const, hint: /no ntfy at this URL/ } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT" as const, hint: /not ntfy's/ } },
];

export const ntfyErrors = { noAccountApi: error(40401, "page not found") };

export const ntfyCase: ContractCase = {
  provider: asProvider(ntfy),
  accept,
  config: (url) => ({ topic: "alerts_8f3kq2v7-X", priority: 1, tags: ["computer", "rack-7", "+1"], serverUrl: `${url}/`, token: TOKEN, user: "carillon", password: CANARY }),
  goldenConfig: (url) => ({ topic: "alerts_8f3kq2v7", tags: ["computer"], serverUrl: url, user: "carillon", password: CANARY }),
  secrets: [TOKEN, CANARY],
  invalid: [
    { field: "topic", value: "", message: /topic's name/ },
    { field: "topic", value: "https://ntfy.sh/alerts", message: /without the server's URL/ },
    { field: "topic", value: "my alerts", message: /topic's name/ },
    { field: "topic", value: "x".repeat(65), message: /at most 64/ },
    { field: "topic", value: "docs", message: /keeps for itself/ },
    { field: "priority", value: 0, message: /1 to 5/ },
    { field: "priority", value: 6, message: /1 to 5/ },
    { field: "priority", value: 2.5, message: /whole/ },
    { field: "tags", value: ["a,b"], message: /letters, digits/ },
    { field: "tags", value: [""], message: /letters, digits/ },
    { field: "tags", value: ["x".repeat(33)], message: /at most 32/ },
    { field: "tags", value: Array.from({ length: 11 }, () => "a"), message: /at most 10/ },
    { field: "serverUrl", value: "ntfy.example.com", message: /starts with https:/ },
    { field: "token", value: "secret", message: /tk_ and 29/ },
    { field: "token", value: `TK_${TOKEN.slice(3)}`, message: /tk_ and 29/ },
    { field: "user", value: "a:b", message: /colon/ },
    { field: "user", value: undefined, message: /along with the password/ },
    { field: "user", value: "x".repeat(65), message: /at most 64/ },
    { field: "password", value: "a\nb", message: /one line/ },
    { field: "password", value: undefined, message: /along with the user/ },
  ],
  errors: [
    ...loginErrors,
    refused(40007, "invalid priority parameter", /1 to 5/),
    refused(40009, "invalid request: topic invalid", /topic's name/),
    refused(40010, "invalid request: topic name is not allowed", /for itself/),
    refused(40004, "invalid delay parameter: unable to parse delay", /fault of the server/),
    refused(40013, "invalid request: attachment URL is invalid", /fault of the server/),
    refused(40014, "invalid request: attachments not allowed", /fault of the server/),
    refused(40017, "invalid request: request body must be message JSON", /fault of the server/),
    refused(40018, "invalid request: actions invalid", /fault of the server/),
    refused(40021, "invalid request: icon URL is invalid", /fault of the server/),
    refused(40024, "invalid request: request body must be valid JSON", /fault of the server/),
    refused(40301, "forbidden", /may not write to this topic/),
    refused(40401, "page not found", /without the topic/),
    refused(41301, "attachment too large, or bandwidth limit reached", /too large/),
    refused(41303, "JSON body too large", /fault of the server/),
    limited(42901, "limit reached: too many requests", 5000, /goes on later/),
    limited(42902, "limit reached: too many emails", HALF_A_DAY, DAY),
    limited(42905, "limit reached: daily bandwidth reached", HALF_A_DAY, DAY),
    limited(42908, "limit reached: daily message quota reached", HALF_A_DAY, DAY),
    limited(42910, "limit reached: daily phone call quota reached", HALF_A_DAY, DAY),
    { name: "42901 with a wait", answers: [error(42901, "limit reached", { "retry-after": "9" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 9000 } },
    { name: "42904", answers: [error(42904, "limit reached: the total number of topics")], expect: { outcome: "RATE_LIMITED", hint: /as many topics/ } },
    { name: "429 of a proxy", answers: [{ status: 429, headers: { "retry-after": "3" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 3000 } },
    { name: "50001", answers: [error(50001, "internal server error")], expect: { outcome: "TRANSIENT", status: "500", message: /internal server error/ } },
    { name: "50003", answers: [error(50003, "internal server error: base-url must be configured")], expect: { outcome: "TRANSIENT", hint: /base-url/ } },
    { name: "50701", answers: [error(50701, "cannot publish to UnifiedPush topic without previously active subscriber")], expect: { outcome: "PERMANENT", hint: /ordinary topic/ } },
  ],
  checkErrors: loginErrors,
  reference: "hwQ2YpKdmg12",
  goldenHeaders: ["content-type"],
};
