import { rm } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { discordCase } from "../channels/discord.contract.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, FakeHttp } from "../channels/fakeHttp.ts";
import { slackCase } from "../channels/slack.contract.ts";
import { SMTP_FAULTS, startSmtpSink } from "../channels/smtpSink.ts";
import type { SmtpFault } from "../channels/smtpSink.ts";
import { telegramCase } from "../channels/telegram.contract.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient, AttemptData, DeliveryData } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-03-01T12:00:00Z");

/** What is to be closed after the test, the last made first. */
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

function use<Resource extends AsyncDisposable>(resource: Resource): Resource {
  open.push(resource);
  return resource;
}

/** A server without the inbox that it begins with. */
async function startServer(): Promise<TestServer> {
  const server = use(await startTestServer());
  const { channels } = await server.api.run<any>(`{ channels { nodes { id } } }`);
  for (const { id } of channels.nodes) await deleteChannel(server.api, id);
  return server;
}

const KINDS = {
  WEBHOOK: { accept: undefined, config: (url: string) => ({ webhook: { url } }), timeoutMs: 15 * SECOND },
  SLACK: { accept: slackCase.accept, config: (url: string) => ({ slack: { url: `${url}/services/T0/B0/token` } }), timeoutMs: 10 * SECOND },
  DISCORD: { accept: discordCase.accept, config: (url: string) => ({ discord: { url: `${url}/api/webhooks/12345678901234567/token` } }), timeoutMs: 10 * SECOND },
  TELEGRAM: { accept: telegramCase.accept, config: (url: string) => ({ telegram: { botToken: "123456789:AAabcdefghijklmnopqrstuvwxyz", chatId: "42", apiBaseUrl: url } }), timeoutMs: 15 * SECOND },
} as const;

type Kind = keyof typeof KINDS;

/** A provider of this kind, and a channel that leads to it. */
async function addChannel(api: ApiClient, kind: Kind = "WEBHOOK", name: string = kind): Promise<{ fake: FakeHttp; id: string; name: string }> {
  const fake = use(await startFakeHttp(KINDS[kind].accept));
  return { fake, id: await api.createChannel(name, KINDS[kind].config(fake.url)), name };
}

async function deleteChannel(api: ApiClient, id: string): Promise<void> {
  await api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id });
}

async function setEnabled(api: ApiClient, id: string, enabled: boolean): Promise<void> {
  await api.run(`mutation ($id: ID!, $enabled: Boolean!) { updateChannel(id: $id, input: { enabled: $enabled }) { __typename } }`, { id, enabled });
}

let emitted = 0;

/** A one-off event that no cooldown holds back. @returns its id */
async function emitOne(api: ApiClient, more: object = {}): Promise<string> {
  const { event, decision } = await api.emit({ type: "deploy.success", service: `service-${(emitted += 1)}`, ...more });
  expect(decision?.action).toBe("SEND");
  return event?.id ?? "";
}

/** The history, in short: when, by which channel, what came of it. */
async function story(api: ApiClient, filter?: object): Promise<string[]> {
  return (await api.history(filter)).map((attempt) => `${sinceStart(attempt.at)} ${attempt.channelName} ${attempt.type} #${attempt.tryNumber} ${attempt.outcome}${attempt.nextTryAt ? ` until ${sinceStart(attempt.nextTryAt)}` : ""}`);
}

function sinceStart(time: string): string {
  return `+${(Date.parse(time) - START) / SECOND}s`;
}

/** Waits until there are `count` attempts, and gives them. */
function attempts(api: ApiClient, count: number, filter?: object): Promise<AttemptData[]> {
  return eventually(async () => {
    const found = await api.history(filter);
    return found.length >= count && found;
  });
}

async function onlyDelivery(api: ApiClient, eventId: string): Promise<DeliveryData> {
  const [delivery, ...others] = await api.deliveries(eventId);
  expect(others).toEqual([]);
  return delivery as DeliveryData;
}

