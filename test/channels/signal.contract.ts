import { signal } from "../../src/providers/signal.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const TIMESTAMP = "1772366400123";
const AUTHORIZATION = `Basic ${Buffer.from(`proxy:${CANARY}`).toString("base64")}`;

const error = (status: number, said: string, more: object = {}) => json(status, { error: said, ...more });
const refuse = (said: string) => new Complaint(said, error(400, said));

/** The text and its open marks, as the service's src/utils/textstyleparser.go reads them. */
export function readStyled(input: string): { text: string; styles: string[]; open: string[] } {
  const open: string[] = [];
  const styles: string[] = [];
  let text = "";
  let previous = "";
  for (let at = 0; at < input.length; ) {
    const character = input[at] as string;
    const next = input[at + 1] ?? "";
    const mark = character === "*" ? (/^\*{1,3}/.exec(input.slice(at))?.[0] ?? "") : character === "|" && next === "|" ? "||" : /[~`]/.test(character) ? character : "";
    if (mark !== "") {
      if (previous === "\\") text += mark;
      else if (open.at(-1) === mark) styles.push(open.pop() as string);
      else open.push(mark);
    } else if (!(character === "\\" && /[*`|~]/.test(next))) text += character;
    previous = character;
    at += Math.max(mark.length, 1);
  }
  return { text, styles, open };
}

const sortOf = (recipient: string) => (recipient.startsWith("group.") ? "group" : /^(\+[1-9]\d{6,14}|[0-9a-f]{8}-[0-9a-f-]{27})$/.test(recipient) ? "number" : "username");

function accept(request: SeenRequest) {
  const { method, path, query, headers } = request;
  if (headers.authorization !== AUTHORIZATION) throw new Complaint("proxy", { status: 401, body: "Unauthorized" });
  if (query.size > 0) throw refuse("query");
  if (method === "GET" && path === "/some/path/v1/accounts") return json(200, ["+15551230009", "+15551230001"]);
  if (path !== "/some/path/v2/send") throw new Complaint("path", { status: 404, body: "404 page not found" });
  const { number, recipients, message, text_mode, quote_timestamp, quote_author, ...rest } = strictJson(request, refuse);
  if (Object.keys(rest).length > 0) throw refuse(`keys ${Object.keys(rest).join()}`);
  if (typeof number !== "string" || !/^\+[1-9]\d{6,14}$/.test(number)) throw refuse("Couldn't process request - please provide a valid number");
  if (!Array.isArray(recipients) || recipients.length === 0) throw refuse("Couldn't process request - please provide at least one recipient");
  const sorts = recipients.map((recipient) => sortOf(String(recipient)));
  if (new Set(sorts).size > 1 || (sorts[0] === "group" && sorts.length > 1)) throw refuse("cannot be specified together in one request!");
  if (typeof message !== "string" || message.trim() === "") throw refuse("no message");
  if (text_mode !== "normal" && text_mode !== "styled") throw refuse("text_mode");
  if (message.length > 5000) throw refuse("too long to read");
  if (text_mode === "styled") {
    const { open, styles, text } = readStyled(message);
    if (open.length > 0) throw refuse(`open marks ${open.join()}`);
    if (styles.some((style) => style !== "**") || text.trim() === "") throw refuse(`styles ${styles.join()}`);
  }
  if ((quote_timestamp === undefined) !== (quote_author === undefined)) throw refuse("quote");
  if (quote_timestamp !== undefined && !(Number.isSafeInteger(quote_timestamp) && quote_author === number)) throw refuse("quote");
  return json(201, { timestamp: TIMESTAMP });
}

const refused = (said: string, hint?: RegExp, outcome: "PERMANENT" | "TRANSIENT" | "RATE_LIMITED" = "PERMANENT") => ({
  name: `400 ${said}`,
  answers: [error(400, said)],
  expect: { outcome, status: "400", ...(hint ? { hint } : {}) },
});

