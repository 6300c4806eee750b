import { telegram } from "../../src/providers/telegram.ts";
import { asProvider, CANARY, type ContractCase, json } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const error = (code: number, description: string, parameters?: object) =>
  json(code, { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) });

const refuse = (message: string) => new Complaint(message, error(400, `Bad Request: ${message}`));

const TAGS = new Set(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "a", "code", "pre", "blockquote"]);

/** The visible text of Telegram's HTML, read as strictly as Telegram does. */
function parseHtml(html: string): string {
  const open: string[] = [];
  const visible = html.replace(/<(\/?)([a-z-]*)([^<>]*)>|&([^;&\s]*;?)|[<>]/g, (match, closing: string, tag: string, _rest, entity?: string) => {
    if (entity !== undefined) {
      const found = { "lt;": "<", "gt;": ">", "amp;": "&", "quot;": '"' }[entity];
      if (found === undefined) throw refuse(`can't parse entities: entity ${match}`);
      return found;
    }
    if (tag === undefined || !TAGS.has(tag)) throw refuse(`can't parse entities: Unsupported start tag "${match}"`);
    if (closing === "") open.push(tag);
    else if (open.pop() !== tag) throw refuse(`can't parse entities: Unexpected end tag ${tag}`);
    return "";
  });
  if (open.length > 0) throw refuse(`can't parse entities: Can't find end tag corresponding to start tag ${open.at(-1)}`);
  return visible;
}

function accept(request: SeenRequest) {
  const [, token, method] = /^\/bot([^/]+)\/(sendMessage|getMe)$/.exec(request.path) ?? [];
  if (token === undefined) throw new Complaint("path", error(404, "Not Found"));
  if (!/^\d+:[A-Za-z0-9_-]{20,}$/.test(token)) throw new Complaint("token", error(401, "Unauthorized: invalid token specified"));
  if (method === "getMe") return json(200, { ok: true, result: { id: 123456789, is_bot: true, first_name: "Alerts", username: "alerts_bot" } });
  const body = strictJson(request, refuse);
  const known = ["chat_id", "message_thread_id", "text", "parse_mode", "disable_notification", "link_preview_options", "reply_parameters"];
  for (const key of Object.keys(body)) if (!known.includes(key)) throw refuse(`unknown parameter ${key}`);
  const chat = body["chat_id"];
  if (!(typeof chat === "number" && Number.isSafeInteger(chat)) && !(typeof chat === "string" && /^@\w{4,32}$/.test(chat))) throw refuse("chat not found");
  const topic = body["message_thread_id"];
  if (topic !== undefined && !(Number.isInteger(topic) && (topic as number) > 0)) throw refuse("message thread not found");
  if (typeof body["disable_notification"] !== "boolean") throw refuse("disable_notification must be a boolean");
  const reply = body["reply_parameters"] as { message_id?: unknown; allow_sending_without_reply?: unknown } | undefined;
  if (reply && !(Number.isInteger(reply.message_id) && reply.allow_sending_without_reply === true)) throw refuse("message to be replied not found");
  const text = body["text"];
  if (typeof text !== "string") throw refuse("message text is empty");
  if (body["parse_mode"] !== undefined && body["parse_mode"] !== "HTML") throw refuse("unsupported parse_mode");
  const visible = (body["parse_mode"] === "HTML" ? parseHtml(text) : text).trim();
  if (visible === "") throw refuse("message text is empty");
  if (/(?<!\w)@[A-Za-z]\w{3}/.test(visible)) throw refuse("calls people");
  if (visible.length > 4096) throw refuse(`message is too long (${visible.length})`);
  return json(200, { ok: true, result: { message_id: 77, date: 1772366400, chat: { id: chat } } });
}

const permanent = (code: number, description: string, hint: RegExp, disableChannel?: true) => ({
  name: `${code} ${description}`,
  answers: [error(code, description)],
  expect: { outcome: "PERMANENT" as const, status: String(code), hint, ...(disableChannel ? { disableChannel } : {}) },
});

