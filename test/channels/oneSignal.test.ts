import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { oneSignal } from "../../src/providers/oneSignal.ts";
import { json, startFake, unusedWays } from "./case.ts";
import type { Reply } from "./fakeHttp.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";
import { oneSignalCase } from "./oneSignal.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(changes: Record<string, unknown> = {}, message = makeMessage(), answers: Reply[] = []) {
  const fake = await startFake(oneSignalCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...answers);
  const config = oneSignal.config.parse({ ...oneSignalCase.config(fake.url), ...changes });
  const { payload } = oneSignal.render(message, config);
  const receipt = await oneSignal.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  return { receipt, body: JSON.parse(fake.requests[0]?.body.toString() ?? "") as Record<string, unknown> };
}

test("devices and segments are targets as well, never two sorts at once", async () => {
  const device = "8b0ee9e1-0000-4000-8000-0000000000aa";
  expect((await deliver({ target: "SUBSCRIPTION_IDS", targets: [device] })).body).toMatchObject({ include_subscription_ids: [device] });
  expect((await deliver({ target: "SEGMENTS", targets: ["Total Subscriptions"] })).body).toMatchObject({ included_segments: ["Total Subscriptions"] });
});

test("a subscription id has to be one", () => {
  const { error } = oneSignal.config.safeParse({ ...oneSignalCase.config("https://x.example"), target: "SUBSCRIPTION_IDS", targets: ["8b0ee9e1-0000-4000-8000-0000000000aa", "user-1"] });
  expect(error?.issues).toMatchObject([{ path: ["targets", 1], message: /must be a subscription id/ }]);
});

test("a recovery takes the place of the first message, and tries of one delivery share their key", async () => {
  const first = await deliver({}, makeStage("FIRST", "CRITICAL", true));
  const recovery = await deliver({}, { ...makeStage("RECOVERY", "CRITICAL", true), id: "0195f3c2-0000-7000-8000-000000000002" });
  expect(recovery.body["collapse_id"]).toBe(first.body["collapse_id"]);
  expect(recovery.body["idempotency_key"]).not.toBe(first.body["idempotency_key"]);
  expect((await deliver({}, makeStage("FIRST", "CRITICAL", true))).body["idempotency_key"]).toBe(first.body["idempotency_key"]);
});

test("the receipt says who was left out", async () => {
  const partly = (errors: unknown) => deliver({}, undefined, [json(200, { id: "b0b0", external_id: null, errors })]);
  expect((await partly({ invalid_aliases: { external_id: ["user-1", "Zoë"] } })).receipt).toEqual({ status: "200, but not to everyone: invalid_aliases: external_id: user-1, Zoë", reference: "b0b0" });
  expect((await partly(["One of them is not subscribed"])).receipt.status).toBe("200, but not to everyone: One of them is not subscribed");
  expect((await partly({ invalid_player_ids: Array.from({ length: 2000 }, String) })).receipt.status).toHaveLength(200);
  expect((await partly({})).receipt.status).toBe("200");
});

test("templates are shown, not filled in", async () => {
  const { body } = await deliver({}, makeMessage({ title: "{{ user.name }}", body: "{\u0000{%a%}{{{b}}}" }));
  expect(body["headings"]).toEqual({ en: "💾 {\u2060{ user.name }}" });
  expect((body["contents"] as { en: string }).en).toMatch(/^\{\u2060\{\u2060%a%\}\{\u2060\{\u2060\{b\}\}\}/);
});

test("a message without a problem replaces nothing", () => {
  const config = oneSignal.config.parse(oneSignalCase.config("https://x.example"));
  const { payload } = oneSignal.render(makeMessage({ condition: null }), config);
  expect(payload).not.toHaveProperty("collapse_id");
  expect(payload).not.toHaveProperty("web_push_topic");
});
