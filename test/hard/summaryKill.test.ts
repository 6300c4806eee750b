import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import type { ServerProcess } from "../e2e/serverProcess.ts";
import { startTestServer } from "../e2e/testServer.ts";

/** kill -9 around a summary: what was held is told in one summary and lost in none. */

/** Quiet at any time: only a flush brings what is held. */
const ALWAYS = { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] };
const FLUSH = `mutation ($id: ID!) { flushChannel(id: $id, heldFor: QUIET_HOURS) { __typename ... on FlushChannelPayload { deliveryCount } ... on Error { message } } }`;

interface Row {
  title: string;
  state: string;
  reason: string;
  summaryId: string | null;
}

interface Setup {
  hook: FakeHttp;
  channel: string;
  readonly server: ServerProcess;
  /** Sends events with these titles, each of which is held. */
  emit(...titles: string[]): Promise<void>;
  flush(): Promise<number>;
  /** The channel's deliveries as they stand in the file. */
  rows(): Row[];
  /** Kills the server unless a request has done that, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Resolves when nothing is held or under way any more; what is held is flushed. */
  finish(): Promise<void>;
}

async function setUp(): Promise<Setup> {
  const dataDir = mkdtempSync(join(tmpdir(), "carillon-summary-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const hook = await startFakeHttp();
  onTestFinished(() => hook[Symbol.asyncDispose]());
  let server = await startServerProcess(dataDir, { LOG_LEVEL: "fatal" });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await server.api.createChannel("hook", { webhook: { url: hook.url } }, { quietHours: ALWAYS });
  const underWay = (all: Row[]) => all.some(({ state }) => state === "PENDING" || state === "RETRY");

  function rows(): Row[] {
    const db = new Database(join(dataDir, "carillon.db"), { readonly: true });
    const sql = `SELECT e."title", d."state", d."reason", d."summaryId" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" JOIN "Channel" AS c ON c."id" = d."channelId" WHERE c."name" = 'hook' ORDER BY d."id"`;
    try {
      return db.prepare(sql).all() as Row[];
    } finally {
      db.close();
    }
  }

  async function flush(): Promise<number> {
    const { flushChannel } = await server.api.run<any>(FLUSH, { id: channel });
    expect(flushChannel.__typename, JSON.stringify(flushChannel)).toBe("FlushChannelPayload");
    return flushChannel.deliveryCount;
  }

  return {
    hook,
    channel,
    get server() {
      return server;
    },
    async emit(...titles) {
      for (const title of titles) {
        const { decision } = await server.api.emit({ type: "deploy.failure", severity: "WARNING", service: title, title });
        expect(decision?.channels.find(({ channelName }) => channelName === "hook")).toMatchObject({ action: "HOLD", because: "QUIET_HOURS" });
      }
    },
    flush,
    rows,
    async restart() {
      expect(await server.stop("SIGKILL")).toBeNull();
      server = await startServerProcess(dataDir, { LOG_LEVEL: "fatal" });
    },
    async finish() {
      await eventually(() => !underWay(rows()), 20_000);
      await eventually(async () => {
        if (rows().some(({ state }) => state === "HELD")) await flush();
        return rows().every(({ state }) => state !== "HELD" && state !== "PENDING" && state !== "RETRY");
      }, 20_000);
    },
  };
}

const titlesIn = (text: string): string[] => [...text.matchAll(/event-\d+\b/g)].map(([title]) => title);

/** What the receiver got: of each webhook-id the titles of every request under it. */
function receivedBy({ requests }: FakeHttp): Map<string, string[][]> {
  const all = new Map<string, string[][]>();
  for (const { headers, body } of requests) {
    const { event, message } = JSON.parse(body.toString()) as { event: string; message: string };
    expect(event).toBe("summary");
    const id = headers["webhook-id"] as string;
    all.set(id, [...(all.get(id) ?? []), titlesIn(message)]);
  }
  return all;
}

/** What a receiver knows that takes the first message of an id and passes over its repeats, as it is told to. */
function knownBy(hook: FakeHttp): string[] {
  return [...receivedBy(hook).values()].flatMap(([first]) => first ?? []);
}

const titles = (from: number, count: number) => Array.from({ length: count }, (_, at) => `event-${from + at}`);

describe("a server killed around a summary", () => {
  it("right after the receiver got it: it is sent again under the same id, and nothing twice under two", async () => {
    const test = await setUp();
    await test.emit(...titles(0, 5));
    const arrived = test.hook.arrival();
    test.hook.script = [
      () => {
        // Before the answer is written: the server cannot have stored it.
        test.server.child.kill("SIGKILL");
        return { status: 200 };
      },
    ];
    void test.flush().catch(() => undefined);
    await arrived;
    await test.restart();
    await test.finish();
    expect([...receivedBy(test.hook).values()]).toEqual([[titles(0, 5), titles(0, 5)]]);
    expect(test.rows().map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => "SENT"));
  });

  it("while the receiver takes its time, again and again: one id, and everything in it once", async () => {
    const test = await setUp();
    await test.emit(...titles(0, 3));
    test.hook.script = ["HANG", "HANG"];
    for (let kill = 0; kill < 2; kill += 1) {
      if (kill === 0) expect(await test.flush()).toBe(3);
      await eventually(() => test.hook.requests.length === kill + 1);
      await test.restart();
    }
    await test.finish();
    expect([...receivedBy(test.hook).values()]).toEqual([Array.from({ length: 3 }, () => titles(0, 3))]);
  });

  it("while a summary waits for another try: it comes at its time", async () => {
    const test = await setUp();
    await test.emit(...titles(0, 3));
    test.hook.script = [{ status: 503 }];
    await test.flush();
    await eventually(() => test.rows().some(({ reason, state }) => reason === "SUMMARY" && state === "RETRY"));
    await test.restart();
    expect(test.rows().filter(({ reason }) => reason !== "SUMMARY").map(({ state }) => state)).toEqual(["HELD", "HELD", "HELD"]);
    await test.finish();
    expect([...receivedBy(test.hook).values()]).toEqual([[titles(0, 3), titles(0, 3)]]);
  });

  it("after a summary was refused for good: what it carried waits for the next and is told once there", async () => {
    const test = await setUp();
    await test.emit(...titles(0, 2));
    test.hook.script = [{ status: 401 }];
    await test.flush();
    await eventually(() => test.rows().some(({ reason, state }) => reason === "SUMMARY" && state === "FAILED"));
    await test.restart();
    expect(test.rows().filter(({ state }) => state === "HELD")).toMatchObject([{ summaryId: null }, { summaryId: null }]);
    await test.emit("event-2");
    await test.finish();
    expect([...receivedBy(test.hook).values()]).toEqual([[titles(0, 2)], [titles(0, 3)]]);
  });

  it("at any moment of it: every event is in exactly one summary", { timeout: 90_000 }, async () => {
    const test = await setUp();
    // Counted from the flush, or from when the receiver has the message: before, while and after the answer is stored.
    const moments = [["flush", 0], ["flush", 4], ["flush", 10], ["arrival", 0], ["arrival", 2], ["arrival", 5]] as const;
    for (const [round, [from, ms]] of moments.entries()) {
      const { child } = test.server;
      const killSoon = () => void setTimeout(() => child.kill("SIGKILL"), ms);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await test.emit(...titles(round * 4, 4));
      if (from === "arrival") {
        test.hook.script = [
          () => {
            killSoon();
            return { status: 200 };
          },
        ];
      }
      const flushed = test.flush().catch(() => 0);
      if (from === "flush") killSoon();
      await ended;
      await flushed;
      await test.restart();
      await test.finish();
    }
    const received = receivedBy(test.hook);
    for (const repeats of received.values()) for (const repeat of repeats) expect(repeat).toEqual(repeats[0]);
    expect(knownBy(test.hook)).toEqual(titles(0, moments.length * 4));
    console.log(`${moments.length} kills: ${received.size} summaries in ${test.hook.requests.length} requests`);
  });

  it("with more flushed meanwhile: what came after the first try is not lost on a receiver that passes over repeats", async () => {
    const test = await setUp();
    await test.emit("event-0");
    test.hook.script = ["HANG"];
    await test.flush();
    await eventually(() => test.hook.requests.length === 1);
    await test.emit("event-1");
    expect(await test.flush()).toBe(1);
    await test.restart();
    await test.finish();
    expect(test.rows().every(({ state }) => state === "SENT")).toBe(true);
    expect(knownBy(test.hook)).toEqual(["event-0", "event-1"]);
  });
});

it.each(["CUT_OFF", "RESET"] as const)("a summary whose answer was lost (%s) is repeated as it was: what came meanwhile is not lost on a receiver that passes over repeats", async (answer) => {
  await using hook = await startFakeHttp();
  await using server = await startTestServer({ clock: createManualClock() });
  const channel = await server.api.createChannel("hook", { webhook: { url: hook.url } }, { quietHours: ALWAYS });
  const flush = async () => (await server.api.run<any>(FLUSH, { id: channel })).flushChannel.deliveryCount;
  const states = async () => (await server.api.run<any>(`{ deliveries(first: 100) { nodes { state channel { name } } } }`)).deliveries.nodes.flatMap((node: any) => (node.channel.name === "hook" ? [node.state] : []));
  hook.script = [answer];
  await server.api.emit({ type: "deploy.failure", service: "a", title: "event-0" });
  await flush();
  await eventually(async () => (await server.api.history({ types: ["summary"] })).length === 1);
  await server.api.emit({ type: "deploy.failure", service: "b", title: "event-1" });
  expect(await flush()).toBe(1);
  await eventually(async () => {
    server.clock.advance(10_000);
    return (await states()).every((state: string) => state === "SENT");
  });
  expect(knownBy(hook)).toEqual(["event-0", "event-1"]);
});
