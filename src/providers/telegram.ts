import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { escapeHtml } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** Of the text after tags and entities are read, as UTF-16 units; that the server counts in this unit is unverified. */
const TEXT_LIMIT = 4096;
const LIMITS = { title: 256, facts: 20, allFacts: 1500, label: 64, value: 512, displayName: 128 };

const credentials = z.strictObject({
  botToken: z
    .string()
    .trim()
    .overwrite((token) => token.replace(/^bot/i, ""))
    .max(200, "must be at most 200 characters")
    .regex(/^\d+:[A-Za-z0-9_-]+$/, "must be a bot token as @BotFather gives it: digits, a colon, then letters and digits")
    .meta({
      title: "Bot token",
      description: "Token of the bot that sends the messages, from @BotFather.",
      secret: true,
      example: "123456789:AAExampleExampleExampleExampleExamp",
    } satisfies FieldMeta),
  apiBaseUrl: publicUrl().default("https://api.telegram.org").meta({
    title: "API base URL",
    description: "Where the Bot API is: Telegram's own, or a Bot API server or relay of yours.",
    format: "url",
    example: "https://api.telegram.org",
  } satisfies FieldMeta),
});

const config = z.strictObject({
  chatId: z
    .string()
    .trim()
    .max(40, "must be at most 40 characters")
    .regex(
      /^(-?[1-9]\d{0,15}|@[A-Za-z]\w{3,31})$/,
      "must be a chat id (digits, negative for groups, -100… for channels and supergroups) or a public name such as @alerts",
    )
    .meta({
      title: "Chat id",
      description: "Person, group or channel that gets the messages: its number, or the @name of a public channel or group.",
      example: "-1001234567890",
    } satisfies FieldMeta),
  topicId: z.int("must be a whole number").positive("must be a positive number").optional().meta({
    title: "Topic id",
    description: "Topic within a group that has topics (message_thread_id).",
    example: "7",
  } satisfies FieldMeta),
  silent: z.boolean().default(false).meta({
    title: "Silent",
    description: "Delivers without a sound.",
  } satisfies FieldMeta),
  ...credentials.shape,
});

const methodUrl = ({ apiBaseUrl, botToken }: z.output<typeof credentials>, method: string) => joinUrl(apiBaseUrl, `/bot${botToken}/${method}`);

/** https://core.telegram.org/bots/api#getme */
const account = defineAccount({
  kind: "TELEGRAM",
  title: "Telegram bot",
  config: credentials,
  async check({ config, http, signal, now }) {
    const response = await http({ method: "GET", url: methodUrl(config, "getMe"), secrets: [config.botToken] }, { signal, now, explain: (answer) => explain(answer, now) });
    return { status: String(response.status) };
  },
});

/** Keeps "@name" in a text from calling people: a word joiner, which nobody sees, makes it no name any more. */
const withoutMentions = (text: string) => text.replace(/(?<!\w)@(?=[A-Za-z]\w)/g, "@\u2060");

interface TelegramPayload {
  /** With Telegram's HTML tags; absent in the plain form. */
  html?: string;
  text: string;
}

/** Telegram Bot API: https://core.telegram.org/bots/api#sendmessage */
export const telegram = defineProvider({
  kind: "TELEGRAM",
  title: "Telegram",
  docs: "https://core.telegram.org/bots/api",
  config,
  account,
  recipientFields: ["chatId", "topicId"],
  recovery: "REPLIES",
  // 20 messages a minute to one group, 1 a second to one person: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
  pace: { concurrency: 1, perSecond: 20 / 60, burst: 5, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In Telegram, write /newbot to @BotFather and answer its questions; it gives you the bot token.",
    "For messages to yourself, open your new bot and press Start: bots cannot write first.",
    "For a group, add the bot to it; for a channel, make it an administrator that may post.",
    "Get the chat id: write something in the chat, open https://api.telegram.org/bot<token>/getUpdates and look for \"chat\":{\"id\":…}. Groups have negative ids.",
    "For a topic, open a link to one of its messages (https://t.me/c/<chat>/<topic>/<message>): the middle number is the topic id.",
  ],
  render(message) {
    const clean = cleanMessage({
      ...message,
      title: withoutMentions(message.title),
      body: withoutMentions(message.body),
      displayName: withoutMentions(message.displayName),
      facts: message.facts.map(({ label, value }) => ({ label: withoutMentions(label), value: withoutMentions(value) })),
    });
    const text = plainText(clean, TEXT_LIMIT, "UTF16");
    if (!message.rich) return { text, payload: { text } as TelegramPayload };
    const title = cut(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, "UTF16");
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "UTF16",
      escape: cleanLine,
    });
    const lines = facts.map(({ label, value }) => [`${label}:`, value] as const);
    const displayName = cut(clean.displayName, LIMITS.displayName, "UTF16");
    const used = lines.reduce((sum, [label, value]) => sum + label.length + value.length + 2, title.length + displayName.length + 6);
    const parts = [
      `<b>${escapeHtml(title)}</b>`,
      clean.body === clean.title ? "" : escapeHtml(cut(clean.body, TEXT_LIMIT - used, "UTF16")),
      lines.map(([label, value]) => `<b>${escapeHtml(label)}</b> ${escapeHtml(value)}`).join("\n"),
      `<i>${escapeHtml(displayName)}</i>`,
    ];
    const payload: TelegramPayload = { html: parts.filter((part) => part !== "").join("\n\n"), text };
    return { text, payload };
  },
  async send(payload, { config, message, http, signal, now }) {
    const url = methodUrl(config, "sendMessage");
    let chat = config.chatId;
    let html = payload.html;
    let thread = /^\d{1,15}$/.test(message.thread ?? "") ? Number(message.thread) : undefined;
    // At most three requests: each of the two refusals that can be answered at once is answered once.
    for (;;) {
      let migratedTo: string | undefined;
      let markupRefused = false;
      try {
        const response = await http(
          { method: "POST", url, headers: { "content-type": "application/json" }, body: bodyOf(config, { chat, thread, html, text: payload.text }), secrets: [config.botToken] },
          {
            signal,
            now,
            explain(answer) {
              const said = readAnswer(answer);
              const target = said?.parameters?.migrate_to_chat_id;
              if (said?.ok === false && (typeof target === "number" || typeof target === "string")) migratedTo = String(target);
              markupRefused = /can't parse entities/i.test(said?.description ?? "");
              return explain(answer, now);
            },
          },
        );
        const id = readAnswer(response)?.result?.message_id;
        return {
          status: String(response.status),
          reference: typeof id === "number" ? String(id) : undefined,
          changedConfig: chat === config.chatId ? undefined : { chatId: chat },
        };
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        if (migratedTo !== undefined && /^-?\d{1,16}$/.test(migratedTo) && chat === config.chatId) {
          chat = migratedTo;
          // The old group's message numbers mean other messages in the new one.
          thread = undefined;
        } else if (markupRefused && html !== undefined) {
          html = undefined;
        } else {
          throw error;
        }
      }
    }
  },
});

