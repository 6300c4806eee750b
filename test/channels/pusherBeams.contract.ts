import { pusherBeams } from "../../src/providers/pusherBeams.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const INSTANCE = "426abfc7-41fe-492f-bcf1-27586fa9bd3f";
const PATH = new RegExp(`^/relay/publish_api/v1/instances/${INSTANCE}/publishes/(interests|users)$`);

const error = (status: number, title: string, description: string) => json(status, { error: title, description });
const refuse = (message: string) => new Complaint(message, error(422, "Unprocessable Entity", message));

type Fields = Record<string, unknown>;

/** The object with these keys and no others. */
function only(value: unknown, name: string, required: string[], optional: string[] = []): Fields {
  if (typeof value !== "object" || value === null) throw refuse(`${name} is no object`);
  for (const key of required) if (!(key in value)) throw refuse(`${name} lacks ${key}`);
  for (const key of Object.keys(value)) if (![...required, ...optional].includes(key)) throw refuse(`${name}.${key} is not known`);
  return value as Fields;
}

function checkTexts({ title, body }: Fields): void {
  for (const text of [title, body]) if (typeof text !== "string" || text.trim() === "") throw refuse("text");
}

function checkData(data: unknown): void {
  const fields = only(data, "data", ["deliveryId", "eventId", "type", "severity", "recovered"], ["conditionId"]);
  for (const value of Object.values(fields)) if (typeof value !== "string") throw refuse("data takes texts only");
}

const DEFAULT_SOUND = [undefined, "default"];

