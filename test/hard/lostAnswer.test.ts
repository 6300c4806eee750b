import { rmSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";

/** A receiver whose answer was lost may know of the problem: it must hear of its end. One that refused does not know of it. */
it.each<{ name: string; answer: Answer; restart: boolean; told: string[] }>([
  { name: "the answer was cut off", answer: "CUT_OFF", restart: false, told: ["service.health.down", "service.health.recovered"] },
  { name: "the answer was cut off, and the server started again", answer: "CUT_OFF", restart: true, told: ["service.health.down", "service.health.recovered"] },
  { name: "the connection was reset", answer: "RESET", restart: false, told: ["service.health.down", "service.health.recovered"] },
  { name: "it was refused for now", answer: { status: 503 }, restart: false, told: ["service.health.down"] },
  { name: "it was refused for now, and the server started again", answer: { status: 503 }, restart: true, told: ["service.health.down"] },
])("a problem is over before its second try: $name", async ({ answer, restart, told }) => {
  await using hook = await startFakeHttp();
  hook.script = [answer];
  const clock = createManualClock();
  let server = await startTestServer({ clock });
  const { dataDir } = server;
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  await server.api.createChannel("hook", { webhook: { url: hook.url } });
  await server.api.emit({ type: "service.health.down", service: "web" });
  await eventually(async () => (await server.api.history({ kinds: ["WEBHOOK"] })).length === 1);
  if (restart) {
    await server.app.close();
    server = await startTestServer({ clock, dataDir });
  }
  await server.api.emit({ type: "service.health.recovered", service: "web" });
  clock.advance(10_000);
  await eventually(() => hook.requests.length >= told.length);
  await eventually(async () => {
    clock.advance(1000);
    return (await server.api.run<any>(`{ events { nodes { deliveries { state channel { name } } } } }`)).events.nodes.every((event: any) => event.deliveries.every(({ state }: any) => state !== "PENDING" && state !== "RETRY"));
  });
  // Whether the problem is told again before its end does not matter; its id is the same then.
  const news = new Map(hook.requests.map(({ headers, body }) => [headers["webhook-id"], (JSON.parse(body.toString()) as { event: string }).event]));
  expect([...news.values()]).toEqual(told);
  await server[Symbol.asyncDispose]();
});
