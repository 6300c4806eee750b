import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { pushbullet } from "../../src/providers/pushbullet.ts";
import { waitUntil } from "../../src/providers/resetTime.ts";
import { startFake, unusedWays } from "./case.ts";
import { makeMessage, NOW } from "./messages.ts";
import { pushbulletCase } from "./pushbullet.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

/** `recipient` is what a trigger sets, which is not checked along with the rest. */
async function deliver(targets: object, recipient: object = {}) {
  const fake = await startFake(pushbulletCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const config = { ...pushbullet.config.parse({ ...pushbulletCase.config(fake.url), email: "", ...targets }), ...recipient };
  const message = makeMessage();
  const { payload } = pushbullet.render(message, config);
  const receipt = await pushbullet.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW }).catch((error: unknown) => error);
  expect(fake.complaints).toEqual([]);
  return { receipt, bodies: fake.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>) };
}

test.each([
  [{ device: "ujpah72o0sjAoRtnM0jc" }, { device_iden: "ujpah72o0sjAoRtnM0jc" }],
  [{ channelTag: "#my-alerts" }, { channel_tag: "my-alerts" }],
  [{}, {}],
])("%j is sent as %j", async (given, sent) => {
  const { bodies } = await deliver(given);
  const { type, title, body, guid, ...target } = bodies[0] ?? {};
  expect([type, title, body, guid].every((value) => typeof value === "string")).toBe(true);
  expect(target).toEqual(sent);
});

test("a trigger's target of another kind needs the channel's one emptied", async () => {
  const refused = await deliver({ device: "ujpah72o0" }, { email: "anna@example.com" });
  expect(refused).toMatchObject({ receipt: { failure: { outcome: "PERMANENT", hint: expect.stringMatching(/empty text in the trigger/) as string } }, bodies: [] });
  const taken = await deliver({ device: "ujpah72o0" }, { device: "", email: "anna@example.com" });
  expect(taken).toMatchObject({ receipt: { status: "200" }, bodies: [{ email: "anna@example.com" }] });
});

test("the second and third target are each told to go", () => {
  const given = { ...pushbulletCase.config("https://relay.example"), device: "ujpah72o0", channelTag: "alerts" };
  expect(pushbullet.config.safeParse(given).error?.issues).toMatchObject([{ path: ["email"] }, { path: ["channelTag"] }]);
});

test.each([undefined, "", "soon", "30", "1772366400", "1432447070"])("%s is no time to wait until", (reset) => {
  expect(waitUntil(reset, NOW)).toBeUndefined();
});
