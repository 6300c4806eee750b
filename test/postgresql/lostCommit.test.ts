import { expect, it, onTestFinished } from "vitest";
import { startTestServer } from "../e2e/testServer.ts";
import { startCable } from "./cable.ts";
import { freshPostgresqlUrl } from "./freshDatabase.ts";

/** What was committed while the answer was lost is neither forgotten nor done twice. */

async function setUp() {
  const cable = await startCable(new URL(await freshPostgresqlUrl()));
  const server = await startTestServer({ env: { DATABASE_URL: cable.url } });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { cable, ...server };
}

it("settings come into force, though whoever changed them was told that it is not known", async () => {
  const { cable, api } = await setUp();
  cable.loseAnswer("Perhaps stored");
  const answer = await api.raw(`mutation { createChannel(input: { name: "Perhaps stored", config: { log: true } }) { __typename } }`);
  expect([cable.lost, answer.body.errors?.[0]?.extensions?.code]).toEqual([1, "UNAVAILABLE"]);
  const named = async () => (await api.run<any>(`{ simulateEvent(input: { type: "deploy.failure" }) { ... on SimulateEventPayload { decision { channels { channelName } } } } }`)).simulateEvent.decision.channels.map(({ channelName }: { channelName: string }) => channelName);
  await expect.poll(named).toContain("Perhaps stored");
});

it("an attempt is in the history once", async () => {
  const { cable, api, clock, idle } = await setUp();
  cable.loseAnswer(`"outcome":"DELIVERED"`);
  await api.emit({ type: "deploy.failure" });
  await expect.poll(() => cable.lost).toBe(1);
  // It is recorded again.
  for (let time = 0; time < 2; time += 1) {
    await idle();
    clock.advance(1_000);
  }
  await idle();
  expect((await api.history()).map(({ title }) => title)).toEqual(["Deploy failed"]);
});
