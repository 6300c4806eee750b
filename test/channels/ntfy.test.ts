import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { ntfy } from "../../src/providers/ntfy.ts";
import { CANARY, startFake, unusedWays } from "./case.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";
import { ntfyCase, ntfyErrors } from "./ntfy.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const ways = { ...unusedWays, http, signal: new AbortController().signal, now: NOW };

async function startNtfy() {
  const fake = await startFake(ntfyCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

test("later messages of a problem name the same sequence, so they take the first one's place; single events name none", async () => {
  const config = ntfy.config.parse({ topic: "alerts" });
  const sequences = (["FIRST", "ONGOING", "RECOVERY"] as const).map((reason) => ntfy.render(makeStage(reason, "CRITICAL", true), config).payload);
  expect(new Set(sequences.map((payload) => JSON.stringify(payload).match(/"sequence_id":"[^"]+"/)?.[0])).size).toBe(1);
  expect(ntfy.render(makeMessage({ condition: null }), config).payload).not.toHaveProperty("sequence_id");
});

test.each(['"', "\\", "\n.", "é\""])("a long text of %j stays within the request's limit", async (part) => {
  const fake = await startNtfy();
  const tags = Array.from({ length: 10 }, (_, index) => `${index}${"x".repeat(31)}`);
  const config = ntfy.config.parse({ ...ntfyCase.config(fake.url), topic: "t".repeat(64), tags });
  for (const rich of [true, false]) {
    const message = makeMessage({ rich, title: part.repeat(9000), body: part.repeat(9000), displayName: part.repeat(9000) });
    await ntfy.send(ntfy.render(message, config).payload, { ...ways, config, message });
  }
  expect(fake.complaints).toEqual([]);
});

test("user and password are sent where there is no token; a public topic needs neither", async () => {
  const fake = await startNtfy();
  const message = makeMessage();
  const config = ntfy.config.parse({ topic: "alerts", serverUrl: fake.url, user: "carillon", password: CANARY });
  await ntfy.send(ntfy.render(message, config).payload, { ...ways, config, message });
  expect(fake.complaints).toEqual([]);
  expect(fake.requests[0]?.headers.authorization).toMatch(/^Basic /);
  fake.script.push({ status: 200, body: '{"id":"x"}' });
  const open = ntfy.config.parse({ topic: "alerts", serverUrl: fake.url });
  await ntfy.send(ntfy.render(message, open).payload, { ...ways, config: open, message });
  expect(fake.requests[1]?.headers).not.toHaveProperty("authorization");
});

test("a server without accounts to ask for is not checked", async () => {
  const fake = await startNtfy();
  fake.script.push(ntfyErrors.noAccountApi);
  const config = { serverUrl: fake.url };
  const receipt = await ntfy.account?.check({ ...ways, config });
  expect(receipt?.status).toMatch(/^not checked/);
});
