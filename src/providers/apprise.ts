import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { cutEscaped, escapeHtml } from "../render/escape.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import { checkServer, sendByServer, servicesOfServer } from "./appriseApi.ts";
import { programVersion, sendByProgram, servicesOfProgram } from "./appriseProgram.ts";
import { defineAccount, defineProvider, type FieldMeta, type Ways } from "./provider.ts";
import { publicUrl } from "./url.ts";

/** What is given to Apprise, in the words of its API. */
export interface AppriseMessage {
  title: string;
  body: string;
  type: "info" | "success" | "warning" | "failure";
  format: "html" | "text";
}

/** A service that an Apprise can send to. */
export interface AppriseService {
  name: string;
  /** What its URLs may begin with, without "://". */
  schemas: string[];
  /** Where Apprise explains its URLs. */
  setupUrl: string | null;
}

/** Most chats take some 4000 characters with the title; Apprise cuts the rest for those that take less. */
const LIMITS = { title: 200, text: 3500, facts: 20, allFacts: 1200, label: 64, value: 400, displayName: 128 };

const server = z.strictObject({
  serverUrl: publicUrl().optional().meta({
    title: "Apprise API server",
    description: "Where an Apprise API server is. Left out: the program `apprise` on the machine of this server is used.",
    format: "url",
    example: "http://apprise.example.com:8000",
  } satisfies FieldMeta),
});

const FILTERABLE = /^apprises?:\/\//i;