describe("a try that fails for now", () => {
  it("is repeated after 5, 10, 20, 40 s …, with the same id and the same bytes", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push({ status: 500 }, { status: 502 }, { status: 503 }, { status: 408 });
    const id = await emitOne(api);
    let count = 1;
    for (const wait of [5, 10, 20, 40]) {
      await attempts(api, count);
      clock.advance(wait * SECOND - 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(fake.requests).toHaveLength(count);
      clock.advance(1);
      count += 1;
    }
    await attempts(api, 5);
    expect(await story(api)).toEqual([
      "+0s WEBHOOK deploy.success #1 TRANSIENT until +5s",
      "+5s WEBHOOK deploy.success #2 TRANSIENT until +15s",
      "+15s WEBHOOK deploy.success #3 TRANSIENT until +35s",
      "+35s WEBHOOK deploy.success #4 TRANSIENT until +75s",
      "+75s WEBHOOK deploy.success #5 DELIVERED",
    ]);
    expect(new Set(fake.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(fake.requests.map(({ body }) => body.toString())).size).toBe(1);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "SENT", tries: 5, finishedAt: "2026-03-01T12:01:15.000Z" });
  });

  it("is given up when it has not succeeded for 24 hours", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push(...Array<Answer>(100).fill({ status: 500, body: "still broken" }));
    const id = await emitOne(api);
    let tries = 0;
    let delivery: DeliveryData;
    do {
      tries += 1;
      await attempts(api, tries);
      delivery = await onlyDelivery(api, id);
      if (delivery.state === "RETRY") clock.advance(Date.parse(delivery.dueAt) - clock.now().getTime());
    } while (delivery.state === "RETRY");
    // 5 s doubled ten times is 5,115 s in all; then once an hour as long as the next try is within the 24 hours.
    const expected = 11 + Math.floor((24 * 3600 - 5115) / 3600);
    expect(delivery).toMatchObject({ state: "FAILED", tries: expected });
    expect(fake.requests).toHaveLength(expected);
    const history = await api.history();
    expect(history.at(-1)).toMatchObject({ outcome: "TRANSIENT", error: "still broken", nextTryAt: null, tryNumber: expected });
    expect(history.at(-2)?.nextTryAt).toBe(history.at(-1)?.at);
    clock.advance(24 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(expected);
  });

  it.each([
    ["WEBHOOK", "Retry-After in seconds", { status: 429, headers: { "retry-after": "120" } }, "RATE_LIMITED", 120],
    ["WEBHOOK", "Retry-After as a date", { status: 503, headers: { "retry-after": new Date(START + 90 * SECOND).toUTCString() } }, "TRANSIENT", 90],
    ["WEBHOOK", "Retry-After shorter than the own wait", { status: 503, headers: { "retry-after": "1" } }, "TRANSIENT", 5],
    ["WEBHOOK", "429 without a time", { status: 429 }, "RATE_LIMITED", 30],
    ["TELEGRAM", "retry_after in Telegram's answer", { status: 429, body: '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}' }, "RATE_LIMITED", 17],
    ["DISCORD", "retry_after in Discord's answer", { status: 429, headers: { "retry-after": "64" }, body: '{"message":"You are being rate limited.","retry_after":64.57,"global":false}' }, "RATE_LIMITED", 64.57],
    ["SLACK", "Slack's Retry-After", { status: 429, headers: { "retry-after": "45" }, body: "rate_limited" }, "RATE_LIMITED", 45],
  ] as const)("by %s waits as asked: %s", async (kind, _asked, answer, outcome, wait) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api, kind);
    fake.script.push(answer);
    await emitOne(api);
    await attempts(api, 1);
    clock.advance(Math.round(wait * SECOND) - 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fake.requests).toHaveLength(1);
    clock.advance(1);
    await attempts(api, 2);
    expect(await story(api)).toEqual([`+0s ${kind} deploy.success #1 ${outcome} until +${wait}s`, `+${wait}s ${kind} deploy.success #2 DELIVERED`]);
    expect(fake.complaints).toEqual([]);
  });

  it("that the provider limits makes the whole channel wait, other channels not", async () => {
    const { api, clock, idle } = await startServer();
    const { fake } = await addChannel(api);
    const other = await addChannel(api, "WEBHOOK", "Other");
    fake.script.push({ status: 429, headers: { "retry-after": "60" } });
    await emitOne(api);
    await attempts(api, 2);
    const ids = [await emitOne(api), await emitOne(api)];
    await eventually(() => other.fake.requests.length === 3);
    await idle();
    clock.advance(59 * SECOND);
    await idle();
    expect(fake.requests).toHaveLength(1);
    expect(await api.deliveries(ids[0] ?? "")).toMatchObject([{ state: "PENDING", tries: 0 }, { state: "SENT" }]);
    clock.advance(SECOND);
    await api.settled();
    await eventually(() => fake.requests.length === 4);
  });

  it.each([
    ["greylisted", SMTP_FAULTS.GREYLISTED, "TRANSIENT", "450 4.2.0", 300],
    ["too fast", SMTP_FAULTS.TOO_FAST, "RATE_LIMITED", "451 4.7.1", 300],
    ["shutting down", SMTP_FAULTS.CLOSING, "TRANSIENT", "421 4.3.2", 5],
  ] as const)("by mail, %s, is repeated with the same Message-ID", async (_why, fault, outcome, status, wait) => {
    const { api, clock } = await startServer();
    const sink = use(await startSmtpSink({ tls: "STARTTLS" }));
    await api.createChannel("Mail", mailConfig(sink.port));
    sink.fail(fault);
    await emitOne(api);
    await attempts(api, 1);
    clock.advance(wait * SECOND);
    await attempts(api, 2);
    expect(await api.history()).toMatchObject([{ outcome, status }, { outcome: "DELIVERED", tryNumber: 2 }]);
    expect(sink.messages).toHaveLength(1);
  });
});