function accept(request: SeenRequest) {
  const [, target] = PATH.exec(request.path) ?? [];
  if (target === undefined) throw new Complaint("path", error(404, "Instance not found", "Could not find the instance"));
  if (request.headers.authorization !== `Bearer ${CANARY}`) throw new Complaint("key", error(401, "Unauthorized", "Incorrect API Key"));
  if (request.body.length > (target === "users" ? 200 : 10) * 1024) throw new Complaint("size", error(400, "Bad request", "Request body size is too large"));
  const body = only(strictJson(request, refuse), "body", [target, "web", "fcm", "apns"]);
  const targets = body[target] as unknown[];
  if (!Array.isArray(targets) || targets.length < 1 || targets.length > (target === "users" ? 1000 : 100)) throw refuse(target);
  for (const one of targets) {
    if (typeof one !== "string" || one === "" || Buffer.byteLength(one) > 164) throw refuse(`${target} entry`);
    if (target === "interests" && !/^[A-Za-z0-9_\-=@,.;]+$/.test(one)) throw refuse("interest");
  }
  for (const form of ["web", "fcm", "apns"]) if (Buffer.byteLength(JSON.stringify(body[form])) > 4000) throw refuse(`${form} is too large`);

  const web = only(body["web"], "web", ["notification", "data"]);
  checkTexts(only(web["notification"], "web.notification", ["title", "body"]));
  checkData(web["data"]);

  const fcm = only(body["fcm"], "fcm", ["notification", "data", "priority"]);
  const notification = only(fcm["notification"], "fcm.notification", ["title", "body"], ["sound", "color", "tag"]);
  checkTexts(notification);
  checkData(fcm["data"]);
  if (!/^(normal|high)$/.test(String(fcm["priority"]))) throw refuse("fcm.priority");
  if (!DEFAULT_SOUND.includes(notification["sound"] as string)) throw refuse("fcm sound");
  if (!/^#[\da-f]{6}$/i.test(String(notification["color"] ?? "#000000"))) throw refuse("fcm color");

  const apns = only(body["apns"], "apns", ["aps", "data", "priority"], ["collapse_id"]);
  const aps = only(apns["aps"], "aps", ["alert"], ["sound", "thread-id"]);
  checkTexts(only(aps["alert"], "aps.alert", ["title", "body"]));
  checkData(apns["data"]);
  if (apns["priority"] !== 5 && apns["priority"] !== 10) throw refuse("apns priority");
  if (!DEFAULT_SOUND.includes(aps["sound"] as string)) throw refuse("apns sound");
  for (const id of [apns["collapse_id"], aps["thread-id"], notification["tag"]]) if (id !== undefined && (typeof id !== "string" || Buffer.byteLength(id) > 64)) throw refuse("id of the problem");
  return json(200, { publishId: "pubid-33f3f68e-b0c5-438f-b50f-fae93f6c48df" });
}

const permanent = (status: number, title: string, description: string, hint: RegExp) => ({
  name: `${status} ${description}`,
  answers: [error(status, title, description)],
  expect: { outcome: "PERMANENT" as const, status: String(status), hint, message: new RegExp(`^${title}: ${description}`) },
});

export const pusherBeamsCase: ContractCase = {
  provider: asProvider(pusherBeams),
  accept,
  config: (url) => ({ instanceId: INSTANCE.toUpperCase(), secretKey: `Bearer ${CANARY}`, target: "INTERESTS", targets: ["alerts", "rack-7"], apiBaseUrl: `${url}/relay/` }),
  invalid: [
    { field: "instanceId", value: "my-instance", message: /instance's id/ },
    { field: "secretKey", value: "short", message: /secret key/ },
    { field: "secretKey", value: "sixteen letters and blanks", message: /without blanks/ },
    { field: "target", value: "DEVICES", message: /INTERESTS or USERS/ },
    { field: "targets", value: [], message: /at least one/ },
    { field: "targets", value: ["two words"], message: /must be an interest/ },
    { field: "targets", value: ["café"], message: /must be an interest/ },
    { field: "targets", value: [""], message: /not be empty/ },
    { field: "targets", value: ["x".repeat(165)], message: /164/ },
    { field: "targets", value: ["é".repeat(83)], message: /164 bytes/ },
    { field: "targets", value: Array.from({ length: 101 }, (_, index) => `i${index}`), message: /at most 100/ },
    { field: "targets", value: Array.from({ length: 1001 }, (_, index) => `i${index}`), message: /at most 1000/ },
    { field: "targets", value: Array.from({ length: 50 }, (_, index) => `i${index}${"x".repeat(150)}`), message: /about 5000 bytes/ },
    { field: "apiBaseUrl", value: "pushnotifications.pusher.com", message: /starts with https:/ },
  ],
  errors: [
    permanent(400, "Bad request", "Failed to read body as a JSON object", /fault of the server/),
    permanent(400, "Incomplete Request", "Authorization header is missing", /fault of the server/),
    permanent(400, "Bad request", "Request body size is too large", /fewer targets/),
    permanent(401, "Unauthorized", "Incorrect API Key", /secret key/),
    permanent(402, "Payment Required", "Publishing has been blocked due to being over plan limits", /larger plan/),
    permanent(403, "Forbidden", "Incorrect API Key", /secret key/),
    permanent(404, "Instance not found", "Could not find the instance", /instance id/),
    permanent(422, "Unprocessable Entity", "JSON does not match our schema", /fault of the server/),
    { name: "429", answers: [error(429, "Rate Limited", "Too many requests being made in quick succession")], expect: { outcome: "RATE_LIMITED", message: /quick succession/ } },
    { name: "500", answers: [error(500, "Something went wrong", "Internal server error")], expect: { outcome: "TRANSIENT", message: /Internal/ } },
    { name: "503 of a proxy", answers: [{ status: 503, headers: { "retry-after": "4" }, body: "Service Unavailable" }], expect: { outcome: "TRANSIENT", retryAfterMs: 4000 } },
    { name: "200 of something else", answers: [json(200, {})], expect: { outcome: "PERMANENT", hint: /not Pusher's/ } },
  ],
  reference: "pubid-33f3f68e-b0c5-438f-b50f-fae93f6c48df",
  goldenHeaders: ["content-type", "authorization"],
};
