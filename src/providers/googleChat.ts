import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cutInJson, fromJson, inJson, jsonBytes } from "../render/cutJson.ts";
import { escapeHtml } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { httpUrl } from "./url.ts";

/** Bytes: 32,000 for the whole message, cards included. A card shows at most 100 widgets. */
const LIMITS = { message: 32_000, title: 600, facts: 40, allFacts: 9000, label: 400, value: 3000, displayName: 400, fallback: 1500 };

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "URL of a webhook of the Google Chat space, with its key and token.",
    secret: true,
    format: "url",
    example: "https://chat.googleapis.com/v1/spaces/AAAAAAAAAAA/messages?key=XXXXXXXX&token=XXXXXXXX",
  } satisfies FieldMeta),
  threadKey: z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(4000, "must be at most 4000 characters")
    .regex(/^[^\p{Cc}\p{Surrogate}]+$/u, "must be a name of your choice on one line")
    .optional()
    .meta({
      title: "Thread key",
      description: "Posts everything into one thread of this name, which is yours to choose. Left out: one thread for each problem.",
      example: "alerts",
    } satisfies FieldMeta),
});

function urlProblem({ pathname, searchParams }: URL): string | undefined {
  if (!/\/v1\/spaces\/[A-Za-z0-9_-]+\/messages$/.test(pathname)) {
    return "must be a webhook URL: https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…";
  }
  if (searchParams.get("key") && searchParams.get("token")) return undefined;
  return "must be the whole webhook URL: key=… and token=… after the question mark are missing";
}

/**
 * Plain text as a text message, which knows no escapes: a word joiner, which nobody sees, makes "<users/all>" no mention and "<url|name>" no link.
 * The same before a mark at the start of a word keeps it from being one (unverified).
 */
const escapeText = (text: string) => text.replace(/</g, "<\u2060").replace(/(?<![\p{L}\p{N}])[*_~`]/gu, "\u2060$&");

/** Plain text for the places of a card of which it is unverified whether they read HTML: the same text either way. */
const escapeLabel = (text: string) => text.replace(/[<&](?=\S)/g, "$&\u2060");

interface ChatPayload {
  text?: string;
  fallbackText?: string;
  cardsV2?: object[];
  thread?: { threadKey: string };
}

/**
 * Google Chat incoming webhook: https://developers.google.com/workspace/chat/quickstart/webhooks
 * A webhook cannot change what it has posted; messages with the same thread key come into one thread.
 */
export const googleChat = defineProvider({
  kind: "GOOGLE_CHAT",
  title: "Google Chat",
  docs: "https://developers.google.com/workspace/chat/quickstart/webhooks",
  config,
  recovery: "REPLIES",
  // One a second and 60 a minute for each space, which all its apps share: https://developers.google.com/workspace/chat/limits
  pace: { concurrency: 1, perSecond: 1, burst: 1, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "Open the Google Chat space in a browser, click the arrow beside its name and choose Apps & integrations. Webhooks need a Google Workspace account.",
    "Choose Webhooks, Add webhook, and give it a name.",
    "Copy the webhook's URL; it has key= and token= in it.",
  ],
  render(message, { threadKey = message.condition?.id }) {
    const clean = cleanMessage(message);
    const thread = threadKey === undefined ? {} : { thread: { threadKey } };
    const text = plainText(clean, LIMITS.message, "BYTES");
    if (!message.rich) {
      const room = LIMITS.message - jsonBytes({ text: "", ...thread });
      return { text, payload: { text: cutInJson(text, room, escapeText), ...thread } as ChatPayload };
    }
    const fit = (escape: (part: string) => string) =>
      fitFacts(clean.facts, {
        most: LIMITS.facts,
        total: LIMITS.allFacts,
        label: LIMITS.label,
        value: LIMITS.value,
        unit: "BYTES",
        escape: (part) => inJson(escape(part)),
      });
    const labels = fit(escapeLabel);
    const widgets = fit(escapeHtml).map(({ value }, index) => ({
      decoratedText: { topLabel: fromJson(labels[index]?.label ?? ""), text: fromJson(value), wrapText: true },
    }));
    const title = `${clean.emoji} ${clean.title}`.trim();
    const state = message.recovered ? "RESOLVED" : message.severity;
    const payload = (body: string): ChatPayload => ({
      fallbackText: cutInJson(`[${clean.displayName}] ${clean.title}`, LIMITS.fallback, escapeText),
      cardsV2: [
        {
          cardId: "message",
          card: {
            header: { title: cutInJson(title, LIMITS.title, escapeLabel), subtitle: cutInJson(clean.displayName, LIMITS.displayName, escapeLabel) },
            sections: [
              {
                header: `<font color="${severityColor(message)}"><b>${state}</b></font>`,
                widgets: [...(clean.body === clean.title && widgets.length > 0 ? [] : [{ textParagraph: { text: body } }]), ...widgets],
              },
            ],
          },
        },
      ],
      ...thread,
    });
    return { text, payload: payload(cutInJson(clean.body, LIMITS.message - jsonBytes(payload("")), escapeHtml)) };
  },
  async send(payload, { config, http, signal, now }) {
    const url = new URL(config.url);
    // Without it the thread key is ignored and every message begins a thread.
    if (payload.thread) url.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
    const { status, body } = await http(
      { method: "POST", url: url.href, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(payload), secrets: [config.url] },
      { signal, now, explain },
    );
    return { status: String(status), reference: textOf(readObject(body)?.["name"]) };
  },
});

const HINTS: Record<number, string> = {
  400: "Google Chat did not accept the message's form, or the key in the webhook URL is wrong. Copy the URL anew; if that does not help, plain form may.",
  401: "Google Chat does not accept the key or token in the webhook URL. Copy the URL anew from the webhook's settings.",
  403: "This webhook may not post there: its token is wrong, or webhooks are forbidden in the organisation. Copy the URL anew or ask an administrator.",
  404: "The space or its webhook was deleted, or the URL is mistyped. Create a new webhook and enter its URL.",
  413: "Google Chat finds the message too large. This is a fault of the server.",
  429: "Google Chat takes about one message a second for each space; sending goes on later.",
};

/** Errors are { error: { code, message, status } }, which is unverified for webhooks: only the HTTP status decides. */
function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    // `name` is the message's own: spaces/…/messages/…
    if (textOf(answer?.["name"]).startsWith("spaces/")) return undefined;
    return { outcome: "PERMANENT", hint: "The answer is not Google Chat's. Check that the URL really leads to Google Chat." };
  }
  const error = answer?.["error"];
  const said = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return { message: [textOf(said["status"]), textOf(said["message"])].filter((part) => part !== "").join(": "), hint: HINTS[status] };
}
