import { randomUUID } from "node:crypto";
import pg from "pg";
import { KEY_LOCK, LOCK_SPACE, PRESENCE_LOCK } from "./lockSpace.ts";
import { NOTIFICATIONS } from "./postgresqlClient.ts";
import { execute, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/** What processes tell each other: that deliveries wait, that lanes are free, that attempts were stored, that settings have changed. */
export type Topic = "work" | "lanes" | "attempts" | "settings";

export type KeyUse = "USE" | "CHANGE";

/**
 * Short messages between the processes on one PostgreSQL, by LISTEN and NOTIFY. What is told with a transaction arrives when
 * it is committed; the rest only makes things quick: whatever was missed of it is found by looking.
 */
export interface Notifications {
  /** This process, among all on the database. */
  readonly process: string;
  /** Tells all other processes. Of what cannot be told now they hear later that they have missed something. @param text at most 7,000 bytes */
  tell(topic: Topic, text: string): void;
  /** Tells them by the commit of a transaction alone, whatever becomes of this process then. */
  tellWith(tx: SqlClient, topic: Topic, text: string): Promise<void>;
  /** @param heard gets what other processes tell */
  listen(topic: Topic, heard: (text: string) => void): void;
  /** Counts this process, from now on, among those that send. */
  join(): Promise<void>;
  /** Counts it no more. */
  leave(): Promise<void>;
  /** Keeps the secret key as it is while this process uses it, or others from using it while this one changes it: for as long as it lasts. @returns false while another process does the contrary */
  holdKey(to: KeyUse): Promise<boolean>;
  /** Calls back when something may have been missed: this process's connection was lost and is back, or another's was; or it is said here. */
  onGap(listener: () => void): void;
  /** Says that something may have been missed. */
  lookAgain(): void;
  close(): Promise<void>;
}

const CHANNEL = "carillon";
/** By this lock processes are counted: it goes with the connection. */
const PRESENCE = [LOCK_SPACE, PRESENCE_LOCK];
const JOIN = "SELECT pg_advisory_lock_shared($1, $2)";
const LEAVE = "SELECT pg_advisory_unlock_shared($1, $2)";
/** The same way: who uses the secret key, and who changes it. */
const HOLD_KEY: Record<KeyUse, string> = {
  USE: `SELECT pg_try_advisory_lock_shared(${LOCK_SPACE}, ${KEY_LOCK}) AS "held"`,
  CHANGE: `SELECT pg_try_advisory_lock(${LOCK_SPACE}, ${KEY_LOCK}) AS "held"`,
};
/** In place of a topic, from a process that could not tell what it had to. */
const GAP = "gap";
const RECONNECT_MS = 1_000;
/** A connection may be dead without either side having heard of it. */
const PING_EVERY_MS = 10_000;
const ANSWER_MS = 5_000;

/** Starts listening. Times here are the machine's own: they are about connections, not about what is due. */
export async function openNotifications(url: string): Promise<Notifications> {
  const self = randomUUID();
  const heardBy = new Map<Topic, (text: string) => void>();
  const gapListeners: (() => void)[] = [];
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** The connection answers one after the other. */
  let asked: Promise<unknown> = Promise.resolve();
  let joined = false;
  let keyUse: KeyUse | null = null;
  /** True when something could not be told. */
  let untold = false;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, application_name: NOTIFICATIONS, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS, keepAlive: true });
    fresh.on("error", () => lost(fresh));
    fresh.on("end", () => lost(fresh));
    fresh.on("notification", ({ payload = "" }) => hear(payload));
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${CHANNEL}`);
      if (joined) await fresh.query(JOIN, PRESENCE);
      if (keyUse && !(await isHeld(fresh.query(HOLD_KEY[keyUse])))) throw new Error("the secret key is being changed");
    } catch (error) {
      void fresh.end().catch(() => undefined);
      throw error;
    }
    if (closed) return void fresh.end().catch(() => undefined);
    client = fresh;
    timer = setTimeout(() => void ping(fresh), PING_EVERY_MS).unref();
  }

  function hear(payload: string): void {
    const [from = "", topic = "", ...words] = payload.split(" ");
    if (from === self) return;
    if (topic === GAP) lookAgain();
    else heardBy.get(topic as Topic)?.(words.join(" "));
  }

  function lookAgain(): void {
    for (const listener of gapListeners) listener();
  }

  function notify(topic: string, text: string): void {
    if (!client) untold = true;
    else void ask(client, "SELECT pg_notify($1, $2)", [CHANNEL, payloadOf(topic, text)]).catch(() => (untold = true));
  }

  function payloadOf(topic: string, text: string): string {
    return `${self} ${topic} ${text}`;
  }

  function ask(connected: pg.Client, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const answer = asked.then(() => connected.query(text, values));
    asked = answer.catch(() => undefined);
    return answer;
  }

  async function ping(connected: pg.Client): Promise<void> {
    try {
      await ask(connected, "SELECT 1");
      if (client === connected && !closed) timer = setTimeout(() => void ping(connected), PING_EVERY_MS).unref();
    } catch {
      lost(connected);
    }
  }

  function lost(gone: pg.Client): void {
    if (client !== gone) return;
    client = null;
    void gone.end().catch(() => undefined);
    again();
  }

  function again(): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void reconnect(), RECONNECT_MS).unref();
  }

  async function reconnect(): Promise<void> {
    try {
      await connect();
      if (untold) {
        untold = false;
        notify(GAP, "");
      }
      lookAgain();
    } catch {
      again();
    }
  }

  await connect();
  return {
    process: self,
    tell: notify,
    tellWith: async (tx, topic, text) => void (await execute(tx, sql`SELECT pg_notify(${CHANNEL}, ${payloadOf(topic, text)})`)),
    listen: (topic, heard) => void heardBy.set(topic, heard),
    async join() {
      joined = true;
      if (client) await ask(client, JOIN, PRESENCE);
    },
    async leave() {
      joined = false;
      if (client) await ask(client, LEAVE, PRESENCE);
    },
    async holdKey(to) {
      if (!client || !(await isHeld(ask(client, HOLD_KEY[to])))) return false;
      keyUse = to;
      return true;
    },
    onGap: (listener) => void gapListeners.push(listener),
    lookAgain,
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end().catch(() => undefined);
    },
  };
}

async function isHeld(asked: Promise<pg.QueryResult<{ held: boolean }>>): Promise<boolean> {
  return (await asked).rows[0]?.held ?? false;
}
