import { rootCertificates } from "node:tls";
import type { SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection";
import { composeLetter, type Letter, type MailMessage } from "./letter.ts";
import { DeliveryError } from "./provider.ts";
import { ABORTED, Interruption, readable, readFailure, refusal, replyOf } from "./smtpFailure.ts";
import { endLine, openLine, retire, transmit, type Line } from "./smtpLine.ts";

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
  const lineSettings = { name, ca, allowPrivate: settings.allowPrivate ?? true };
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
    return overLine(await openLine(server, lineSettings, signal), lane, letter, signal);
  }

  async function overLine(line: Line, lane: Lane, letter: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    try {
      const info = await transmit(line, letter, signal);
      line.mails += 1;
      keep(line, lane);
      return info;
    } catch (error) {
      endLine(line, error);
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
        await retire(await openLine(server, lineSettings, signal));
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
