import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { severityColor } from "../render/color.ts";
import { cutEscaped } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import type { Fact } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { httpUrl } from "./url.ts";

/**
 * Longest texts in characters: https://docs.slack.dev/reference/block-kit/blocks.
 * All blocks together are refused as `msg_blocks_too_long` at about 13,200, which is seen but not documented.
 */
const LIMITS = { text: 40_000, header: 150, section: 3000, field: 2000, fieldsPerSection: 10, facts: 50, allFacts: 9000, context: 300 };

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "Incoming webhook URL of a Slack app; it decides the channel that is posted to.",
    secret: true,
    format: "url",
    example: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
  } satisfies FieldMeta),
  channel: z
    .string()
    .trim()
    .max(80, "must be at most 80 characters")
    .regex(/^[#@]?[\p{L}\p{N}._-]+$/u, "must be a channel such as #alerts, a person such as @anna, or a channel id such as C0123456789")
    .optional()
    .meta({
      title: "Channel",
      description: "Posts to another channel. Only old webhooks (custom integrations) obey it; those of Slack apps ignore it.",
      example: "#alerts",
    } satisfies FieldMeta),
});

function urlProblem({ pathname }: URL): string | undefined {
  if (/\/(workflows|triggers)\//.test(pathname)) {
    return "is the URL of a Workflow Builder hook, which takes other data; create an incoming webhook, whose URL has /services/ in it";
  }
  if (/\/services\/[A-Za-z0-9]+\/[A-Za-z0-9]+\/[A-Za-z0-9]+$/.test(pathname)) return undefined;
  return "must be an incoming webhook URL: https://hooks.slack.com/services/ and three parts, T…/B…/…";
}

/** Slack's three control characters; mentions such as <!channel> turn into plain text by it. */
const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Escaped, with URLs as links: `verbatim` texts, in which Slack looks for no mentions, do not get them by themselves. */
const escapeAndLink = (text: string) =>
  escape(text).replace(/\bhttps?:\/\/(?:(?!&[lg]t;)[^\s|])+(?<![.,;:!?)\]'"*_~`])/g, (url) => `<${url}>`);

const mrkdwn = (text: string) => ({ type: "mrkdwn", text, verbatim: true });
const field = ({ label, value }: Fact) => mrkdwn(`*${label}*\n${value}`);

interface SlackPayload {
  text: string;
  mrkdwn?: false;
  blocks?: object[];
  attachments?: object[];
  channel?: string;
  unfurl_links: false;
  unfurl_media: false;
}

/**
 * Slack incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * Errors by their text, because the status of the rare ones is unverified. Its answer names no message, so nothing can be threaded.
 */
export const slack = defineProvider({
  kind: "SLACK",
  title: "Slack",
  docs: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
  config,
  recovery: "FOLLOWS",
  // One message per second, short bursts tolerated: https://docs.slack.dev/apis/web-api/rate-limits
  pace: { concurrency: 1, perSecond: 1, burst: 3, timeoutMs: 10_000 },
  idempotent: false,
  guide: [
    "Open https://api.slack.com/apps, choose Create New App, From scratch, and pick your workspace.",
    "Under Features choose Incoming Webhooks and switch them on.",
    "Choose Add New Webhook to Workspace and the channel that is to get the messages.",
    "Copy the webhook URL; it starts with https://hooks.slack.com/services/.",
  ],
  render(message, { channel }) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text, "UTF16");
    const base = { ...(channel === undefined ? {} : { channel }), unfurl_links: false, unfurl_media: false } as const;
    if (!message.rich) {
      return { text, payload: { text: cutEscaped(text, LIMITS.text, "UTF16", escape), mrkdwn: false, ...base } as SlackPayload };
    }
    const title = cutEscaped(`${clean.emoji} ${clean.title}`.trim(), LIMITS.header, "UTF16", escape);
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: 200,
      value: LIMITS.field - 210,
      unit: "UTF16",
      escape: escapeAndLink,
    });
    const sections: object[] = [];
    if (clean.body !== clean.title) {
      sections.push({ type: "section", text: mrkdwn(cutEscaped(clean.body, LIMITS.section, "UTF16", escapeAndLink)) });
    }
    for (let start = 0; start < facts.length; start += LIMITS.fieldsPerSection) {
      sections.push({ type: "section", fields: facts.slice(start, start + LIMITS.fieldsPerSection).map(field) });
    }
    sections.push({ type: "context", elements: [mrkdwn(cutEscaped(clean.displayName, LIMITS.context, "UTF16", escape))] });
    const payload: SlackPayload = {
      text: title,
      blocks: [{ type: "header", text: { type: "plain_text", text: title, emoji: true } }],
      attachments: [{ color: severityColor(message), fallback: title, blocks: sections }],
      ...base,
    };
    return { text, payload };
  },
  async send(payload, { config, http, signal, now }) {
    const { status, body } = await http(
      { method: "POST", url: config.url, headers: { "content-type": "application/json" }, body: JSON.stringify(payload) },
      { signal, now, explain },
    );
    return { status: `${status} ${body.trim()}` };
  },
});