interface Message {
  chat: string;
  html: string | undefined;
  text: string;
  /** The message that it replies to. */
  thread: number | undefined;
}

function bodyOf({ topicId, silent }: { topicId?: number | undefined; silent?: boolean | undefined }, { chat, thread, html, text }: Message): string {
  return JSON.stringify({
    chat_id: /^-?\d+$/.test(chat) ? Number(chat) : chat,
    ...(topicId === undefined ? {} : { message_thread_id: topicId }),
    ...(html === undefined ? { text } : { text: html, parse_mode: "HTML" }),
    disable_notification: silent,
    link_preview_options: { is_disabled: true },
    ...(thread === undefined ? {} : { reply_parameters: { message_id: thread, allow_sending_without_reply: true } }),
  });
}

/** Descriptions as the Bot API server words them: https://github.com/tdlib/telegram-bot-api */
const HINTS: [RegExp, string][] = [
  [/bot was blocked by the user/i, "This person has blocked the bot. They must unblock it and press Start."],
  [/user is deactivated/i, "This person's Telegram account no longer exists."],
  [/bot was kicked/i, "The bot was removed from the group or channel. Add it again."],
  [/bot is not a member/i, "The bot is not in the group or channel. Add it; in channels, make it an administrator."],
  [/group chat was deleted/i, "The group was deleted."],
  [/bot can't initiate conversation/i, "This person has not started the bot. They must open it and press Start."],
  [/not enough rights|have no rights|need administrator rights/i, "The bot may not post there. Give it the right to send messages."],
  [/chat not found|private chat not found|chat_id is empty/i, "There is no such chat for this bot. Check the chat id, add the bot to the group, or press Start in a private chat."],
  [/message thread not found/i, "The group has no such topic. Check the topic id."],
  [/can't parse entities|message is too long|message text is empty/i, "Telegram did not accept the message's form. This is a fault of the server."],
  [/unauthorized/i, "The bot token is wrong or was revoked. Get it anew from @BotFather."],
  [/^not found$/i, "The bot token has the wrong shape, or the API base URL does not lead to a Bot API."],
];

const GONE = /user is deactivated|group chat was deleted/i;

interface TelegramAnswer {
  ok?: unknown;
  description?: string;
  result?: { message_id?: unknown };
  parameters?: { migrate_to_chat_id?: unknown; retry_after?: unknown };
}

function readAnswer({ body }: HttpResponse): TelegramAnswer | undefined {
  try {
    const { description, ...answer } = JSON.parse(body) as Record<string, unknown>;
    return { ...answer, ...(typeof description === "string" ? { description } : {}) };
  } catch {
    return undefined;
  }
}

function explain(response: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readAnswer(response);
  if (response.status <= 299 && answer?.ok === true) return undefined;
  const description = answer?.description;
  if (description === undefined) {
    return response.status <= 299
      ? { outcome: "PERMANENT", hint: "The answer is not Telegram's. Check that the API base URL really leads to a Bot API." }
      : undefined;
  }
  return {
    message: description,
    hint: HINTS.find(([pattern]) => pattern.test(description))?.[1],
    retryAfterMs: parseRetryAfter(answer?.parameters?.retry_after as number | undefined, now),
    disableChannel: GONE.test(description) ? true : undefined,
  };
}
