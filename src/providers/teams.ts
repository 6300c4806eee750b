import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { cutInJson, fromJson, inJson, jsonBytes } from "../render/cutJson.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { httpUrl } from "./url.ts";

/** Bytes. Microsoft says "approximately 28 KB" of the whole posted message, so some room is left below 28 * 1024. */
const LIMITS = { message: 28_000, title: 1000, facts: 50, allFacts: 9000, label: 600, value: 3000, displayName: 600 };

const config = z.strictObject({
  url: httpUrl(urlProblem).meta({
    title: "Webhook URL",
    description: "URL of a Teams workflow that posts what it receives; the workflow decides the channel or chat.",
    secret: true,
    format: "url",
    example:
      "https://prod-00.westeurope.logic.azure.com/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=XXXXXXXX",
  } satisfies FieldMeta),
});

function urlProblem({ hostname, pathname, searchParams }: URL): string | undefined {
  if (/(^|\.)office(365)?\.com$/.test(hostname) || /\/webhookb2\//.test(pathname)) {
    return "is the URL of an Office 365 connector, which Microsoft has switched off; create a workflow in Teams (Workflows, \"When a Teams webhook request is received\") and give its URL";
  }
  if (!/\/workflows\/[A-Za-z0-9_-]+\/triggers\/manual\/paths\/invoke$/.test(pathname)) {
    return "must be the URL of a Teams workflow: https://…/workflows/, an id, and /triggers/manual/paths/invoke?…&sig=…";
  }
  return searchParams.get("sig") ? undefined : "must be the whole URL: its end with &sig=… is missing";
}

/**
 * URLs, and what Teams' part of Markdown would read: emphasis, link ends, list items and the like, and a backslash that would escape.
 * Only marks in places where they mean something, because some telephones show the backslash:
 * https://github.com/MicrosoftDocs/msteams-docs/issues/5793
 */
