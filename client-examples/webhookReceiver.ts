import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that arrived and was genuine. */
export interface Received {
  path: string;
  body: { event: string; title: string; message: string; severity: string; details: Record<string, unknown>; [field: string]: unknown };
}

export interface WebhookReceiver {
  url: string;
  received: Received[];
  /** Requests whose signature was wrong; they were answered with 401. */
  refused: number;
  close(): void;
}

/** A receiver of WEBHOOK channels, as one would write it: it takes nothing that is not signed with the shared secret. */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const receiver: WebhookReceiver = { url: "", received: [], refused: 0, close: () => server.close() };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      // The signature is over the bytes as they came: check it before parsing.
      const bytes = Buffer.concat(chunks);
      if (!isGenuine(bytes, String(request.headers["x-signature-256"] ?? ""), secret)) {
        receiver.refused += 1;
        response.writeHead(401).end();
        return;
      }
      receiver.received.push({ path: request.url ?? "/", body: JSON.parse(bytes.toString("utf8")) as Received["body"] });
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}

/** Compared in constant time, so that the right signature cannot be found byte by byte. */
function isGenuine(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
