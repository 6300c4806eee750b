import * as z from "zod";
import { cleanMessage } from "../render/clean.ts";
import { plainText } from "../render/plain.ts";
import { defineProvider } from "./provider.ts";

/** Messages kept in the server itself, read and marked read over the API. The channel that every new installation has. */
export const inbox = defineProvider({
  kind: "INBOX",
  title: "Inbox",
  docs: "",
  config: z.object({}),
  recovery: "FOLLOWS",
  pace: { concurrency: 64, perSecond: Infinity, burst: Infinity, timeoutMs: 10_000 },
  idempotent: true,
  withoutLinks: true,
  guide: ["Nothing to set up: messages are kept in the server. Read them with the inbox query and mark them read with markInboxRead."],
  render(message) {
    const clean = cleanMessage(message);
    return { text: plainText(clean), payload: clean };
  },
  async send(message, context) {
    await context.inbox(message);
    return { status: "stored" };
  },
});