const SPECIAL =
  /https?:\/\/[^\s<>()[\]\\`*]+|\\(?=[!-/:-@[-`{-~])|[*`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\](?=[([:])|~(?=~)|&(?=#?\w+;)|^(?:[-+](?=[\s-]|$)|#(?=[#\s]|$)|>|\d+(?=[.)]))/gmu;

/** https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format */
function escape(text: string): string {
  return text
    // Four blanks at the start of a line would make it code.
    .replace(/^[ \t]+/gm, (blanks) => "\u00A0".repeat(blanks.length))
    .replace(SPECIAL, (part) => {
      if (part.startsWith("http")) return part;
      // How a doubled backslash is shown differs between clients: a word joiner, which nobody sees, keeps this one from escaping what follows.
      if (part === "\\") return "\\\u2060";
      return /\d$/.test(part) ? `${part}\\` : `\\${part}`;
    })
    // A single line end would be a blank.
    .replace(/\n+/g, "\n\n");
}

const escapeLine = (text: string) => escape(text.replace(/\s*\n\s*/g, " "));

function colorOf({ severity, recovered }: Message): string {
  return recovered ? "Good" : { INFO: "Accent", WARNING: "Warning", CRITICAL: "Attention" }[severity];
}

const textBlock = (text: string, style: object = {}) => ({ type: "TextBlock", text, wrap: true, ...style });

function cardMessage(body: object[], acknowledgeUrl: string | null) {
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body,
    ...(acknowledgeUrl === null ? {} : { actions: [{ type: "Action.OpenUrl", title: "Acknowledge", url: acknowledgeUrl }] }),
  };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content }] };
}

/**
 * Microsoft Teams through a workflow of Power Automate: https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
 * The answer names no message and comes before the card is posted, so nothing can be threaded or changed.
 */
export const teams = defineProvider({
  kind: "TEAMS",
  title: "Microsoft Teams",
  docs: "https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498",
  config,
  recovery: "FOLLOWS",
  // Connectors took 4 a second and 60 in 30 seconds; what workflows take depends on the plan (unverified).
  pace: { concurrency: 1, perSecond: 1, burst: 4, timeoutMs: 15_000 },
  idempotent: false,
  guide: [
    "In Teams, open the menu (…) of the channel or chat that is to get the messages and choose Workflows.",
    "Choose the template that posts to a channel (or chat) when a webhook request is received, and sign in where it asks.",
    "Choose the team and channel, then Add workflow.",
    "Copy the URL that is shown at the end; it has sig= in it. Later it is found in the workflow's first step, When a Teams webhook request is received.",
    "In that first step, leave Anyone as those who can start the flow.",
  ],
  render(message) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.message, "BYTES");
    if (!message.rich) {
      const room = LIMITS.message - jsonBytes(cardMessage([textBlock("")], message.acknowledgeUrl));
      return { text, payload: cardMessage([textBlock(cutInJson(text, room, escape))], message.acknowledgeUrl) };
    }
    const title = cutInJson(`${clean.emoji} ${clean.title}`.trim(), LIMITS.title, escapeLine);
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "BYTES",
      escape: (part) => inJson(escapeLine(part)),
    }).map(({ label, value }) => ({ title: fromJson(label), value: fromJson(value) }));
    const footer = cutInJson(clean.displayName, LIMITS.displayName, escapeLine);
    const card = (body: string) =>
      cardMessage(
        [
          textBlock(title, { weight: "Bolder", size: "Large", color: colorOf(message) }),
          ...(clean.body === clean.title ? [] : [textBlock(body)]),
          ...(facts.length > 0 ? [{ type: "FactSet", facts }] : []),
          textBlock(footer, { size: "Small", isSubtle: true, spacing: "Small" }),
        ],
        message.acknowledgeUrl,
      );
    return { text, payload: card(cutInJson(clean.body, LIMITS.message - jsonBytes(card("")), escape)) };
  },
  async send(payload, { config, http, signal, now }) {
    const { status } = await http(
      { method: "POST", url: config.url, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(payload) },
      { signal, now, explain: (answer) => explain(answer, now) },
    );
    return { status: status === 202 ? "202 taken by the workflow" : String(status) };
  },
});

const HINTS: Record<number, string> = {
  400: "The workflow did not accept the request. Copy its URL anew, and check that it begins with the step \"When a Teams webhook request is received\".",
  401: "The URL's signature is wrong, or the flow lets only signed-in people start it. Copy the URL anew and set \"Who can trigger the flow\" to Anyone.",
  403: "The URL's signature is wrong, or the flow lets only signed-in people start it. Copy the URL anew and set \"Who can trigger the flow\" to Anyone.",
  404: "The workflow was deleted or switched off, or the URL is mistyped. Switch it on again in Power Automate, or create a new one.",
  413: "Teams finds the message too large. This is a fault of the server.",
  429: "The workflow is called too often for its plan; sending goes on later.",
};

/** What the step that posts to Teams says about its own failure, in the text of a 200. */
function explainPosting(code: number): Partial<DeliveryFailure> {
  if (code === 429) return { outcome: "RATE_LIMITED", hint: "Teams takes no more messages from this webhook for now; sending goes on later." };
  if (code >= 500) return { outcome: "TRANSIENT", hint: "A fault on the side of Teams." };
  return { outcome: "PERMANENT", hint: HINTS[code] };
}

/** Errors are { error: { code, message } } (unverified), so they are told apart by their status. What a flow answers with a 200 is up to it. */
function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  if (status > 299) {
    const error = readObject(body)?.["error"];
    const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
    return { message: [textOf(code), textOf(message)].filter((part) => part !== "").join(": "), hint: HINTS[status] };
  }
  const posted = /HTTP error (\d{3})/i.exec(body);
  if (posted) return { ...explainPosting(Number(posted[1])), retryAfterMs: parseRetryAfter(headers["retry-after"], now) };
  if (!headers["content-type"]?.includes("html")) return undefined;
  return { outcome: "PERMANENT", hint: "A web page answered, not a workflow. Check the URL." };
}
