import { slack } from "../../src/providers/slack.ts";
import { asProvider, CANARY, type ContractCase, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const refuse = (message: string, said = "invalid_payload") => new Complaint(message, text(400, said));

interface TextObject {
  type: string;
  text: string;
  verbatim?: boolean;
}

/** Text for people: escaped, with web links as the only markup in angle brackets. */
function checkText(value: unknown, limit: number): void {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty text", "no_text");
  if (value.length > limit) throw refuse(`text of ${value.length}, limit ${limit}`);
  const bare = value.replace(/<https?:\/\/[^<>|\s]+>/g, "");
  if (/[<>]/.test(bare)) throw refuse("unescaped < or >, so a mention is possible");
  if (/&(?!amp;|lt;|gt;)/.test(bare)) throw refuse("unescaped or cut &");
}

function checkObject({ type, text: value, verbatim }: TextObject, limit: number, plainOnly = false): void {
  if (type !== "plain_text" && (plainOnly || type !== "mrkdwn")) throw refuse(`text type ${type}`);
  if (type === "mrkdwn" && verbatim !== true) throw refuse("Slack would look for mentions in this text");
  checkText(value, limit);
}

function checkBlocks(blocks: { type: string; text?: TextObject; fields?: TextObject[]; elements?: TextObject[]; color?: unknown }[]): number {
  if (!Array.isArray(blocks) || blocks.length === 0 || blocks.length > 50) throw refuse("block count", "invalid_blocks");
  for (const block of blocks) {
    if ("color" in block) throw refuse("colour on a block", "invalid_blocks");
    if (block.type === "header" && block.text) checkObject(block.text, 150, true);
    else if (block.type === "section") {
      if (!block.text && !block.fields) throw refuse("empty section", "invalid_blocks");
      if (block.text) checkObject(block.text, 3000);
      if (block.fields && (block.fields.length === 0 || block.fields.length > 10)) throw refuse("field count", "invalid_blocks");
      for (const field of block.fields ?? []) checkObject(field, 2000);
    } else if (block.type === "context" && block.elements && block.elements.length <= 10) {
      for (const element of block.elements) checkObject(element, 3000);
    } else throw refuse(`block ${block.type}`, "invalid_blocks");
  }
  return JSON.stringify(blocks).match(/"text":"(?:[^"\\]|\\.)*"/g)?.reduce((sum, part) => sum + part.length - 9, 0) ?? 0;
}

function accept(request: SeenRequest) {
  if (!/^\/services\/[A-Za-z0-9]+\/[A-Za-z0-9]+\/[A-Za-z0-9]+$/.test(request.path)) throw new Complaint("path", text(404, "no_service"));
  const body = strictJson(request, refuse);
  for (const key of Object.keys(body)) {
    if (!["text", "mrkdwn", "blocks", "attachments", "channel", "unfurl_links", "unfurl_media"].includes(key)) throw refuse(`key ${key}`);
  }
  checkText(body["text"], 40_000);
  let length = 0;
  if (body["blocks"] !== undefined) length += checkBlocks(body["blocks"] as never);
  for (const attachment of (body["attachments"] ?? []) as { color: string; fallback: string; blocks: never }[]) {
    if (!/^(good|warning|danger|#[0-9A-F]{6})$/i.test(attachment.color)) throw refuse("colour");
    checkText(attachment.fallback, 40_000);
    length += checkBlocks(attachment.blocks);
  }
  if (length > 13_200) throw refuse(`blocks of ${length} together`, "msg_blocks_too_long");
  return text(200, "ok");
}

const permanent = (status: number, said: string, hint: RegExp, disableChannel?: true) => ({
  name: `${status} ${said}`,
  answers: [text(status, said)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${said}$`), hint, ...(disableChannel ? { disableChannel } : {}) },
});

export const slackCase: ContractCase = {
  provider: asProvider(slack),
  accept,
  config: (url) => ({ url: `${url}/services/T00000000/B00000000/${CANARY}`, channel: "#alerts" }),
  invalid: [
    { field: "url", value: "hooks.slack.com/services/T0/B0/x", message: /starts with https:\/\// },
    { field: "url", value: "https://hooks.slack.com/services/T0/B0", message: /three parts/ },
    { field: "url", value: "https://hooks.slack.com/services/T0/B0/x/y", message: /three parts/ },
    { field: "url", value: "https://hooks.slack.com/workflows/T0/A0/1/x", message: /Workflow Builder/ },
    { field: "url", value: "https://hooks.slack.com/triggers/T0/1/x", message: /Workflow Builder/ },
    { field: "url", value: `https://hooks.slack.com/services/T0/B0/${"x".repeat(3000)}`, message: /at most 2000/ },
    { field: "channel", value: "two words", message: /#alerts/ },
  ],
  errors: [
    ...["invalid_payload", "no_text", "invalid_blocks", "invalid_blocks_format", "too_many_attachments"].map((said) =>
      permanent(400, said, /fault of the server/),
    ),
    permanent(400, "user_not_found", /no such person/),
    permanent(403, "action_prohibited", /administrator/),
    permanent(403, "invalid_token", /webhook URL is wrong/),
    permanent(403, "team_disabled", /switched off/),
    permanent(400, "posting_to_general_channel_denied", /#general/),
    permanent(403, "posting_to_general_channel_denied", /#general/),
    permanent(404, "channel_not_found", /does not exist/),
    permanent(404, "no_service", /deleted/, true),
    permanent(404, "no_service_id", /deleted/, true),
    permanent(404, "no_team", /deleted/, true),
    permanent(404, "no_active_hooks", /switched off/),
    permanent(410, "channel_is_archived", /archived/),
    {
      name: "429",
      answers: [text(429, "rate_limited", { "retry-after": "30" })],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 30_000, hint: /one message per second/ },
    },
    { name: "429 without a time", answers: [text(429, "")], expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined } },
    { name: "500 rollup_error", answers: [text(500, "rollup_error")], expect: { outcome: "TRANSIENT", hint: /Slack's side/ } },
    { name: "503", answers: [text(503, "down", { "retry-after": "7" })], expect: { outcome: "TRANSIENT", retryAfterMs: 7000 } },
    { name: "200 with other text", answers: [text(200, "<html>Welcome</html>")], expect: { outcome: "PERMANENT", hint: /really leads to Slack/ } },
    { name: "200 with nothing", answers: [text(200, "")], expect: { outcome: "PERMANENT", hint: /really leads to Slack/ } },
    { name: "200 with an error's text", answers: [text(200, "no_service")], expect: { outcome: "PERMANENT", disableChannel: true } },
  ],
  reference: undefined,
  goldenHeaders: ["content-type", "user-agent"],
};
