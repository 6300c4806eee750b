import { vonageSms } from "../../src/providers/vonageSms.ts";
import { asProvider, type ContractCase, type ErrorCase, json } from "./case.ts";
import { Complaint, type SeenRequest } from "./fakeHttp.ts";
import { strictForm } from "./twilioFake.ts";

/** With signs that a form and a URL encode differently. */
const SECRET = "CANARY!secret~0123'(456)*789";

/** One entry per part, as Vonage answers: always with 200, and strings only. */
export const answer = (...parts: (string | [status: string, error: string])[]) =>
  json(200, {
    "message-count": String(parts.length),
    messages: parts.map((part, index) =>
      typeof part === "string"
        ? { to: "447700900000", "message-id": `0A0000000123ABC${index + 1}`, status: part, "remaining-balance": "3.14159265", "message-price": "0.03330000", network: "12345" }
        : { status: part[0], "error-text": part[1] },
    ),
  });

const refuse = (status: string, message: string) => new Complaint(`${status} ${message}`, answer([status, message]));

/** GSM 03.38 as ranges of code points, apart from the table that the kind has. */
export const GSM7 =
  /^[@£$¥\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\u00c6\u00e6\u00df\u00c9 -#%-?\u00a4\u00a1A-Z\u00c4\u00d6\u00d1\u00dc\u00a7\u00bfa-z\u00e4\u00f6\u00f1\u00fc\u00e0^{}\\[~\]|\u20ac\f]*$/;

function accept(request: SeenRequest) {
  if (request.method === "GET") {
    if (request.path !== "/relay/account/get-balance") throw new Complaint(`path ${request.path}`, { status: 404 });
    const expected = `Basic ${Buffer.from(`abcd1234:${SECRET}`).toString("base64")}`;
    if (request.headers.authorization !== expected || request.query.size > 0) throw new Complaint("credentials", json(401, { "error-code": "401", "error-code-label": "authentication failed" }));
    return json(200, { value: 10.28, autoReload: false });
  }
  if (request.path !== "/relay/sms/json") throw new Complaint(`path ${request.path}`, { status: 404 });
  const form = strictForm(request, (message) => refuse("3", message));
  const known = ["api_key", "api_secret", "from", "to", "text", "type", "client-ref"];
  for (const name of Object.keys(form)) if (!known.includes(name)) throw refuse("3", `unknown parameter ${name}`);
  for (const name of ["api_key", "api_secret", "from", "to", "text"]) if (!form[name]) throw refuse("2", `Missing ${name}`);
  const { api_key: key, api_secret: secret, from = "", to = "", text = "", type = "text", "client-ref": reference = "" } = form;
  if (key !== "abcd1234" || secret !== SECRET || request.headers.authorization) throw refuse("4", "Bad Credentials");
  if (!/^[1-9]\d{6,14}$/.test(to)) throw refuse("3", "Invalid to");
  if (!/^(\d{3,15}|[A-Za-z0-9]{1,11})$/.test(from)) throw refuse("15", "Illegal Sender Address - rejected");
  if (type !== (GSM7.test(text) ? "text" : "unicode")) throw refuse("3", `type ${type}`);
  if (text.trim() === "" || Buffer.byteLength(text) > 1600) throw refuse("12", "Message too long");
  if (reference.length > 40) throw refuse("3", "client-ref");
  return answer("0");
}

const status = (code: string, error: string, hint: RegExp, outcome: ErrorCase["expect"]["outcome"] = "PERMANENT", retryAfterMs?: number): ErrorCase => ({
  name: `status ${code} ${error}`,
  answers: [answer([code, error])],
  expect: { outcome, status: "200", hint, retryAfterMs, message: new RegExp(`\\(status ${code}\\)$`) },
});

const label = (code: number, said: string) => json(code, { "error-code": String(code), "error-code-label": said });

export const vonageSmsCase: ContractCase = {
  provider: asProvider(vonageSms),
  accept,
  config: (url) => ({ apiKey: "abcd1234", apiSecret: SECRET, from: "+44 7700 900001", to: "+44 7700 900000", apiBaseUrl: `${url}/relay/` }),
  secrets: [SECRET],
  invalid: [
    { field: "apiKey", value: "abc", message: /8 letters and digits/ },
    { field: "apiSecret", value: "", message: /at least 8/ },
    { field: "apiSecret", value: "with a blank in it", message: /without blanks/ },
    { field: "from", value: "TwelveLetter", message: /at most 11/ },
    { field: "from", value: "Rack 7", message: /letters and digits/ },
    { field: "from", value: "", message: /number of the account/ },
    { field: "to", value: "07700 900000", message: /with country code/ },
    { field: "to", value: "1234567890123456", message: /one phone number/ },
    { field: "to", value: "447700900000,447700900001", message: /one phone number/ },
    { field: "to", value: "Alice", message: /one phone number/ },
    { field: "apiBaseUrl", value: "rest.nexmo.com", message: /starts with https:\/\// },
  ],
  errors: [
    status("1", "Throughput Rate Exceeded - please wait [ 250 ] and retry", /later/, "RATE_LIMITED", 250),
    status("1", "Throttled", /later/, "RATE_LIMITED"),
    status("1", "please wait [ 99999999999 ]", /later/, "RATE_LIMITED"),
    status("2", "Missing to param", /fault of the server/),
    status("3", "Invalid from param", /sender and the recipient/),
    status("4", "Bad Credentials", /API secret/),
    status("5", "Internal Error", /fault of its own/, "TRANSIENT"),
    status("6", "Unroutable message - rejected", /country code/),
    status("7", "Number barred", /barred/),
    status("8", "Partner account barred", /account is barred/),
    status("9", "Partner quota exceeded", /Top it up/),
    status("10", "Too many existing binds", /later/, "TRANSIENT"),
    status("11", "Account not enabled for HTTP", /not enabled/),
    status("12", "Message too long", /too long/),
    status("14", "Invalid signature", /signed/),
    status("15", "Illegal Sender Address - rejected", /sender/),
    status("22", "Invalid network code", /network code/),
    status("23", "Invalid callback url", /fault of the server/),
    status("29", "Non White-listed Destination - rejected", /test numbers/),
    status("32", "Signature And API Secret Disallowed", /signed/),
    status("33", "Number De-activated", /deactivated/),
    { name: "status of the future", answers: [answer(["99", "Something new"])], expect: { outcome: "PERMANENT", message: /^Something new \(status 99\)$/ } },
    { name: "every part refused", answers: [answer(["9", "Partner quota exceeded"], ["9", "Partner quota exceeded"])], expect: { outcome: "PERMANENT", hint: /Top it up/ } },
    { name: "the secret in the error", answers: [answer(["4", `Bad Credentials ${SECRET} ${new URLSearchParams({ s: SECRET })}`])], expect: { outcome: "PERMANENT", message: /^Bad Credentials \*\*\* s=\*\*\* \(status 4\)$/ } },
    { name: "no parts", answers: [answer()], expect: { outcome: "PERMANENT", hint: /not Vonage's/ } },
    { name: "parts that are none", answers: [json(200, { messages: ["0", null, {}] })], expect: { outcome: "PERMANENT", hint: /not Vonage's/ } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Vonage's/ } },
    { name: "401", answers: [label(401, "authentication failed")], expect: { outcome: "PERMANENT", status: "401", message: /^authentication failed$/, hint: /API secret/ } },
    { name: "403 problem", answers: [json(403, { type: "https://example.com", title: "Forbidden", detail: "Not allowed here" })], expect: { outcome: "PERMANENT", message: /^Not allowed here$/ } },
    { name: "429", answers: [{ status: 429, headers: { "retry-after": "2" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 2000 } },
    { name: "500", answers: [{ status: 500 }], expect: { outcome: "TRANSIENT" } },
    { name: "502", answers: [{ status: 502, body: "Bad Gateway" }], expect: { outcome: "TRANSIENT", message: /Bad Gateway/ } },
  ],
  checkErrors: [
    { name: "401", answers: [label(401, "authentication failed")], expect: { outcome: "PERMANENT", hint: /API secret/, message: /^authentication failed$/ } },
    { name: "500", answers: [{ status: 500 }], expect: { outcome: "TRANSIENT" } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Vonage's/ } },
  ],
  reference: "0A0000000123ABC1",
  goldenHeaders: ["content-type"],
};
