import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp, type Http } from "../../src/providers/http.ts";
import { pusherBeams } from "../../src/providers/pusherBeams.ts";
import { startFake, unusedWays } from "./case.ts";
import { makeMessage, makeStrange, NOW } from "./messages.ts";
import { pusherBeamsCase } from "./pusherBeams.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const context = { ...unusedWays, signal: new AbortController().signal, now: NOW };

async function deliver(changes: Record<string, unknown>, message = makeMessage()) {
  const fake = await startFake(pusherBeamsCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const config = pusherBeams.config.parse({ ...pusherBeamsCase.config(fake.url), ...changes });
  const { payload } = pusherBeams.render(message, config);
  await pusherBeams.send(payload, { ...context, config, message, http });
  expect(fake.complaints).toEqual([]);
  const [request] = fake.requests;
  return { path: request?.path, size: request?.body.length ?? 0, body: JSON.parse(request?.body.toString() ?? "") as { web: { notification: { body: string } } } };
}

test("users are targets as well, with any letters", async () => {
  const { path, body } = await deliver({ target: "USERS", targets: ["Zoë Müller", "user/2"] });
  expect(path).toMatch(/publishes\/users$/);
  expect(body).toMatchObject({ users: ["Zoë Müller", "user/2"] });
});

test.each([
  ["INTERESTS", Array.from({ length: 100 }, (_, index) => `interest-${index}-${"x".repeat(32)}`)],
  ["USERS", Array.from({ length: 1000 }, (_, index) => `user-${index}-${"é".repeat(75)}`)],
])("as many %s as may be leave room for the message", async (target, targets) => {
  const { size, body } = await deliver({ target, targets }, makeStrange('"\\\n'.repeat(5000), true));
  expect(size).toBeGreaterThan(target === "USERS" ? 150_000 : 9_500);
  expect(body.web.notification.body.length).toBeGreaterThan(300);
});

test("the instance's own host is used where no other is given", async () => {
  const { apiBaseUrl: _, ...given } = pusherBeamsCase.config("");
  const config = pusherBeams.config.parse(given);
  const urls: string[] = [];
  const record: Http = ({ url }) => {
    urls.push(url);
    return Promise.resolve({ status: 200, headers: {}, body: '{"publishId":"x"}' });
  };
  await pusherBeams.send(pusherBeams.render(makeMessage(), config).payload, { ...context, config, message: makeMessage(), http: record });
  const { instanceId } = config;
  expect(urls).toEqual([`https://${instanceId}.pushnotifications.pusher.com/publish_api/v1/instances/${instanceId}/publishes/interests`]);
});

test("a trigger's targets that are too many still make a message", () => {
  const config = { ...pusherBeams.config.parse(pusherBeamsCase.config("https://x.example")), targets: Array.from({ length: 1000 }, () => "x".repeat(164)) };
  expect(pusherBeams.render(makeMessage(), config).payload.web.notification.body).toMatch(/at 98 %/);
});
