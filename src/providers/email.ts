import { domainToASCII } from "node:url";
import addressparser from "nodemailer/lib/addressparser";
import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { type EmailParts, emailHtml } from "../render/emailHtml.ts";
import type { Message, MessageReason, Severity } from "../render/message.ts";
import type { MailMessage } from "./letter.ts";
import { wholeLogin } from "./login.ts";
import type { SmtpServer } from "./mail.ts";
import { defineAccount, defineProvider, type FieldMeta } from "./provider.ts";

const TLS_MODES = ["NONE", "STARTTLS", "IMPLICIT"] as const;
const DEFAULT_PORT: Record<SmtpServer["tls"], number> = { NONE: 25, STARTTLS: 587, IMPLICIT: 465 };

/** Every server takes at least this many in one mail (RFC 5321, 4.5.3.1.8). */
const MAX_RECIPIENTS = 100;
/** Long enough for any title, and one header line of any script stays far below the 998 octets of RFC 5322 after folding. */
const MAX_SUBJECT = 250;
/** Mail readers show no more: Gmail clips a mail beyond 102 KB. */
const MAX_BODY = 50_000;
const MAX_FACT = 2_000;

const CONTROL = /\p{Cc}/u;
const HOST = /^[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?)*\.?$/u;
/** No quoted local parts and no address literals: both are legal, unused, and an old source of confusion between parsers. */
const ADDRESS = /^[^\s"(),:;<>@[\\\]\p{C}\p{Z}]+@([\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?)(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?)*$/u;

function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  return ADDRESS.test(text) && Buffer.byteLength(text.slice(0, at)) <= 64 && Buffer.byteLength(text) <= 254;
}

/** The mailboxes of one text; what cannot be read stays in the list as it is, for the check to name it. */
function mailboxes(text: string): { name: string; address: string }[] {
  const found = addressparser(text, { flatten: true });
  return found.map(({ name, address }) => {
    // Two addresses with nothing but a blank between them read as one with a name.
    const doubtful = address === "" || (name.includes("@") && !text.includes(`<${address}>`));
    return { name, address: doubtful ? text.trim() : address };
  });
}

/** One address each, in the order given, without repeats. */
function addressList(texts: string[]): string[] {
  const seen = new Map<string, string>();
  for (const text of texts) {
    for (const { address } of CONTROL.test(text) ? [{ address: text }] : mailboxes(text)) {
      if (!seen.has(address.toLowerCase())) seen.set(address.toLowerCase(), address);
    }
  }
  return [...seen.values()];
}

const noControl = (what: string) => [(text: string) => !CONTROL.test(text), `${what} must not hold line breaks or other control characters`] as const;

