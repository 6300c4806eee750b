import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createOutside } from "../../src/dispatch/outside.ts";
import type { Outside } from "../../src/dispatch/outside.ts";

/** A stop breaks off whatever hangs, by whichever way it went out. */

async function silentPort(): Promise<number> {
  const server = createServer((socket) => void socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const { signal } = new AbortController();
const MAIL = { from: "a@example.com", to: ["b@example.com"], subject: "s", text: "t", messageId: "<1@example.com>", headers: {}, date: new Date(0) };

it.each<[string, (ways: Outside, port: number) => Promise<unknown>, string]>([
  ["a request", ({ http }, port) => http({ method: "POST", url: `http://127.0.0.1:${port}`, body: "x" }, { signal, now: new Date() }), "UNKNOWN"],
  ["a mail", ({ mail }, port) => mail({ host: "127.0.0.1", port, tls: "NONE", verifyCertificate: false, user: undefined, password: undefined }, MAIL, { signal }), "TRANSIENT"],
  ["a program", ({ run }) => run({ command: "sleep", args: ["600"] }, { signal }), "UNKNOWN"],
])("%s that is under way ends when the way out is closed", async (_, send, outcome) => {
  const world = createOutside({ privateTargets: true, hostName: "host.example", environment: process.env, inbox: async () => undefined, print: () => undefined });
  const sent = send(world.of(null), await silentPort());
  const ended = expect(sent).rejects.toMatchObject({ failure: { outcome } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await world.close();
  await ended;
});
