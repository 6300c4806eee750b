import { mattermost } from "../../src/providers/mattermost.ts";
import { asProvider, CANARY, type ContractCase, json, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const error = (status: number, id: string, message = "Something failed") =>
  json(status, { id, message, detailed_error: "", request_id: "c8qhn4qwi7y4bkrz3k5bcbpqnr", status_code: status });
const refuse = (message: string) => new Complaint(message, error(400, "web.incoming_webhook.parse.app_error", message));

const characters = (value: string) => [...value].length;

function onlyKeys(value: object, keys: string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw refuse(`key ${key}`);
}

function checkPlain(value: unknown, limit: number): string {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty text");
  if (characters(value) > limit) throw refuse(`${characters(value)} characters, limit ${limit}`);
  if (/@[\p{L}\p{N}_]|<!/u.test(value.replace(/https?:\/\/[^\s<>()[\]\\`*|~]+/g, ""))) throw refuse("mention");
  return value;
}

/** Markdown in which nothing is a mark. */
function checkText(value: unknown, limit: number): void {
  const bare = checkPlain(value, limit).replace(/https?:\/\/[^\s<>()[\]\\`*|~]+/g, "u").replace(/\\[!-/:-@[-`{-~]/g, "e");
  if (/[\\`*_{}[\]<>|~$&]|^ *(?:[-+#>]|\d+[.)])/m.test(bare)) throw refuse("Markdown mark");
}

interface Attachment {
  fallback: string;
  color: string;
  title: string;
  text?: string;
  fields: { title: string; value: string; short: boolean }[];
  footer: string;
}

function checkAttachment(attachment: Attachment): void {
  onlyKeys(attachment, ["fallback", "color", "title", "text", "fields", "footer"]);
  checkPlain(attachment.fallback, 16_383);
  if (!/^#[0-9A-F]{6}$/.test(attachment.color)) throw refuse("colour");
  checkText(attachment.title, 250);
  if (attachment.text !== undefined) checkText(attachment.text, 16_383);
  for (const field of attachment.fields) {
    onlyKeys(field, ["title", "value", "short"]);
    checkText(field.title, 200);
    checkText(field.value, 2000);
    if (typeof field.short !== "boolean") throw refuse("short");
  }
  checkPlain(attachment.footer, 300);
}

function checkPriority(priority: Record<string, unknown>): void {
  onlyKeys(priority, ["priority", "requested_ack", "persistent_notifications"]);
  const level = priority["priority"];
  if (!["standard", "important", "urgent"].includes(String(level))) throw refuse("priority");
  if (priority["requested_ack"] === true && level === "standard") throw refuse("requested_ack needs more than standard");
  if (priority["persistent_notifications"] === true && level !== "urgent") throw refuse("persistent_notifications needs urgent");
}

function accept(request: SeenRequest) {
  if (request.path !== `/chat/hooks/${CANARY}`) throw new Complaint("path", error(404, "api.context.404.app_error"));
  const body = strictJson(request, refuse);
  onlyKeys(body, ["text", "attachments", "channel", "username", "icon_url", "priority"]);
  const { text: said, attachments, channel, username, icon_url: icon, priority } = body;
  if (said === undefined && !Array.isArray(attachments)) throw new Complaint("no text", error(400, "web.incoming_webhook.text.app_error"));
  if (said !== undefined) checkText(said, 16_383);
  for (const attachment of (attachments ?? []) as Attachment[]) checkAttachment(attachment);
  if (channel !== undefined && !/^[@#]?[a-z0-9._-]+$/.test(String(channel))) throw new Complaint("channel", error(404, "web.incoming_webhook.channel.app_error"));
  if (username !== undefined && typeof username !== "string") throw refuse("username");
  if (icon !== undefined && !/^https?:\/\//.test(String(icon))) throw refuse("icon_url");
  if (priority !== undefined) checkPriority(priority as Record<string, unknown>);
  return text(200, "ok");
}

const permanent = (status: number, id: string, hint: RegExp) => ({
  name: `${status} ${id}`,
  answers: [error(status, id)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: /^Something failed$/, hint },
});

export const mattermostCase: ContractCase = {
  provider: asProvider(mattermost),
  accept,
  config: (url) => ({ url: `${url}/chat/hooks/${CANARY}`, channel: "Town-Square", username: "Carillon", iconUrl: "https://example.com/bell.png" }),
  invalid: [
    { field: "url", value: "mattermost.example.com/hooks/xxx", message: /starts with https:\/\// },
    { field: "url", value: "https://mattermost.example.com/api/v4/posts", message: /\/hooks\/ and a key/ },
    { field: "url", value: "https://mattermost.example.com/hooks/", message: /\/hooks\/ and a key/ },
    { field: "url", value: "https://mattermost.example.com/hooks/aaa/bbb", message: /one part too many/ },
    { field: "channel", value: "Town Square", message: /town-square/ },
    { field: "channel", value: "", message: /town-square/ },
    { field: "channel", value: "x".repeat(66), message: /at most 65/ },
    { field: "username", value: "", message: /empty/ },
    { field: "username", value: "a\nb", message: /one line/ },
    { field: "username", value: "x".repeat(65), message: /at most 64/ },
    { field: "iconUrl", value: "bell.png", message: /starts with https:\/\// },
  ],
  errors: [
    permanent(400, "web.incoming_webhook.parse.app_error", /fault of the server/),
    permanent(400, "web.incoming_webhook.text.app_error", /fault of the server/),
    permanent(400, "web.incoming_webhook.split_props_length.app_error", /fault of the server/),
    permanent(400, "api.context.invalid_param.app_error", /fault of the server/),
    permanent(400, "web.incoming_webhook.invalid.app_error", /deleted, or the URL is mistyped/),
    permanent(400, "web.incoming_webhook.user.app_error", /no such person/),
    permanent(403, "web.incoming_webhook.user.app_error", /no such person/),
    permanent(403, "web.incoming_webhook.channel_locked.app_error", /locked to its own channel/),
    permanent(403, "web.incoming_webhook.permissions.app_error", /may not post/),
    permanent(404, "web.incoming_webhook.channel.app_error", /no such channel/),
    permanent(404, "app.channel.get.existing.app_error", /no longer exists/),
    permanent(404, "api.context.404.app_error", /Check the URL/),
    permanent(501, "web.incoming_webhook.disabled.app_error", /switched off/),
    { name: "501 of an older server", answers: [text(501, "not implemented")], expect: { outcome: "PERMANENT", hint: /switched off/ } },
    {
      name: "500",
      answers: [error(500, "api.post.create_webhook_post.creating.app_error")],
      expect: { outcome: "TRANSIENT", message: /Something failed/ },
    },
    { name: "500 while it looks for the channel", answers: [error(500, "web.incoming_webhook.channel.app_error")], expect: { outcome: "TRANSIENT" } },
    {
      name: "503",
      answers: [{ status: 503, headers: { "content-type": "text/html" }, body: "<h1>Down</h1>" }],
      expect: { outcome: "TRANSIENT", message: /^Down$/ },
    },
    {
      name: "429",
      answers: [text(429, "limit exceeded", { "x-ratelimit-limit": "100", "x-ratelimit-reset": "9", "retry-after": "2" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 2000, message: /limit exceeded/ },
    },
    {
      name: "429 with the reset only",
      answers: [text(429, "limit exceeded", { "x-ratelimit-reset": "9" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 9000 },
    },
    { name: "429 without a time", answers: [text(429, "limit exceeded")], expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined } },
    {
      name: "200 of something else",
      answers: [text(200, "<html>Welcome</html>")],
      expect: { outcome: "PERMANENT", hint: /really leads to Mattermost/ },
    },
  ],
  reference: undefined,
  goldenHeaders: ["content-type"],
};
