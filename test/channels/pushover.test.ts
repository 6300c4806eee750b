import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { pushover } from "../../src/providers/pushover.ts";
import { startFake, unusedWays } from "./case.ts";
import type { Answer } from "./fakeHttp.ts";
import { makeStage, NOW } from "./messages.ts";
import { pushoverCase, pushoverErrors } from "./pushover.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const CANCEL = "/base/1/receipts/cancel_by_tag/0195f3c2-0000-7000-8000-0000000000c1.json";
const SEND = "/base/1/messages.json";

async function deliver({ answers = [], reason = "RECOVERY" as const, ...changes }: { answers?: Answer[]; reason?: "FIRST" | "RECOVERY"; criticalPriority?: number }) {
  const fake = await startFake(pushoverCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...answers);
  const config = pushover.config.parse({ ...pushoverCase.config(fake.url), ...changes });
  const message = makeStage(reason, "CRITICAL", true);
  const { payload } = pushover.render(message, config);
  const receipt = await pushover.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW }).catch((error: unknown) => error);
  expect(fake.complaints).toEqual([]);
  return { receipt, paths: fake.requests.map(({ path }) => path) };
}

test("a message that is repeated until it is confirmed is tagged, and its recovery stops it first", async () => {
  expect(await deliver({ reason: "FIRST" })).toMatchObject({ paths: [SEND] });
  expect(await deliver({})).toMatchObject({ receipt: { status: "200" }, paths: [CANCEL, SEND] });
});

test("there is nothing to stop where no priority is 2", async () => {
  expect(await deliver({ criticalPriority: 1 })).toMatchObject({ receipt: { status: "200" }, paths: [SEND] });
});

test.each([pushoverErrors.noSuchTag, "RESET"] as const)("the recovery is told even when stopping is refused: %s", async (answer) => {
  expect(await deliver({ answers: [answer] })).toMatchObject({ receipt: { status: "200" }, paths: [CANCEL, SEND] });
});

test("both are tried again later when Pushover is down", async () => {
  expect(await deliver({ answers: [pushoverErrors.down] })).toMatchObject({ receipt: { failure: { outcome: "TRANSIENT", retryAfterMs: 5000 } }, paths: [CANCEL] });
});
