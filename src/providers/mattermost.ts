import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cutEscaped } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import { escapeMarkdown } from "../render/markdown.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { httpUrl, publicUrl } from "./url.ts";

/** Characters. Longer texts are posted in several parts; longer footers are cut by the clients. */
const LIMITS = { text: 16_383, title: 250, facts: 30, allFacts: 6000, label: 200, value: 2000, footer: 300 };

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "URL of an incoming webhook; it decides the channel that is posted to.",
    secret: true,
    format: "url",
    example: "https://mattermost.example.com/hooks/xxxxxxxxxxxxxxxxxxxxxxxxxx",
  } satisfies FieldMeta),
  channel: z
    .string()
    .trim()
    .toLowerCase()
    .max(65, "must be at most 65 characters")
    .regex(/^[#@]?[a-z0-9][a-z0-9._-]*$/, "must be a channel's name as in its URL, such as town-square, or a person such as @anna")
    .optional()
    .meta({
      title: "Channel",
      description: "Posts to another channel of the team, by its name as in its URL, or to a person as @name. A webhook that is locked to its channel refuses it.",
      example: "town-square",
    } satisfies FieldMeta),
  username: z.string().trim().min(1, "must not be empty").max(64, "must be at most 64 characters").regex(/^\P{Cc}+$/u, "must be a name on one line").optional().meta({
    title: "User name",
    description: "Name shown as the sender, where the server lets integrations override it.",
    example: "Carillon",
  } satisfies FieldMeta),
  iconUrl: publicUrl().optional().meta({
    title: "Icon URL",
    description: "Picture shown for the sender, where the server lets integrations override it.",
    format: "url",
    example: "https://example.com/bell.png",
  } satisfies FieldMeta),
});

function urlProblem({ pathname }: URL): string | undefined {
  if (/\/hooks\/[A-Za-z0-9]+\/[^/]+$/.test(pathname)) return "has one part too many after /hooks/; that looks like Rocket.Chat or a command's webhook";
  return /\/hooks\/[A-Za-z0-9]+$/.test(pathname) ? undefined : "must be an incoming webhook's URL: the server's, then /hooks/ and a key of letters and digits";
}

/** For places that are shown as they are: only mentions are taken out, by a word joiner that nobody sees. */
const withoutMentions = (text: string) => text.replace(/@|<(?=!)/g, "$&\u2060");
const escapeLine = (text: string) => escapeMarkdown(text.replace(/\s*\n\s*/g, " "));

interface MattermostPayload {
  text?: string;
  attachments?: object[];
  channel?: string;
  username?: string;
  icon_url?: string;
  priority?: { priority: "urgent" };
}

/**
 * Mattermost incoming webhook: https://developers.mattermost.com/integrate/webhooks/incoming/
 * Its answer names no post, so nothing can be threaded.
 */