const serverFields = z.strictObject({
  host: z
    .string()
    .trim()
    .min(1, "Give the name of the SMTP server, e.g. smtp.example.com")
    .max(253)
    .refine((host) => HOST.test(host) || z.ipv6().safeParse(host).success, "Give the server's name or IP address alone, without smtp:// and without the port")
    .meta({ title: "SMTP server", description: "Name or IP address of the SMTP server.", format: "host", example: "smtp.example.com" } satisfies FieldMeta),
  port: z
    .int("Give a whole number from 1 to 65535")
    .min(1, "Give a port from 1 to 65535")
    .max(65535, "Give a port from 1 to 65535")
    .optional()
    .meta({ title: "Port", description: "TCP port. Default: 587 with STARTTLS, 465 with IMPLICIT, 25 with NONE.", format: "port", example: "587" } satisfies FieldMeta),
  tls: z
    .enum(TLS_MODES)
    .default("STARTTLS")
    .meta({
      title: "Encryption",
      description: "STARTTLS: starts in clear, then must encrypt (usual, port 587). IMPLICIT: encrypted from the first byte (port 465). NONE: never encrypts, the password included; for a relay in your own network.",
      values: {
        NONE: "Never encrypts, the password included; for a relay in your own network.",
        STARTTLS: "Starts in clear, then must encrypt; usual, port 587.",
        IMPLICIT: "Encrypted from the first byte; port 465.",
      },
    } satisfies FieldMeta),
  user: z
    .string()
    .trim()
    .max(320)
    .refine(...noControl("The user name"))
    .optional()
    .meta({ title: "User", description: "Name to log in with, often the mail address. Leave empty when the server wants no login.", example: "alerts@example.com" } satisfies FieldMeta),
  password: z
    .string()
    .max(1000)
    .refine(...noControl("The password"))
    .optional()
    .meta({ title: "Password", description: "Password to log in with. Gmail and Microsoft 365 want an app password here.", secret: true } satisfies FieldMeta),
  from: z
    .string()
    .trim()
    .min(1, "Give the sender's address, e.g. Carillon <alerts@example.com>")
    .max(500)
    .refine(...noControl("The sender"))
    .refine((text) => {
      const found = mailboxes(text);
      return found.length === 1 && isAddress(found[0]?.address ?? "");
    }, "Give exactly one sender, as alerts@example.com or Carillon <alerts@example.com>")
    .meta({ title: "From", description: "The sender, with or without a name. Most servers want it to belong to the user who logs in.", format: "email", example: "Carillon <alerts@example.com>" } satisfies FieldMeta),
  verifyCertificate: z
    .boolean()
    .default(true)
    .meta({ title: "Verify certificate", description: "Refuse a server whose certificate is not trusted. Switch off only for a server of your own with a self-signed certificate." } satisfies FieldMeta),
});

const config = z
  .strictObject({
    ...serverFields.shape,
    to: z
      .array(z.string().max(30_000))
      .overwrite(addressList)
      .min(1, "Give at least one recipient")
      .max(MAX_RECIPIENTS, `Give at most ${MAX_RECIPIENTS} recipients; use a mailing list for more`)
      .superRefine((addresses, context) => {
        for (const [at, address] of addresses.entries()) {
          if (!isAddress(address)) context.addIssue({ code: "custom", path: [at], message: `${JSON.stringify(address.slice(0, 100))} is not a mail address` });
        }
      })
      .meta({ title: "To", description: "The recipients. Each entry is one address or a comma-separated list of addresses.", format: "email", example: "ops@example.com, oncall@example.com" } satisfies FieldMeta),
  })
  .superRefine(wholeLogin);

const serverOf = ({ host, port, tls, user, password, verifyCertificate }: z.output<typeof serverFields>): SmtpServer => ({
  host,
  port: port ?? DEFAULT_PORT[tls],
  tls,
  user: user || undefined,
  password: password || undefined,
  verifyCertificate,
});

const account = defineAccount({
  kind: "SMTP",
  title: "SMTP server",
  config: serverFields.superRefine(wholeLogin),
  async check({ config, checkMail, signal }) {
    return { status: await checkMail(serverOf(config), { signal }) };
  },
});

/** The three headers say the same to the different mail readers. */
const PRIORITY: Record<Severity, Record<string, string>> = {
  CRITICAL: { "X-Priority": "1", Importance: "high", Priority: "urgent" },
  WARNING: { "X-Priority": "3", Importance: "normal", Priority: "normal" },
  INFO: { "X-Priority": "5", Importance: "low", Priority: "non-urgent" },
};

const WHY: Record<MessageReason, string> = {
  FIRST: "as the first notice of this event",
  ONGOING: "again because it still goes on",
  ESCALATED: "again because it has become more severe",
  FLAPPING: "once, because it comes and goes too often to tell of each time",
  RECOVERY: "because what you were told of is over",
  SUMMARY: "for all that came while it was to wait",
  TEST: "because someone asked for a test",
  ESCALATION: "because nobody has taken it on yet",
  REMINDER: "because it was taken on and is not over yet",
};

/**
 * Mail over SMTP. One mail goes to all recipients; some servers take it for a part of them, and the receipt's status says for whom not.
 *
 * Threads: the first mail of a condition has the subject "[display name] title", and every later one (still going on, worse,
 * recovered) answers it by In-Reply-To and References, with "Re: " before its subject as any answer has. Readers that also group
 * by subject keep those with an unchanged title together.
 */
