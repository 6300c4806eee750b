import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { opsgenie } from "../../src/providers/opsgenie.ts";
import type { Message } from "../../src/render/message.ts";
import { CANARY, startFake, unusedWays } from "./case.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";
import { noSuchRequest, opsgenieCase } from "./opsgenie.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const CONDITION = "0195f3c2-0000-7000-8000-0000000000c1";
const closing = (alias: string) => `/base/v2/alerts/${encodeURIComponent(alias)}/close`;

async function deliver(message: Message) {
  const fake = await startFake(opsgenieCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const config = opsgenie.config.parse(opsgenieCase.config(fake.url));
  const { payload } = opsgenie.render(message, config);
  await opsgenie.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  expect(fake.complaints).toEqual([]);
  return fake.requests.map(({ path, body }) => ({ path, body: JSON.parse(body.toString()) as Record<string, unknown> }));
}

test("a problem and what goes on of it have one alias, so that they are one alert", async () => {
  for (const reason of ["FIRST", "ONGOING"] as const) {
    expect(await deliver(makeStage(reason, "WARNING", true))).toMatchObject([{ path: "/base/v2/alerts", body: { alias: CONDITION, priority: "P3" } }]);
  }
});

test("a rise in severity is an alert of its own, so that it reaches people", async () => {
  const message = makeMessage({ reason: "ESCALATED", severity: "CRITICAL" });
  expect(await deliver(message)).toMatchObject([{ path: "/base/v2/alerts", body: { alias: `${CONDITION}:CRITICAL`, priority: "P1" } }]);
});

test("a recovery closes the problem's alert and those of its rises", async () => {
  const requests = await deliver(makeStage("RECOVERY", "INFO", true));
  expect(requests.map(({ path }) => path)).toEqual([closing(`${CONDITION}:CRITICAL`), closing(`${CONDITION}:WARNING`), closing(CONDITION)]);
});

test("a one-off event has its own alias, and a test is of the lowest priority", async () => {
  expect(await deliver(makeMessage({ condition: null }))).toMatchObject([{ body: { alias: makeMessage().id, priority: "P1" } }]);
  expect(await deliver(makeMessage({ condition: null, reason: "TEST" }))).toMatchObject([{ body: { priority: "P5" } }]);
});

test("responders by name, mail address and id", async () => {
  const [request] = await deliver(makeMessage());
  expect(request?.body["responders"]).toEqual([
    { type: "team", name: "Operations" },
    { type: "team", id: "4513b7ea-3b91-438f-b7e4-e3e54af9147c" },
    { type: "user", username: "anna@example.com" },
    { type: "user", id: "712020:4513b7ea" },
    { type: "schedule", name: "Nights" },
    { type: "escalation", name: "All" },
  ]);
});

test("that there is no such request means that the key is good", async () => {
  const fake = await startFake(opsgenieCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(noSuchRequest);
  const config = { apiKey: CANARY, region: "US" as const, apiBaseUrl: `${fake.url}/base` };
  const receipt = await opsgenie.account?.check({ ...unusedWays, config, http, signal: new AbortController().signal, now: NOW });
  expect(receipt?.status).toMatch(/^404.*accepted/);
});
