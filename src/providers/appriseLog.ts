import { cleanLine } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import type { DeliveryFailure } from "./provider.ts";

/** One line of what Apprise logs while it sends. */
export interface LogEntry {
  /** "DEBUG", "INFO", "WARNING", "ERROR" … */
  level: string;
  /** May have more lines, e.g. those of a traceback. */
  text: string;
}

const MESSAGE_LIMIT = 500;

/** Words in the texts of errors: masking them, where a URL has them too, would only make errors unreadable. */
const COMMON = new Set(["https", "http", "json", "xmls", "notify", "notification", "webhook", "webhooks", "message", "token", "apprise", "email"]);

/** The parts of an Apprise URL that may be secret wherever they come up, the longest first: a host may be a token too. */
export function secretParts(url: string): string[] {
  const parts = url.replace(/^\w+:\/\//, "").split(/[/?&=@:#,+]+/);
  const found = [url, ...parts, ...parts.map(decode)].filter((part) => part.length >= 4 && !COMMON.has(part.toLowerCase()));
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes every URL, and every part of this one, out of a text. Apprise shortens passwords in its own way, so a URL is never kept in part. */
export function maskUrl(url: string, text: string): string {
  const parts = secretParts(url).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const masked = text.replace(/\b[a-z0-9]+:\/\/[^\s'"]+/gi, "***").replace(new RegExp(parts.join("|"), "gi"), "***");
  return cut(cleanLine(masked), MESSAGE_LIMIT, "UTF16");
}

const UNUSABLE = /^(Unparse?able|Unsupported|Could not load|An invalid|Dictionary does not|You must specify at least one)/;
const NOT_ABLE = /disabled on this system/;
const CONNECTION = /connection error|timed out|timeout/i;
const EXCEPTION = /^[A-Za-z ]{0,40}Exception: /;
/** Failures of connecting: nothing was sent. All others may have come after it. */
const NEVER_SENT = /NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|SSLError|CERTIFICATE|Connection refused|unreachable|Name or service not known|No address associated/i;

/** The last line of a traceback that was logged. */
const crash = (text: string) => (/Traceback \(most recent call last\)/.test(text) ? text.trim().split("\n").at(-1) : undefined);

const STATUS_HINTS: Record<string, string> = {
  "401": "The service does not take the credentials in the Apprise URL.",
  "403": "The service refuses access. Check the credentials in the Apprise URL and what they are allowed to do.",
  "404": "The service knows no such target. Check the Apprise URL.",
  "410": "The service says that this target is gone for good.",
};

/**
 * What a failure was, from what Apprise logged of it: it tells no more than that something failed.
 * The texts are those of Apprise 1.2 to 1.13; others leave it TRANSIENT, or UNKNOWN where a connection broke.
 */
export function readLog(entries: LogEntry[], url: string): DeliveryFailure {
  const said = entries.filter(({ level }) => /^(WARNING|ERROR|CRITICAL)$/.test(level)).map(({ text }) => text);
  const crashes = said.flatMap((text) => crash(text) ?? []);
  const told = [...said.filter((text) => !text.startsWith("You must specify")), ...crashes].map((text) => maskUrl(url, text.split("\n")[0] ?? ""));
  const message = cut(told.join("; "), MESSAGE_LIMIT, "UTF16") || "Apprise could not send the message.";
  if (said.some((text) => NOT_ABLE.test(text))) {
    return { outcome: "PERMANENT", message, hint: "This Apprise cannot use the service: it needs another system or more Python packages, which `apprise --details` names." };
  }
  if (said.some((text) => UNUSABLE.test(text))) {
    return { outcome: "PERMANENT", message, hint: "Apprise cannot use this URL. Check it against https://github.com/caronc/apprise/wiki, and that this Apprise is new enough to know the service." };
  }
  if (crashes.some((text) => text.startsWith("UnicodeEncodeError"))) {
    return { outcome: "PERMANENT", message, hint: "This Apprise can send this service only Western European letters and no emoji. A newer Apprise may have that fixed." };
  }
  if (crashes.length > 0) return { outcome: "UNKNOWN", message, hint: "Apprise has a fault with this service, which a newer one may not have. It is not known whether the message was delivered." };
  const exceptions = entries.map(({ text }) => text).filter((text) => EXCEPTION.test(text));
  const lost = exceptions.length > 0 ? exceptions.some((text) => !NEVER_SENT.test(text)) : said.some((text) => CONNECTION.test(text));
  if (lost) return { outcome: "UNKNOWN", message, hint: "The service's answer did not come, so it is not known whether the message was delivered." };
  if (exceptions.length > 0) return { outcome: "TRANSIENT", message, hint: "Apprise could not reach the service. Check the host in the Apprise URL." };
  const codes = said.flatMap((text) => /\berror=(\d{3})\b/.exec(text)?.[1] ?? []);
  if (codes.includes("429")) return { outcome: "RATE_LIMITED", message, hint: "The service got too many messages in a short time; sending goes on later." };
  // Where one of several targets refuses for good, trying again would only repeat the message to the others.
  const refused = codes.length > 0 && codes.every((code) => /^4(?!08|25)/.test(code));
  return refused ? { outcome: "PERMANENT", message, hint: STATUS_HINTS[codes[0] ?? ""] } : { outcome: "TRANSIENT", message };
}
