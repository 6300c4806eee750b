import { expect, test } from "vitest";
import { inbox } from "../../src/providers/inbox.ts";
import { log } from "../../src/providers/log.ts";
import type { SendContext } from "../../src/providers/provider.ts";
import type { Message } from "../../src/render/message.ts";
import { unusedWays } from "./case.ts";
import { makeMessage, makeStrange, NOW, STRANGE_TEXTS } from "./messages.ts";

/** A context in which only what the test gives may be used. */
function contextOf(given: Partial<SendContext<Record<string, never>>>): SendContext<Record<string, never>> {
  return { ...unusedWays, config: {}, message: makeMessage(), signal: new AbortController().signal, now: NOW, ...given };
}

test("INBOX stores the message itself", async () => {
  const stored: Message[] = [];
  const message = makeMessage();
  const { payload, text } = inbox.render(message, {});
  const receipt = await inbox.send(payload, contextOf({ inbox: async (one) => void stored.push(one) }));
  expect(receipt.status).toBe("stored");
  expect(stored).toEqual([message]);
  expect(text).toContain(message.title);
});

test.each(Object.entries(STRANGE_TEXTS))("LOG prints one line: %s", async (_, strange) => {
  const lines: string[] = [];
  const { payload } = log.render(makeStrange(strange, false), {});
  await log.send(payload, contextOf({ print: (line) => void lines.push(line) }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\n\r\u001b\u0000]|\p{Surrogate}/u);
  expect(lines[0]).toMatch(/^2026-03-01T11:59:58.123Z CRITICAL storage.disk.full /);
});
