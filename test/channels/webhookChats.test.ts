import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { mattermost } from "../../src/providers/mattermost.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { rocketChat } from "../../src/providers/rocketChat.ts";
import { teams } from "../../src/providers/teams.ts";
import type { Message } from "../../src/render/message.ts";
import { type ContractCase, startFake, unusedWays } from "./case.ts";
import { googleChatCase } from "./googleChat.contract.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(contract: ContractCase, message: Message, input: ContractCase["config"] = contract.config) {
  const fake = await startFake(contract);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const provider: Provider = contract.provider;
  const config = provider.config.parse(input(fake.url));
  const { payload } = provider.render(message, config);
  await provider.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  const [request] = fake.requests;
  return { query: request?.query, body: JSON.parse(String(request?.body)) as Record<string, unknown> };
}

test.each([
  "https://prod-12.westeurope.logic.azure.com:443/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sig=x",
  "https://default0a1b.2c.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig=x",
  "https://default0a1b.2c.environment.api.powerplatform.com:443/powerautomate/automations/direct/cu/12/workflows/0a1b/triggers/manual/paths/invoke?sig=x",
])("Teams takes %s", (url) => {
  expect(teams.config.safeParse({ url }).error).toBeUndefined();
});

function teamsText(body: string): string {
  const { payload } = teams.render(makeMessage({ body }), { url: "" });
  const [, block] = payload.attachments[0]?.content.body as { text: string }[];
  return block?.text ?? "";
}

test.each([
  ["a_b snake_case_name -5 °C C:\\temp #7 a [b] c", "a_b snake_case_name -5 °C C:\\temp #7 a [b] c"],
  ["*b* _i_ [t](https://x.example)", "\\*b\\* \\_i\\_ [t\\](https://x.example)"],
  ["- a\n2. b\n# c\n    d", "\\- a\n\n2\\. b\n\n\\# c\n\n\u00A0\u00A0\u00A0\u00A0d"],
  ["a\\*b &amp; R&D", "a\\\u2060\\*b \\&amp; R&D"],
])("Teams shows %j as it is, with as few backslashes as can be", (body, expected) => {
  expect(teamsText(body)).toBe(expected);
});

test("Teams cards use the room that there is", () => {
  const { payload } = teams.render(makeMessage({ body: '"ä\n'.repeat(20_000) }), { url: "" });
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  expect(bytes).toBeGreaterThan(27_900);
  expect(bytes).toBeLessThanOrEqual(28_000);
});

test("a recovery goes into the Google Chat thread of its problem", async () => {
  const url = googleChatCase.goldenConfig ?? googleChatCase.config;
  const first = await deliver(googleChatCase, makeStage("FIRST", "CRITICAL", true), url);
  const last = await deliver(googleChatCase, makeStage("RECOVERY", "CRITICAL", false), url);
  expect(first.body["thread"]).toEqual({ threadKey: "0195f3c2-0000-7000-8000-0000000000c1" });
  expect(last.body["thread"]).toEqual(first.body["thread"]);
  expect(last.query?.get("messageReplyOption")).toBe("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
});

test("a one-off event begins a Google Chat thread of its own, unless there is a fixed one", async () => {
  const once = makeMessage({ condition: null });
  const free = await deliver(googleChatCase, once, googleChatCase.goldenConfig);
  expect(free.body).not.toHaveProperty("thread");
  expect(free.query?.has("messageReplyOption")).toBe(false);
  const fixed = await deliver(googleChatCase, once, (url) => ({ ...googleChatCase.config(url), threadKey: "alerts" }));
  expect(fixed.body["thread"]).toEqual({ threadKey: "alerts" });
});

test("a Google Chat message with the longest thread key keeps within the limit", async () => {
  const message = makeMessage({ body: "ä".repeat(40_000), facts: Array.from({ length: 90 }, (_, index) => ({ label: `Fact ${index}`, value: "<".repeat(3000) })) });
  await deliver(googleChatCase, message, (url) => ({ ...googleChatCase.config(url), threadKey: "\"ä".repeat(2000) }));
});

test("Mattermost marks only problems that are critical and not over", () => {
  const priority = (message: Message) => mattermost.render(message, { url: "" }).payload.priority;
  expect(priority(makeStage("FIRST", "CRITICAL", true))).toEqual({ priority: "urgent" });
  expect(priority(makeStage("FIRST", "WARNING", true))).toBeUndefined();
  expect(priority(makeStage("RECOVERY", "CRITICAL", true))).toBeUndefined();
});

test("Rocket.Chat text has no backslash that would begin a formula", () => {
  const { payload } = rocketChat.render(makeMessage({ rich: false, title: "t", body: "\\(a\\) [l](https://x.example) *b* @all ||s|| <https://x.example|n>\n- i" }), { url: "" });
  expect(payload.text).toContain(
    "\\\u2060(a\\\u2060) [l]\u2060(https://x.example) \\*b\\* @\u2060all |\u2060|s|\u2060| <\u2060https://x.example|n>  \n\u2060- i",
  );
});
