import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { vonageSms } from "../../src/providers/vonageSms.ts";
import { fitsGsm7, smsText } from "../../src/render/gsm7.ts";
import type { Message } from "../../src/render/message.ts";
import { startFake, unusedWays } from "./case.ts";
import type { Reply } from "./fakeHttp.ts";
import { makeMessage, NOW } from "./messages.ts";
import { answer, GSM7, vonageSmsCase } from "./vonageSms.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(message: Message, reply?: Reply) {
  const fake = await startFake(vonageSmsCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  if (reply) fake.script.push(reply);
  const config = vonageSms.config.parse(vonageSmsCase.config(fake.url));
  const { payload } = vonageSms.render(message, config);
  const receipt = await vonageSms.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  return { receipt, requests: fake.requests.length, form: Object.fromEntries(new URLSearchParams(fake.requests[0]?.body.toString())) };
}

test("a text that went out in part is not sent again, and the receipt says so", async () => {
  const { receipt, requests } = await deliver(makeMessage(), answer(["9", "Partner quota exceeded"], "0", "0"));
  expect(receipt).toEqual({ status: "200: only 2 of 3 parts were sent (status 9); not sent again", reference: "0A0000000123ABC2" });
  expect(requests).toBe(1);
});

test("a text that went out in several parts is named by the first", async () => {
  expect((await deliver(makeMessage(), answer("0", "0"))).receipt).toEqual({ status: "200", reference: "0A0000000123ABC1" });
});

test.each([
  ["Disk full: 40 € [ä]", "text", "[Rack 7] Disk full: 40 € [ä]"],
  ["Disk – “full”…", "text", '[Rack 7] Disk - "full"...'],
  ["Диск…", "unicode", "[Rack 7] Диск…"],
  ["25 °C", "unicode", "[Rack 7] 25 °C"],
])("%s is sent as %s", async (title, type, text) => {
  expect((await deliver(makeMessage({ title, body: title, facts: [] }))).form).toMatchObject({ type, text });
});

test("no replacement makes a text longer in bytes", () => {
  for (let code = 0; code < 0x3000; code += 1) {
    const character = String.fromCharCode(code);
    expect(Buffer.byteLength(smsText(character)), character).toBeLessThanOrEqual(Buffer.byteLength(character));
  }
  expect(smsText("e\u0301\u200B×→·")).toBe("éx->-");
});

test("the 7 bit alphabet is that of GSM 03.38", () => {
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  expect(characters.filter(fitsGsm7)).toEqual(characters.filter((character) => GSM7.test(character)));
  // 128 places, of which one is the escape to the ten others.
  expect(characters.filter(fitsGsm7)).toHaveLength(127 + 10);
});

test.each(["+44 7700 900000", "447700900000", "44-7700-900000", "+44 (0)7700 900000"])("%s is taken", (to) => {
  expect(vonageSms.config.shape.to.parse(to)).toBe("447700900000");
});

test.each([["+44 7700 900001", "447700900001"], ["Carillon", "Carillon"], ["62236", "62236"]])("sender %s is taken", (from, expected) => {
  expect(vonageSms.config.shape.from.parse(from)).toBe(expected);
});
