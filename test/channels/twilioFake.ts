import { CANARY, type ErrorCase, json } from "./case.ts";
import { Complaint, type Reply, type SeenRequest } from "./fakeHttp.ts";

export const SID = "AC0123456789abcdef0123456789abcdef";
export const KEY_SID = "SKfedcba9876543210fedcba9876543210";
/** 32 letters and digits, as Twilio's are. */
export const TOKEN = `${CANARY}WXYZ`;

/** The account of every Twilio case, with all its fields. */
export const account = (url: string) => ({ accountSid: SID, authToken: TOKEN, apiKeySid: KEY_SID, apiBaseUrl: `${url}/relay/` });

export const error = (status: number, code: number, message: string, headers: Record<string, string> = {}) =>
  json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers);

export const refuse = (code: number, message: string) => new Complaint(`${code} ${message}`, error(400, code, message));

/** A form body, read as strictly as can be. */
export function strictForm({ method, headers, body }: SeenRequest, refused: (message: string) => Complaint): Record<string, string> {
  if (method !== "POST") throw refused(`method ${method}`);
  if (headers["content-type"] !== "application/x-www-form-urlencoded") throw refused("content type is not a form");
  if (!headers["user-agent"]) throw refused("no user agent");
  const form: Record<string, string> = {};
  for (const pair of body.toString("latin1").split("&")) {
    if (!/^(?:[A-Za-z0-9*._+-]|%[0-9A-F]{2})+=(?:[A-Za-z0-9*._+-]|%[0-9A-F]{2})*$/.test(pair)) throw refused(`not form-encoded: ${pair.slice(0, 40)}`);
    const [name = "", value = ""] = pair.split("=").map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    if (name in form) throw refused(`${name} twice`);
    if (/\p{Surrogate}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u.test(value)) throw refused(`control character in ${name}`);
    form[name] = value;
  }
  return form;
}

const E164 = /^\+[1-9]\d{6,14}$/;

export function checkNumber(name: string, value: string | undefined, prefix = ""): void {
  if (value === undefined || !value.startsWith(prefix) || !E164.test(value.slice(prefix.length))) throw refuse(name === "To" ? 21211 : 21212, `Invalid '${name}' number`);
}

/** No field but those known, and none missing of the needed ones. */
export function checkKeys(form: Record<string, string>, known: string[]): void {
  for (const name of Object.keys(form)) if (!known.includes(name)) throw refuse(21600, `unknown parameter ${name}`);
}

/** The two addresses that Twilio's API has here, and those that the account's check asks. */
export function twilioAccept(resource: "Messages" | "Calls", verify: (form: Record<string, string>) => void): (request: SeenRequest) => Reply {
  return (request) => {
    const [scheme, credentials = ""] = (request.headers.authorization ?? "").split(" ");
    const [user, password] = Buffer.from(credentials, "base64").toString().split(":");
    const bad = new Complaint("credentials", error(401, 20003, "Authenticate"));
    if (scheme !== "Basic" || password !== TOKEN || (user !== KEY_SID && user !== SID)) throw bad;
    const root = `/relay/2010-04-01/Accounts/${SID}`;
    if (request.method === "GET" && request.path === `${root}.json`) {
      // Of API keys, only main ones may ask for the account.
      if (user !== SID) throw bad;
      return json(200, { sid: SID, friendly_name: "Alerts", status: "active", type: "Full" });
    }
    if (request.method === "GET" && request.path === `${root}/Messages.json` && request.query.get("PageSize") === "1") {
      return json(200, { messages: [], page: 0, page_size: 1 });
    }
    if (request.path !== `${root}/${resource}.json`) throw new Complaint(`path ${request.path}`, error(404, 20404, `The requested resource ${request.path} was not found`));
    verify(strictForm(request, (message) => refuse(21600, message)));
    return json(201, { sid: `${resource === "Calls" ? "CA" : "SM"}00112233445566778899aabbccddeeff`, status: "queued", error_code: null, error_message: null });
  };
}

export const refused = (status: number, code: number, message: string, hint: RegExp): ErrorCase => ({
  name: `${status} ${code} ${message}`,
  answers: [error(status, code, message)],
  expect: { outcome: "PERMANENT", status: String(status), message: new RegExp(`^${message} \\(code ${code}\\)$`), hint, retryAfterMs: undefined },
});

const later = (outcome: "TRANSIENT" | "RATE_LIMITED", status: number, code: number, message: string, hint: RegExp, retryAfterMs?: number): ErrorCase => ({
  name: `${status} ${code} ${message}`,
  answers: [error(status, code, message)],
  expect: { outcome, status: String(status), message: new RegExp(`\\(code ${code}\\)$`), hint, retryAfterMs },
});

/** Taken, and known at once to have failed. */
const failed = (status: string, code: number | null, expected: ErrorCase["expect"]): ErrorCase => ({
  name: `201 ${status} ${code}`,
  answers: [json(201, { sid: "SM00112233445566778899aabbccddeeff", status, error_code: code, error_message: null })],
  expect: { status: "201", ...expected },
});

