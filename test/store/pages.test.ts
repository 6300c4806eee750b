import { beforeAll, expect, it } from "vitest";
import type { ApiClient } from "../e2e/apiClient.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { watchReading } from "./statements.ts";

/** Everything that the rows of the long lists lead to, each by a page of its own. */
const PAGES: Record<string, string> = {
  history: "id event { title condition { title } deliveries { state } } delivery { state event { title } channel { name overrides { enabled } } insteadOf { id } }",
  deliveries: "id event { title condition { title inhibitedBy { title } } deliveries { state channel { name } } } channel { name fallback { name } overrides { enabled } contact { name } } insteadOf { state channel { name } }",
  inbox: "id channel { name fallback { name } overrides { enabled } }",
  events: "id decision { because channels { channelName } } condition { title lastNotifiedAt inhibitedBy { title } escalations { startedAt } } deliveries { state channel { name } event { title } }",
  conditions: "id lastNotifiedAt inhibitedBy { title } events(first: 1) { pageInfo { hasNextPage } nodes { title deliveries { state } } } flappingSince escalations { startedAt notices { delivery { state } } }",
};

const FEW = 2;
const MANY = 14;
/** What leads to nothing needs no statement: a few rows more may need some that fewer did not. */
const MORE = 3;

let server: TestServer;
let customer: ApiClient;

beforeAll(async () => {
  server = await startTestServer();
  const { api } = server;
  await api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
  const { createAccessToken } = await api.run<any>(`mutation { createAccessToken(input: { name: "acme", role: CUSTOMER, customer: "acme" }) { ... on CreateAccessTokenPayload { token } } }`);
  customer = api.as(createAccessToken.token);
  await customer.createChannel("Own", { inbox: true });
  // A problem for each, one after the other told, cooled down and an occurrence.
  for (let at = 0; at < MANY; at += 1) {
    for (const status of ["FIRING", "FIRING"]) await api.emit({ type: "monitor.down", service: `s${at}`, customer: "acme", status });
    for (let again = 0; again < 2; again += 1) await api.emit({ type: "deploy.success", service: `s${at}`, customer: "acme" });
  }
  await api.settled();
  return () => server[Symbol.asyncDispose]();
});

it.each(Object.entries(PAGES))("a page of %s needs no statement for each row, whatever its rows lead to", async (list, fields) => {
  const reading = watchReading();
  for (const api of [server.api, customer]) {
    const page = async (first: number): Promise<string[]> => {
      await server.idle();
      return reading(async () => {
        const data = await api.run<any>(`{ ${list}(first: ${first}) { nodes { ${fields} } } }`);
        expect(data[list].nodes).toHaveLength(first);
      });
    };
    const [few, many] = [await page(FEW), await page(MANY)];
    expect(few.length).toBeGreaterThan(1);
    expect(many.length, many.join("\n")).toBeLessThanOrEqual(few.length + MORE);
  }
});
