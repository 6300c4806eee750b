import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sharedNow } from "./load.ts";

/** Takes webhooks and remembers when the one with each number came first. Any message asks for that, and starts anew. */
let arrivals = new Map<number, number>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const at = sharedNow();
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { details: { number: number } };
    if (!arrivals.has(body.details.number)) arrivals.set(body.details.number, at);
    response.end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

process.on("message", () => {
  process.send?.([...arrivals]);
  arrivals = new Map();
});
process.on("SIGTERM", () => process.exit(0));
