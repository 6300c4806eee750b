import { discord } from "../../src/providers/discord.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const refuse = (message: string) => new Complaint(message, json(400, { code: 50035, message: "Invalid Form Body", errors: {} }));

function checkLength(value: unknown, limit: number, what: string): number {
  if (typeof value !== "string" || value.trim() === "") throw refuse(`${what} is empty`);
  if (/(?<!\\)<[@#&:]|(?<!\\)\[[^\]]*\]\(/.test(value) && what !== "footer") throw refuse(`${what} has a mention or a masked link`);
  if (value.length > limit) throw refuse(`${what} of ${value.length}, limit ${limit}`);
  return value.length;
}

function onlyKeys(value: object, keys: string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw refuse(`key ${key}`);
}

interface Embed {
  title?: string;
  description?: string;
  color?: number;
  timestamp?: string;
  fields?: { name: string; value: string; inline?: boolean }[];
  footer?: { text: string };
}

function checkEmbed(embed: Embed): number {
  onlyKeys(embed, ["title", "description", "color", "timestamp", "fields", "footer"]);
  let total = checkLength(embed.title, 256, "title");
  if (embed.description !== undefined) total += checkLength(embed.description, 4096, "description");
  if (!Number.isInteger(embed.color) || (embed.color ?? -1) < 0 || (embed.color ?? 0) > 0xffffff) throw refuse("colour");
  if (Number.isNaN(Date.parse(embed.timestamp ?? ""))) throw refuse("timestamp");
  if ((embed.fields?.length ?? 0) > 25) throw refuse("too many fields");
  for (const field of embed.fields ?? []) {
    onlyKeys(field, ["name", "value", "inline"]);
    total += checkLength(field.name, 256, "field name") + checkLength(field.value, 1024, "field value");
  }
  if (embed.footer) total += checkLength(embed.footer.text, 2048, "footer");
  return total;
}

function accept(request: SeenRequest) {
  if (!/^\/api\/(v\d+\/)?webhooks\/\d{17,20}\/[A-Za-z0-9_-]+$/.test(request.path)) throw new Complaint("path", json(404, { code: 0, message: "404: Not Found" }));
  for (const key of request.query.keys()) if (!["wait", "thread_id", "with_components"].includes(key)) throw refuse(`query ${key}`);
  if (!/^\d{17,20}$/.test(request.query.get("thread_id") ?? "11112222333344445")) throw refuse("thread_id");
  const body = strictJson(request, refuse);
  onlyKeys(body, ["content", "embeds", "username", "avatar_url", "allowed_mentions"]);
  if (JSON.stringify(body["allowed_mentions"]) !== '{"parse":[]}') throw refuse("mentions are not switched off");
  if (body["content"] === undefined && body["embeds"] === undefined) throw new Complaint("empty", json(400, { code: 50006, message: "Cannot send an empty message" }));
  if (body["content"] !== undefined) checkLength(body["content"], 2000, "content");
  const embeds = (body["embeds"] ?? []) as Embed[];
  if (embeds.length > 10) throw refuse("too many embeds");
  const total = embeds.reduce((sum, embed) => sum + checkEmbed(embed), 0);
  if (total > 6000) throw refuse(`embeds of ${total} together`);
  if (body["username"] !== undefined) checkLength(body["username"], 80, "username");
  const limits = { "x-ratelimit-limit": "5", "x-ratelimit-remaining": "4", "x-ratelimit-reset-after": "2.0", "x-ratelimit-bucket": "b" };
  if (request.query.get("wait") !== "true") return { status: 204, headers: limits };
  return json(200, { id: "1122334455667788990", type: 0, content: "" }, limits);
}

const permanent = (status: number, code: number, message: string, hint: RegExp, disableChannel?: true) => ({
  name: `${status} ${code}`,
  answers: [json(status, { code, message })],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${message} \\(code ${code}\\)$`), hint, ...(disableChannel ? { disableChannel } : {}) },
});

export const discordCase: ContractCase = {
  provider: asProvider(discord),
  accept,
  config: (url) => ({
    url: `${url}/api/webhooks/112233445566778899/${CANARY}_-${"x".repeat(40)}`,
    username: "Carillon",
    avatarUrl: "https://example.com/bell.png",
    threadId: "998877665544332211",
  }),
  invalid: [
    { field: "url", value: "https://discord.com/channels/1/2", message: /\/api\/webhooks\// },
    { field: "url", value: "https://discord.com/api/webhooks/12/token", message: /17 to 20 digits/ },
    { field: "url", value: "https://discord.com/api/webhooks/112233445566778899/token/slack", message: /remove/ },
    { field: "url", value: "ftp://discord.com/api/webhooks/112233445566778899/token", message: /starts with https:\/\// },
    { field: "username", value: "x".repeat(81), message: /at most 80/ },
    { field: "username", value: "", message: /empty/ },
    { field: "avatarUrl", value: "bell.png", message: /starts with https:\/\// },
    { field: "threadId", value: "12", message: /17 to 20 digits/ },
  ],
  errors: [
    {
      name: "400 50035 with detail",
      answers: [json(400, { code: 50035, message: "Invalid Form Body", errors: { embeds: { "0": { title: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 256 or fewer in length." }] } } } } })],
      expect: { outcome: "PERMANENT", status: "400", message: /embeds: title: Must be 256/, hint: /fault of the server/ },
    },
    permanent(400, 50006, "Cannot send an empty message", /fault of the server/),
    permanent(400, 50109, "The request body contains invalid JSON.", /fault of the server/),
    permanent(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id", /forum/),
    permanent(400, 220003, "Webhooks can only create threads in forum channels", /not a forum/),
    permanent(401, 50027, "Invalid Webhook Token", /token in the webhook URL/),
    permanent(403, 50013, "Missing Permissions", /permission/),
    permanent(403, 50001, "Missing Access", /access/),
    permanent(403, 160005, "Thread is locked", /locked/),
    permanent(404, 10015, "Unknown Webhook", /deleted/, true),
    permanent(404, 10003, "Unknown Channel", /no longer exists/),
    permanent(404, 10008, "Unknown Message", /unknown/),
    permanent(413, 40005, "Request entity too large", /too large/),
    {
      name: "429 in the body",
      answers: [json(429, { message: "You are being rate limited.", retry_after: 1.337, global: false }, { "retry-after": "2" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 1337, message: /rate limited/ },
    },
    {
      name: "429 global",
      answers: [json(429, { message: "You are being rate limited.", retry_after: 64.57, global: true })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 64_570, hint: /everything/ },
    },
    {
      name: "429 HTML with a header",
      answers: [{ status: 429, headers: { "content-type": "text/html", "retry-after": "9" }, body: "<html>Cloudflare</html>" }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 9000 },
    },
    {
      name: "429 HTML without a time",
      answers: [{ status: 429, headers: { "content-type": "text/html" }, body: "<html>Cloudflare</html>" }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 60_000 },
    },
    {
      name: "403 HTML",
      answers: [{ status: 403, headers: { "content-type": "text/html" }, body: "<html>error 1015</html>" }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 60_000 },
    },
    { name: "502", answers: [{ status: 502, body: "bad gateway" }], expect: { outcome: "TRANSIENT", status: "502" } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /really leads to Discord/ } },
  ],
  reference: "1122334455667788990",
  goldenHeaders: ["content-type", "user-agent"],
};
