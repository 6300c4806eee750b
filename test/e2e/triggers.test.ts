import { expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

const NAME_CHANNELS = `mutation ($type: String!, $ids: [ID!]) { updateTrigger(eventType: $type, input: { channelIds: $ids }) { __typename } }`;
const DELETE = `mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`;

it("does not go to everybody when the only channel that a trigger names is deleted", async () => {
  await using server = await startTestServer();
  const only = await server.api.createChannel("Only", { log: true });
  await server.api.run(NAME_CHANNELS, { type: "backup.failure", ids: [only] });
  await server.api.run(DELETE, { id: only });
  const { decision } = await server.api.emit({ type: "backup.failure" });
  expect(decision).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL", channels: [{ channelName: "Inbox", because: "NOT_NAMED_BY_TRIGGER" }] });
});

it("closes a problem of a registered type by a RESOLVED event in other words", async () => {
  await using server = await startTestServer();
  await server.api.emit({ type: "queue.stuck", status: "FIRING", service: "orders", message: "712 jobs wait", details: { jobs: 712 } });
  const { decision } = await server.api.emit({ type: "queue.stuck", status: "RESOLVED", service: "orders", message: "All is well" });
  expect(decision).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM", reason: "RECOVERY" });
  const { conditions } = await server.api.run<{ conditions: { nodes: object[] } }>(`{ conditions { nodes { status count } } }`);
  expect(conditions.nodes).toEqual([{ status: "CLOSED", count: 1 }]);
});

it("registers a type once when many events of it come together", async () => {
  await using server = await startTestServer();
  const results = await Promise.all(Array.from({ length: 20 }, (_, number) => server.api.emit({ type: "Brand New", details: { number } })));
  expect(new Set(results.map(({ event }) => event?.type))).toEqual(new Set(["brand.new"]));
  const { eventTypes } = await server.api.run<{ eventTypes: object[] }>(`{ eventTypes(search: "brand") { name title category builtIn } }`);
  expect(eventTypes).toEqual([{ name: "brand.new", title: "Brand New", category: "custom", builtIn: false }]);
});

it("says what a message held back when the cooldown is over", async () => {
  await using server = await startTestServer();
  const input = { type: "login.new_ip", source: "panel", details: { user: "root", ip: "203.0.113.7" } };
  await server.api.emit(input);
  for (let again = 0; again < 3; again += 1) expect((await server.api.emit(input)).decision).toMatchObject({ action: "SUPPRESS", because: "COOLDOWN" });
  server.clock.advance(3_600_000);
  await server.api.emit(input);
  const attempts = await eventually(async () => {
    const all = await server.api.history();
    return all.length === 2 && all;
  });
  expect(attempts[1]?.body).toContain("3 repeats were held back before this one.");
});
