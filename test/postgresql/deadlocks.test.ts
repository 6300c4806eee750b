import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

it("deleting channels while their attempts are recorded, and their messages held, never waits for what waits for it", { timeout: 180_000 }, async () => {
  const DATABASE_URL = await freshPostgresqlUrl();
  const { api, ...server } = await startTestServer({ env: { DATABASE_URL }, clock: systemClock });
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const deadlocks = async () => (await run<{ deadlocks: string }>(DATABASE_URL, `SELECT "deadlocks" FROM "pg_stat_database" WHERE "datname" = current_database()`))[0]?.deadlocks;
  const before = await deadlocks();
  for (let time = 0; time < 12; time += 1) {
    const from = receiver.requests.length;
    // One that sends all at once, and one that is sent too much for and holds the rest.
    const ids = await Promise.all([{ perSecond: 1000, burst: 1000, concurrency: 50 }, { perSecond: 1, burst: 1, concurrency: 1 }].map((pace, at) => api.createChannel(`Hook ${at}`, { webhook: { url: receiver.url } }, { pace })));
    await api.post("/v1/events", Array.from({ length: 100 }, (_, at) => ({ type: "deploy.failure", service: `s${time}-${at}` })));
    await eventually(() => receiver.requests.length > from + time * 4);
    const results = await Promise.all(ids.map((id) => api.run<any>(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id })));
    expect(results.map(({ deleteChannel }) => deleteChannel.__typename)).toEqual(["DeleteChannelPayload", "DeleteChannelPayload"]);
  }
  // Connections tell what they have counted when they end.
  await server[Symbol.asyncDispose]();
  expect(await deadlocks()).toBe(before);
});
