import { googleChat } from "../../src/providers/googleChat.ts";
import { asProvider, CANARY, type ContractCase, json, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const error = (code: number, status: string, message: string) => json(code, { error: { code, message, status } });
const refuse = (message: string) => new Complaint(message, error(400, "INVALID_ARGUMENT", message));

function onlyKeys(value: object, keys: string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw refuse(`key ${key}`);
}

/** A text message: `<` begins mentions and links. */
function checkText(value: unknown): void {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty text");
  if (/<(users\/|[^\u2060<>|\s][^<>|\s]*\|)/.test(value)) throw refuse("mention or link");
  if (/(?<![\p{L}\p{N}\u2060])[*_~`]/u.test(value)) throw refuse("mark at the start of a word");
}

/** Card text in HTML: only the tags that a card knows, closed in order, and only whole entities. */
function checkHtml(value: unknown): void {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty card text");
  const open: string[] = [];
  const bare = value.replace(/<(\/?)(b|i|u|font)( color="#[0-9A-F]{6}")?>/g, (_, closing: string, tag: string) => {
    if (closing === "") open.push(tag);
    else if (open.pop() !== tag) throw refuse("tags");
    return "";
  });
  if (open.length > 0 || /[<>]/.test(bare)) throw refuse("tags");
  if (/&(?!(amp|lt|gt|quot);)/.test(bare)) throw refuse("unescaped or cut &");
}

/** Card text of which it is not known whether it is HTML: nothing in it may be either a tag or an entity. */
function checkEither(value: unknown): void {
  if (typeof value !== "string" || value.trim() === "" || value.includes("\n")) throw refuse("empty or long label");
  if (/<[A-Za-z/!?]|&#?\w+;/.test(value)) throw refuse("tag or entity in a label");
}

interface Widget {
  textParagraph?: { text: string };
  decoratedText?: { topLabel: string; text: string; wrapText: boolean };
}

function checkCard(card: { header?: { title: string; subtitle?: string }; sections: { header?: string; widgets: Widget[] }[] }): void {
  onlyKeys(card, ["header", "sections"]);
  if (card.header) {
    onlyKeys(card.header, ["title", "subtitle"]);
    checkEither(card.header.title);
    if (card.header.subtitle !== undefined) checkEither(card.header.subtitle);
  }
  for (const section of card.sections) {
    onlyKeys(section, ["header", "widgets"]);
    checkHtml(section.header);
    if (!Array.isArray(section.widgets) || section.widgets.length === 0 || section.widgets.length > 100) throw refuse("widget count");
    for (const { textParagraph, decoratedText, ...rest } of section.widgets) {
      onlyKeys(rest, []);
      if (!textParagraph === !decoratedText) throw refuse("a widget is one thing");
      if (textParagraph) checkHtml(textParagraph.text);
      if (!decoratedText) continue;
      onlyKeys(decoratedText, ["topLabel", "text", "wrapText"]);
      checkEither(decoratedText.topLabel);
      checkHtml(decoratedText.text);
    }
  }
}

function accept(request: SeenRequest) {
  if (!/^\/v1\/spaces\/[A-Za-z0-9_-]+\/messages$/.test(request.path)) throw new Complaint("path", error(404, "NOT_FOUND", "Requested entity was not found."));
  const { query } = request;
  if (query.get("key") !== `key_${CANARY}` || query.get("token") !== `token-${CANARY}`) throw new Complaint("key or token", error(401, "UNAUTHENTICATED", "token"));
  for (const name of query.keys()) if (!["key", "token", "messageReplyOption"].includes(name)) throw refuse(`query ${name}`);
  if (request.body.length > 32_000) throw refuse(`${request.body.length} bytes`);
  const { text: said, fallbackText, cardsV2, thread, ...rest } = strictJson(request, refuse);
  onlyKeys(rest, []);
  if (said === undefined && cardsV2 === undefined) throw refuse("neither text nor cards");
  if (said !== undefined) checkText(said);
  if (fallbackText !== undefined) checkText(fallbackText);
  for (const { cardId, card, ...more } of (cardsV2 ?? []) as { cardId: string; card: Parameters<typeof checkCard>[0] }[]) {
    onlyKeys(more, []);
    if (typeof cardId !== "string" || cardId === "") throw refuse("cardId");
    checkCard(card);
  }
  const option = query.get("messageReplyOption");
  if ((thread !== undefined) !== (option !== null)) throw refuse("a thread key counts only with messageReplyOption");
  if (option !== null && option !== "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD") throw refuse("messageReplyOption");
  if (thread !== undefined) {
    const { threadKey, ...more } = thread as { threadKey: string };
    onlyKeys(more, []);
    if (typeof threadKey !== "string" || threadKey === "" || threadKey.length > 4000) throw refuse("threadKey");
  }
  return json(200, { name: "spaces/AAAA/messages/BBBB.CCCC", thread: { name: "spaces/AAAA/threads/DDDD" }, text: said });
}

const permanent = (code: number, status: string, message: string, hint: RegExp) => ({
  name: `${code} ${status}`,
  answers: [error(code, status, message)],
  expect: { outcome: "PERMANENT" as const, status: String(code), message: new RegExp(`^${status}: ${message}`), hint },
});

const URL_END = `/v1/spaces/AAAA_-1/messages?key=key_${CANARY}&token=token-${CANARY}`;

export const googleChatCase: ContractCase = {
  provider: asProvider(googleChat),
  accept,
  config: (url) => ({ url: `${url}${URL_END}`, threadKey: "a \"quoted\" <users/all> key" }),
  goldenConfig: (url) => ({ url: `${url}${URL_END}` }),
  invalid: [
    { field: "url", value: `chat.googleapis.com${URL_END}`, message: /starts with https:\/\// },
    { field: "url", value: "https://chat.google.com/room/AAAA", message: /must be a webhook URL/ },
    { field: "url", value: "https://chat.googleapis.com/v1/spaces/AAAA/messages", message: /key=… and token=… .*missing/ },
    { field: "url", value: "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=x", message: /missing/ },
    { field: "url", value: "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=&token=x", message: /missing/ },
    { field: "url", value: "https://chat.googleapis.com/v1/spaces/AAAA/messages/BBBB?key=x&token=x", message: /must be a webhook URL/ },
    { field: "threadKey", value: "", message: /empty/ },
    { field: "threadKey", value: "a\nb", message: /one line/ },
    { field: "threadKey", value: "x".repeat(4001), message: /at most 4000/ },
  ],
  errors: [
    permanent(400, "INVALID_ARGUMENT", "Invalid JSON payload received", /message's form/),
    permanent(401, "UNAUTHENTICATED", "Request had invalid authentication credentials", /key or token/),
    permanent(403, "PERMISSION_DENIED", "The caller does not have permission", /may not post there/),
    permanent(404, "NOT_FOUND", "Requested entity was not found", /deleted, or the URL is mistyped/),
    { name: "413", answers: [text(413, "")], expect: { outcome: "PERMANENT", hint: /too large/ } },
    {
      name: "400 in another form",
      answers: [text(400, "bad request")],
      expect: { outcome: "PERMANENT", message: /^bad request$/, hint: /message's form/ },
    },
    {
      name: "429",
      answers: [error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined, hint: /one message a second/ },
    },
    { name: "500", answers: [error(500, "INTERNAL", "Internal error encountered.")], expect: { outcome: "TRANSIENT", message: /^INTERNAL: / } },
    { name: "503", answers: [error(503, "UNAVAILABLE", "The service is currently unavailable.")], expect: { outcome: "TRANSIENT" } },
    { name: "200 of something else", answers: [text(200, "<html>Welcome</html>")], expect: { outcome: "PERMANENT", hint: /not Google Chat's/ } },
    { name: "200 without a name", answers: [json(200, { ok: true })], expect: { outcome: "PERMANENT", hint: /not Google Chat's/ } },
  ],
  reference: "spaces/AAAA/messages/BBBB.CCCC",
  goldenHeaders: ["content-type"],
};
