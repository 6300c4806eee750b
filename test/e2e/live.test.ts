import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { watchBySse, watchByWebSocket, WATCH } from "./liveClient.ts";
import type { Feed, FeedRequest } from "./liveClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const WAYS = [["WebSocket", watchByWebSocket], ["Server-Sent Events", watchBySse]] as const;

let server: TestServer;
let feeds: Feed[];
/** Folders of servers that were started anew. */
const folders: string[] = [];

beforeEach(async () => {
  server = await startTestServer();
  feeds = [];
});

afterEach(async () => {
  for (const feed of feeds) feed.close();
  await server[Symbol.asyncDispose]();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Stops the server and starts it again on what it has stored. `meanwhile` runs while it stops. */
async function restart(meanwhile: () => Promise<unknown>): Promise<void> {
  const { app, dataDir, clock } = server;
  folders.push(dataDir);
  const closed = app.close();
  await meanwhile();
  await closed;
  server = await startTestServer({ dataDir, clock });
}

/** Subscribes, and resolves once the server listens for it. */
async function watch(by: (url: string, request: FeedRequest) => Feed, request: Partial<FeedRequest> = {}): Promise<Feed> {
  const before = await subscribers();
  const feed = by(server.url, { token: server.api.token, ...request });
  feeds.push(feed);
  await eventually(async () => feed.ended !== null || (await subscribers()) > before);
  return feed;
}

async function subscribers(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^carillon_live_subscribers (\d+)$/m.exec(text)?.[1]);
}

let emitted = 0;

/** Emits so many events that no cooldown holds back, in batches of 10 at once. */
async function emitMany(api: ApiClient, count: number, more: object = {}): Promise<void> {
  for (let sent = 0; sent < count; sent += 10) {
    const events = Array.from({ length: Math.min(10, count - sent) }, () => ({ type: "deploy.success", service: `s${(emitted += 1)}`, ...more }));
    const { status } = await api.post("/v1/events", events);
    expect(status).toBe(202);
  }
}

/** Cursors of all attempts in the history, the oldest first. */
async function allCursors(api: ApiClient): Promise<string[]> {
  const cursors: string[] = [];
  let after: string | null = null;
  do {
    const { history }: any = await api.run(`query ($after: String) { history(first: 100, after: $after) { edges { cursor } pageInfo { hasNextPage endCursor } } }`, { after });
    cursors.push(...history.edges.map(({ cursor }: { cursor: string }) => cursor));
    after = history.pageInfo.hasNextPage ? history.pageInfo.endCursor : null;
  } while (after !== null);
  return cursors.reverse();
}

/** Waits until there are so many attempts, and gives their cursors. */
function cursorsOnce(api: ApiClient, count: number): Promise<string[]> {
  return eventually(async () => {
    const { history } = await api.run<any>(`{ history { totalCount } }`);
    return history.totalCount >= count && allCursors(api);
  }, 20_000);
}

const codesOf = (feed: Feed) => feed.ended?.errors?.map(({ extensions }) => extensions?.["code"]);

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { ... on CreateAccessTokenPayload { token accessToken { id } } } }`;

async function newToken(role: string, more: object = {}): Promise<{ token: string; id: string }> {
  const { createAccessToken } = await server.api.run<any>(CREATE_TOKEN, { input: { name: role.toLowerCase(), role, ...more } });
  return { token: createAccessToken.token, id: createAccessToken.accessToken.id };
}

async function revoke(id: string): Promise<void> {
  await server.api.run(`mutation ($id: ID!) { revokeAccessToken(id: $id) { __typename } }`, { id });
}

describe.each(WAYS)("the live feed by %s", (_way, by) => {
  it("gives every attempt as it finishes", async () => {
    const feed = await watch(by);
    await server.api.emit({ type: "service.health.down", service: "api", customer: "Acme Corp" });
    await eventually(() => feed.items.length === 1);
    const [cursor] = await cursorsOnce(server.api, 1);
    const { history } = await server.api.run<any>(`{ history { nodes { id } } }`);
    expect(feed.items).toEqual([
      {
        cursor,
        missed: 0,
        attempt: { id: history.nodes[0].id, channelName: "Inbox", kind: "INBOX", type: "service.health.down", category: "services", severity: "CRITICAL", customer: "Acme Corp", outcome: "DELIVERED", title: "Service down" },
      },
    ]);
    expect(feed.ended).toBeNull();
  });

  it("filters as the history does", async () => {
    const { api } = server;
    const log = await api.createChannel("Log", { log: true });
    const broken = await api.createChannel("Broken", { webhook: { url: "http://169.254.169.254/" } });
    const filters = {
      channel: { channelIds: [log, broken] },
      kind: { kinds: ["INBOX"] },
      type: { types: ["deploy.success", "backup.failure"] },
      category: { categories: ["services"] },
      severity: { minimumSeverity: "WARNING" },
      customer: { customers: ["Acme Corp"] },
      outcome: { outcomes: ["PERMANENT"] },
      several: { kinds: ["LOG"], minimumSeverity: "CRITICAL", customers: ["Acme Corp", "Other Inc"] },
      nothing: { types: [] },
    };
    const watched = await Promise.all(Object.entries(filters).map(async ([name, filter]) => [name, filter, await watch(by, { filter })] as const));
    await eventually(async () => (await subscribers()) === watched.length);
    for (const event of [
      { type: "deploy.success", customer: "Acme Corp" },
      { type: "deploy.failure" },
      { type: "service.health.down", customer: "Other Inc" },
      { type: "service.health.down", customer: "Acme Corp" },
      { type: "backup.failure", customer: "Third" },
    ]) {
      await api.emit(event);
    }
    await cursorsOnce(api, 15);
    const expected = { channel: 10, kind: 5, type: 6, category: 6, severity: 12, customer: 6, outcome: 5, several: 2, nothing: 0 };
    await eventually(() => watched.every(([name, , feed]) => feed.items.length >= expected[name as keyof typeof expected]));
    // What comes too much comes late.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const [name, filter, feed] of watched) {
      expect([name, feed.items.length]).toEqual([name, expected[name as keyof typeof expected]]);
      const { history } = await api.run<any>(`query ($filter: AttemptFilter) { history(filter: $filter, first: 100) { edges { cursor } } }`, { filter });
      expect(feed.items.map(({ cursor }) => cursor)).toEqual(history.edges.map(({ cursor }: any) => cursor).reverse());
    }
  });

  it("replays from a cursor and goes on live, with no gap and no repeat, while events come in", async () => {
    const { api } = server;
    await api.createChannel("Log", { log: true });
    await api.createChannel("Second log", { log: true });
    await emitMany(api, 250);
    const before = await cursorsOnce(api, 750);
    const after = before[99] as string;
    // Emitting goes on while the feed reads 651 older attempts, in two pages.
    const emitting = Promise.all([emitMany(api, 150), emitMany(api, 150)]);
    const feed = await watch(by, { after });
    await emitting;
    const all = await cursorsOnce(api, 1650);
    await eventually(() => feed.items.length >= 1550);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(feed.items.map(({ cursor }) => cursor)).toEqual(all.slice(100));
    expect(feed.items.every(({ missed }) => missed === 0)).toBe(true);
    // And it is still live.
    await emitMany(api, 1);
    await eventually(() => feed.items.length === 1553);
  });

  it("replays through the filter", async () => {
    const { api } = server;
    await emitMany(api, 3);
    await emitMany(api, 2, { type: "deploy.failure" });
    await emitMany(api, 1);
    const all = await cursorsOnce(api, 6);
    const feed = await watch(by, { after: all[1] as string, filter: { types: ["deploy.success"] } });
    await eventually(() => feed.items.length === 2);
    await emitMany(api, 1, { type: "deploy.failure" });
    await emitMany(api, 1);
    await eventually(() => feed.items.length === 3);
    const now = await cursorsOnce(api, 8);
    expect(feed.items.map(({ cursor }) => cursor)).toEqual([now[2], now[5], now[7]]);
  });

  it("resumes from liveCursor, asked before anything was sent", async () => {
    const { liveCursor } = await server.api.run<{ liveCursor: string }>(`{ liveCursor }`);
    await emitMany(server.api, 2);
    const all = await cursorsOnce(server.api, 2);
    const feed = await watch(by, { after: liveCursor });
    await eventually(() => feed.items.length === 2);
    expect(feed.items.map(({ cursor }) => cursor)).toEqual(all);
  });

  it("refuses a cursor behind which the history was cleared, and takes the newest one", async () => {
    const { api } = server;
    await emitMany(api, 3);
    const all = await cursorsOnce(api, 3);
    expect((await api.run<any>(`mutation { clearHistory { ... on ClearHistoryPayload { deletedCount } } }`)).clearHistory.deletedCount).toBe(3);
    const expired = await watch(by, { after: all[1] as string });
    await eventually(() => expired.ended);
    expect(codesOf(expired)).toEqual(["CURSOR_EXPIRED"]);
    expect(expired.ended?.errors?.[0]?.message).toMatch(/^Attempts after this cursor have been deleted from the history\./);
    const { liveCursor } = await api.run<{ liveCursor: string }>(`{ liveCursor }`);
    expect(liveCursor).toBe(all[2]);
    const newest = await watch(by, { after: liveCursor });
    await emitMany(api, 1);
    await eventually(() => newest.items.length === 1);
    expect(expired.items).toEqual([]);
  });

  it.each(["", "nonsense", Buffer.from("attempt:nonsense").toString("base64url"), Buffer.from("Attempt:019ca945-0a00-7026-859d-75a0c390678d").toString("base64")])("refuses %j, which is no cursor", async (after) => {
    const feed = await watch(by, { after });
    await eventually(() => feed.ended);
    expect(codesOf(feed)).toEqual(["BAD_REQUEST"]);
    expect(feed.ended?.errors?.[0]?.message).toBe("after: must be a cursor that this server gave.");
  });

  it("is open to a viewer and an operator, and refuses a producer", async () => {
    for (const role of ["VIEWER", "OPERATOR"]) {
      const feed = await watch(by, { token: (await newToken(role)).token });
      await emitMany(server.api, 1);
      await eventually(() => feed.items.length === 1);
      feed.close();
      // Or the next one would not be seen to be one more.
      await eventually(async () => (await subscribers()) === 0);
    }
    const producer = await watch(by, { token: (await newToken("PRODUCER")).token });
    await eventually(() => producer.ended);
    expect(producer.ended?.errors).toMatchObject([{ message: 'The token "producer" has the role PRODUCER, which may not use Subscription.notificationDispatched.', extensions: { code: "FORBIDDEN" } }]);
  });

  it("ends when its token is revoked, before anything more is told", async () => {
    const { token, id } = await newToken("VIEWER");
    const feed = await watch(by, { token });
    const other = await watch(by);
    await emitMany(server.api, 1);
    await eventually(() => feed.items.length === 1 && other.items.length === 1);
    await revoke(id);
    await emitMany(server.api, 1);
    await eventually(() => feed.ended && other.items.length === 2);
    expect(feed.items).toHaveLength(1);
    expect(other.ended).toBeNull();
  });

  it("ends when its token has expired, before anything more is told", async () => {
    const { token } = await newToken("VIEWER", { expiresAt: new Date(server.clock.now().getTime() + 3_600_000).toISOString() });
    const feed = await watch(by, { token });
    server.clock.advance(3_600_000 - 1);
    await emitMany(server.api, 1);
    await eventually(() => feed.items.length === 1);
    server.clock.advance(1);
    await emitMany(server.api, 1);
    await eventually(() => feed.ended);
    expect(feed.items).toHaveLength(1);
  });

  it("is left by its client without a trace", async () => {
    const feed = await watch(by);
    expect(await subscribers()).toBe(1);
    feed.close();
    await eventually(async () => (await subscribers()) === 0);
  });

  it("misses nothing over a restart of the server", async () => {
    await server.api.createChannel("Log", { log: true });
    const first = await watch(by);
    await emitMany(server.api, 30);
    await eventually(() => first.items.length === 60);
    // More than the client can read before the server is gone.
    const emitting = emitMany(server.api, 100);
    await eventually(() => first.items.length > 60);
    await emitting;
    await restart(() => eventually(() => first.ended));
    await emitMany(server.api, 20);
    const second = await watch(by, { after: first.items.at(-1)?.cursor ?? null });
    await emitMany(server.api, 20);
    const all = await cursorsOnce(server.api, 340);
    await eventually(() => first.items.length + second.items.length >= 340);
    expect([...first.items, ...second.items].map(({ cursor }) => cursor)).toEqual(all);
  });
});

describe("a WebSocket", () => {
  it.each([["no token", null], ["a wrong token", "car_wrong"]])("with %s is closed with 4403", async (_which, token) => {
    const feed = await watch(watchByWebSocket, { token });
    await eventually(() => feed.ended);
    expect(feed.ended).toEqual({ code: 4403, reason: "Forbidden" });
  });

  it("is closed with 4403 as soon as its token is revoked or has expired", async () => {
    const revoked = await newToken("VIEWER");
    const expiring = await newToken("VIEWER", { expiresAt: new Date(server.clock.now().getTime() + 60_000).toISOString() });
    const one = await watch(watchByWebSocket, { token: revoked.token });
    const two = await watch(watchByWebSocket, { token: expiring.token });
    const other = await watch(watchByWebSocket);
    await revoke(revoked.id);
    await eventually(() => one.ended);
    expect(one.ended).toEqual({ code: 4403, reason: "The token was revoked" });
    server.clock.advance(60_000 - 1);
    await emitMany(server.api, 1);
    await eventually(() => two.items.length === 1);
    server.clock.advance(1);
    await eventually(() => two.ended);
    expect(two.ended).toEqual({ code: 4403, reason: "The token has expired" });
    expect(other.ended).toBeNull();
    for (const token of [revoked.token, expiring.token]) {
      const again = await watch(watchByWebSocket, { token });
      expect(again.ended).toEqual({ code: 4403, reason: "Forbidden" });
    }
  });

  it("is closed with 1001 when the server stops, without the feed being said to be complete", async () => {
    const feed = await watch(watchByWebSocket);
    await emitMany(server.api, 1);
    await eventually(() => feed.items.length === 1);
    await restart(() => eventually(() => feed.ended));
    expect(feed.ended).toEqual({ code: 1001, reason: "Going away" });
  });

  it("survives a feed that is refused", async () => {
    const socket = await openSocket();
    socket.send({ id: "1", type: "subscribe", payload: { query: WATCH, variables: { after: "nonsense" } } });
    await eventually(() => socket.received.some(({ id, type }) => id === "1" && (type === "error" || type === "complete")));
    socket.send({ id: "2", type: "subscribe", payload: { query: WATCH } });
    await eventually(async () => (await subscribers()) === 1);
    await emitMany(server.api, 1);
    await eventually(() => socket.received.some(({ id, type }) => id === "2" && type === "next"));
    expect(socket.raw.readyState).toBe(WebSocket.OPEN);
    socket.raw.terminate();
  });

  it("shows each subscriber what its own token may see, also where many select the same", async () => {
    const { api } = server;
    await api.run(`mutation { updateSettings(input: { customerPortal: true }) { __typename } }`);
    const acme = await newToken("CUSTOMER", { customer: "acme" });
    await api.as(acme.token).createChannel("Own inbox", { inbox: true });
    const allOfIt = ["EVENTS_READ", "HISTORY_READ", "INBOX_READ", "SETTINGS_READ"];
    const query = `subscription { notificationDispatched(filter: { kinds: [INBOX] }) { attempt { channelName event { deliveries { channel { name } } } } } }`;
    const all = { "Own inbox": ["Inbox", "Own inbox"], Inbox: ["Inbox", "Own inbox"] };
    // Of one name and one role: those that may see the most come first, and each twice.
    const expected = [
      [{ scopes: allOfIt }, all],
      [{ scopes: ["EVENTS_READ", "HISTORY_READ"] }, { "Own inbox": "Channel.name", Inbox: "Channel.name" }],
      [{ scopes: ["HISTORY_READ", "SETTINGS_READ"] }, { "Own inbox": "Event.deliveries", Inbox: "Event.deliveries" }],
      [{ scopes: allOfIt, customer: "acme" }, { "Own inbox": ["Own inbox"] }],
      [{ scopes: allOfIt, customer: "rival" }, {}],
      [{ scopes: allOfIt }, all],
    ] as const;
    const sockets: Awaited<ReturnType<typeof openSocket>>[] = [];
    for (const [more] of expected) {
      const socket = await openSocket((await newToken("VIEWER", { name: "dashboard", ...more })).token);
      for (const id of ["1", "2"]) socket.send({ id, type: "subscribe", payload: { query } });
      sockets.push(socket);
    }
    await eventually(async () => (await subscribers()) === 2 * sockets.length);
    await api.emit({ type: "service.health.down", service: "api", customer: "acme" });
    const seenBy = ({ received }: (typeof sockets)[number], id: string) =>
      Object.fromEntries(received.filter((message) => message.type === "next" && message.id === id).map(({ payload }) => shownOf(payload)));
    for (const [at, [, shown]] of expected.entries()) {
      for (const id of ["1", "2"]) await expect.poll(() => seenBy(sockets[at] as (typeof sockets)[number], id), { message: `${at}`, timeout: 10_000 }).toEqual(shown);
    }
    for (const { raw } of sockets) raw.terminate();
  });

  it("answers each subscriber by its own variables, also where they are left out", async () => {
    const socket = await openSocket();
    const query = `subscription ($shown: Boolean! = true, $types: [String!]) { notificationDispatched(filter: { types: $types }) { attempt { type title @include(if: $shown) } } }`;
    const variables = { one: {}, two: { shown: false }, three: { shown: true, types: ["deploy.success"] }, four: { types: ["backup.failure"] } };
    for (const [id, values] of Object.entries(variables)) socket.send({ id, type: "subscribe", payload: { query, variables: values } });
    await eventually(async () => (await subscribers()) === 4);
    await emitMany(server.api, 1);
    const attempt = { type: "deploy.success", title: "Deploy succeeded" };
    const seen = () => Object.fromEntries(socket.received.filter(({ type }) => type === "next").map(({ id, payload }) => [id, payload.data.notificationDispatched.attempt]));
    await expect.poll(seen, { timeout: 10_000 }).toEqual({ one: attempt, two: { type: "deploy.success" }, three: attempt });
    socket.raw.terminate();
  });

  it("tells a client that reads too slowly how many attempts it has missed", async () => {
    const { api } = server;
    for (const name of ["One", "Two", "Three", "Four"]) await api.createChannel(name, { log: true }, { rich: false });
    const socket = await openSocket();
    const query = `subscription { notificationDispatched { cursor missed attempt { kind title body } } }`;
    socket.send({ id: "1", type: "subscribe", payload: { query } });
    await eventually(async () => (await subscribers()) === 1);
    socket.raw.pause();
    // 20 kB each: more than the buffers of both ends and the queue of 1,000 together can hold.
    const message = "x".repeat(19_000);
    for (let sent = 0; sent < 500; sent += 25) {
      const events = Array.from({ length: 25 }, () => ({ type: "deploy.success", service: `s${(emitted += 1)}`, message }));
      expect((await api.post("/v1/events", events)).status).toBe(202);
    }
    const all = await cursorsOnce(api, 2500);
    socket.raw.resume();
    const items = () => socket.received.filter(({ type }) => type === "next").map(({ payload }) => payload.data.notificationDispatched as { cursor: string; missed: number });
    await eventually(() => items().at(-1)?.cursor === all.at(-1));
    const gap = items().findIndex(({ missed }) => missed > 0);
    expect(gap).toBeGreaterThan(0);
    // All before the gap and all behind it are there, the 1,000 newest, and `missed` counts exactly the rest.
    expect(items().map(({ missed }) => missed)).toEqual(items().map((_, at) => (at === gap ? 2500 - items().length : 0)));
    expect(items().map(({ cursor }) => cursor)).toEqual([...all.slice(0, gap), ...all.slice(-1000)]);
    socket.raw.terminate();
  });
});

/** Of one attempt: its channel, and the channels of its event's deliveries, or the field that was refused. */
function shownOf({ data, errors }: any): [channel: string, shown: unknown] {
  const { channelName, event } = data.notificationDispatched.attempt;
  return [channelName, errors ? /may not use ([\w.]+)\./.exec(errors[0].message)?.[1] : event.deliveries.map(({ channel }: any) => channel.name)];
}

/** A bare graphql-transport-ws connection, past its handshake. */
async function openSocket(token = server.api.token) {
  const raw = new WebSocket(`${server.url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  const received: { id?: string; type: string; payload?: any }[] = [];
  raw.on("message", (data) => received.push(JSON.parse(String(data))));
  await new Promise((resolve, reject) => raw.once("open", resolve).once("error", reject));
  const send = (message: object) => raw.send(JSON.stringify(message));
  send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
  await eventually(() => received.some(({ type }) => type === "connection_ack"));
  return { raw, received, send };
}

it("is refused without a token by Server-Sent Events", async () => {
  for (const token of [null, "car_wrong"]) {
    const feed = await watch(watchBySse, { token });
    await eventually(() => feed.ended);
    expect(codesOf(feed)).toEqual(["UNAUTHENTICATED"]);
  }
});
