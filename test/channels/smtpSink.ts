import { once } from "node:events";
import type { AddressInfo } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { generate } from "selfsigned";
import { SMTPServer, type SMTPServerSession } from "smtp-server";

export interface SmtpSinkOptions {
  /** NONE offers no STARTTLS; STARTTLS takes no mail before it; IMPLICIT is TLS from the first byte. */
  tls: "NONE" | "STARTTLS" | "IMPLICIT";
  /** Required of every client when given; without it no login is offered. */
  auth?: { user: string; password: string };
  /** Default: any free port. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
}

/** What goes wrong the next time that the exchange comes to `on`. */
export type SmtpFault = {
  on: "CONNECT" | "AUTH" | "MAIL" | "RCPT" | "DATA" | "DATA_END";
  /** Only for this recipient (with on: RCPT). */
  recipient?: string;
  /** How often; default once. */
  times?: number;
} & (
  | { /** The server's answer, e.g. "550 5.1.1 No such user". Not with on: DATA. */ reply: string }
  | { /** The connection is cut: DATA within the mail, DATA_END after the final dot. */ drop: true }
  | { /** No answer until the sink is closed. */ hang: true }
);

/** The faults that real servers show most. */
export const SMTP_FAULTS = {
  CLOSING: { on: "MAIL", reply: "421 4.3.2 Service shutting down" },
  GREYLISTED: { on: "RCPT", reply: "450 4.2.0 Greylisted, try again later" },
  TOO_FAST: { on: "MAIL", reply: "451 4.7.1 Too many messages, slow down" },
  LOGIN_UNAVAILABLE: { on: "AUTH", reply: "454 4.7.0 Temporary authentication failure" },
  LOGIN_REFUSED: { on: "AUTH", reply: "535 5.7.8 Username and password not accepted" },
  NO_SUCH_USER: { on: "RCPT", reply: "550 5.1.1 No such user here" },
  TOO_MANY_RECIPIENTS: { on: "RCPT", reply: "552 5.5.3 Too many recipients" },
  TOO_BIG: { on: "DATA_END", reply: "552 5.3.4 Message too big for system" },
  DROPPED_IN_DATA: { on: "DATA", drop: true },
  DROPPED_AFTER_DOT: { on: "DATA_END", drop: true },
  SILENT_AFTER_DOT: { on: "DATA_END", hang: true },
} as const satisfies Record<string, SmtpFault>;

export interface SinkMessage {
  envelope: { from: string; to: string[] };
  /** Octets as received, dots unstuffed, as latin1. */
  raw: string;
  parsed: Email;
  /** Who logged in. */
  user: string | undefined;
  secure: boolean;
  /** The connection it came over: equal for mails that shared one. */
  session: string;
}

export interface SmtpSink {
  host: string;
  port: number;
  /** Mails accepted so far, in order. */
  messages: SinkMessage[];
  /** What clients did that a strict server refuses; each was answered with 554. */
  violations: string[];
  /** Every recipient asked for, accepted or not. */
  recipients: string[];
  /** EHLO names of the clients. */
  clients: string[];
  /** Gives the mails once there are at least `count`. */
  waitFor(count: number, timeoutMs?: number): Promise<SinkMessage[]>;
  fail(fault: SmtpFault): void;
  /** Ends the connections that are open, as a server does after an idle time. */
  cutConnections(): void;
  /** The server's self-signed certificate as PEM, for 127.0.0.1 and localhost. */
  certificate: string;
  [Symbol.asyncDispose](): Promise<void>;
}

let pair: ReturnType<typeof generate> | undefined;

function certificatePair(): ReturnType<typeof generate> {
  pair ??= generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }, { type: 7, ip: "127.0.0.1" }] }],
  });
  return pair;
}

