import { expect, it } from "vitest";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

it("takes an event in and keeps it in the inbox of a new installation", async () => {
  await using server = await startTestServer();
  const result = await server.api.emit({ type: "deploy.success", service: "my-app" });
  expect(result).toMatchObject({ __typename: "EmitEventPayload", decision: { action: "SEND", channels: [{ channelName: "Inbox", action: "SEND" }] } });
  const [attempt] = await eventually(async () => {
    const attempts = await server.api.history();
    return attempts.length > 0 && attempts;
  });
  expect(attempt).toMatchObject({ channelName: "Inbox", outcome: "DELIVERED", type: "deploy.success" });
});

it("lets pages of other origins ask with a token, and trusts none by its origin", async () => {
  await using server = await startTestServer();
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${server.api.token}`, origin: "https://dashboard.example.com" },
    body: JSON.stringify({ query: "{ viewer { role } }" }),
  });
  expect(await response.json()).toEqual({ data: { viewer: { role: "ADMIN" } } });
  expect(response.headers.get("access-control-allow-origin")).toBe("https://dashboard.example.com");
  expect(response.headers.get("access-control-allow-credentials")).toBeNull();
});
