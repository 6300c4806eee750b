import { AddressRefused } from "./address.ts";
import type { SmtpServer } from "./mail.ts";
import type { DeliveryFailure } from "./provider.ts";

/** SMTP has no machine-readable wait; greylists and rate limits count in minutes. */
const PATIENCE_MS = 5 * 60_000;

/** What went wrong and whether the server may have the mail. */
export class Interruption extends Error {
  readonly source: unknown;
  readonly dataBegan: boolean;

  constructor(source: unknown, dataBegan: boolean) {
    super("SMTP exchange interrupted");
    this.source = source;
    this.dataBegan = dataBegan;
  }
}

/** The cause of an interruption that our own side wanted. */
export const ABORTED = Symbol("aborted");

/** What nodemailer puts on its errors, as far as it is read here. */
interface SmtpFault {
  message: string;
  code?: string | undefined;
  originalCode?: string | undefined;
  timeoutType?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  recipient?: string | undefined;
  rejectedErrors?: SmtpFault[] | undefined;
}

function faultOf(source: unknown): SmtpFault {
  // A host with several addresses fails once for each.
  const first: unknown = source instanceof AggregateError ? (source.errors[0] ?? source) : source;
  return first instanceof Error ? (first as SmtpFault) : { message: String(first) };
}

/** The server's refusal in this error, if it holds one. */
export function replyOf(source: unknown): string | undefined {
  const { response } = faultOf(source);
  return typeof response === "string" && /^[45]\d\d/.test(response) ? response : undefined;
}

/** The server's words, fit to be shown and kept. */
export function readable(reply: string, server: SmtpServer): string {
  return oneLine(withoutSecrets(reply, server));
}

/** A text on one line: the codes of a reply's further lines, control characters and double spaces taken out. */
export function oneLine(reply: string): string {
  return reply
    .replace(/\r?\n\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?/g, " ")
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

export function refusal(fault: SmtpFault, server: SmtpServer): string {
  return `${fault.recipient ?? "?"} (${readable(fault.response ?? fault.message, server).slice(0, 200)})`;
}

const CERTIFICATE_FAULT = /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_)/;

export function readFailure({ source, dataBegan }: Interruption, server: SmtpServer): DeliveryFailure {
  const failure = classify(source, dataBegan, server);
  return { ...failure, message: failure.message.slice(0, 500) };
}

function classify(source: unknown, dataBegan: boolean, server: SmtpServer): DeliveryFailure {
  const place = `${server.host}:${server.port}`;
  if (source === ABORTED) {
    return dataBegan
      ? { outcome: "UNKNOWN", message: `${place} did not confirm the mail in time; it may have been delivered` }
      : { outcome: "TRANSIENT", message: `${place} did not take the mail in time` };
  }
  const fault = faultOf(source);
  if (fault.rejectedErrors && fault.rejectedErrors.length > 0) {
    // All recipients refused: worth another try as long as one refusal is temporary.
    const all = fault.rejectedErrors.map((one) => readReply(one, server));
    const worth = all.find(({ outcome }) => outcome === "RATE_LIMITED") ?? all.find(({ outcome }) => outcome === "TRANSIENT") ?? all[0];
    if (worth) return all.length === 1 ? worth : { ...worth, message: fault.rejectedErrors.map((one) => refusal(one, server)).join("; ") };
  }
  if (replyOf(fault) !== undefined) return readReply(fault, server);
  if (source instanceof AddressRefused) return { outcome: "PERMANENT", message: `${place}: ${source.message}`, hint: source.hint };
  const message = `${place}: ${readable(fault.message, server)}`;
  if (dataBegan) return { outcome: "UNKNOWN", message: `${message}, after the mail was sent; it may have been delivered` };
  const system = fault.originalCode ?? fault.code ?? "";
  if (CERTIFICATE_FAULT.test(system)) {
    return {
      outcome: "PERMANENT",
      message: `${message} (${system})`,
      hint: "The server's certificate is not trusted. Check that host is the name in the certificate; for a server of your own with a self-signed certificate set verifyCertificate to false.",
    };
  }
  // Refused before anything went out: too big for the server, an address it cannot take, no way to log in.
  if (fault.code === "EMESSAGE" || fault.code === "EENVELOPE") return { outcome: "PERMANENT", message };
  if (fault.code === "EAUTH") {
    return {
      outcome: "PERMANENT",
      message,
      hint: server.tls === "NONE" ? "Many servers offer a login only after encryption: choose STARTTLS or IMPLICIT, or leave user and password empty." : "Leave user and password empty, or use the server and port meant for sending (often 587).",
    };
  }
  return { outcome: "TRANSIENT", message, hint: connectionHint(fault, system, server) };
}