/** A real SMTP server that keeps what it is sent, holds clients to the rules and fails when told to. */
export async function startSmtpSink(options: SmtpSinkOptions): Promise<SmtpSink> {
  const { cert, private: key } = await certificatePair();
  const messages: SinkMessage[] = [];
  const violations: string[] = [];
  const recipients: string[] = [];
  const clients: string[] = [];
  const faults: SmtpFault[] = [];
  const watchers = new Set<() => void>();
  const { auth } = options;

  const disabledCommands = [...(options.tls === "STARTTLS" ? [] : ["STARTTLS"]), ...(auth ? [] : ["AUTH"])];
  const server = new SMTPServer({
    secure: options.tls === "IMPLICIT",
    key,
    cert,
    name: "sink.test",
    disabledCommands,
    allowInsecureAuth: options.tls === "NONE",
    authOptional: !auth,
    authMethods: ["PLAIN", "LOGIN"],
    disableReverseLookup: true,
    closeTimeout: 10,
    logger: false,
    onConnect: (session, done) => meet("CONNECT", session, done, () => done()),
    onAuth: ({ username, password }, session, done) =>
      meet("AUTH", session, done, () => {
        if (auth && username === auth.user && password === auth.password) done(null, { user: username });
        else done(refuse("535 5.7.8 Username and password not accepted"));
      }),
    onMailFrom: (_address, session, done) =>
      meet("MAIL", session, done, () => {
        clients.push(session.hostNameAppearsAs || "");
        done(options.tls === "NONE" || session.secure ? null : refuse("530 5.7.0 Must issue a STARTTLS command first"));
      }),
    onRcptTo: ({ address }, session, done) => {
      recipients.push(address);
      meet("RCPT", session, done, () => done(), address);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      const cutShort = take("DATA");
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (cutShort) socketOf(session)?.destroy();
      });
      stream.on("end", () => {
        if (!cutShort) meet("DATA_END", session, done, () => void accept(Buffer.concat(chunks), session, done));
      });
    },
  });
  // A client that cuts the connection is no failure of the sink.
  server.on("error", () => {});

  function take(on: SmtpFault["on"], recipient?: string): SmtpFault | undefined {
    const at = faults.findIndex((fault) => fault.on === on && (fault.recipient === undefined || fault.recipient === recipient));
    const fault = faults[at];
    if (fault === undefined) return undefined;
    const left = (fault.times ?? 1) - 1;
    if (left > 0) faults[at] = { ...fault, times: left };
    else faults.splice(at, 1);
    return fault;
  }

  /** Does what the next fault for this moment says, or goes on. */
  function meet(on: SmtpFault["on"], session: SMTPServerSession, done: (error?: Error | null) => void, goOn: () => void, recipient?: string): void {
    const fault = take(on, recipient);
    if (fault === undefined) goOn();
    else if ("reply" in fault) done(refuse(fault.reply));
    else if ("drop" in fault) socketOf(session)?.destroy();
  }

  function socketOf(session: SMTPServerSession) {
    return [...server.connections].find(({ id }) => id === session.id)?._socket;
  }

  async function accept(bytes: Buffer, session: SMTPServerSession, done: (error?: Error | null, message?: string) => void): Promise<void> {
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = { from: mailFrom ? mailFrom.address : "", to: rcptTo.map(({ address }) => address) };
    const parsed = await PostalMime.parse(bytes);
    const faulty = violationsOf(bytes, envelope, parsed);
    if (faulty.length > 0) {
      violations.push(...faulty);
      done(refuse(`554 5.6.0 ${faulty.join("; ")}`));
      return;
    }
    messages.push({ envelope, raw: bytes.toString("latin1"), parsed, user: session.user as string | undefined, secure: session.secure, session: session.id });
    done(null, `2.0.0 OK queued as ${messages.length}`);
    for (const check of watchers) check();
  }

  const host = options.host ?? "127.0.0.1";
  server.listen(options.port ?? 0, host);
  await once(server.server, "listening");
  return {
    host,
    port: (server.server.address() as AddressInfo).port,
    messages,
    violations,
    recipients,
    clients,
    certificate: cert,
    fail: (fault) => void faults.push(fault),
    cutConnections: () => server.connections.forEach((connection) => connection._socket?.destroy()),
    waitFor: (count, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(check);
          reject(new Error(`${messages.length} of ${count} mails came within ${timeoutMs} ms${violations.length > 0 ? `; refused: ${violations.join("; ")}` : ""}`));
        }, timeoutMs);
        const check = () => {
          if (messages.length < count) return;
          clearTimeout(timer);
          watchers.delete(check);
          resolve(messages);
        };
        watchers.add(check);
        check();
      }),
    [Symbol.asyncDispose]: async () => {
      for (const connection of server.connections) connection._socket?.destroy();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

function refuse(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

/** The rules of RFC 5321 and 5322 that lenient servers let pass. */
function violationsOf(bytes: Buffer, envelope: { from: string; to: string[] }, parsed: Email): string[] {
  const text = bytes.toString("latin1");
  const found: string[] = [];
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) found.push("bare CR or LF");
  if (/[^\t\r\n\x20-\x7e]/.test(text)) found.push("octets that are not printable ASCII");
  const longest = Math.max(...text.split("\r\n").map((line) => line.length));
  if (longest > 998) found.push(`a line of ${longest} octets`);
  const names = parsed.headers.map(({ key }) => key);
  for (const name of ["from", "to", "subject", "date", "message-id", "mime-version"]) {
    const times = names.filter((one) => one === name).length;
    if (times !== 1) found.push(`${times} ${name} headers`);
  }
  if (parsed.date === undefined || Number.isNaN(Date.parse(parsed.date))) found.push("no readable Date");
  if (!/^<[^<>@\s]+@[^<>@\s]+>$/.test(parsed.messageId ?? "")) found.push(`Message-ID ${parsed.messageId}`);
  if (new Set(envelope.to).size !== envelope.to.length) found.push("a recipient named twice");
  for (const head of textPartHeads(text)) {
    if (!/^content-type:[^\r]*(\r\n[ \t][^\r]*)*charset="?utf-8/im.test(head)) found.push("a text part that is not in UTF-8");
    if (!/^content-transfer-encoding: *(quoted-printable|base64) *$/im.test(head)) found.push("a text part neither quoted-printable nor base64");
  }
  return found;
}

/** The headers of the text itself, or of each part of a multipart. */
function textPartHeads(text: string): string[] {
  const headOf = (part: string) => part.slice(0, Math.max(part.indexOf("\r\n\r\n"), 0));
  const boundary = /^content-type: *multipart\/[^;]+;\s*boundary="?([^"\r;]+)/im.exec(headOf(text))?.[1];
  return boundary === undefined ? [headOf(text)] : text.split(`\r\n--${boundary}`).slice(1, -1).map(headOf);
}