const proxyErrors = [
  { name: "401 of a proxy", answers: [{ status: 401, body: "Unauthorized" }], expect: { outcome: "PERMANENT" as const, hint: /user and password/ } },
  { name: "403 of a proxy", answers: [{ status: 403, body: "Forbidden" }], expect: { outcome: "PERMANENT" as const, hint: /user and password/ } },
  { name: "404 of something else", answers: [{ status: 404, body: "404 page not found" }], expect: { outcome: "PERMANENT" as const, hint: /no signal-cli-rest-api/ } },
  { name: "502", answers: [{ status: 502, body: "Bad Gateway" }], expect: { outcome: "TRANSIENT" as const, message: /Bad Gateway/ } },
  { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT" as const, hint: /not signal-cli-rest-api's/ } },
];

const failed = (...reasons: string[]) => ({ recipients: reasons.map((reason, index) => ({ number: `+1555123000${index}`, reason })) });

export const signalAnswers = {
  list: json(201, [{ timestamp: TIMESTAMP }]),
  oneMissed: json(201, [{ timestamp: TIMESTAMP, errors: failed("UNREGISTERED_FAILURE") }]),
};

export const signalCase: ContractCase = {
  provider: asProvider(signal),
  accept,
  config: (url) => ({
    serverUrl: `${url}/some/path/`,
    user: "proxy",
    password: CANARY,
    number: "+15551230001",
    recipients: ["+15551230002", "0195f3c2-0000-4000-8000-000000000001"],
  }),
  invalid: [
    { field: "serverUrl", value: "localhost:8080", message: /starts with https:/ },
    { field: "serverUrl", value: `http://anna:${CANARY}@localhost:8080`, message: /must not hold a user and password/ },
    { field: "user", value: "a:b", message: /colon/ },
    { field: "password", value: "a\nb", message: /one line/ },
    { field: "number", value: "015551230001", message: /\+ and country code/ },
    { field: "number", value: "+1 555 1230001", message: /\+ and country code/ },
    { field: "recipients", value: [], message: /at least one/ },
    { field: "recipients", value: ["anna"], message: /phone number such as/ },
    { field: "recipients", value: ["group.short"], message: /group's id/ },
    { field: "recipients", value: ["+15551230002", "anna.42"], message: /a channel for each/ },
    { field: "recipients", value: [`group.${"A".repeat(60)}`, `group.${"B".repeat(60)}`], message: /a channel for each/ },
    { field: "recipients", value: Array.from({ length: 51 }, () => "+15551230002"), message: /at most 50/ },
  ],
  errors: [
    refused("Failed to send message due to untrusted identities", /safety number/),
    refused('Failed to send (some) messages:\nUntrusted Identity for "+15551230002"\n', /safety number/),
    refused("Unable to complete request due to untrusted recipient keys", /safety number/),
    refused('Unregistered user "+15551230002"', /not on Signal/),
    refused("User +15551230001 is not registered.\n", /sender is not registered/),
    refused("Specified account does not exist", /sender is not registered/),
    refused("Number not registered with JSON-RPC", /sender is not registered/),
    refused("Invalid group id", /group's id/),
    refused("Cannot send message to group - please first update your profile.", /profile name/),
    refused("Couldn't process request - please provide at least one recipient", /recipients/),
    refused("Couldn't process request - invalid request", /form/),
    refused("Failed to send message"),
    refused("process killed as timeout reached", /could not reach/, "TRANSIENT"),
    refused("Failed to send message: Network is unreachable (UnknownHostException)", /could not reach/, "TRANSIENT"),
    refused("CAPTCHA proof required for sending to \"+15551230002\"", /captcha/, "RATE_LIMITED"),
    {
      name: "429 with challenge tokens",
      answers: [error(429, "Failed to send message due to rate limiting.", { challenge_tokens: ["0195f3c2-token"], account: "+15551230001" })],
      expect: { outcome: "RATE_LIMITED", status: "429", message: /rate limiting. Challenge token: 0195f3c2-token/, hint: /captcha.*rate-limit-challenge/ },
    },
    {
      name: "201 that reached nobody",
      answers: [json(201, [{ timestamp: TIMESTAMP, errors: failed("UNREGISTERED_FAILURE", "IDENTITY_FAILURE") }])],
      expect: { outcome: "PERMANENT", message: /Delivered to nobody: UNREGISTERED_FAILURE, IDENTITY_FAILURE/, hint: /safety number/ },
    },
    {
      name: "201 that reached nobody for the network",
      answers: [json(201, { timestamp: TIMESTAMP, errors: failed("NETWORK_FAILURE", "NETWORK_FAILURE") })],
      expect: { outcome: "TRANSIENT", message: /NETWORK_FAILURE/ },
    },
    { name: "500", answers: [error(500, "Internal error")], expect: { outcome: "TRANSIENT", status: "500" } },
    { name: "201 of something else", answers: [json(201, { id: 1 })], expect: { outcome: "PERMANENT", hint: /not signal-cli-rest-api's/ } },
    ...proxyErrors,
  ],
  checkErrors: [
    ...proxyErrors,
    { name: "another sender", answers: [json(200, ["+15551230009"])], expect: { outcome: "PERMANENT", message: /not registered there/, hint: /Register or link/ } },
    { name: "500 of the check", answers: [error(500, "Couldn't get list of accounts: x")], expect: { outcome: "TRANSIENT" } },
  ],
  reference: TIMESTAMP,
  goldenHeaders: ["content-type", "authorization"],
};
