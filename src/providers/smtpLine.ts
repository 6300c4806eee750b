import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import SMTPConnection, { type SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import { checkedLookup, refusal as addressRefusal } from "./address.ts";
import type { Letter } from "./letter.ts";
import type { SmtpServer } from "./mail.ts";
import { ABORTED, Interruption, replyOf } from "./smtpFailure.ts";

const CONNECTION_TIMEOUT_MS = 20_000;
const GREETING_TIMEOUT_MS = 20_000;
const SOCKET_TIMEOUT_MS = 60_000;

/** What all connections of this process have in common. */
export interface LineSettings {
  /** Our own name for EHLO. */
  name: string;
  /** PEM certificates to trust; undefined: Node's own list. */
  ca: string[] | undefined;
  allowPrivate: boolean;
}

/** A connection with what has to be known between two mails. */
export interface Line {
  connection: SMTPConnection;
  mails: number;
  /** Ends the wait of whoever uses the connection now. */
  interrupt: (cause: unknown) => void;
  idleTimer: NodeJS.Timeout | undefined;
}

/**
 * Connects, encrypts and logs in.
 * @throws {Interruption} by whatever kept it from that
 */
export async function openLine(server: SmtpServer, { name, ca, allowPrivate }: LineSettings, signal: AbortSignal): Promise<Line> {
  const socket = await reach(server, allowPrivate, signal);
  const connection = new SMTPConnection({
    connection: socket,
    host: server.host,
    port: server.port,
    secure: server.tls === "IMPLICIT",
    requireTLS: server.tls === "STARTTLS",
    ignoreTLS: server.tls === "NONE",
    tls: { rejectUnauthorized: server.verifyCertificate, ca },
    name,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    socketCloseTimeout: 1_000,
    maxResponseSize: 64 * 1024,
    logger: false,
  });
  const line: Line = { connection, mails: 0, interrupt: () => {}, idleTimer: undefined };
  connection.on("error", (error) => line.interrupt(error));
  connection.once("end", () => {
    // nodemailer ends the connection first and says why afterwards.
    const { interrupt } = line;
    setImmediate(() => interrupt(new Error("Connection closed unexpectedly")));
  });
  try {
    await step(line, signal, (done) => connection.connect(done));
    const { user, password } = server;
    if (user !== undefined && password !== undefined) {
      if (!connection.allowsAuth) throw new Interruption(Object.assign(new Error("The server offers no login on this connection"), { code: "EAUTH" }), false);
      await step(line, signal, (done) => connection.login({ user, pass: password }, done));
    }
    return line;
  } catch (error) {
    endLine(line, error);
    // Given up before nodemailer took the socket over.
    if (signal.aborted) socket.destroy();
    throw error;
  }
}

/**
 * Sends one mail.
 * @throws {Interruption} which says whether the server may have it
 */
export async function transmit(line: Line, letter: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
  let dataBegan = false;
  // Read only after the server has answered DATA with 354, so this is the point of no certainty.
  const content = new Readable({
    read() {
      dataBegan = true;
      this.push(letter.bytes);
      this.push(null);
    },
  });
  // nodemailer keeps its own notes in the envelope.
  const envelope = { ...letter.envelope, size: letter.bytes.length };
  try {
    const info = await step<SMTPConnectionSendInfo>(line, signal, (done) => line.connection.send(envelope, content, done));
    if (info === undefined) throw new Interruption(new Error("No answer to the mail"), dataBegan);
    return info;
  } catch (error) {
    throw error instanceof Interruption ? new Interruption(error.source, dataBegan) : error;
  }
}

/** Connects, by the address rules: nodemailer resolves names itself and would not keep them. */
function reach(server: SmtpServer, allowPrivate: boolean, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refused = addressRefusal(server.host, allowPrivate);
    if (refused) return reject(new Interruption(refused, false));
    const socket = connect({ host: server.host, port: server.port, lookup: checkedLookup(allowPrivate), autoSelectFamily: true });
    const fail = (cause: unknown) => {
      settle();
      socket.destroy();
      reject(new Interruption(cause, false));
    };
    const giveUp = () => fail(ABORTED);
    const timer = setTimeout(() => fail(Object.assign(new Error("Connection timeout"), { timeoutType: "CONNECT_TIMEOUT" })), CONNECTION_TIMEOUT_MS);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      socket.removeListener("error", fail);
      socket.on("error", () => {});
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}

/** One command of the connection as a promise that also ends by an abort and by the connection's own end. */
function step<Result = unknown>(line: Line, signal: AbortSignal, run: (done: (error?: unknown, result?: Result) => void) => void): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      signal.removeEventListener("abort", giveUp);
      line.interrupt = () => {};
      settle();
    };
    const giveUp = () => {
      finish(() => reject(new Interruption(ABORTED, false)));
      line.connection.close();
    };
    line.interrupt = (cause) => finish(() => reject(new Interruption(cause, false)));
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener("abort", giveUp, { once: true });
    run((error, result) => finish(() => (error ? reject(new Interruption(error, false)) : resolve(result))));
  });
}

/** Ends a connection that failed: politely where the server still talks. */
export function endLine(line: Line, error: unknown): void {
  if (error instanceof Interruption && replyOf(error.source) !== undefined) void retire(line);
  else line.connection.close();
}

/** Says QUIT and closes; a server that does not answer is left after a second. */
export function retire(line: Line): Promise<void> {
  clearTimeout(line.idleTimer);
  return new Promise((resolve) => {
    if (line.connection.destroyed) {
      resolve();
      return;
    }
    const timer = setTimeout(() => line.connection.close(), 1_000).unref();
    line.interrupt = () => {
      clearTimeout(timer);
      resolve();
    };
    line.connection.quit();
  });
}