/** Errors that every kind of Twilio may meet. */
export const commonErrors: ErrorCase[] = [
  refused(401, 20003, "Authenticate", /auth token/),
  refused(403, 20005, "Account not active", /suspended or closed/),
  refused(401, 10001, "Account is not active", /suspended or closed/),
  refused(403, 20403, "Forbidden", /suspended or closed/),
  refused(403, 70051, "Authorization Failed", /restricted key/),
  refused(403, 10002, "Trial account does not support this feature", /Upgrade/),
  refused(404, 20404, "Not found", /account SID and the API base URL/),
  refused(400, 21211, "Invalid 'To' Phone Number", /country code/),
  refused(400, 21212, "Invalid 'From' Number", /number of this Twilio account/),
  { name: "400 with a code of the future", answers: [error(400, 99999, "Something new")], expect: { outcome: "PERMANENT", message: /^Something new \(code 99999\)$/ } },
  later("RATE_LIMITED", 429, 20429, "Too Many Requests", /sending goes on later/),
  { name: "429 without a code", answers: [{ status: 429, headers: { "retry-after": "7" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 7000 } },
  { name: "500", answers: [error(500, 20500, "Internal Server Error")], expect: { outcome: "TRANSIENT", message: /Internal Server Error/ } },
  { name: "502", answers: [{ status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" }], expect: { outcome: "TRANSIENT", message: /^Bad Gateway$/ } },
  { name: "503", answers: [{ status: 503, headers: { "retry-after": "30" } }], expect: { outcome: "TRANSIENT", retryAfterMs: 30_000 } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Twilio's/ } },
  { name: "201 without a sid", answers: [json(201, { status: "queued" })], expect: { outcome: "PERMANENT", hint: /not Twilio's/ } },
];

/** Those of SMS and WhatsApp. */
export const messageErrors: ErrorCase[] = [
  ...commonErrors,
  refused(400, 21408, "Permission to send to this region is off", /geographic permissions/),
  refused(400, 21606, "The 'From' number is not capable", /cannot send such messages/),
  refused(400, 21608, "The number is unverified", /trial account/),
  refused(400, 21610, "Attempt to send to unsubscribed recipient", /START/),
  refused(400, 21612, "Not currently reachable", /no route/),
  refused(400, 21614, "'To' number is not a valid mobile number", /landline/),
  refused(400, 21617, "The concatenated message body exceeds the 1600 character limit", /too long/),
  refused(400, 21658, "Parameter exceeded character limit", /too long/),
  refused(400, 21620, "Invalid media URL", /media/),
  refused(400, 21659, "'From' is not a Twilio phone number", /number of this Twilio account/),
  refused(400, 21660, "Mismatch between the 'From' number and the account", /number of this Twilio account/),
  later("TRANSIENT", 429, 21611, "This 'From' number has exceeded the maximum number of queued messages", /ten hours/, 3_600_000),
  later("RATE_LIMITED", 429, 63038, "Account exceeded the daily messages limit", /daily limit/, 3_600_000),
  later("RATE_LIMITED", 400, 63018, "Rate limit exceeded for Channel", /limits the rate/),
  { name: "21611 with a relay's wait", answers: [error(429, 21611, "Queued", { "retry-after": "60" })], expect: { outcome: "TRANSIENT", retryAfterMs: 60_000 } },
  failed("failed", 30001, { outcome: "TRANSIENT", hint: /queue is full/, message: /code 30001/ }),
  failed("undelivered", 30003, { outcome: "TRANSIENT", hint: /cannot be reached/ }),
  failed("failed", 30004, { outcome: "PERMANENT", hint: /blocks/ }),
  failed("failed", 30005, { outcome: "PERMANENT", hint: /unknown/ }),
  failed("failed", 30006, { outcome: "PERMANENT", hint: /landline/ }),
  failed("failed", 30007, { outcome: "PERMANENT", hint: /filtered/ }),
  failed("undelivered", 30008, { outcome: "TRANSIENT", hint: /no reason/ }),
  failed("failed", 30034, { outcome: "PERMANENT", hint: /A2P/ }),
  failed("canceled", null, { outcome: "PERMANENT", message: /^Twilio says: canceled$/ }),
];

/** Of the account's check with an API key. */
export const checkErrors: ErrorCase[] = [
  refused(401, 20003, "Authenticate", /its SID and its secret\..*may not read messages/),
  refused(403, 70051, "Authorization Failed", /may not read messages/),
  refused(404, 20404, "Not found", /account SID/),
  later("RATE_LIMITED", 429, 20429, "Too Many Requests", /later/),
  { name: "500", answers: [{ status: 500 }], expect: { outcome: "TRANSIENT" } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Twilio's/ } },
];

/** Bad values of the account's fields. */
export const invalidAccount = [
  { field: "accountSid", value: "AC0123", message: /must be an account SID/ },
  { field: "accountSid", value: KEY_SID, message: /must be an account SID/ },
  { field: "accountSid", value: SID.toUpperCase(), message: /letters from a to f/ },
  { field: "authToken", value: "short", message: /32 letters and digits/ },
  { field: "authToken", value: `${"a".repeat(16)} ${"b".repeat(16)}`, message: /32 letters and digits/ },
  { field: "apiKeySid", value: SID, message: /API key's SID/ },
  { field: "apiBaseUrl", value: "api.twilio.com", message: /starts with https:\/\// },
];
