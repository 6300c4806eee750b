import Database from "better-sqlite3";

/** How many rows a database is filled with. */
export interface ManyRows {
  attempts: number;
  events: number;
  deliveries: number;
  conditions: number;
  inboxItems: number;
}

/** For so many attempts: a fifth as many events, a third as many deliveries, as servers have that send each event to some channels. */
export function rowsFor(attempts: number): ManyRows {
  return { attempts, events: Math.ceil(attempts / 5), deliveries: Math.ceil((attempts * 3) / 10), conditions: Math.ceil(attempts / 50), inboxItems: Math.ceil(attempts / 10) };
}

/** What the rows hold, for queries that are to find much, little or nothing. */
export const SPREAD = {
  channels: 20,
  types: 40,
  services: 500,
  /** Days from the first row to the last. */
  days: 80,
  frequentType: "type.0",
  rareType: "type.rare",
  /** Gets a twentieth of everything, and nothing of the frequent type. */
  pickyChannel: 1,
  rareCustomer: "customer.rare",
  /** Some few, all of them at the very beginning. */
  rareOutcome: "UNKNOWN",
};

const DAY_MS = 86_400_000;

/** As the server makes them: UUIDv7 in the order of the rows. */
const ID = (table: string): string => `printf('%08x-%04x-7%03x-8%03x-%012x', r.ms >> 16, r.ms & 65535, r.n & 4095, ${table.length}, r.n)`;
/** Numbers that look like chance and are the same in every run. */
const CHANCE = (salt: number, below: number): string => `(((r.n * 2654435761 + ${salt * 40503}) >> ${7 + salt}) % ${below})`;
const CHANNEL_ID = (number: string): string => `printf('00000000-0000-7000-8000-%012x', ${number})`;

export function channelIdOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** One of the numbers 0 to n - 1, the small ones much more often. */
const SKEWED = (salt: number, n: number): string => `(CASE WHEN ${CHANCE(salt, 3)} > 0 THEN ${CHANCE(salt + 1, Math.ceil(n / 4))} ELSE ${CHANCE(salt + 2, n)} END)`;
const SEVERITY = `CASE WHEN ${CHANCE(3, 100)} < 65 THEN 'INFO' WHEN ${CHANCE(3, 100)} < 93 THEN 'WARNING' ELSE 'CRITICAL' END`;
const CUSTOMER = `CASE WHEN r.n = 7 THEN '${SPREAD.rareCustomer}' WHEN ${CHANCE(5, 10)} < 4 THEN NULL ELSE 'customer.' || ${SKEWED(6, 200)} END`;
const TYPE_NUMBER = SKEWED(2, SPREAD.types);
const CHANNEL_NUMBER = `${CHANCE(9, SPREAD.channels)}`;

