import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Database from "better-sqlite3";
import { Pool } from "undici";

/*
 * The reference: the least that the same libraries can do for events that go to a webhook. Batches come by HTTP; each event becomes a row, a
 * delivery and an attempt in a database of the server, with its indexes and as durable, and a POST in between. Nothing is checked,
 * decided, rendered or remembered.
 *
 *   bareRelay.ts <a database that a server has left> <the receiver's URL>
 */

const CONNECTIONS = 10;
/** As many as the server leaves unrecorded, and as long as it lets them rest. */
const MOST_UNRECORDED = 200;
const REST_MS = 10;

interface Sent {
  eventId: string;
  deliveryId: string;
  body: string;
}

const [file = "", target = ""] = process.argv.slice(2);
const db = new Database(file);
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000;");
const receiver = new Pool(target, { connections: CONNECTIONS, pipelining: 1 });

const startedAt = Date.now();
let ids = 0;

/** In the order of time, behind all that the server has stored, as the server's are. */
function nextId(): string {
  ids += 1;
  const time = (startedAt + 60_000 + ids).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${ids.toString(16).padStart(12, "0")}`;
}

/** Inserts copies of the table's newest row. */
function copying(table: string): (changes: Record<string, unknown>) => void {
  const row = db.prepare(`SELECT * FROM "${table}" ORDER BY "id" DESC LIMIT 1`).get() as Record<string, unknown>;
  const names = Object.keys(row);
  const insert = db.prepare(`INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(", ")}) VALUES (${names.map(() => "?").join(", ")})`);
  return (changes) => void insert.run(names.map((name) => (name in changes ? changes[name] : row[name])));
}

const [addEvent, addDelivery, addAttempt] = [copying("Event"), copying("Delivery"), copying("Attempt")];
const finish = db.prepare(`UPDATE "Delivery" SET "state" = 'SENT', "tries" = 1, "finishedAt" = ? WHERE "id" = ?`);

function inTransaction<Result>(work: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  const result = work();
  db.exec("COMMIT");
  return result;
}

function store(input: { details: object }): Sent {
  const [eventId, deliveryId] = [nextId(), nextId()];
  addEvent({ id: eventId, details: JSON.stringify(input.details) });
  addDelivery({ id: deliveryId, eventId, state: "PENDING", tries: 0, finishedAt: null });
  return { eventId, deliveryId, body: JSON.stringify({ ...input, padding: "x".repeat(200) }) };
}

function record({ eventId, deliveryId, body }: Sent): void {
  addAttempt({ id: nextId(), deliveryId, eventId, body });
  finish.run(Date.now(), deliveryId);
}

const queue: Sent[] = [];
let underWay = 0;
let arrived: Sent[] = [];
let resting: NodeJS.Timeout | undefined;

function pump(): void {
  while (underWay < CONNECTIONS && arrived.length < MOST_UNRECORDED && queue.length > 0) {
    underWay += 1;
    void post(queue.shift() as Sent);
  }
}

async function post(one: Sent): Promise<void> {
  const { body } = await receiver.request({ path: "/", method: "POST", headers: { "content-type": "application/json", "webhook-id": one.deliveryId }, body: one.body });
  await body.dump();
  underWay -= 1;
  arrived.push(one);
  resting ??= setTimeout(recordArrived, REST_MS);
  pump();
}

function recordArrived(): void {
  resting = undefined;
  inTransaction(() => arrived.forEach(record));
  arrived = [];
  pump();
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { variables } = JSON.parse(Buffer.concat(chunks).toString()) as { variables: { input: { details: object }[] } };
    const stored = inTransaction(() => variables.input.map(store));
    const results = stored.map(({ eventId }) => ({ __typename: "EmitEventPayload", event: { id: eventId } }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ data: { emitEvents: { acceptedCount: stored.length, results } } }));
    queue.push(...stored);
    pump();
  });
});
server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.on("SIGTERM", () => process.exit(0));
