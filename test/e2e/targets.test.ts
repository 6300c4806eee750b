import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { startTestServer } from "./testServer.ts";

/** What channels may send to, by the whole server: the rules for addresses, in every form that an address can have. */

const TEST_CONFIG = `mutation ($config: ChannelConfigInput!) { testChannelConfig(config: $config) { ... on TestChannelConfigPayload { outcome error hint } ... on Error { message } } }`;

/** Loopback in every disguise. */
const LOOPBACK = ["127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "localhost", "127.0.0.1."];
/** Where cloud machines keep their credentials, and other addresses that are nobody's receiver. */
const NEVER = ["169.254.169.254", "2852039166", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1", "100.100.100.200"];

describe("targets", () => {
  it("in private networks are refused where PRIVATE_TARGETS is false, without a connection", async () => {
    await using receiver = await startFakeHttp();
    await using smtp = await startSmtpSink({ tls: "NONE" });
    await using server = await startTestServer({ env: { PRIVATE_TARGETS: "false" } });
    const { port } = new URL(receiver.url);
    for (const host of LOOPBACK) {
      const { testChannelConfig } = await server.api.run<any>(TEST_CONFIG, { config: { webhook: { url: `http://${host}:${port}/` } } });
      expect(testChannelConfig, host).toMatchObject({ outcome: "PERMANENT", error: expect.stringContaining("was not contacted"), hint: expect.stringContaining("private networks") });
    }
    const mail = await server.api.run<any>(TEST_CONFIG, { config: { email: { host: "localhost", port: smtp.port, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } } });
    expect(mail.testChannelConfig).toMatchObject({ outcome: "PERMANENT", hint: expect.stringContaining("private networks") });
    expect([receiver.requests.length, smtp.messages.length]).toEqual([0, 0]);
  });

  it("that are never anybody's receiver are refused even where private ones are allowed", async () => {
    await using server = await startTestServer();
    for (const host of NEVER) {
      const { testChannelConfig } = await server.api.run<any>(TEST_CONFIG, { config: { webhook: { url: `http://${host}/latest/meta-data/` } } });
      expect(testChannelConfig, host).toMatchObject({ outcome: "PERMANENT", hint: expect.stringContaining("cannot be targets") });
    }
  });

  it("that redirect elsewhere are not followed", async () => {
    await using elsewhere = await startFakeHttp();
    await using receiver = await startFakeHttp(() => ({ status: 307, headers: { location: elsewhere.url } }));
    await using server = await startTestServer();
    const { testChannelConfig } = await server.api.run<any>(TEST_CONFIG, { config: { webhook: { url: receiver.url } } });
    expect(testChannelConfig).toMatchObject({ outcome: "PERMANENT", hint: expect.stringContaining("Redirects are not followed") });
    expect(elsewhere.requests).toEqual([]);
  });

  it("of a customer's channel are never in private networks, and it runs no programs here", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "carillon-targets-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    await using receiver = await startFakeHttp();
    {
      await using server = await startTestServer({ dataDir });
      await server.api.createChannel("Own", { webhook: { url: receiver.url } });
      await server.api.createChannel("Hook of a customer", { webhook: { url: receiver.url } });
      await server.api.createChannel("Program of a customer", { apprise: { url: receiver.url.replace("http:", "json:") } });
    }
    new Sqlite(join(dataDir, "carillon.db")).exec(`UPDATE "Channel" SET "customer" = 'acme' WHERE "name" LIKE '%customer'`).close();
    await using server = await startTestServer({ dataDir });
    await server.api.emit({ type: "deploy.failure", service: "web", customer: "acme" });
    await server.api.settled();
    const history = await server.api.history({});
    expect(history.map(({ channelName, outcome }) => [channelName, outcome]).sort()).toEqual([
      ["Hook of a customer", "PERMANENT"],
      ["Inbox", "DELIVERED"],
      ["Own", "DELIVERED"],
      ["Program of a customer", "PERMANENT"],
    ]);
    expect(history.find(({ channelName }) => channelName === "Program of a customer")?.error).toContain("cannot use programs");
    expect(receiver.requests).toHaveLength(1);
  });
});
