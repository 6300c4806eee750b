import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { plainText } from "../render/plain.ts";
import { defineProvider } from "./provider.ts";

/** One line on standard output a message, for those who collect logs. Line breaks become " | ". */
export const log = defineProvider({
  kind: "LOG",
  title: "Log",
  docs: "",
  config: z.object({}),
  recovery: "FOLLOWS",
  pace: { concurrency: 64, perSecond: Infinity, burst: Infinity, timeoutMs: 10_000 },
  idempotent: false,
  forCustomers: false,
  withoutLinks: true,
  guide: ["Nothing to set up: each message becomes one line on the server's standard output."],
  render(message) {
    const facts = [message.event.occurredAt.toISOString(), message.severity, cleanLine(message.event.type)];
    const line = `${facts.join(" ")} ${plainText(cleanMessage(message))}`.replace(/\s*\n\s*/g, " | ");
    return { text: line, payload: line };
  },
  send(line, context) {
    context.print(line);
    return Promise.resolve({ status: "printed" });
  },
});
