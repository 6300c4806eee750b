import { expect, it } from "vitest";
import { startTestServer } from "./testServer.ts";

const DAY = 86_400_000;

it("deletes at once what the settings no longer keep, and nothing when they keep more", async () => {
  await using server = await startTestServer();
  const { api, clock } = server;
  const kept = async () => {
    const { history, events } = await api.run<any>(`{ history { nodes { event { service } } } events { nodes { service } } }`);
    return [history.nodes.map(({ event }: any) => event?.service ?? null), events.nodes.map(({ service }: any) => service)];
  };
  const set = (historyDays: number) => api.run(`mutation ($historyDays: Int!) { updateSettings(input: { historyDays: $historyDays }) { __typename } }`, { historyDays });
  await api.emit({ type: "deploy.success", service: "old" });
  await api.settled();
  clock.advance(5 * DAY);
  await api.emit({ type: "deploy.success", service: "young" });
  await api.settled();
  await set(100);
  await server.idle();
  expect(await kept()).toEqual([["young", "old"], ["young", "old"]]);
  await set(3);
  clock.advance(1);
  await expect.poll(kept).toEqual([["young"], ["young"]]);
});
