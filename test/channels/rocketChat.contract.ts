import { rocketChat } from "../../src/providers/rocketChat.ts";
import { asProvider, CANARY, type ContractCase, json, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const error = (status: number, said: string, headers: Record<string, string> = {}) => json(status, { success: false, error: said }, headers);
const refuse = (message: string) => new Complaint(message, error(400, message));

function onlyKeys(value: object, keys: string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw refuse(`key ${key}`);
}

function checkPlain(value: unknown, limit: number): string {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty text");
  if (value.length > limit) throw refuse(`error-message-size-exceeded: ${value.length}, limit ${limit}`);
  if (/@[\p{L}\p{N}_.-]/u.test(value.replace(/https?:\/\/[^\s<>()[\]\\`*~|]+/g, ""))) throw refuse("mention");
  return value;
}

/** Text in which the message parser finds nothing; its escapes are a backslash before one of *_~`#. only, and others begin formulas. */
function checkText(value: unknown, limit: number): void {
  const bare = checkPlain(value, limit).replace(/https?:\/\/[^\s<>()[\]\\`*~|]+/g, "u").replace(/\\[*_~`]/g, "·");
  if (/[*_~`]|\\[[(\])]|\]\(|\|\||<[A-Za-z!/]/.test(bare)) throw refuse("mark");
  if (/^ *(?:[-+#>]|\d+[.)])/m.test(bare)) throw refuse("list, heading or quote");
}

interface Attachment {
  title: string;
  color: string;
  text?: string;
  fields: { title: string; value: string; short: boolean }[];
}

function checkAttachment(attachment: Attachment): void {
  onlyKeys(attachment, ["title", "color", "text", "fields"]);
  checkPlain(attachment.title, 250);
  if (!/^#[0-9A-F]{6}$/.test(attachment.color)) throw refuse("colour");
  if (attachment.text !== undefined) checkText(attachment.text, 5000);
  for (const field of attachment.fields) {
    onlyKeys(field, ["title", "value", "short"]);
    checkText(field.title, 5000);
    checkText(field.value, 5000);
  }
}

function accept(request: SeenRequest) {
  if (request.path !== `/hooks/64f1c2a7b3d9e80012ab34cd/${CANARY}`) throw new Complaint("path", error(404, "Invalid integration id or token provided."));
  const body = strictJson(request, refuse);
  onlyKeys(body, ["text", "channel", "alias", "avatar", "emoji", "attachments"]);
  // What the real one does with an empty body, and why that must not be sent.
  if (Object.keys(body).length === 0) throw new Complaint("empty body", json(200, { success: true }));
  const { text: said, channel, alias, avatar, emoji, attachments } = body;
  checkText(said, 5000);
  for (const attachment of (attachments ?? []) as Attachment[]) checkAttachment(attachment);
  if (channel !== undefined && !/^[#@]\S+$/.test(String(channel))) throw refuse("invalid-channel");
  if (alias !== undefined && typeof alias !== "string") throw refuse("alias");
  if (avatar !== undefined && !/^https?:\/\//.test(String(avatar))) throw refuse("avatar");
  if (emoji !== undefined && !/^:\S+:$/.test(String(emoji))) throw refuse("emoji");
  return json(200, { success: true });
}

const permanent = (status: number, said: string, hint: RegExp) => ({
  name: `${status} ${said}`,
  answers: [error(status, said)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${said}`), hint },
});

const TOO_MANY = "Error, too many requests. Please slow down. You must wait 12 seconds before trying this endpoint again. [error-too-many-requests]";

export const rocketChatCase: ContractCase = {
  provider: asProvider(rocketChat),
  accept,
  config: (url) => ({
    url: `${url}/hooks/64f1c2a7b3d9e80012ab34cd/${CANARY}`,
    channel: "#alerts",
    alias: "Carillon",
    avatarUrl: "https://example.com/bell.png",
    emoji: ":bell:",
  }),
  invalid: [
    { field: "url", value: "chat.example.com/hooks/a/b", message: /starts with https:\/\// },
    { field: "url", value: "https://chat.example.com/hooks/aaa", message: /its id, a slash and its token/ },
    { field: "url", value: "https://chat.example.com/api/v1/chat.postMessage", message: /\/hooks\// },
    { field: "url", value: "https://chat.example.com/hooks/a/b/c/d", message: /its id, a slash and its token/ },
    { field: "channel", value: "alerts", message: /#alerts/ },
    { field: "channel", value: "#two words", message: /#alerts/ },
    { field: "alias", value: "", message: /empty/ },
    { field: "alias", value: "a\nb", message: /one line/ },
    { field: "avatarUrl", value: "bell.png", message: /starts with https:\/\// },
    { field: "emoji", value: "🔔", message: /:bell:/ },
    { field: "emoji", value: "bell", message: /:bell:/ },
  ],
  errors: [
    permanent(400, "overriding destination channel is disabled for this integration", /does not allow another channel/),
    permanent(400, "invalid-channel", /no such channel/),
    permanent(400, "error-invalid-room", /no such channel/),
    permanent(400, "error-running-script", /script/),
    permanent(400, "unknown-error", /script/),
    permanent(400, "error-message-size-exceeded", /longer than the server allows/),
    permanent(400, "error-not-allowed", /may not post/),
    permanent(400, "Invalid integration id or token provided.", /does not know this webhook/),
    permanent(401, "Invalid integration id or token provided.", /does not know this webhook/),
    permanent(403, "Invalid integration id or token provided.", /does not know this webhook/),
    permanent(404, "Invalid integration id or token provided.", /does not know this webhook/),
    {
      name: "401 in another form",
      answers: [json(401, { status: "error", message: "You must be logged in to do this." })],
      expect: { outcome: "PERMANENT", message: /logged in/, hint: /does not know this webhook/ },
    },
    { name: "404 of something else", answers: [text(404, "Not found")], expect: { outcome: "PERMANENT", hint: /no such webhook/ } },
    permanent(503, "Service Unavailable", /switched off/),
    { name: "503 of a proxy", answers: [text(503, "Service Unavailable")], expect: { outcome: "TRANSIENT", message: /Service Unavailable/ } },
    { name: "500", answers: [error(500, "Internal server error")], expect: { outcome: "TRANSIENT", message: /Internal server error/ } },
    {
      name: "429 with the time in the text",
      answers: [error(429, TOO_MANY)],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 12_000, hint: /goes on later/ },
    },
    { name: "400 that means 429", answers: [error(400, TOO_MANY)], expect: { outcome: "RATE_LIMITED", retryAfterMs: 12_000 } },
    { name: "429 with Retry-After", answers: [text(429, "", { "retry-after": "3" })], expect: { outcome: "RATE_LIMITED", retryAfterMs: 3000 } },
    {
      name: "429 with a time to reset",
      answers: [text(429, "", { "x-ratelimit-reset": String(Date.parse("2026-03-01T12:00:30.000Z")) })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 30_000 },
    },
    { name: "429 without a time", answers: [text(429, "")], expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined } },
    {
      name: "200 with success false",
      answers: [error(200, "unknown-error")],
      expect: { outcome: "PERMANENT", status: "200", message: /^unknown-error$/, hint: /script/ },
    },
    {
      name: "200 with an error for the channel",
      answers: [json(200, { success: true, responses: [{ channel: "#alerts", error: "error-invalid-room" }] })],
      expect: { outcome: "PERMANENT", message: /^error-invalid-room$/, hint: /no such channel/ },
    },
    { name: "200 without success", answers: [json(200, {})], expect: { outcome: "PERMANENT", hint: /really leads to Rocket.Chat/ } },
    {
      name: "200 of something else",
      answers: [text(200, "<html>Welcome</html>")],
      expect: { outcome: "PERMANENT", hint: /really leads to Rocket.Chat/ },
    },
  ],
  reference: undefined,
  goldenHeaders: ["content-type"],
};