function connectionHint(fault: SmtpFault, system: string, server: SmtpServer): string | undefined {
  if (fault.code === "EDNS" || system === "ENOTFOUND") return "The host name is not known: check its spelling.";
  if (system === "ECONNREFUSED" || fault.timeoutType === "CONNECT_TIMEOUT") {
    return "Nothing answers there: check host and port, and that no firewall is between. Many networks block port 25.";
  }
  if (fault.timeoutType === "GREETING_TIMEOUT" && server.tls !== "IMPLICIT") return "The server says nothing: if this is port 465, choose IMPLICIT.";
  if (server.tls === "IMPLICIT" && /SSL|TLS|EPROTO|ESOCKET/.test(`${system} ${fault.code ?? ""}`)) {
    return "The server may not speak TLS from the start on this port: port 587 wants STARTTLS.";
  }
  return undefined;
}

/** Reads a 4xx or 5xx reply. */
function readReply(fault: SmtpFault, server: SmtpServer): DeliveryFailure {
  const reply = readable(fault.response ?? "", server);
  const [, code = "", enhanced] = /^(\d{3})(?:[ -](\d\.\d{1,3}\.\d{1,3})\b)?/.exec(fault.response ?? "") ?? [];
  const status = enhanced === undefined ? code : `${code} ${enhanced}`;
  const failure = { message: reply, status };
  if (code === "552" && fault.command === "RCPT TO") {
    return { ...failure, outcome: "TRANSIENT", hint: "The mailbox is full, or the server takes fewer recipients at once." };
  }
  if (code.startsWith("4")) {
    if (["421", "450", "451"].includes(code) && enhanced !== undefined && /^4\.(7\.\d+|2\.1)$/.test(enhanced)) {
      return { ...failure, outcome: "RATE_LIMITED", retryAfterMs: PATIENCE_MS };
    }
    // A greylist wants the same mail again, some minutes later.
    return { ...failure, outcome: "TRANSIENT", retryAfterMs: /gr[ea]y-?list/i.test(reply) ? PATIENCE_MS : undefined };
  }
  return { ...failure, outcome: "PERMANENT", hint: refusalHint(code, enhanced, fault, server) };
}

function refusalHint(code: string, enhanced: string | undefined, fault: SmtpFault, server: SmtpServer): string | undefined {
  if (fault.command === "STARTTLS" || fault.code === "ETLS") return "The server does not offer STARTTLS on this port: choose IMPLICIT with port 465, or NONE for a relay in your own network.";
  if (code === "538" || (code === "530" && server.tls === "NONE")) return "The server wants encryption and perhaps a login: choose STARTTLS or IMPLICIT, and give user and password.";
  if (code === "530" && server.user === undefined) return "The server wants a login: give user and password.";
  if (["530", "534", "535"].includes(code)) {
    if (/(^|\.)(gmail|googlemail|google)\.com$/i.test(server.host)) {
      return "Gmail refuses the account's own password: turn on 2-step verification, make an app password at https://myaccount.google.com/apppasswords and use that.";
    }
    if (/(^|\.)(office365|outlook|hotmail|live)\.com$/i.test(server.host)) {
      return "Microsoft: an administrator must allow authenticated SMTP for this mailbox, and an account with two-factor sign-in needs an app password.";
    }
    return "User or password is wrong. Gmail, Microsoft and others with two-factor sign-in want an app password instead of the account's own.";
  }
  if (code === "550" && enhanced === "5.1.1") return "The mailbox does not exist: check the recipient's address.";
  if (code === "552") return "The mail is too big for the server, or the mailbox is full.";
  if (enhanced?.startsWith("5.7.")) return "Refused by policy: check that the server may send for the from address, and that user and password are set if it wants a login.";
  return undefined;
}

/** Takes the password out of a text, also as it goes over the wire: a server may echo what it was sent. */
function withoutSecrets(text: string, server: SmtpServer): string {
  if (!server.password) return text;
  const base64 = (plain: string) => Buffer.from(plain).toString("base64");
  const forms = [base64(`\0${server.user ?? ""}\0${server.password}`), base64(server.password), server.password];
  return forms.reduce((masked, form) => masked.replaceAll(form, "***"), text);
}
