import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import SMTPConnection, { type SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import { checkedLookup, refusal as addressRefusal } from "./address.ts";
import { composeLetter, type Letter, type MailMessage } from "./letter.ts";
import { DeliveryError } from "./provider.ts";
import { ABORTED, Interruption, readable, readFailure, refusal, replyOf } from "./smtpFailure.ts";

/** How to reach an SMTP server. */
export interface SmtpServer {
  host: string;
  port: number;
  tls: "NONE" | "STARTTLS" | "IMPLICIT";
  user?: string | undefined;
  password?: string | undefined;
  /** False accepts any certificate: for servers with their own authority. */
  verifyCertificate: boolean;
}

/**
 * Hands one mail to an SMTP server and gives its last reply, e.g. "250 OK queued as 12345".
 * `refused` names the recipients that the server did not take while it took others, each with its reply:
 * "bob@example.com (550 5.1.1 User unknown)".
 * @throws {DeliveryError} classified by SMTP reply and enhanced code
 */
export type Mail = (server: SmtpServer, message: MailMessage, options: { signal: AbortSignal }) => Promise<{ status: string; refused: string[] }>;

/**
 * Connects, encrypts and logs in, and sends nothing.
 * @returns what to tell a person
 * @throws {DeliveryError} classified as by Mail
 */
export type CheckMail = (server: SmtpServer, options: { signal: AbortSignal }) => Promise<string>;

const CONNECTION_TIMEOUT_MS = 20_000;
const GREETING_TIMEOUT_MS = 20_000;
const SOCKET_TIMEOUT_MS = 60_000;
/** Servers close an idle connection after 10 s (Postfix, under load) to 5 minutes. */
const IDLE_MS = 8_000;
/** Connections to one server at a time, however many channels use it. */
const CONNECTIONS_PER_SERVER = 4;
const IDLE_TOTAL = 16;
const MAILS_PER_CONNECTION = 100;

export interface MailSettings {
  /** Our own name for EHLO. */
  hostname: string;
  /** As for `http`: true lets mail go to servers in private networks; link-local and metadata addresses are always refused. @default true */
  allowPrivate?: boolean;
  /** PEM certificates trusted besides Node's own list. */
  authorities?: string[];
}

/** A connection with what has to be known between two mails. */
interface Line {
  connection: SMTPConnection;
  mails: number;
  /** Ends the wait of whoever uses the connection now. */
  interrupt: (cause: unknown) => void;
  idleTimer: NodeJS.Timeout | undefined;
}

/** Everything about one server config; lives only while it is in use or has an idle connection. */
interface Lane {
  key: string;
  busy: number;
  queue: (() => void)[];
  idle: Line[];
}

/** Makes the one sender of mails of this process. It keeps connections for a while, so close it. */
export function createMail(settings: MailSettings): { mail: Mail; checkMail: CheckMail; close(): Promise<void> } {
  // Some servers refuse an EHLO name without a dot; an address literal is always allowed.
  const name = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(settings.hostname) ? settings.hostname : "[127.0.0.1]";
  const ca = settings.authorities === undefined ? undefined : [...rootCertificates, ...settings.authorities];
  const allowPrivate = settings.allowPrivate ?? true;
  const lanes = new Map<string, Lane>();
  const sending = new Set<Promise<unknown>>();
  let closed = false;

  async function deliver(server: SmtpServer, message: MailMessage, signal: AbortSignal) {
    const letter = await composeLetter(message);
    const key = JSON.stringify(server);
    const lane = lanes.get(key) ?? { key, busy: 0, queue: [], idle: [] };
    lanes.set(key, lane);
    try {
      await enter(lane, signal);
      try {
        const info = await overAnyLine(server, lane, letter, signal);
        return { status: readable(info.response, server), refused: (info.rejectedErrors ?? []).map((one) => refusal(one, server)) };
      } finally {
        leave(lane);
      }
    } catch (error) {
      if (error instanceof Interruption) throw new DeliveryError(readFailure(error, server));
      throw error;
    } finally {
      forget(lane);
    }
  }

  async function overAnyLine(server: SmtpServer, lane: Lane, letter: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    const kept = lane.idle.pop();
    if (kept) {
      clearTimeout(kept.idleTimer);
      try {
        return await overLine(kept, lane, letter, signal);
      } catch (error) {
        // The server may have closed a kept connection at any time: that says nothing about this mail.
        if (!(error instanceof Interruption) || error.dataBegan || error.source === ABORTED) throw error;
        const reply = replyOf(error.source);
        if (reply !== undefined && !/^421[ -](?!4\.7\.)/.test(reply)) throw error;
      }
    }
    return overLine(await open(server, signal), lane, letter, signal);
  }

  async function overLine(line: Line, lane: Lane, letter: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    try {
      const info = await transmit(line, letter, signal);
      line.mails += 1;
      keep(line, lane);
      return info;
    } catch (error) {
      end(line, error);
      throw error;
    }
  }

  /** Waits for a free connection to the server, first come first served. */
  function enter(lane: Lane, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new Interruption(ABORTED, false));
    if (lane.busy < CONNECTIONS_PER_SERVER) {
      lane.busy += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        lane.queue.splice(lane.queue.indexOf(go), 1);
        reject(new Interruption(ABORTED, false));
      };
      lane.queue.push(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  function forget(lane: Lane): void {
    if (lane.busy === 0 && lane.idle.length === 0 && lanes.get(lane.key) === lane) lanes.delete(lane.key);
  }

  function leave(lane: Lane): void {
    const next = lane.queue.shift();
    if (next) next();
    else lane.busy -= 1;
  }

  async function open(server: SmtpServer, signal: AbortSignal): Promise<Line> {
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
      end(line, error);
      // Given up before nodemailer took the socket over.
      if (signal.aborted) socket.destroy();
      throw error;
    }
  }

  async function transmit(line: Line, letter: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
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

  /** Keeps a connection for the next mail, for a short while. */
  function keep(line: Line, lane: Lane): void {
    const idleCount = [...lanes.values()].reduce((sum, other) => sum + other.idle.length, 0);
    if (closed || line.mails >= MAILS_PER_CONNECTION || idleCount >= IDLE_TOTAL || line.connection.destroyed) {
      void retire(line);
      return;
    }
    const drop = () => {
      clearTimeout(line.idleTimer);
      const at = lane.idle.indexOf(line);
      if (at >= 0) lane.idle.splice(at, 1);
      forget(lane);
    };
    line.interrupt = drop;
    line.idleTimer = setTimeout(() => {
      drop();
      void retire(line);
    }, IDLE_MS);
    line.idleTimer.unref();
    lane.idle.push(line);
  }

  return {
    mail: async (server, message, { signal }) => {
      if (closed) throw new DeliveryError({ outcome: "TRANSIENT", message: "Carillon is stopping" });
      const job = deliver(server, message, signal);
      sending.add(job);
      try {
        return await job;
      } finally {
        sending.delete(job);
      }
    },
    async checkMail(server, { signal }) {
      try {
        await retire(await open(server, signal));
      } catch (error) {
        if (error instanceof Interruption) throw new DeliveryError(readFailure(error, server));
        throw error;
      }
      return server.user === undefined ? "connected" : "logged in";
    },
    async close() {
      closed = true;
      const idle = [...lanes.values()].flatMap((lane) => lane.idle.splice(0));
      lanes.clear();
      await Promise.all(idle.map(retire));
      await Promise.allSettled(sending);
    },
  };
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
function end(line: Line, error: unknown): void {
  if (error instanceof Interruption && replyOf(error.source) !== undefined) void retire(line);
  else line.connection.close();
}

/** Says QUIT and closes; a server that does not answer is left after a second. */
function retire(line: Line): Promise<void> {
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
