import { gotify } from "../../src/providers/gotify.ts";
import { asProvider, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const TOKEN = "AcanaryTOKEN012";

const error = (code: number, said: string) => json(code, { error: "Error", errorCode: code, errorDescription: said });
const refuse = (said: string) => new Complaint(said, error(400, said));

function accept(request: SeenRequest) {
  if (request.path !== "/sub/path/message") throw new Complaint("path", error(404, "page not found"));
  if (request.headers["x-gotify-key"] !== TOKEN || request.headers.authorization || request.query.has("token")) throw new Complaint("token", error(401, "you need to provide a valid access token"));
  const { title, message, priority, extras, ...rest } = strictJson(request, refuse);
  if (typeof message !== "string" || message.trim() === "") throw refuse("Field 'message' is required");
  if (typeof title !== "string" || title.trim() === "" || title.length > 250) throw refuse("title");
  if (!Number.isInteger(priority)) throw refuse("priority");
  if (typeof extras !== "object" || !Object.keys(extras as object).every((key) => /^\w+::\w+$/.test(key))) throw refuse("extras");
  if (Object.keys(rest).length > 0) throw refuse(`keys ${Object.keys(rest).join()}`);
  return json(200, { id: 25, appid: 5, message, title, priority, extras, date: "2026-03-01T12:00:00Z" });
}

const refused = (status: number, said: string, hint?: RegExp) => ({
  name: `${status} ${said}`,
  answers: [error(status, said)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(said), ...(hint ? { hint } : {}) },
});

export const gotifyCase: ContractCase = {
  provider: asProvider(gotify),
  accept,
  config: (url) => ({ serverUrl: `${url}/sub/path/`, appToken: TOKEN, priority: 0 }),
  goldenConfig: (url) => ({ serverUrl: `${url}/sub/path`, appToken: TOKEN }),
  secrets: [TOKEN],
  invalid: [
    { field: "serverUrl", value: "gotify.example.com", message: /starts with https:/ },
    { field: "appToken", value: "CanaryTOKEN0123", message: /client's token/ },
    { field: "appToken", value: `gtfyc.${"x".repeat(43)}`, message: /client's token/ },
    { field: "appToken", value: "short", message: /A and 14 characters/ },
    { field: "appToken", value: "gtfya.short", message: /gtfya. and 43/ },
    { field: "priority", value: 11, message: /0 to 10/ },
    { field: "priority", value: 1.5, message: /whole/ },
  ],
  errors: [
    refused(400, "Field 'message' is required"),
    refused(401, "you need to provide a valid access token or user credentials to access this api", /app token/),
    refused(403, "you are not allowed to access this api", /application, not of a client/),
    refused(404, "page not found", /no Gotify at this URL/),
    { name: "500", answers: [error(500, "database is locked")], expect: { outcome: "TRANSIENT", message: /locked/ } },
    { name: "502", answers: [{ status: 502, body: "Bad Gateway" }], expect: { outcome: "TRANSIENT", message: /Bad Gateway/ } },
    { name: "429 of a proxy", answers: [{ status: 429, headers: { "retry-after": "3" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 3000 } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /not Gotify's/ } },
  ],
  reference: "25",
  goldenHeaders: ["content-type", "x-gotify-key"],
};
