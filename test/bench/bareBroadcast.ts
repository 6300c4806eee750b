import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** The least that a broadcast costs in Node: whatever text it is told, every client gets. */
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("listening", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
server.on("connection", (client) => client.on("message", () => client.send("{}")));
process.on("message", (text: string) => {
  const bytes = Buffer.from(text);
  for (const client of server.clients) client.send(bytes, { binary: false });
});
process.on("SIGTERM", () => process.exit(0));