const BUG = "Slack did not understand the message. This is a fault of the server; plain form may help meanwhile.";
const GONE = "The webhook was deleted or its app removed. Create a new one in Slack and enter its URL.";
const OFF = "The workspace or its webhooks are switched off. Ask an administrator of the workspace.";

/** https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks */
const ERRORS = new Map<string, Partial<DeliveryFailure> & Pick<DeliveryFailure, "outcome">>([
  ["invalid_payload", { outcome: "PERMANENT", hint: BUG }],
  ["no_text", { outcome: "PERMANENT", hint: BUG }],
  ["invalid_blocks", { outcome: "PERMANENT", hint: BUG }],
  ["invalid_blocks_format", { outcome: "PERMANENT", hint: BUG }],
  ["msg_blocks_too_long", { outcome: "PERMANENT", hint: BUG }],
  ["too_many_attachments", { outcome: "PERMANENT", hint: BUG }],
  ["user_not_found", { outcome: "PERMANENT", hint: "Slack knows no such person. Correct the channel's `channel` field." }],
  ["action_prohibited", { outcome: "PERMANENT", hint: "An administrator of the workspace does not allow this webhook to post here." }],
  ["posting_to_general_channel_denied", { outcome: "PERMANENT", hint: "Only some people may post to #general. Make the webhook for another channel." }],
  ["invalid_token", { outcome: "PERMANENT", hint: "The webhook URL is wrong or no longer valid. Copy it anew from Slack." }],
  ["team_disabled", { outcome: "PERMANENT", hint: OFF }],
  ["channel_not_found", { outcome: "PERMANENT", hint: "The Slack channel does not exist, or the webhook may not see it. Choose another." }],
  ["no_service", { outcome: "PERMANENT", hint: GONE, disableChannel: true }],
  ["no_service_id", { outcome: "PERMANENT", hint: GONE, disableChannel: true }],
  ["no_team", { outcome: "PERMANENT", hint: GONE, disableChannel: true }],
  ["no_active_hooks", { outcome: "PERMANENT", hint: OFF }],
  ["channel_is_archived", { outcome: "PERMANENT", hint: "The Slack channel is archived. Unarchive it, or make the webhook for another." }],
  ["rate_limited", { outcome: "RATE_LIMITED", hint: "Slack takes about one message per second; sending goes on later." }],
  ["rollup_error", { outcome: "TRANSIENT", hint: "A fault on Slack's side." }],
]);

function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const said = body.trim();
  const known = ERRORS.get(said);
  if (known) return { message: said, ...known };
  if (status > 299 || said === "ok" || /^\{\s*"ok"\s*:\s*true\b/.test(said)) return undefined;
  return { outcome: "PERMANENT", hint: "The answer is not Slack's `ok`. Check that the URL really leads to Slack." };
}