const config = z
  .strictObject({
    url: z
      .string()
      .trim()
      .max(2000, "must be at most 2000 characters")
      .regex(/^[a-z0-9]+:\/\//i, "must be an Apprise URL: the service, ://, and what it needs, e.g. tgram://token/chat")
      .refine((url) => !/[\p{Cc}\p{Surrogate}\s]/u.test(url), "must not have blanks or line breaks in it; a blank is written %20")
      .refine((url) => !/,+[a-z0-9]+:\/\//i.test(url), "must be one Apprise URL; make one channel for each")
      .meta({
        title: "Apprise URL",
        description: "Names the service, its credentials and the target. Long messages are cut for the service, unless the URL says otherwise with overflow=split.",
        secret: true,
        example: "tgram://123456789:AAExampleExampleExampleExampleExamp/987654321",
      } satisfies FieldMeta),
    tag: z
      .string()
      .trim()
      .max(100, "must be at most 100 characters")
      // Several are sent as a form by Apprise 1.13, of which the API server reads the last alone.
      .regex(/^[a-z0-9][a-z0-9_-]*$/i, "must be one tag, of letters, digits, - and _")
      .optional()
      .meta({
        title: "Tag",
        description: "For apprise:// and apprises:// URLs, which lead to a configuration stored on an Apprise API server: only its services with this tag.",
        example: "ops",
      } satisfies FieldMeta),
    ...server.shape,
  })
  // Anything else has no tags to choose by: Apprise then sends to nobody, and some services have tags of another kind.
  .refine(({ url, tag }) => tag === undefined || FILTERABLE.test(url), { path: ["tag"], message: "must be left out, unless the Apprise URL begins with apprise:// or apprises://" });

const account = defineAccount({
  kind: "APPRISE",
  title: "Apprise API server",
  config: server,
  async check({ config: { serverUrl }, ...ways }) {
    return { status: serverUrl === undefined ? `program apprise ${await programVersion(ways)}` : await checkServer(serverUrl, ways) };
  },
});

/** Keeps a text from calling people in any chat: a word joiner, which nobody sees, makes "@name", "<!channel>" and "<#id>" no marks any more. */
const withoutMentions = (text: string) => text.replace(/(?<!\w)@(?=[\w&!])|<(?=[!#])/g, "$&\u2060");

/** Apprise reads a title as HTML for some services and as text for others, and escapes it for none: signs that look the same are safe for both. */
const titleForBoth = (text: string) => text.replaceAll("<", "‹").replaceAll(">", "›").replace(/&(?=#?\w+;)/g, "＆");

function typeOf({ severity, recovered }: Message): AppriseMessage["type"] {
  return recovered ? "success" : ({ INFO: "info", WARNING: "warning", CRITICAL: "failure" } as const)[severity];
}

/** HTML is the one form that Apprise turns into all others: Markdown goes to text services with its marks, text keeps no bold. */
function htmlBody(clean: Message): string {
  const facts = fitFacts(clean.facts, { most: LIMITS.facts, total: LIMITS.allFacts, label: LIMITS.label, value: LIMITS.value, unit: "UTF16", escape: escapeLines });
  const list = facts.map(({ label, value }) => `<b>${label}:</b> ${value}`).join("<br>");
  const footer = cutEscaped(clean.displayName, LIMITS.displayName, "UTF16", escapeHtml);
  // 16 for each fact's marks, which `fitFacts` does not count.
  const room = LIMITS.text - list.length - footer.length - 16 * LIMITS.facts;
  const body = clean.body === clean.title ? "" : cutEscaped(clean.body, room, "UTF16", escapeLines);
  return [body, list, `<i>${footer}</i>`].flatMap((part) => (part === "" ? [] : [`<p>${part}</p>`])).join("");
}

const escapeLines = (text: string) => escapeHtml(text).replaceAll("\n", "<br>");

/** Apprise: https://github.com/caronc/apprise */
export const apprise = defineProvider({
  kind: "APPRISE",
  title: "Apprise",
  docs: "https://github.com/caronc/apprise/wiki",
  config,
  account,
  recipientFields: ["tag"],
  recovery: "FOLLOWS",
  // Apprise limits nothing itself; each message is a program of its own, there or here. Its client too waits 30 s: it may pause between targets.
  pace: { concurrency: 2, perSecond: 2, burst: 10, timeoutMs: 30_000 },
  idempotent: false,
  guide: [
    "Look your service up at https://github.com/caronc/apprise/wiki and build its URL as shown there, e.g. mailtos://user:password@example.com.",
    "Install Apprise on the machine of this server (`apt install apprise` or `pip install apprise`), or give the URL of an Apprise API server (https://github.com/caronc/apprise-api).",
    "For a configuration stored on an Apprise API server the URL is apprise://host:8000/key, and a tag chooses among its services.",
  ],
  render(message) {
    const cleaned = cleanMessage(message);
    const clean: Message = {
      ...cleaned,
      emoji: withoutMentions(cleaned.emoji),
      title: withoutMentions(cleaned.title),
      body: withoutMentions(cleaned.body),
      displayName: withoutMentions(cleaned.displayName),
      facts: cleaned.facts.map(({ label, value }) => ({ label: withoutMentions(cleanLine(label)), value: withoutMentions(value) })),
    };
    const type = typeOf(message);
    const text = plainText(clean, LIMITS.text, "UTF16");
    // Its first line is the title; a message of that line alone is all body, which must not be empty.
    const [head = "", ...rest] = text.split("\n\n");
    const plain: AppriseMessage = { title: rest.length > 0 ? cut(head, LIMITS.title, "UTF16") : "", body: rest.join("\n\n") || head, type, format: "text" };
    const title = cut(titleForBoth(`${clean.emoji} ${clean.title}`.trim()), LIMITS.title, "UTF16");
    return { text, payload: message.rich ? { title, body: htmlBody(clean), type, format: "html" } satisfies AppriseMessage : plain };
  },
  async send(payload, { config, http, run, signal, now }) {
    const url = finalUrl(config);
    return config.serverUrl === undefined ? sendByProgram(payload, url, { run, signal }) : sendByServer(payload, url, config.serverUrl, { http, signal, now });
  },
});

/** The URL with the tag, and with the wish to cut what is too long, which services else refuse. */
function finalUrl({ url, tag }: z.output<typeof config>): string {
  // A service's own web address may not take parameters of Apprise's.
  const overflow = /^https?:/i.test(url) || /[?&]overflow=/i.test(url) ? [] : ["overflow=truncate"];
  const parameters = [...(tag === undefined ? [] : [`tags=${tag}`]), ...overflow].join("&");
  if (parameters === "") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${parameters}`;
}

/**
 * The services that this Apprise can send to.
 * @param serverUrl an Apprise API server; undefined asks the program on this machine
 * @throws {DeliveryError} when there is no Apprise, saying how to get one
 */
export function listAppriseServices(ways: Pick<Ways, "http" | "run" | "signal" | "now">, serverUrl: string | undefined): Promise<AppriseService[]> {
  return serverUrl === undefined ? servicesOfProgram(ways) : servicesOfServer(serverUrl, ways);
}
