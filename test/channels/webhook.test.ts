import { Webhook } from "standardwebhooks";
import { afterAll, expect, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { webhook } from "../../src/providers/webhook.ts";
import { unusedWays } from "./case.ts";
import { startFakeHttp } from "./fakeHttp.ts";
import { makeMessage, NOW } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

async function sendBody(body: string, settings: object, id = "msg_0001", now = NOW) {
  await using fake = await startFakeHttp();
  const config = webhook.config.parse({ url: `${fake.url}/hook`, ...settings });
  const message = makeMessage({ id });
  await webhook.send(body, { ...unusedWays, config, message, http, signal: new AbortController().signal, now });
  const [request] = fake.requests;
  if (!request) throw new Error("no request");
  return request;
}

test("signatures are those of the published vectors, over the exact bytes", async () => {
  const body = '{"event":"alert.firing","id":"a1","n":2}';
  const request = await sendBody(body, { secret: "topsecret", signingSecret: SECRET }, "msg_0001", new Date(1_700_000_000_000));
  expect(request.body.toString()).toBe(body);
  expect(request.headers).toMatchObject({
    "x-signature-256": "sha256=00450c4b8b058a977908d6d1ae576516fbd35cdfd2c54fbb58928ac7bc3937b2",
    "webhook-id": "msg_0001",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1,zCr9PEmTXF3N0gkWkSn149TARzDrvHTF5ghm6qrP2ps=",
  });
});

test("the Standard Webhooks library takes a whole message", async () => {
  const { text, payload } = webhook.render(makeMessage({ body: "äöü 👩‍🚀" }), webhook.config.parse({ url: "https://x.example" }));
  const request = await sendBody(payload, { signingSecret: SECRET }, "msg_2", new Date());
  expect(new Webhook(SECRET).verify(request.body, request.headers as Record<string, string>)).toEqual(JSON.parse(text));
});

test("without secrets there are no signatures, but the id to know repeats by", async () => {
  const { headers, method } = await sendBody("{}", {});
  expect(method).toBe("POST");
  expect(headers).toMatchObject({ "webhook-id": "msg_0001", "x-carillon-delivery": "msg_0001", "x-carillon-event": "storage.disk.full" });
  expect(headers).not.toHaveProperty("x-signature-256");
  expect(headers).not.toHaveProperty("webhook-signature");
});

test("one-off events count once and have no condition", () => {
  const { text } = webhook.render(makeMessage({ condition: null }), webhook.config.parse({ url: "https://x.example" }));
  expect(JSON.parse(text)).toMatchObject({ conditionId: null, count: 1, timestamp: "2026-03-01T11:59:58.123Z" });
});