export const email = defineProvider<typeof config, Omit<MailMessage, "date">>({
  kind: "EMAIL",
  title: "Email",
  docs: "https://www.rfc-editor.org/rfc/rfc5321",
  config,
  account,
  recipientFields: ["to"],
  recovery: "REPLIES",
  // Gmail takes 20 a second, Microsoft 365 30 a minute; a mailbox of a person is full long before.
  pace: { concurrency: 2, perSecond: 0.5, burst: 20, timeoutMs: 60_000 },
  idempotent: false,
  guide: [
    "Find your mail provider's SMTP server, port and encryption, usually under “SMTP” or “Set up a mail program” in its help: port 587 is STARTTLS, port 465 is IMPLICIT.",
    "Gmail and Google Workspace: host smtp.gmail.com, port 587, STARTTLS. Turn on 2-step verification, make an app password at https://myaccount.google.com/apppasswords, and give it as password, with your full address as user.",
    "Microsoft 365: host smtp.office365.com, port 587, STARTTLS. In the Microsoft 365 admin centre, open the user, Mail, Manage email apps, and allow Authenticated SMTP. With multi-factor sign-in, make an app password under Security info of the account. Where the organisation has this kind of login switched off, use its SMTP relay instead.",
    "Your own relay without a login: leave user and password empty. Choose NONE only where the way to it is your own network.",
    "Set From to an address that the server lets this user send for, and To to one or more recipients.",
    "Send a test. If it is accepted but does not arrive, look in the spam folder, and check SPF and DKIM of the From domain.",
  ],

  render(raw, { from, to }) {
    const clean = cleanMessage(raw);
    const message = {
      ...clean,
      body: cut(clean.body, MAX_BODY, "UTF16"),
      facts: clean.facts.map(({ label, value }) => ({ label, value: cut(value, MAX_FACT, "UTF16") })),
      footer: `Sent by ${clean.displayName} ${WHY[clean.reason]}. Event type ${cleanLine(clean.event.type)}, severity ${clean.severity}.`,
    };
    const thread = threadOf(message);
    const subject = cut(`${thread ? "Re: " : ""}[${message.displayName}] ${message.title}`, MAX_SUBJECT, "CHARACTERS");
    const text = plainPart(message);
    return {
      text,
      payload: {
        from,
        to,
        subject,
        text,
        html: message.rich ? emailHtml(message) : undefined,
        messageId: messageIdOf(message, from),
        inReplyTo: thread,
        headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", ...PRIORITY[message.recovered ? "WARNING" : message.severity] },
      },
    };
  },

  async send(payload, { config, mail, signal, now }) {
    const { status, refused } = await mail(serverOf(config), { ...payload, date: now }, { signal });
    return {
      status: refused.length === 0 ? status : `Refused for ${refused.join(", ")}; else ${status}`.slice(0, 200),
      reference: payload.messageId,
    };
  },
});

function plainPart({ title, body, facts, footer }: EmailParts): string {
  const table = facts.map(({ label, value }) => `${label}: ${value.replaceAll("\n", "\n  ")}`).join("\n");
  // "-- " on its own line is how mail readers know a signature.
  return [title, body, table, `-- \n${footer}`].filter((section) => section !== "").join("\n\n") + "\n";
}

/** The Message-ID is made from the delivery's id, so that receivers can see a repeated mail as the same. */
function messageIdOf(message: Message, from: string): string {
  const address = mailboxes(from)[0]?.address ?? "";
  const domain = domainToASCII(address.slice(address.lastIndexOf("@") + 1)) || "localhost";
  return `<${message.id.replace(/[^A-Za-z0-9._-]/g, "")}@${domain}>`;
}

/** The first mail's Message-ID, when it is one: it ends up in a header. */
function threadOf(message: Message): string | undefined {
  return message.thread !== null && /^<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>$/.test(message.thread) ? message.thread : undefined;
}
