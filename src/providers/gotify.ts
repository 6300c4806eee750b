import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { markdownText } from "../render/markdown.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** The server has no limit; what is longer than this nobody reads on a telephone. */
const LIMITS = { title: 250, text: 16_000 };

const config = z.strictObject({
  serverUrl: publicUrl().meta({
    title: "Server URL",
    description: "Where the Gotify server is, with its path when it has one.",
    format: "url",
    example: "https://gotify.example.com",
  } satisfies FieldMeta),
  appToken: z
    .string()
    .trim()
    .max(100, "must be at most 100 characters")
    .refine((token) => !/^(C[A-Za-z0-9._-]{14}|gtfyc\..*)$/.test(token), "is a client's token; give the token of an application")
    .regex(/^(A[A-Za-z0-9._-]{14}|gtfya\.[A-Za-z0-9_-]{43})$/, "must be an application's token: A and 14 characters, or since Gotify 3 gtfya. and 43")
    .meta({ title: "App token", description: "Token of the application that messages are shown under.", secret: true, example: "AExampleTokenXX" } satisfies FieldMeta),
  priority: z
    .int("must be a whole number")
    .min(0, "must be from 0 to 10")
    .max(10, "must be from 0 to 10")
    .optional()
    .meta({ title: "Priority", description: "The same for every message, 0 to 10. Left out: 8 for critical, 5 for warnings, 2 for information and recoveries.", example: "5" } satisfies FieldMeta),
});

/** Telephones sound from 4 on and stay in view from 8 on. */
function priorityOf({ severity, recovered }: Message): number {
  return recovered ? 2 : { INFO: 2, WARNING: 5, CRITICAL: 8 }[severity];
}

/** Gotify: https://gotify.net/api-docs#/message/createMessage. Messages cannot be changed by an application, so a recovery is a second one. */
export const gotify = defineProvider({
  kind: "GOTIFY",
  title: "Gotify",
  docs: "https://gotify.net/docs/pushmsg",
  config,
  recovery: "FOLLOWS",
  // The server limits nothing; it is somebody's own, and often small.
  pace: { concurrency: 2, perSecond: 10, burst: 20, timeoutMs: 10_000 },
  idempotent: false,
  guide: ["In Gotify's web page choose Apps, Create Application, and give it a name.", "Show the token in the list of applications and copy it; it starts with A or gtfya."],
  render(message, { priority = priorityOf(message) }) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text, "UTF16");
    const title = cut(message.rich ? `${clean.emoji} ${clean.title}`.trim() : clean.title, LIMITS.title, "UTF16");
    const plain = { title, message: text, priority, extras: {} };
    const rich = { ...plain, message: markdownText(clean, { total: LIMITS.text, unit: "UTF16" }), extras: { "client::display": { contentType: "text/markdown" } } };
    return { text, payload: message.rich ? rich : plain };
  },
  async send(payload, { config, http, signal, now }) {
    const url = joinUrl(config.serverUrl, "/message");
    const headers = { "content-type": "application/json", "x-gotify-key": config.appToken };
    const { status, body } = await http({ method: "POST", url, headers, body: JSON.stringify(payload) }, { signal, now, explain });
    return { status: String(status), reference: String(readObject(body)?.["id"]) };
  },
});

const HINTS: Record<number, string> = {
  401: "Gotify does not know the app token. Copy it again from Apps in Gotify's web page.",
  403: "This token may not send messages. Give the token of an application, not of a client.",
  404: "There is no Gotify at this URL. Check the server URL, and its path when it is behind a proxy.",
};

/** Errors are { error, errorCode, errorDescription }; a web page behind the URL may answer 200 to anything. */
function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status > 299) return { message: textOf(answer?.["errorDescription"]), hint: HINTS[status] };
  return typeof answer?.["id"] === "number" ? undefined : { outcome: "PERMANENT", hint: "The answer is not Gotify's. Check the server URL." };
}
