import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cut } from "../render/cut.ts";
import { cutEscaped } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { httpUrl, publicUrl } from "./url.ts";

/**
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits
 * "Characters" are counted as UTF-16 units, the safe reading: which unit Discord means is unverified.
 */
const LIMITS = { content: 2000, title: 256, description: 4096, fields: 25, fieldName: 256, fieldValue: 1024, footer: 256, embed: 6000 };

/** Of `LIMITS.embed`, the part that facts may take, so that the text keeps the larger one. */
const ALL_FACTS = 2500;

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "URL of a webhook of the Discord channel.",
    secret: true,
    format: "url",
    example: "https://discord.com/api/webhooks/1122334455667788990/XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  } satisfies FieldMeta),
  username: z.string().trim().min(1, "must not be empty").max(80, "must be at most 80 characters").optional().meta({
    title: "User name",
    description: "Name shown as the sender in place of the webhook's own.",
    example: "Carillon",
  } satisfies FieldMeta),
  avatarUrl: publicUrl().optional().meta({
    title: "Avatar URL",
    description: "Picture shown for the sender in place of the webhook's own.",
    format: "url",
    example: "https://example.com/bell.png",
  } satisfies FieldMeta),
  threadId: z
    .string()
    .trim()
    .max(20, "must be at most 20 digits")
    .regex(/^\d{17,20}$/, "must be a thread id of 17 to 20 digits: right-click the thread with developer mode on, Copy Thread ID")
    .optional()
    .meta({
      title: "Thread id",
      description: "Posts into this thread. Forum and media channels need one.",
      example: "1122334455667788990",
    } satisfies FieldMeta),
});

function urlProblem({ pathname }: URL): string | undefined {
  if (/\/(slack|github)\/?$/.test(pathname)) return "must end with the token: remove what follows it (/slack or /github)";
  if (/\/api\/(v\d+\/)?webhooks\/\d{17,20}\/[A-Za-z0-9_-]+$/.test(pathname)) return undefined;
  return "must be a webhook URL: https://discord.com/api/webhooks/, an id of 17 to 20 digits, / and a token";
}