function mailConfig(port: number): object {
  return { email: { host: "127.0.0.1", port, tls: "STARTTLS", from: "carillon@acme.test", to: ["ops@acme.test"], verifyCertificate: false } };
}

/** Whether events find the only channel switched off by now: it is stored before it is in force. */
const isOff = async (api: ApiClient) => (await api.run<any>(`{ simulateEvent(input: { type: "deploy.failure" }) { ... on SimulateEventPayload { decision { because } } } }`)).simulateEvent.decision.because === "NO_CHANNEL";

describe("a try that fails for good", () => {
  it.each([
    ["WEBHOOK", { status: 400, body: '{"error":"no such field"}' }, "400", '{"error":"no such field"}', null],
    ["WEBHOOK", { status: 401, body: "who are you?" }, "401", "who are you?", "The credentials are not accepted. Check the channel's token or password."],
    ["TELEGRAM", { status: 401, body: '{"ok":false,"error_code":401,"description":"Unauthorized"}' }, "401", "Unauthorized", "The bot token is wrong or was revoked. Get it anew from @BotFather."],
    ["TELEGRAM", { status: 403, body: '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}' }, "403", "Forbidden: bot was blocked by the user", "This person has blocked the bot. They must unblock it and press Start."],
    ["SLACK", { status: 403, body: "invalid_token" }, "403", "invalid_token", "The webhook URL is wrong or no longer valid. Copy it anew from Slack."],
  ] as const)("by %s is not repeated", async (kind, answer, status, error, hint) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api, kind);
    fake.script.push(answer);
    const id = await emitOne(api);
    await api.settled();
    expect(await api.history()).toMatchObject([{ outcome: "PERMANENT", status, error, hint, nextTryAt: null }]);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "FAILED", tries: 1 });
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(1);
    // The channel is not punished for it.
    await emitOne(api);
    await api.settled();
    expect((await api.history()).at(-1)).toMatchObject({ outcome: "DELIVERED" });
  });

  it("by mail is not repeated, and says what to do", async () => {
    const { api, clock } = await startServer();
    const sink = use(await startSmtpSink({ tls: "STARTTLS" }));
    await api.createChannel("Mail", mailConfig(sink.port));
    sink.fail(SMTP_FAULTS.NO_SUCH_USER);
    await emitOne(api);
    await api.settled();
    clock.advance(25 * HOUR);
    await api.settled();
    expect(await api.history()).toMatchObject([{ outcome: "PERMANENT", status: "550 5.1.1", hint: "The mailbox does not exist: check the recipient's address." }]);
    expect(sink.recipients).toEqual(["ops@acme.test"]);
  });

  it.each([301, 302, 307, 308])("is a redirect (%i), which is not followed", async (status) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    const target = use(await startFakeHttp());
    fake.script.push({ status, headers: { location: `${target.url}/elsewhere` } });
    const id = await emitOne(api);
    await api.settled();
    clock.advance(25 * HOUR);
    await api.settled();
    expect(await api.history()).toMatchObject([
      { outcome: "PERMANENT", status: String(status), error: `The target answered with a redirect (${status}).`, hint: "Redirects are not followed. Enter the URL that it leads to." },
    ]);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "FAILED" });
    expect(target.requests).toHaveLength(0);
    expect(fake.requests).toHaveLength(1);
  });

  it("switches the channel off where the receiver says that it is gone (410), until someone switches it on", async () => {
    const { api } = await startServer();
    const { fake, id } = await addChannel(api);
    fake.script.push({ status: 410 });
    await emitOne(api);
    const channel = async () => (await api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Channel { enabled disabledReason } } }`, { id })).node;
    await eventually(() => isOff(api));
    expect(await channel()).toEqual({ enabled: false, disabledReason: "The receiver says that this webhook is gone for good (410), so the channel is switched off." });
    expect(await api.emit({ type: "deploy.failure" })).toMatchObject({ decision: { because: "NO_CHANNEL", channels: [{ because: "CHANNEL_DISABLED" }] } });
    await setEnabled(api, id, true);
    expect(await channel()).toEqual({ enabled: true, disabledReason: null });
    await emitOne(api);
    await api.settled();
    expect(fake.requests).toHaveLength(2);
  });

  it("drops what waits for a channel that is gone", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push({ status: 503 });
    const waiting = await emitOne(api);
    await attempts(api, 1);
    fake.script.push({ status: 410 });
    await emitOne(api);
    await attempts(api, 2);
    await eventually(() => isOff(api));
    clock.advance(5 * SECOND);
    await attempts(api, 3);
    expect(await onlyDelivery(api, waiting)).toMatchObject({ state: "DROPPED", tries: 1 });
    expect((await api.history()).at(-1)).toMatchObject({ outcome: "DROPPED", error: "The channel was switched off before this could be delivered." });
    expect(fake.requests).toHaveLength(2);
  });
});

describe("a try whose outcome is unknown", () => {
  const LOST: [string, Answer][] = [["the answer does not come in time", "HANG"], ["the connection is cut after the request", "RESET"], ["the answer breaks off", "CUT_OFF"]];

  it.each(LOST)("is repeated by a webhook, which knows repeats by their id: %s", async (_how, answer) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push(answer);
    const id = await emitOne(api);
    await eventually(() => fake.requests.length === 1);
    if (answer === "HANG") {
      clock.advance(KINDS.WEBHOOK.timeoutMs - 1);
      expect(await api.history()).toEqual([]);
      clock.advance(1);
    }
    await attempts(api, 1);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "RETRY", tries: 1 });
    clock.advance(5 * SECOND);
    await attempts(api, 2);
    expect(await api.history()).toMatchObject([
      { outcome: "UNKNOWN", status: null, hint: "It is not known whether the message was delivered." },
      { outcome: "DELIVERED", tryNumber: 2 },
    ]);
    expect(fake.requests[1]?.headers["webhook-id"]).toBe(fake.requests[0]?.headers["webhook-id"]);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "SENT", tries: 2 });
  });

  it.each((["SLACK", "DISCORD", "TELEGRAM"] as const).flatMap((kind) => LOST.map(([how, answer]) => [kind, how, answer] as const)))("is left so by %s: %s", async (kind, _how, answer) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api, kind);
    fake.script.push(answer);
    const id = await emitOne(api);
    await eventually(() => fake.requests.length === 1);
    if (answer === "HANG") clock.advance(KINDS[kind].timeoutMs);
    await attempts(api, 1);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "UNKNOWN", tries: 1 });
    expect(await api.history()).toMatchObject([{ outcome: "UNKNOWN", nextTryAt: null, tryNumber: 1 }]);
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(1);
  });

  it.each([["silent", SMTP_FAULTS.SILENT_AFTER_DOT], ["gone", SMTP_FAULTS.DROPPED_AFTER_DOT]] as [string, SmtpFault][])("is left so by mail where the server is %s after the text", async (_how, fault) => {
    const { api, clock } = await startServer();
    const sink = use(await startSmtpSink({ tls: "STARTTLS" }));
    await api.createChannel("Mail", mailConfig(sink.port));
    sink.fail(fault);
    const id = await emitOne(api);
    await eventually(() => sink.recipients.length === 1);
    if ("hang" in fault) {
      // The text is on its way once the recipient is taken.
      await new Promise((resolve) => setTimeout(resolve, 400));
      clock.advance(60 * SECOND);
    }
    await attempts(api, 1);
    expect(await onlyDelivery(api, id)).toMatchObject({ state: "UNKNOWN", tries: 1 });
    clock.advance(25 * HOUR);
    await api.settled();
    expect(sink.recipients).toHaveLength(1);
  });

  it("counts as told: the recovery goes out, by a kind that does not repeat", async () => {
    const { api } = await startServer();
    const { fake } = await addChannel(api, "SLACK");
    fake.script.push("RESET");
    await api.emit({ type: "service.health.down", service: "api" });
    await attempts(api, 1);
    await api.emit({ type: "service.health.recovered", service: "api" });
    await attempts(api, 2);
    expect(await story(api)).toEqual(["+0s SLACK service.health.down #1 UNKNOWN", "+0s SLACK service.health.recovered #1 DELIVERED"]);
  });

  it("counts as told: the recovery goes out, by a kind that would repeat", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push("CUT_OFF");
    await api.emit({ type: "service.health.down", service: "api" });
    await attempts(api, 1);
    await api.emit({ type: "service.health.recovered", service: "api" });
    await api.settled();
    clock.advance(MINUTE);
    await api.settled();
    // The receiver took the problem, so it must learn of its end, whether the problem itself is repeated or not.
    expect(fake.requests.map(({ headers }) => headers["x-carillon-event"]).at(-1)).toBe("service.health.recovered");
  });

  it("counts as told, even when a later try is refused for good", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push("CUT_OFF", { status: 400 });
    await api.emit({ type: "service.health.down", service: "api" });
    await attempts(api, 1);
    clock.advance(MINUTE);
    await attempts(api, 2);
    await api.emit({ type: "service.health.recovered", service: "api" });
    await attempts(api, 3);
    expect(fake.requests.map(({ headers }) => headers["x-carillon-event"])).toEqual(["service.health.down", "service.health.down", "service.health.recovered"]);
  });
});

describe("channels", () => {
  it("do not wait for a dead one", async () => {
    const { api } = await startServer();
    const dead = await addChannel(api, "WEBHOOK", "Dead");
    const slack = await addChannel(api, "SLACK", "Dead Slack");
    const alive = await addChannel(api, "WEBHOOK", "Alive");
    dead.fake.script.push(...Array<Answer>(50).fill("HANG"));
    slack.fake.script.push(...Array<Answer>(50).fill("HANG"));
    await Promise.all(Array.from({ length: 30 }, () => emitOne(api)));
    await attempts(api, 30);
    expect(alive.fake.requests).toHaveLength(30);
    expect((await story(api)).every((line) => / Alive .* DELIVERED$/.test(line))).toBe(true);
    // No more at once than the kind allows.
    expect(dead.fake.requests).toHaveLength(10);
    expect(slack.fake.requests).toHaveLength(1);
  });

  it("keep the order of each condition through failures, and let conditions pass each other", async () => {
    const { api, clock } = await startServer();
    const taken: string[] = [];
    let refusals = 0;
    const fake = use(
      await startFakeHttp(({ body }) => {
        const { service, event, severity } = JSON.parse(body.toString()) as Record<string, string>;
        // Every third request fails for now, whatever it is.
        if ((refusals += 1) % 3 === 0) return { status: 503 };
        taken.push(`${service} ${event === "service.health.recovered" ? "recovered" : severity}`);
        return { status: 200 };
      }),
    );
    await api.createChannel("Hook", { webhook: { url: fake.url } });
    const services = Array.from({ length: 20 }, (_, at) => `s${at}`);
    const step = async (event: object) => {
      await Promise.all(services.map((service) => api.emit({ ...event, service })));
    };
    /** Turns the clock in steps far below the time of one try, until each service has been told. */
    const untilAllTold = async (ending: string) => {
      for (let round = 0; new Set(taken.filter((line) => line.endsWith(ending))).size < services.length; round += 1) {
        expect(round).toBeLessThan(200);
        await eventually(async () => (await api.run<any>(`{ history(filter: { outcomes: [DELIVERED, TRANSIENT] }) { totalCount } }`)).history.totalCount === fake.requests.length);
        clock.advance(5 * SECOND);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await step({ type: "service.health.down", severity: "WARNING" });
    await untilAllTold("WARNING");
    await step({ type: "service.health.down", severity: "CRITICAL" });
    await step({ type: "service.health.recovered" });
    await untilAllTold("recovered");
    for (const service of services) {
      const seen = taken.filter((line) => line.startsWith(`${service} `)).map((line) => line.split(" ")[1]);
      // A worse part that had to be tried again is dropped when the recovery is there already; the order is never turned.
      expect([["WARNING", "CRITICAL", "recovered"], ["WARNING", "recovered"]]).toContainEqual(seen);
    }
  });

  it("that are deleted take what waits with them; the history stays", async () => {
    const { api, clock } = await startServer();
    const { fake, id } = await addChannel(api);
    fake.script.push({ status: 503 });
    const event = await emitOne(api);
    await attempts(api, 1);
    await deleteChannel(api, id);
    expect(await api.deliveries(event)).toEqual([]);
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(1);
    expect(await story(api)).toEqual(["+0s WEBHOOK deploy.success #1 TRANSIENT until +5s"]);
  });

  it("that are deleted while a try is under way leave only its history", async () => {
    const { api, clock } = await startServer();
    const { fake, id } = await addChannel(api);
    fake.script.push("HANG");
    await emitOne(api);
    await eventually(() => fake.requests.length === 1);
    await deleteChannel(api, id);
    clock.advance(15 * SECOND);
    await attempts(api, 1);
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(1);
    expect(await api.history()).toMatchObject([{ outcome: "UNKNOWN" }]);
  });

  it("that are switched off drop what waits, and say so", async () => {
    const { api, clock } = await startServer();
    const { fake, id } = await addChannel(api);
    fake.script.push({ status: 503 });
    const event = await emitOne(api);
    await attempts(api, 1);
    await setEnabled(api, id, false);
    clock.advance(5 * SECOND);
    await attempts(api, 2);
    expect(await onlyDelivery(api, event)).toMatchObject({ state: "DROPPED", finishedAt: "2026-03-01T12:00:05.000Z" });
    expect(await api.history()).toMatchObject([{ outcome: "TRANSIENT" }, { outcome: "DROPPED", error: "The channel was switched off before this could be delivered." }]);
    await setEnabled(api, id, true);
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(1);
  });

  it("go on after a restart with what waited", async () => {
    const first = await startServer();
    const { fake } = await addChannel(first.api);
    fake.script.push({ status: 503, headers: { "retry-after": "600" } });
    const event = await emitOne(first.api);
    await attempts(first.api, 1);
    // Its folder is needed on; it goes with the second server.
    open.splice(open.indexOf(first), 1, { [Symbol.asyncDispose]: () => rm(first.dataDir, { recursive: true, force: true }) });
    await first.app.close();
    const again = use(await startTestServer({ dataDir: first.dataDir, clock: first.clock }));
    expect(await onlyDelivery(again.api, event)).toMatchObject({ state: "RETRY", tries: 1 });
    again.clock.advance(600 * SECOND);
    await attempts(again.api, 2);
    expect(await story(again.api)).toEqual(["+0s WEBHOOK deploy.success #1 TRANSIENT until +600s", "+600s WEBHOOK deploy.success #2 DELIVERED"]);
  });
});

const TEST_CHANNEL = `mutation ($id: ID!) { testChannel(id: $id) { __typename ... on Error { code }
  ... on TestChannelPayload { delivered outcome status error hint body } } }`;

const TEST_CONFIG = `mutation ($config: ChannelConfigInput!, $channelId: ID, $rich: Boolean) { testChannelConfig(config: $config, channelId: $channelId, rich: $rich) { __typename
  ... on Error { code } ... on ValidationError { issues { path } } ... on TestChannelConfigPayload { delivered outcome status error hint body } } }`;

describe("a test by hand", () => {
  it("of a saved channel is sent, switched on or not, and marked in the history", async () => {
    const { api } = await startServer();
    await api.run(`mutation { updateSettings(input: { displayName: "Acme Ops" }) { __typename } }`);
    const { fake, id } = await addChannel(api);
    const text = { event: "test", message: "This is a test from Acme Ops. If you can read it, this channel works.", title: "Test: Carillon test message", severity: "INFO", displayName: "Acme Ops" };
    for (const enabled of [true, false]) {
      await setEnabled(api, id, enabled);
      const { testChannel } = await api.run<any>(TEST_CHANNEL, { id });
      expect(testChannel).toMatchObject({ __typename: "TestChannelPayload", delivered: true, outcome: "DELIVERED", status: "200", error: null, hint: null });
      expect(JSON.parse(fake.requests.at(-1)?.body.toString() ?? "")).toMatchObject(text);
      expect(testChannel.body).toBe(fake.requests.at(-1)?.body.toString());
    }
    expect(await api.history()).toMatchObject(Array(2).fill({ channelName: "WEBHOOK", type: "test", reason: "TEST", outcome: "DELIVERED", title: "Test: Carillon test message", tryNumber: 1 }));
    const { events } = await api.run<any>(`{ events { totalCount } }`);
    expect(events.totalCount).toBe(0);
  });

  it("gives the provider's own error and what to do about it, and tries once", async () => {
    const { api, clock } = await startServer();
    const { fake, id } = await addChannel(api, "TELEGRAM");
    fake.script.push({ status: 403, body: '{"ok":false,"error_code":403,"description":"Forbidden: bot is not a member of the channel chat"}' });
    const failed = { delivered: false, outcome: "PERMANENT", status: "403", error: "Forbidden: bot is not a member of the channel chat", hint: "The bot is not in the group or channel. Add it; in channels, make it an administrator." };
    expect((await api.run<any>(TEST_CHANNEL, { id })).testChannel).toMatchObject(failed);
    expect(await api.history()).toMatchObject([{ reason: "TEST", outcome: "PERMANENT", error: failed.error, hint: failed.hint, nextTryAt: null }]);
    fake.script.push({ status: 503 });
    expect((await api.run<any>(TEST_CHANNEL, { id })).testChannel).toMatchObject({ outcome: "TRANSIENT", status: "503" });
    clock.advance(25 * HOUR);
    await api.settled();
    expect(fake.requests).toHaveLength(2);
    expect(await api.history()).toHaveLength(2);
    expect((await api.history()).at(-1)).toMatchObject({ nextTryAt: null });
    expect((await api.run<any>(TEST_CHANNEL, { id: Buffer.from("Channel:00000000-0000-7000-8000-000000000000").toString("base64") })).testChannel).toEqual({ __typename: "NotFoundError", code: "NOT_FOUND" });
  });

  it("of a config that is not saved is sent, and leaves nothing behind", async () => {
    const { api } = await startServer();
    const fake = use(await startFakeHttp(slackCase.accept));
    const config = KINDS.SLACK.config(fake.url);
    expect((await api.run<any>(TEST_CONFIG, { config })).testChannelConfig).toMatchObject({ delivered: true, outcome: "DELIVERED", status: "200 ok" });
    expect((await api.run<any>(TEST_CONFIG, { config, rich: false })).testChannelConfig).toMatchObject({ delivered: true });
    const [rich, plain] = fake.requests.map(({ body }) => JSON.parse(body.toString()));
    expect(rich.blocks[0].text.text).toBe("🔔 Test: Carillon test message");
    expect(plain).not.toHaveProperty("blocks");
    fake.script.push({ status: 404, body: "no_service" });
    expect((await api.run<any>(TEST_CONFIG, { config })).testChannelConfig).toMatchObject({
      delivered: false,
      outcome: "PERMANENT",
      status: "404",
      error: "no_service",
      hint: "The webhook was deleted or its app removed. Create a new one in Slack and enter its URL.",
    });
    expect((await api.run<any>(TEST_CONFIG, { config: { slack: { url: "https://example.com/" } } })).testChannelConfig).toEqual({ __typename: "ValidationError", code: "VALIDATION_FAILED", issues: [{ path: "config.slack.url" }] });
    expect(await api.history()).toEqual([]);
    expect((await api.run<any>(`{ channels { totalCount } }`)).channels.totalCount).toBe(0);
  });

  it("takes the secrets of the saved channel where none are given", async () => {
    const { api } = await startServer();
    const sink = use(await startSmtpSink({ tls: "STARTTLS", auth: { user: "alerts", password: "right" } }));
    const saved = { ...(mailConfig(sink.port) as any).email, user: "alerts", password: "right" };
    const channelId = await api.createChannel("Mail", { email: saved });
    const { password: _, ...withoutPassword } = saved;
    expect((await api.run<any>(TEST_CONFIG, { config: { email: { ...withoutPassword, to: ["new@acme.test"] } }, channelId })).testChannelConfig).toMatchObject({ delivered: true });
    expect(sink.messages.map(({ envelope, user }) => [envelope.to, user])).toEqual([[["new@acme.test"], "alerts"]]);
    const wrong = (await api.run<any>(TEST_CONFIG, { config: { email: { ...saved, password: "wrong" } }, channelId })).testChannelConfig;
    expect(wrong).toMatchObject({ delivered: false, outcome: "PERMANENT", status: "535 5.7.8", hint: "User or password is wrong. Gmail, Microsoft and others with two-factor sign-in want an app password instead of the account's own." });
    expect(JSON.stringify(wrong)).not.toContain("wrong\"");
    expect((await api.run<any>(TEST_CONFIG, { config: { email: withoutPassword } })).testChannelConfig).toEqual({ __typename: "ValidationError", code: "VALIDATION_FAILED", issues: [{ path: "config.email.password" }] });
    // The saved one is as it was.
    expect((await api.run<any>(TEST_CHANNEL, { id: channelId })).testChannel).toMatchObject({ delivered: true });
    expect(sink.messages.at(-1)?.envelope.to).toEqual(["ops@acme.test"]);
  });

  it("refuses a certificate that nobody vouches for, unless told to take it", async () => {
    const { api } = await startServer();
    const sink = use(await startSmtpSink({ tls: "IMPLICIT" }));
    const config = (verifyCertificate: boolean) => ({ email: { ...(mailConfig(sink.port) as any).email, tls: "IMPLICIT", verifyCertificate } });
    const refused = (await api.run<any>(TEST_CONFIG, { config: config(true) })).testChannelConfig;
    expect(refused).toMatchObject({ delivered: false, outcome: "PERMANENT" });
    expect(refused.hint).toMatch(/^The server's certificate is not trusted\./);
    expect(sink.messages).toHaveLength(0);
    expect((await api.run<any>(TEST_CONFIG, { config: config(false) })).testChannelConfig).toMatchObject({ delivered: true, status: "250 2.0.0 OK queued as 1" });
  });
});

const RESEND = `mutation ($id: ID!) { resendDelivery(id: $id) { __typename ... on Error { code message } ... on ResendDeliveryPayload { delivery { id state tries reason event { id } channel { name } } } } }`;

describe("resendDelivery", () => {
  it("sends a failed, an unknown and a sent one again, as a new delivery", async () => {
    const { api } = await startServer();
    const { fake } = await addChannel(api);
    fake.script.push({ status: 400 });
    const event = await emitOne(api);
    await api.settled();
    const failed = await onlyDelivery(api, event);
    const { resendDelivery } = await api.run<any>(RESEND, { id: failed.id });
    expect(resendDelivery).toMatchObject({ __typename: "ResendDeliveryPayload", delivery: { state: "PENDING", tries: 0, reason: "FIRST", event: { id: event }, channel: { name: "WEBHOOK" } } });
    expect(resendDelivery.delivery.id).not.toBe(failed.id);
    await api.settled();
    await api.run<any>(RESEND, { id: resendDelivery.delivery.id });
    await api.settled();
    expect((await api.deliveries(event)).map(({ state }) => state)).toEqual(["FAILED", "SENT", "SENT"]);
    expect(fake.requests).toHaveLength(3);
    expect(new Set(fake.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
    expect(new Set(fake.requests.map(({ body }) => body.toString())).size).toBe(1);

    const slack = await addChannel(api, "SLACK");
    slack.fake.script.push("RESET");
    const lost = await emitOne(api);
    await api.settled();
    const unknown = (await api.deliveries(lost)).find(({ state }) => state === "UNKNOWN");
    await api.run<any>(RESEND, { id: unknown?.id });
    await api.settled();
    expect((await api.deliveries(lost)).map(({ state, channel }) => `${channel.name} ${state}`)).toEqual(["WEBHOOK SENT", "SLACK UNKNOWN", "SLACK SENT"]);
  });

  it("refuses what is under way, what is switched off and what is not there", async () => {
    const { api } = await startServer();
    const { fake, id } = await addChannel(api);
    fake.script.push({ status: 503 });
    const waiting = await onlyDelivery(api, await emitOne(api));
    await attempts(api, 1);
    const resend = async (delivery: string) => (await api.run<any>(RESEND, { id: delivery })).resendDelivery;
    expect(await resend(waiting.id)).toEqual({ __typename: "ConflictError", code: "CONFLICT", message: "This delivery is still under way; it is tried again by itself." });
    const sent = await emitOne(api);
    await attempts(api, 2);
    await setEnabled(api, id, false);
    expect(await resend((await onlyDelivery(api, sent)).id)).toEqual({ __typename: "ConflictError", code: "CONFLICT", message: 'The channel "WEBHOOK" is switched off. Switch it on first.' });
    expect(await resend(Buffer.from("Delivery:00000000-0000-7000-8000-000000000000").toString("base64"))).toMatchObject({ __typename: "NotFoundError", code: "NOT_FOUND" });
    expect(fake.requests).toHaveLength(2);
  });

  it("of a problem that was told does not swallow its recovery", async () => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    const { event } = await api.emit({ type: "service.health.down", service: "api" });
    await api.settled();
    fake.script.push({ status: 503 });
    await api.run<any>(RESEND, { id: (await onlyDelivery(api, event?.id ?? "")).id });
    await attempts(api, 2);
    await api.emit({ type: "service.health.recovered", service: "api" });
    await api.settled();
    clock.advance(MINUTE);
    await api.settled();
    expect(fake.requests.map(({ headers }) => headers["x-carillon-event"]).at(-1)).toBe("service.health.recovered");
  });
});

const RESOLVE = `mutation ($id: ID!, $message: String) { resolveCondition(id: $id, message: $message) { __typename ... on Error { code message }
  ... on ResolveConditionPayload { event { type status severity message decision { because } condition { status closedAt } } } } }`;

describe("resolveCondition", () => {
  it.each([
    ["named by its fields", { type: "disk.space_low", source: "pve1", details: { mount: "/var" }, value: 95 }],
    ["named by its producer", { type: "service.health.down", service: "api", customer: "Acme Corp", dedupKey: "incident-7" }],
  ])("ends a condition %s, and tells who was told", async (_named, problem) => {
    const { api, clock } = await startServer();
    const { fake } = await addChannel(api);
    const others = await addChannel(api, "WEBHOOK", "Others");
    await api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { customers: ["Other Inc"] }) { __typename } }`, { id: others.id });
    await api.emit(problem);
    await api.settled();
    clock.advance(90 * SECOND);
    const list = async () => (await api.run<any>(`{ conditions(filter: { status: OPEN }) { nodes { id type count status } } }`)).conditions.nodes;
    const [condition] = await list();
    expect(condition).toMatchObject({ type: problem.type, count: 1, status: "OPEN" });
    const resolve = async (message?: string) => (await api.run<any>(RESOLVE, { id: condition.id, message })).resolveCondition;
    expect(await resolve()).toEqual({
      __typename: "ResolveConditionPayload",
      event: { type: problem.type, status: "RESOLVED", severity: "INFO", message: "Resolved by hand (first administrator).", decision: { because: "TOLD_OF_PROBLEM" }, condition: { status: "CLOSED", closedAt: "2026-03-01T12:01:30.000Z" } },
    });
    await api.settled();
    expect(await list()).toEqual([]);
    expect(JSON.parse(fake.requests.at(-1)?.body.toString() ?? "")).toMatchObject({ status: "RESOLVED", message: "Resolved by hand (first administrator).\n\nIt lasted 1 min 30 s (seen 1 time)." });
    expect(fake.requests).toHaveLength(2);
    expect(others.fake.requests).toHaveLength(0);
    expect(await resolve("again")).toEqual({ __typename: "ConflictError", code: "CONFLICT", message: "This condition is closed already." });
    // The next one is a new problem.
    expect(await api.emit(problem)).toMatchObject({ decision: { because: "MATCHED", reason: "FIRST" } });
    expect((await list())[0].id).not.toBe(condition.id);
  });

  it("says what it was told to say, and knows what is not there", async () => {
    const { api } = await startServer();
    const { fake } = await addChannel(api);
    await api.emit({ type: "service.health.down", service: "api" });
    await api.settled();
    const { conditions } = await api.run<any>(`{ conditions { nodes { id } } }`);
    await api.run(RESOLVE, { id: conditions.nodes[0].id, message: "Restarted it." });
    await api.settled();
    expect(JSON.parse(fake.requests[1]?.body.toString() ?? "").message).toBe("Restarted it.\n\nIt lasted 0 s (seen 1 time).");
    const missing = Buffer.from("Condition:00000000-0000-7000-8000-000000000000").toString("base64");
    expect((await api.run<any>(RESOLVE, { id: missing })).resolveCondition).toMatchObject({ __typename: "NotFoundError", code: "NOT_FOUND" });
  });
});
