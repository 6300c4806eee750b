import { once } from "node:events";
import { WebSocket } from "ws";
import { sharedNow } from "./load.ts";

/** Very many WebSocket clients. */
export type Command =
  /** Opens so many, each sending these texts one after the other's answer; answered when all are open. */
  | { open: { url: string; count: number; first: string[] } }
  /** Answered, with the time and the last text, when so many messages have come since the last answer. */
  | { expect: number }
  | { closeAll: true };

const OPENING_AT_ONCE = 50;

let clients: WebSocket[] = [];
let received = 0;
let expected = Infinity;
let lastText = "";

function answerWhenThere(): void {
  if (received < expected) return;
  process.send?.({ at: sharedNow(), lastText });
  received -= expected;
  expected = Infinity;
}

async function openOne(url: string, first: string[]): Promise<void> {
  const client = new WebSocket(url, "graphql-transport-ws", { perMessageDeflate: false });
  clients.push(client);
  await once(client, "open");
  for (const [at, text] of first.entries()) {
    client.send(text);
    // Nothing answers the last one.
    if (at < first.length - 1) await once(client, "message");
  }
  client.on("message", (data: Buffer) => {
    received += 1;
    if (received >= expected) lastText = String(data);
    answerWhenThere();
  });
}

process.on("message", async (command: Command) => {
  if ("open" in command) {
    const { url, count, first } = command.open;
    for (let opened = 0; opened < count; opened += OPENING_AT_ONCE) await Promise.all(Array.from({ length: Math.min(OPENING_AT_ONCE, count - opened) }, () => openOne(url, first)));
    process.send?.({ opened: count });
  } else if ("expect" in command) {
    expected = command.expect;
    answerWhenThere();
  } else {
    for (const client of clients) client.terminate();
    clients = [];
    received = 0;
    process.send?.({ closed: true });
  }
});
process.on("SIGTERM", () => process.exit(0));
process.send?.("subscribers");