/** Text without Discord's Markdown; URLs stay as they are, or they would no longer lead anywhere. */
const escape = (text: string) =>
  text.replace(/https?:\/\/[^\s<>()[\]]+|[\\*_~`|<[#]|^ *[-+>](?= )|^ *>>>|^ *\d+(?=\. )/gm, (part) => {
    if (part.startsWith("http")) return part;
    // The backslash goes before the sign that would start a list or quote: "1\." but "\- " and "\>>>".
    return /\d$/.test(part) ? `${part}\\` : part.replace(/\S/, "\\$&");
  });

interface DiscordPayload {
  content?: string;
  embeds?: object[];
  username?: string;
  avatar_url?: string;
  allowed_mentions: { parse: [] };
}

/** Discord webhook: https://discord.com/developers/docs/resources/webhook#execute-webhook. A recovery is a message of its own. */
export const discord = defineProvider({
  kind: "DISCORD",
  title: "Discord",
  docs: "https://discord.com/developers/docs/resources/webhook",
  config,
  recovery: "FOLLOWS",
  // 5 messages in 2 seconds and 30 a minute for each channel are seen but not documented (unverified).
  pace: { concurrency: 1, perSecond: 0.5, burst: 5, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "In Discord, open the settings of the channel that is to get the messages; you need the permission Manage Webhooks.",
    "Under Integrations choose Webhooks, then New Webhook.",
    "Give it a name and choose Copy Webhook URL.",
    "To post into a thread, switch on User Settings, Advanced, Developer Mode, right-click the thread and choose Copy Thread ID.",
  ],
  render(message, { username, avatarUrl }) {
    const clean = cleanMessage(message);
    const base = {
      ...(username === undefined ? {} : { username }),
      ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }),
      allowed_mentions: { parse: [] as [] },
    };
    if (!message.rich) {
      const text = plainText(clean, LIMITS.content, "UTF16");
      return { text, payload: { content: cutEscaped(text, LIMITS.content, "UTF16", escape), ...base } as DiscordPayload };
    }
    const title = cutEscaped(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, "UTF16", escape);
    const footer = cut(clean.displayName, LIMITS.footer, "UTF16");
    const facts = fitFacts(clean.facts, {
      most: LIMITS.fields,
      total: ALL_FACTS,
      label: LIMITS.fieldName,
      value: LIMITS.fieldValue,
      unit: "UTF16",
      escape,
    });
    const used = facts.reduce((sum, { label, value }) => sum + label.length + value.length, title.length + footer.length);
    const room = Math.min(LIMITS.description, LIMITS.embed - used);
    const embed = {
      title,
      ...(clean.body === clean.title ? {} : { description: cutEscaped(clean.body, room, "UTF16", escape) }),
      color: Number.parseInt(severityColor(message).slice(1), 16),
      timestamp: message.event.occurredAt.toISOString(),
      fields: facts.map(({ label, value }) => ({ name: label, value, inline: value.length <= 40 })),
      footer: { text: footer },
    };
    const payload: DiscordPayload = { embeds: [embed], ...base };
    return { text: plainText(clean, LIMITS.embed, "UTF16"), payload };
  },
  async send(payload, { config, http, signal, now }) {
    const url = new URL(config.url);
    // With `wait` the answer comes after the message is saved, and names it.
    url.searchParams.set("wait", "true");
    if (config.threadId !== undefined) url.searchParams.set("thread_id", config.threadId);
    const response = await http(
      { method: "POST", url: url.href, headers: { "content-type": "application/json" }, body: JSON.stringify(payload) },
      { signal, now, explain: (answer) => explain(answer, now) },
    );
    const id = readAnswer(response)?.id;
    return { status: String(response.status), reference: typeof id === "string" ? id : undefined };
  },
});

const GONE = "The webhook was deleted in Discord. Create a new one and enter its URL.";
const BUG = "Discord did not accept the message's form. This is a fault of the server; plain form may help meanwhile.";

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes */
const HINTS = new Map<unknown, string>([
  [10003, "The Discord channel or thread no longer exists. Correct the thread id, or create a webhook elsewhere."],
  [10008, "The message or thread is unknown to Discord. Correct the thread id."],
  [10015, GONE],
  [30046, "The message can no longer be edited."],
  [40005, "Discord finds the message too large."],
  [50001, "The webhook has no access to the channel or thread."],
  [50006, BUG],
  [50013, "The webhook lacks a permission in the channel or thread."],
  [50027, "The token in the webhook URL is wrong. Copy the URL anew from Discord."],
  [50035, BUG],
  [50109, BUG],
  [160005, "The thread is locked. Unlock it, or choose another."],
  [220001, "This is a forum or media channel: enter the id of a thread in it."],
  [220003, "This is not a forum or media channel, so it takes no new thread."],
]);

interface DiscordAnswer {
  id?: unknown;
  code?: unknown;
  message?: unknown;
  errors?: unknown;
  retry_after?: unknown;
  global?: unknown;
}

function readAnswer({ body }: HttpResponse): DiscordAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === "object" && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

function explain(response: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const { status, headers } = response;
  const answer = readAnswer(response);
  if (status === 204 || (status <= 299 && answer)) return undefined;
  if (status <= 299) return { outcome: "PERMANENT", hint: "The answer is not Discord's. Check that the URL really leads to Discord." };
  // Without JSON a 403 comes from the proxy before Discord, which shuts out an address for a while (unverified).
  if (status === 429 || (status === 403 && !answer)) {
    const waits = [answer?.retry_after, headers["retry-after"], headers["x-ratelimit-reset-after"], 60];
    return {
      outcome: "RATE_LIMITED",
      message: typeof answer?.message === "string" ? answer.message : `Discord limits the rate (${status})`,
      hint: answer?.global === true ? "Discord limits everything sent from this server's address; sending goes on later." : undefined,
      retryAfterMs: waits.map((wait) => parseRetryAfter(wait as string | number | undefined, now)).find((wait) => wait !== undefined),
    };
  }
  if (typeof answer?.message !== "string") return undefined;
  const detail = firstDetail(answer.errors);
  return {
    message: `${answer.message}${detail === undefined ? "" : `: ${detail}`} (code ${String(answer.code)})`,
    hint: HINTS.get(answer.code),
    disableChannel: answer.code === 10015 ? true : undefined,
  };
}

/** The first message within Discord's nested form errors, e.g. { embeds: { 0: { title: { _errors: [{ message }] } } } }. */
function firstDetail(errors: unknown, depth = 0): string | undefined {
  if (typeof errors !== "object" || errors === null || depth > 8) return undefined;
  if ("message" in errors && typeof errors.message === "string") return errors.message;
  for (const [key, inner] of Object.entries(errors)) {
    const found = firstDetail(inner, depth + 1);
    if (found !== undefined) return /^(_errors|\d+)$/.test(key) ? found : `${key}: ${found}`;
  }
  return undefined;
}
