import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import type { Receipt } from "../../src/providers/provider.ts";
import { telegram } from "../../src/providers/telegram.ts";
import { startFake, unusedWays } from "./case.ts";
import { makeStage, NOW } from "./messages.ts";
import { telegramAnswers, telegramCase } from "./telegram.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(answers: (typeof telegramAnswers)[keyof typeof telegramAnswers][]) {
  const fake = await startFake(telegramCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...answers);
  const config = telegram.config.parse(telegramCase.config(fake.url));
  const message = makeStage("RECOVERY", "INFO", true);
  const { payload } = telegram.render(message, config);
  const receipt: Receipt = await telegram.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  return { receipt, bodies: fake.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>) };
}

test("a later message replies to the first one", async () => {
  const { bodies } = await deliver([]);
  expect(bodies).toMatchObject([{ chat_id: -1001234567890, reply_parameters: { message_id: 42, allow_sending_without_reply: true }, parse_mode: "HTML" }]);
});

test("an upgraded group gets the message at its new id, which is reported", async () => {
  const { receipt, bodies } = await deliver([telegramAnswers.migrated]);
  expect(receipt).toMatchObject({ reference: "77", changedConfig: { chatId: "-1009999999999" } });
  expect(bodies.map((body) => body["chat_id"])).toEqual([-1001234567890, -1009999999999]);
  expect(bodies[1]).not.toHaveProperty("reply_parameters");
});

test("refused markup is sent again as plain text", async () => {
  const { receipt, bodies } = await deliver([telegramAnswers.parseError]);
  expect(receipt.changedConfig).toBeUndefined();
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).not.toHaveProperty("parse_mode");
  expect(bodies[1]?.["text"]).toMatch(/^\[Rack 7\] Recovered/);
});

test("both refusals in one try are both answered", async () => {
  const { receipt, bodies } = await deliver([telegramAnswers.migrated, telegramAnswers.parseError]);
  expect(bodies).toHaveLength(3);
  expect(receipt.changedConfig).toEqual({ chatId: "-1009999999999" });
});

test.each(["123456789", "-987654321", "-1001234567890", "@alerts_channel"])("chat id %s is taken", (chatId) => {
  expect(telegram.config.safeParse({ botToken: "1:a", chatId }).success).toBe(true);
});
