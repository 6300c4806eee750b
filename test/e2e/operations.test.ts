import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const OPERATIONS = join(import.meta.dirname, "..", "..", "schema", "operations");
const files = readdirSync(OPERATIONS).filter((name) => name.endsWith(".graphql")).sort();

/** What each shows a newcomer, as far as it is worth a check. */
const SHOWS: Record<string, object> = {
  "emit-event": { emitEvent: { decision: { action: "SEND", channels: [{ channelName: "Inbox", action: "SEND" }] } } },
  "simulate-event": { simulateEvent: { decision: { action: "SUPPRESS", because: "BELOW_THRESHOLD" } } },
  "create-webhook-channel": { createChannel: { channel: { name: "Ops webhook", kind: "WEBHOOK", config: { method: "POST", secretsSet: ["url", "secret"] } } } },
  "create-email-channel": { createChannel: { channel: { name: "Ops mail", kind: "EMAIL", config: { to: ["ops@example.com", "oncall@example.com"] } } } },
  "test-channel-config": { testChannelConfig: { delivered: false, outcome: "TRANSIENT", hint: "Nothing listens on that host and port." } },
  history: { history: { totalCount: 1, nodes: [{ type: "deploy.success", outcome: "DELIVERED" }] } },
  "trigger-settings": { eventType: { name: "disk.space_low", threshold: { steps: [90] } } },
  "update-trigger": { updateTrigger: { eventType: { cooldown: "PT30M", threshold: { steps: [80, 90, 95] } } } },
  inbox: { inbox: { totalCount: 2 } },
  "create-access-token": { createAccessToken: { accessToken: { role: "PRODUCER" } } },
  "emit-events": { emitEvents: { acceptedCount: 3 } },
  silence: { createSilence: { silence: { state: "ACTIVE", active: true }, warnings: [] } },
  inhibition: { createInhibitionRule: { inhibitionRule: { whileOpen: ["node.disconnect"] }, warnings: [] } },
  "escalation-policy": { createEscalationPolicy: { escalationPolicy: { rounds: 3, reminder: "PT4H", steps: [{ delay: "PT5M", channels: [{ name: "Ops webhook" }] }, { delay: "PT15M" }] } } },
  contact: { createContact: { contact: { name: "Ann", deletionImpact: { channels: [] } } } },
  "alert-rule": { createAlertRule: { alertRule: { position: 0 }, warnings: ["It leads to no channel."] } },
  people: { contacts: { nodes: [{ name: "Ann" }] }, alertRules: { nodes: [{ matchesNothing: false }] } },
  "audit-log": { auditLog: { nodes: expect.arrayContaining([expect.objectContaining({ action: "createChannel", subjectName: "Ops mail", actorName: "first administrator" })]) } },
  "export-configuration": { exportConfiguration: { document: { carillon: 1, contacts: [{ name: "Ann" }] } } },
  "import-configuration": { importConfiguration: { applied: false, changes: [{ action: "UPDATE", section: "settings" }, { action: "CREATE", section: "channels", name: "Standard output" }] } },
  "update-channel": { updateChannel: { channel: { minimumSeverity: "CRITICAL" } } },
};

/** The example operations as GraphiQL shows them: run one after the other against one new server, as a newcomer would. */
describe("the example operations", () => {
  let server: TestServer;
  let channelId = "";

  beforeAll(async () => {
    server = await startTestServer();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  it.each(files)("%s runs as it stands", async (file) => {
    const query = readFileSync(join(OPERATIONS, file), "utf8");
    // The one thing that a person fills in by hand.
    const variables = filledIn(variablesOf(file), channelId);
    if (/^subscription/m.test(query)) return watch(query, variables);
    // What the first one has set off is stored by now.
    if (file.endsWith("-history.graphql")) await eventually(async () => (await server.api.history()).length === 1);
    const { status, body } = await server.api.raw(query, variables);
    expect(body.errors).toBeUndefined();
    expect(status).toBe(200);
    for (const result of Object.values(body.data as Record<string, { __typename?: string; nodes?: unknown[] } | null>)) {
      expect(result).not.toBeNull();
      if (result?.__typename) expect(result.__typename).toMatch(/Payload$/);
    }
    if (/^query/m.test(query)) expect(body).toEqual(await byGraphqlServer(query, variables));
    if (file.includes("-channels.")) channelId = body.data.channels.nodes.find(({ name }: { name: string }) => name === "Ops webhook").id;
    expect(body.data).toMatchObject(SHOWS[file.replace(/^\d+-|\.graphql$/g, "")] ?? {});
  });

  /** The same, run by the GraphQL server: a browser's request, with an Origin. */
  async function byGraphqlServer(query: string, variables: object): Promise<unknown> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${server.api.token}`, origin: "https://example.com" };
    return (await fetch(`${server.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) })).json();
  }

  /** The live feed gives what an event sets off. */
  async function watch(query: string, variables: Record<string, unknown>): Promise<void> {
    const client = createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${server.api.token}` } });
    try {
      const after = (await server.api.run<{ liveCursor: string }>("{ liveCursor }")).liveCursor;
      await server.api.emit({ type: "deploy.success", service: "seen on the feed" });
      for await (const { data, errors } of client.iterate({ query, variables: { ...variables, after } })) {
        expect(errors).toBeUndefined();
        expect(data?.["notificationDispatched"]).toMatchObject({ missed: 0, attempt: { type: "deploy.success", channelName: "Inbox", outcome: "DELIVERED" } });
        return;
      }
    } finally {
      await client.dispose();
    }
  }
});

function filledIn(variables: Record<string, unknown>, channelId: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(variables).replace(/"<[^"]*>"/g, JSON.stringify(channelId))) as Record<string, unknown>;
}

function variablesOf(file: string): Record<string, unknown> {
  const path = join(OPERATIONS, file.replace(/\.graphql$/, ".variables.json"));
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>) : {};
}
