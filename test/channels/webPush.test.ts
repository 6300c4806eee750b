import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { DeliveryError } from "../../src/providers/provider.ts";
import { webPush } from "../../src/providers/webPush.ts";
import { startFake, unusedWays } from "./case.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";
import { decrypt, webPushCase } from "./webPush.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const context = { ...unusedWays, http, signal: new AbortController().signal, now: NOW };

test("each message is encrypted anew, and all of a problem have one topic and one tag", async () => {
  const fake = await startFake(webPushCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const config = webPush.config.parse(webPushCase.config(fake.url));
  for (const message of [makeStage("FIRST", "CRITICAL", true), makeStage("FIRST", "CRITICAL", true), makeStage("RECOVERY", "CRITICAL", true)]) {
    await webPush.send(webPush.render(message, config).payload, { ...context, config, message });
  }
  expect(fake.complaints).toEqual([]);
  const [first, again, recovery] = fake.requests;
  expect(again?.body).not.toEqual(first?.body);
  expect(new Set(fake.requests.map(({ headers }) => headers["topic"])).size).toBe(1);
  expect(new Set(fake.requests.map(({ body }) => decrypt(body)["tag"])).size).toBe(1);
  expect([first, recovery].map((request) => request?.headers["urgency"])).toEqual(["high", "low"]);
});

test("a message without a problem has a tag of its own and no topic", () => {
  const message = makeMessage({ condition: null });
  const { payload } = webPush.render(message, webPush.config.parse(webPushCase.config("https://push.example")));
  expect(payload.content.tag).toBe(message.id);
  expect(payload).not.toHaveProperty("topic");
});

test("keys may come in plain base64 with padding", () => {
  const valid = webPushCase.config("https://push.example");
  const padded = Object.fromEntries(["p256dh", "auth", "publicKey", "privateKey"].map((name) => [name, Buffer.from(String(valid[name]), "base64url").toString("base64")]));
  expect(webPush.config.parse({ ...valid, ...padded })).toEqual(webPush.config.parse(valid));
});

test("the check finds keys that are no pair", async () => {
  const config = webPush.config.parse({ ...webPushCase.config("https://push.example"), privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94" });
  const error = await webPush.account?.check({ ...context, config }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeliveryError);
  expect((error as DeliveryError).failure).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/one pair/) });
});

test("a push service sees that the token is signed with another key", async () => {
  const fake = await startFake(webPushCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const config = webPush.config.parse({ ...webPushCase.config(fake.url), privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94" });
  const message = makeMessage();
  const error = await webPush.send(webPush.render(message, config).payload, { ...context, config, message }).catch((reason: unknown) => reason);
  expect((error as DeliveryError).failure).toMatchObject({ outcome: "PERMANENT", status: "403", message: "invalid JWT provided", hint: expect.stringMatching(/one pair/) });
  expect(fake.complaints).toEqual(["invalid JWT provided"]);
});
