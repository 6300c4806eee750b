import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { signal } from "../../src/providers/signal.ts";
import type { Message } from "../../src/render/message.ts";
import { startFake, unusedWays } from "./case.ts";
import type { Reply } from "./fakeHttp.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";
import { readStyled, signalAnswers, signalCase } from "./signal.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(message: Message, script: Reply[] = [], changes: object = {}) {
  const fake = await startFake(signalCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...script);
  const config = signal.config.parse({ ...signalCase.config(fake.url), ...changes });
  const { payload } = signal.render(message, config);
  const receipt = await signal.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  return { receipt, body: JSON.parse(fake.requests[0]?.body.toString() ?? "") as Record<string, unknown> };
}

test("a later message quotes the first one", async () => {
  const { body } = await deliver({ ...makeStage("RECOVERY", "INFO", true), thread: "1772366400123" });
  expect(body).toMatchObject({ quote_timestamp: 1772366400123, quote_author: "+15551230001" });
});

test("a receipt in a list is read", async () => {
  const { receipt } = await deliver(makeMessage(), [signalAnswers.list]);
  expect(receipt).toEqual({ status: "201", reference: "1772366400123" });
});

test("recipients that were missed are told, but the message counts as delivered", async () => {
  const { receipt } = await deliver(makeMessage(), [signalAnswers.oneMissed]);
  expect(receipt.status).toBe("201, not delivered to 1: UNREGISTERED_FAILURE");
});

test("a member that a group's message missed does not make it fail", async () => {
  const { receipt } = await deliver(makeMessage(), [signalAnswers.oneMissed], { recipients: [`group.${"QUJD".repeat(15)}=`] });
  expect(receipt).toMatchObject({ status: "201, not delivered to 1: UNREGISTERED_FAILURE", reference: "1772366400123" });
});

test.each(["ends in \\", "ends in *", "ends in **", "*a* **b** ***c*** ~d~ `e` ||f|| |g| \\*h\\*", "\\\\", "\\\\*|"])("nothing in %j is read as a mark", async (title) => {
  const { body } = await deliver(makeMessage({ title, body: title, emoji: "", facts: [{ label: title, value: title }] }));
  const { text, styles, open } = readStyled(String(body["message"]));
  expect({ styles, open }).toEqual({ styles: ["**", "**"], open: [] });
  expect(text.replaceAll("\u2060", "")).toBe(`${title}\n\n- ${title}: ${title}\n\nRack 7`);
});

test.each([["+15551230002"], ["anna.42"], [`group.${"QUJD".repeat(15)}=`], ["0195f3c2-0000-4000-8000-000000000001"]])("recipient %s is taken", (recipient) => {
  expect(signal.config.shape.recipients.safeParse([recipient]).success).toBe(true);
});
