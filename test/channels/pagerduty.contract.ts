import { pagerduty } from "../../src/providers/pagerduty.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const KEY = `${CANARY}WXYZ`;

const invalid = (...errors: string[]) => json(400, { status: "invalid event", message: "Event object is invalid", errors });
const refuse = (said: string) => new Complaint(said, invalid(said));

function checkKeys(object: Record<string, unknown>, known: string[]) {
  for (const key of Object.keys(object)) if (!known.includes(key)) throw refuse(`unknown key ${key}`);
}

function accept(request: SeenRequest) {
  if (request.path !== "/some/path/v2/enqueue" || request.query.size > 0) throw new Complaint("path", { status: 404, body: "Not Found" });
  if (request.headers.authorization) throw refuse("authorization");
  if (request.body.length > 512_000) throw refuse("too large");
  const event = strictJson(request, refuse);
  checkKeys(event, ["routing_key", "event_action", "dedup_key", "client", "client_url", "payload", "links", "images"]);
  const { routing_key, event_action, dedup_key, payload } = event;
  if (typeof routing_key !== "string" || !/^[A-Za-z0-9]{32}$/.test(routing_key)) throw refuse("Length of 'routing_key' is incorrect (should be 32 characters)");
  if (typeof dedup_key !== "string" || dedup_key === "" || dedup_key.length > 255) throw refuse("dedup_key");
  if (event_action !== "trigger" && event_action !== "resolve" && event_action !== "acknowledge") throw refuse("event_action");
  if (event_action === "trigger") checkPayload(payload);
  return json(202, { status: "success", message: "Event processed", dedup_key });
}

function checkPayload(payload: unknown) {
  if (typeof payload !== "object" || payload === null) throw refuse("'payload' is missing or blank");
  const fields = payload as Record<string, unknown>;
  checkKeys(fields, ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"]);
  for (const name of ["summary", "source"]) {
    const value = fields[name];
    if (typeof value !== "string" || value.trim() === "") throw refuse(`'payload.${name}' is missing or blank`);
  }
  if ((fields["summary"] as string).length > 1024) throw refuse("summary is too long");
  if (!["critical", "error", "warning", "info"].includes(String(fields["severity"]))) throw refuse("severity");
  if (new Date(String(fields["timestamp"])).toISOString() !== fields["timestamp"]) throw refuse("timestamp");
  for (const name of ["component", "group", "class"]) {
    const value = fields[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) throw refuse(name);
  }
  if (typeof fields["custom_details"] !== "object" || fields["custom_details"] === null) throw refuse("custom_details");
}

export const pagerdutyCase: ContractCase = {
  provider: asProvider(pagerduty),
  accept,
  config: (url) => ({ routingKey: KEY, region: "EU", apiBaseUrl: `${url}/some/path/` }),
  secrets: [KEY],
  invalid: [
    { field: "routingKey", value: "short", message: /32 letters and digits/ },
    { field: "routingKey", value: `${CANARY}-XYZ`, message: /Events API v2/ },
    { field: "routingKey", value: `${KEY}1`, message: /32/ },
    { field: "region", value: "ASIA", message: /EU/ },
    { field: "apiBaseUrl", value: "events.pagerduty.com", message: /starts with https:/ },
  ],
  errors: [
    {
      name: "400 with errors",
      answers: [invalid("'payload.summary' is missing or blank", "'payload.source' is missing or blank")],
      expect: { outcome: "PERMANENT", status: "400", message: /invalid: 'payload.summary' is missing or blank, 'payload.source'/, hint: /fault of the server/ },
    },
    {
      name: "400 for the key, which it repeats",
      answers: [invalid(`'routing_key' ${KEY} is invalid`)],
      expect: { outcome: "PERMANENT", status: "400", message: /'routing_key' \*\*\* is invalid/, hint: /Integration Key/ },
    },
    { name: "400 without JSON", answers: [{ status: 400, body: "Bad Request" }], expect: { outcome: "PERMANENT", message: /Bad Request/ } },
    { name: "403", answers: [{ status: 403, body: "Forbidden" }], expect: { outcome: "PERMANENT", status: "403", hint: /refuses events/ } },
    { name: "404", answers: [{ status: 404, body: "Not Found" }], expect: { outcome: "PERMANENT", status: "404", hint: /API base URL/ } },
    {
      name: "429",
      answers: [json(429, { status: "throttle exceeded", message: "Requests for this service are arriving too quickly.  Please retry later." })],
      expect: { outcome: "RATE_LIMITED", message: /too quickly/, hint: /goes on later/ },
    },
    { name: "429 with a header", answers: [{ status: 429, headers: { "retry-after": "30" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 30_000 } },
    { name: "500", answers: [{ status: 500, body: "Internal Server Error" }], expect: { outcome: "TRANSIENT", status: "500" } },
    { name: "503", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not PagerDuty's/ } },
    { name: "202 without success", answers: [json(202, { status: "invalid event" })], expect: { outcome: "PERMANENT", hint: /not PagerDuty's/ } },
  ],
  reference: ({ condition, id }) => condition?.id ?? id,
  goldenHeaders: ["content-type"],
};