const migrated = error(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: -1009999999999 });
const parseError = error(400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0");

export const telegramAnswers = { migrated, parseError };

export const telegramCase: ContractCase = {
  provider: asProvider(telegram),
  accept,
  config: (url) => ({ botToken: `bot123456789:${CANARY}`, chatId: "-1001234567890", topicId: 7, silent: true, apiBaseUrl: `${url}/` }),
  invalid: [
    { field: "botToken", value: "123456789", message: /@BotFather/ },
    { field: "botToken", value: "abc:def", message: /digits, a colon/ },
    { field: "chatId", value: "alerts", message: /@alerts/ },
    { field: "chatId", value: "https://t.me/alerts", message: /chat id/ },
    { field: "chatId", value: "-0", message: /chat id/ },
    { field: "topicId", value: 0, message: /positive/ },
    { field: "topicId", value: 1.5, message: /whole/ },
    { field: "apiBaseUrl", value: "api.telegram.org", message: /starts with https:\/\// },
  ],
  errors: [
    permanent(401, "Unauthorized", /token is wrong/),
    permanent(401, "Unauthorized: invalid token specified", /token is wrong/),
    permanent(404, "Not Found", /wrong shape/),
    permanent(400, "Bad Request: chat not found", /no such chat/),
    permanent(400, "Bad Request: chat_id is empty", /no such chat/),
    permanent(400, "Bad Request: private chat not found", /no such chat/),
    permanent(400, "Bad Request: message thread not found", /no such topic/),
    permanent(400, "Bad Request: message is too long", /fault of the server/),
    permanent(400, "Bad Request: message text is empty", /fault of the server/),
    permanent(403, "Forbidden: bot was blocked by the user", /blocked the bot/),
    permanent(403, "Forbidden: user is deactivated", /no longer exists/, true),
    permanent(403, "Forbidden: bot was kicked from the supergroup chat", /removed/),
    permanent(403, "Forbidden: bot was kicked from the group chat", /removed/),
    permanent(403, "Forbidden: bot is not a member of the channel chat", /not in the group/),
    permanent(403, "Forbidden: the group chat was deleted", /deleted/, true),
    permanent(403, "Forbidden: bot can't initiate conversation with a user", /press Start/),
    permanent(400, "Bad Request: not enough rights to send text messages to the chat", /right to send/),
    { name: "migrated twice", answers: [migrated, migrated], expect: { outcome: "PERMANENT", message: /upgraded/ } },
    { name: "parse error twice", answers: [parseError, parseError], expect: { outcome: "PERMANENT", hint: /fault of the server/ } },
    {
      name: "429",
      answers: [json(429, { ok: false, error_code: 429, description: "Too Many Requests: retry after 17", parameters: { retry_after: 17 } })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 17_000, message: /retry after 17/ },
    },
    {
      name: "429 in the header only",
      answers: [json(429, { ok: false, error_code: 429, description: "Too Many Requests" }, { "retry-after": "5" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 5000 },
    },
    { name: "500", answers: [error(500, "Internal Server Error")], expect: { outcome: "TRANSIENT", status: "500" } },
    { name: "502", answers: [{ status: 502, headers: { "content-type": "text/html" }, body: "<html><h1>Bad Gateway</h1></html>" }], expect: { outcome: "TRANSIENT", message: /^Bad Gateway$/ } },
    { name: "504", answers: [{ status: 504 }], expect: { outcome: "TRANSIENT" } },
    { name: "200 of something else", answers: [{ status: 200, body: "<html>Welcome</html>" }], expect: { outcome: "PERMANENT", hint: /API base URL/ } },
  ],
  checkErrors: [permanent(401, "Unauthorized", /token is wrong/), permanent(404, "Not Found", /wrong shape/)],
  reference: "77",
  goldenHeaders: ["content-type", "user-agent"],
};