export const mattermost = defineProvider({
  kind: "MATTERMOST",
  title: "Mattermost",
  docs: "https://developers.mattermost.com/integrate/webhooks/incoming/",
  config,
  recovery: "FOLLOWS",
  // The server's own limiter, off by default, lets 10 requests a second through.
  pace: { concurrency: 2, perSecond: 5, burst: 10, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "In Mattermost open the product menu, Integrations, Incoming Webhooks. Where it is missing, an administrator can switch it on in the System Console under Integration Management.",
    "Choose Add Incoming Webhook, give it a name and the channel that is to get the messages, and save.",
    "Copy the URL; it has /hooks/ in it.",
    "To use a user name or icon, an administrator switches on Enable integrations to override usernames (and profile picture icons) in the same place.",
  ],
  render(message, { channel, username, iconUrl }) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text, "CHARACTERS");
    const base = {
      ...(channel === undefined ? {} : { channel }),
      ...(username === undefined ? {} : { username }),
      ...(iconUrl === undefined ? {} : { icon_url: iconUrl }),
      // Older servers ignore it: https://developers.mattermost.com/integrate/reference/message-priority/
      ...(message.severity === "CRITICAL" && !message.recovered ? { priority: { priority: "urgent" as const } } : {}),
    };
    if (!message.rich) {
      return { text, payload: { text: cutEscaped(text, LIMITS.text, "CHARACTERS", escapeMarkdown), ...base } as MattermostPayload };
    }
    const title = `${clean.emoji} ${clean.title}`.trim();
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "CHARACTERS",
      escape: escapeLine,
    });
    const attachment = {
      fallback: cutEscaped(`[${clean.displayName}] ${clean.title}`, 2 * LIMITS.title, "CHARACTERS", withoutMentions),
      color: severityColor(message),
      title: cutEscaped(title, LIMITS.title, "CHARACTERS", escapeLine),
      ...(clean.body === clean.title ? {} : { text: cutEscaped(clean.body, LIMITS.text - LIMITS.allFacts, "CHARACTERS", escapeMarkdown) }),
      fields: facts.map(({ label, value }) => ({ title: label, value, short: value.length <= 40 })),
      footer: cutEscaped(clean.displayName, LIMITS.footer, "CHARACTERS", withoutMentions),
    };
    return { text, payload: { attachments: [attachment], ...base } as MattermostPayload };
  },
  async send(payload, { config, http, signal, now }) {
    const { status, body } = await http(
      { method: "POST", url: config.url, headers: { "content-type": "application/json" }, body: JSON.stringify(payload) },
      { signal, now, explain: (answer) => explain(answer, now) },
    );
    return { status: `${status} ${body.trim()}` };
  },
});

const BUG = "Mattermost did not understand the message. This is a fault of the server; plain form may help meanwhile.";

/** By `id` of the answer, as in https://github.com/mattermost/mattermost/blob/master/server/channels/app/webhook.go */
const HINTS: Record<string, string> = {
  "web.incoming_webhook.disabled.app_error": "Incoming webhooks are switched off on the Mattermost server. An administrator can switch them on under Integration Management.",
  "web.incoming_webhook.invalid.app_error": "Mattermost does not know this webhook: it was deleted, or the URL is mistyped. Create a new one and enter its URL.",
  "web.incoming_webhook.parse.app_error": BUG,
  "web.incoming_webhook.text.app_error": BUG,
  "web.incoming_webhook.split_props_length.app_error": BUG,
  "api.context.invalid_param.app_error": BUG,
  "web.incoming_webhook.user.app_error": "There is no such person on the Mattermost server: either the one named as the channel, or the one who created the webhook.",
  "web.incoming_webhook.channel.app_error": "The webhook's team has no such channel. Give the channel's name as in its URL, or leave it out.",
  "app.channel.get.existing.app_error": "The webhook's channel no longer exists. Create a new webhook for another one.",
  "web.incoming_webhook.channel_locked.app_error": "The webhook is locked to its own channel. Leave the channel out, or unlock the webhook in Mattermost.",
  "web.incoming_webhook.permissions.app_error": "The one who created the webhook may not post in this channel. Choose another, or let a member create the webhook.",
};

const STATUS_HINTS: Record<number, string> = {
  404: "There is no such webhook or channel on this server. Check the URL, and its path when Mattermost is in a folder.",
  501: "Webhooks are switched off on the Mattermost server. An administrator can switch them on under Integration Management.",
};

/** Errors are { id, message, detailed_error, request_id, status_code }; success is the text `ok`. */
function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  if (status <= 299) {
    if (body.trim() === "ok") return undefined;
    return { outcome: "PERMANENT", hint: "The answer is not Mattermost's `ok`. Check that the URL really leads to Mattermost." };
  }
  if (status === 429) {
    // The limiter sends both as seconds.
    const waits = [headers["retry-after"], headers["x-ratelimit-reset"]].map((wait) => parseRetryAfter(wait, now));
    return { retryAfterMs: waits.find((wait) => wait !== undefined) };
  }
  const answer = readObject(body);
  const known = HINTS[textOf(answer?.["id"])];
  return {
    // Other 5xx pass; that webhooks are switched off does not.
    ...(status === 501 ? { outcome: "PERMANENT" as const } : {}),
    message: textOf(answer?.["message"]),
    hint: known ?? STATUS_HINTS[status],
  };
}
