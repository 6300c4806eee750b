import { createHash } from "node:crypto";
import addressparser from "nodemailer/lib/addressparser";
import MailComposer from "nodemailer/lib/mail-composer";
import { encodeWord } from "nodemailer/lib/mime-funcs";
import type { SMTPEnvelope } from "nodemailer/lib/smtp-connection";
import { DeliveryError } from "./provider.ts";
import { oneLine } from "./smtpFailure.ts";

export interface MailMessage {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html?: string | undefined;
  /** With angle brackets; the same over retries. */
  messageId: string;
  /** Message-ID of the mail that this one answers. */
  inReplyTo?: string | undefined;
  headers: Record<string, string>;
  date: Date;
}

/** A composed mail: the bytes stay the same for a second connection. */
export interface Letter {
  envelope: SMTPEnvelope;
  bytes: Buffer;
}

/** @throws {DeliveryError} PERMANENT when a header could not be written without harm, or an address not be read */
export async function composeLetter(message: MailMessage): Promise<Letter> {
  const values = [message.from, ...message.to, message.subject, message.messageId, message.inReplyTo ?? "", ...Object.entries(message.headers).flat()];
  if (values.some((value) => /\p{Cc}/u.test(value))) {
    throw new DeliveryError({ outcome: "PERMANENT", message: "A mail header holds a line break or another control character; it was not sent" });
  }
  const [sender, ...others] = addressparser(message.from, { flatten: true });
  const recipients = message.to.flatMap((one) => addressparser(one, { flatten: true }));
  if (!sender?.address || others.length > 0) throw new DeliveryError({ outcome: "PERMANENT", message: `The from address is not one mailbox: ${oneLine(message.from)}` });
  if (recipients.length === 0 || recipients.some(({ address }) => address === "")) throw new DeliveryError({ outcome: "PERMANENT", message: "A recipient's address cannot be read" });
  const node = new MailComposer({
    from: sender,
    to: recipients,
    // A valid encoded word would pass as it is, and be shown as something else.
    subject: message.subject.includes("=?") ? encodeWord(message.subject, "Q", 52) : message.subject,
    messageId: message.messageId,
    inReplyTo: message.inReplyTo,
    references: message.inReplyTo,
    date: message.date,
    headers: message.headers,
    text: part(message.text),
    html: message.html === undefined ? undefined : part(message.html),
    // Tries of one mail differ in their Date alone.
    baseBoundary: createHash("sha256").update(message.messageId).digest("hex").slice(0, 24),
    newline: "win",
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  return { envelope: node.getEnvelope(), bytes: await node.build() };
}

/** Short lines whatever the text: quoted-printable, or base64 where that is the smaller. */
function part(content: string): { content: string; contentTransferEncoding: string } {
  const share = Buffer.byteLength(content) - content.length;
  return { content, contentTransferEncoding: share * 4 > content.length ? "base64" : "quoted-printable" };
}
