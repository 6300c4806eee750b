import { randomUUID } from "node:crypto";
import pg from "pg";

/** What processes tell each other: that deliveries wait, that attempts were stored, that settings have changed. */
export type Topic = "work" | "attempts" | "settings";

/**
 * Short messages between the processes on one PostgreSQL, by LISTEN and NOTIFY. They only make things quick: whatever was
 * missed is found by looking.
 */
export interface Notifications {
  /** This process, among all on the database. */
  readonly process: string;
  /** Tells all other processes. What cannot be told is given up. @param text at most 7,000 bytes */
  tell(topic: Topic, text: string): void;
  /** @param heard gets what other processes tell */
  listen(topic: Topic, heard: (text: string) => void): void;
  /** Calls back when something may have been missed: the connection was lost, and is back. */
  onGap(listener: () => void): void;
  close(): Promise<void>;
}

const CHANNEL = "carillon";
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

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, application_name: `${CHANNEL} notifications`, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS, keepAlive: true });
    fresh.on("error", () => lost(fresh));
    fresh.on("end", () => lost(fresh));
    fresh.on("notification", ({ payload = "" }) => hear(payload));
    await fresh.connect();
    await fresh.query(`LISTEN ${CHANNEL}`);
    client = fresh;
    timer = setTimeout(() => void ping(fresh), PING_EVERY_MS).unref();
  }

  function hear(payload: string): void {
    const [from = "", topic = "", ...words] = payload.split(" ");
    if (from !== self) heardBy.get(topic as Topic)?.(words.join(" "));
  }

  async function ping(connected: pg.Client): Promise<void> {
    try {
      await connected.query("SELECT 1");
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
      for (const listener of gapListeners) listener();
    } catch {
      again();
    }
  }

  await connect();
  return {
    process: self,
    tell(topic, text) {
      void client?.query("SELECT pg_notify($1, $2)", [CHANNEL, `${self} ${topic} ${text}`]).catch(() => undefined);
    },
    listen: (topic, heard) => void heardBy.set(topic, heard),
    onGap: (listener) => void gapListeners.push(listener),
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = null;
      await last?.end().catch(() => undefined);
    },
  };
}