function columnsOf(rows: ManyRows): Record<keyof ManyRows, { table: string; columns: Record<string, string> }> {
  // A picky channel gets the next type in place of the frequent one.
  const type = `CASE WHEN r.n = 11 THEN '${SPREAD.rareType}' ELSE 'type.' || MAX(${TYPE_NUMBER}, ${CHANNEL_NUMBER} = ${SPREAD.pickyChannel}) END`;
  const category = `'category.' || (MAX(${TYPE_NUMBER}, ${CHANNEL_NUMBER} = ${SPREAD.pickyChannel}) % 8)`;
  const ofEvent = (count: number, number: string): string => `(SELECT "id" FROM "Event" WHERE rowid = 1 + ${number} * ${rows.events} / ${count})`;
  return {
    conditions: {
      table: "Condition",
      columns: {
        id: ID("Condition"), fingerprint: `'f' || r.n`, type, category, severity: SEVERITY, status: `CASE WHEN r.n % 200 = 0 THEN 'OPEN' ELSE 'CLOSED' END`, title: `'Problem ' || r.n`, source: "NULL",
        service: `'service.' || ${CHANCE(4, SPREAD.services)}`, customer: CUSTOMER, openedAt: "r.ms", lastSeenAt: "r.ms + 60000", closedAt: `CASE WHEN r.n % 200 = 0 THEN NULL ELSE r.ms + 60000 END`, count: "2", told: "'[]'", covers: "0",
      },
    },
    events: {
      table: "Event",
      columns: {
        id: ID("Event"), receivedAt: "r.ms", occurredAt: "r.ms", type, category, severity: SEVERITY, source: `'host.' || ${CHANCE(8, 300)}`, service: `'service.' || ${CHANCE(4, SPREAD.services)}`, customer: CUSTOMER, title: "'Something happened'", message: "'It did.'", details: "'{}'",
        fingerprint: `'f' || (r.n / 10)`, conditionId: `CASE WHEN r.n % 5 = 0 THEN (SELECT "id" FROM "Condition" WHERE rowid = 1 + (r.n / 10) % ${rows.conditions}) END`,
        fate: `CASE WHEN ${CHANCE(7, 100)} < 90 THEN 'MATCHED' WHEN ${CHANCE(7, 100)} < 98 THEN 'COOLDOWN' ELSE 'TRIGGER_OFF' END`, decision: `'{"verdict":{"action":"SEND","because":"MATCHED","until":null},"channels":[],"reason":"FIRST"}'`,
      },
    },
    deliveries: {
      table: "Delivery",
      columns: {
        id: ID("Delivery"), eventId: ofEvent(rows.deliveries, "(r.n - 1)"), channelId: CHANNEL_ID(CHANNEL_NUMBER), customer: CUSTOMER, state: `CASE WHEN r.n > ${rows.deliveries - 20} THEN 'PENDING' WHEN r.n % 100 < 97 THEN 'SENT' WHEN r.n % 100 = 97 THEN 'FAILED' ELSE 'DROPPED' END`,
        reason: "'FIRST'", context: "'{}'", tries: "1", dueAt: "r.ms", createdAt: "r.ms", finishedAt: `CASE WHEN r.n > ${rows.deliveries - 20} THEN NULL ELSE r.ms END`,
      },
    },
    attempts: {
      table: "Attempt",
      columns: {
        id: ID("Attempt"), at: "r.ms", deliveryId: `(SELECT "id" FROM "Delivery" WHERE rowid = 1 + (r.n - 1) * ${rows.deliveries} / ${rows.attempts})`, eventId: ofEvent(rows.attempts, "(r.n - 1)"), channelId: CHANNEL_ID(CHANNEL_NUMBER), channelName: `'channel ' || ${CHANNEL_NUMBER}`,
        kind: `CASE ${CHANNEL_NUMBER} % 4 WHEN 0 THEN 'EMAIL' WHEN 1 THEN 'SLACK' WHEN 2 THEN 'WEBHOOK' ELSE 'TELEGRAM' END`, type, category, severity: SEVERITY, customer: CUSTOMER, reason: "'FIRST'", title: "'Something happened'", body: "'It did.'",
        outcome: `CASE WHEN r.n < 20 THEN '${SPREAD.rareOutcome}' WHEN ${CHANCE(10, 100)} < 95 THEN 'DELIVERED' WHEN ${CHANCE(10, 100)} < 99 THEN 'TRANSIENT' ELSE 'PERMANENT' END`, status: "'200'", durationMs: "12", tryNumber: "1",
      },
    },
    inboxItems: {
      table: "InboxItem",
      columns: { id: ID("InboxItem"), channelId: CHANNEL_ID(CHANNEL_NUMBER), eventId: "NULL", customer: CUSTOMER, type, severity: SEVERITY, title: "'Something happened'", body: "'It did.'", createdAt: "r.ms", readAt: `CASE WHEN r.n % 10 = 0 THEN NULL ELSE r.ms END` },
    },
  };
}

/** Fills a database that a server has made and is not using: one statement a table, and the indexes after it. @param until when the newest row came */
export function fillWithRows(file: string, rows: ManyRows, until: Date): void {
  const db = new Database(file);
  try {
    for (const pragma of ["journal_mode = DELETE", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -500000", "threads = 2"]) db.exec(`PRAGMA ${pragma}`);
    db.exec(
      `INSERT INTO "Channel" ("id", "name", "kind", "enabled", "config", "secretsSet", "rich", "minimumSeverity", "customers", "services", "sources", "createdAt", "updatedAt")
       WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n + 1 < ${SPREAD.channels})
       SELECT ${CHANNEL_ID("r.n")}, 'channel ' || r.n, 'LOG', 0, '{}', '[]', 1, 'INFO', '[]', '[]', '[]', 0, 0 FROM r`,
    );
    for (const [kind, { table, columns }] of Object.entries(columnsOf(rows))) {
      const count = rows[kind as keyof ManyRows];
      const first = until.getTime() - SPREAD.days * DAY_MS;
      const indexes = db.prepare(`SELECT "name", "sql" FROM sqlite_master WHERE "type" = 'index' AND "tbl_name" = ? AND "sql" IS NOT NULL`).all(table) as { name: string; sql: string }[];
      for (const { name } of indexes) db.exec(`DROP INDEX "${name}"`);
      const names = Object.keys(columns).map((name) => `"${name}"`).join(", ");
      db.exec(
        `INSERT INTO "${table}" (${names}) WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count}),
         r AS (SELECT n, ${first} + n * ${SPREAD.days * DAY_MS} / ${count} AS ms FROM n) SELECT ${Object.values(columns).join(", ")} FROM r`,
      );
      for (const { sql } of indexes) db.exec(sql);
    }
  } finally {
    db.close();
  }
}
