import { expect, test } from "vitest";
import { pagerduty } from "../../src/providers/pagerduty.ts";
import type { Message } from "../../src/render/message.ts";
import { makeMessage, makeStage } from "./messages.ts";
import { pagerdutyCase } from "./pagerduty.contract.ts";

const config = pagerduty.config.parse(pagerdutyCase.config("https://relay.example"));
const render = (message: Message) => pagerduty.render(message, config).payload;

test("a recovery resolves the alert of its condition", () => {
  expect(render(makeStage("RECOVERY", "CRITICAL", true))).toEqual({ event_action: "resolve", dedup_key: makeMessage().condition?.id });
});

test("a one-off event has its own key", () => {
  expect(render(makeMessage({ condition: null }))).toMatchObject({ event_action: "trigger", dedup_key: makeMessage().id, payload: { severity: "critical" } });
});

test("a test is only information", () => {
  expect(render(makeMessage({ condition: null, reason: "TEST" }))).toMatchObject({ event_action: "trigger", payload: { severity: "info" } });
});

test("even what JSON makes twice as long stays below 512,000 bytes", () => {
  const long = '"'.repeat(400_000);
  const message = makeMessage({ body: long, facts: Array.from({ length: 100 }, () => ({ label: long, value: long })) });
  expect(Buffer.byteLength(JSON.stringify(render(message)))).toBeLessThan(512_000);
});

test.each([["US", "https://events.pagerduty.com/v2/enqueue"], ["EU", "https://events.eu.pagerduty.com/v2/enqueue"]])("the region %s has its URL", async (region, url) => {
  const seen: string[] = [];
  const regional = pagerduty.config.parse({ routingKey: config.routingKey, region });
  await pagerduty.send(pagerduty.render(makeMessage(), regional).payload, {
    config: regional,
    http: (request: { url: string }) => {
      seen.push(request.url);
      return Promise.resolve({ status: 202, headers: {}, body: "{}" });
    },
  } as unknown as Parameters<typeof pagerduty.send>[1]);
  expect(seen).toEqual([url]);
});
