import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, test, vi } from "vitest";
import { telegramCase } from "../channels/telegram.contract.ts";
import { Complaint, startFakeHttp } from "../channels/fakeHttp.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient, EmitResult } from "./apiClient.ts";
import { createManualClock } from "./manualClock.ts";
import type { ManualClock } from "./manualClock.ts";
import { startTestServer } from "./testServer.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SECRET = "a secret of both sides";
const SIGNING_SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const LOGIN = { user: "alerts", password: "app password" };

/** What any door answers about one event. */
interface Answer {
  /** As every door shows it: the webhook's own is the bare one within. */
  id: string;
  deduplicated: boolean;
  action: string;
  because: string;
  until: string | null;
}

interface Door {
  emit(api: ApiClient, event: object): Promise<Answer>;
}

const GRAPHQL: Door = {
  async emit(api, event) {
    const { event: stored, decision, deduplicated, ...error } = await api.emit(event);
    if (!stored || !decision) throw new Error(JSON.stringify(error));
    return { id: stored.id, deduplicated: deduplicated === true, action: decision.action, because: decision.because, until: decision.until };
  },
};

const REST: Door = {
  async emit(api, event) {
    const { status, body } = await api.post("/v1/events", event);
    if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
    const { id, deduplicated, action, because, until } = body as Answer;
    return { id, deduplicated, action, because, until };
  },
};

const DOORS = [["GraphQL", GRAPHQL], ["REST", REST]] as const;

function rawId(globalId: string): string {
  return Buffer.from(globalId, "base64").toString().split(":")[1] as string;
}

/** Takes only what is signed in both styles, over the exact bytes. */
function startReceiver(clock: ManualClock): Promise<FakeHttp> {
  return startFakeHttp(({ headers, body }) => {
    const expected = `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
    if (headers["x-signature-256"] !== expected) throw new Complaint("X-Signature-256", { status: 401 });
    // The library looks at the real time, the server at the test's.
    const now = vi.spyOn(Date, "now").mockReturnValue(clock.now().getTime());
    try {
      new Webhook(SIGNING_SECRET).verify(body, headers as Record<string, string>);
    } catch (error) {
      throw new Complaint(`Standard Webhooks: ${String(error)}`, { status: 401 });
    } finally {
      now.mockRestore();
    }
    return { status: 200 };
  });
}

/** A server whose only channels are a signed webhook and a mailbox behind TLS and a login. */
async function startWorld(tls: "STARTTLS" | "IMPLICIT" = "STARTTLS") {
  const clock = createManualClock();
  const server = await startTestServer({ clock });
  const { api } = server;
  const hook = await startReceiver(clock);
  const mail = await startSmtpSink({ tls, auth: LOGIN });
  await api.run(`mutation { updateSettings(input: { displayName: "Acme Ops" }) { __typename } }`);
  await deleteAllChannels(api);
  const hookId = await api.createChannel("Hook", { webhook: { url: `${hook.url}/in`, secret: SECRET, signingSecret: SIGNING_SECRET } });
  const mailId = await api.createChannel("Mail", {
    email: { host: mail.host, port: mail.port, tls, ...LOGIN, from: "Carillon <carillon@acme.test>", to: ["ops@acme.test, oncall@acme.test"], verifyCertificate: false },
  });
  return {
    server,
    api,
    clock,
    hook,
    mail,
    hookId,
    mailId,
    /** The bodies that the webhook has taken. */
    hooked: () => hook.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, any>),
    subjects: () => mail.messages.map(({ parsed }) => parsed.subject),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await hook[Symbol.asyncDispose]();
      await mail[Symbol.asyncDispose]();
      expect(hook.complaints).toEqual([]);
      expect(mail.violations).toEqual([]);
    },
  };
}

async function deleteAllChannels(api: ApiClient): Promise<void> {
  const { channels } = await api.run<{ channels: { nodes: { id: string }[] } }>(`{ channels { nodes { id } } }`);
  for (const { id } of channels.nodes) await api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id });
}

const UPDATE_TRIGGER = `mutation ($type: String!, $input: UpdateTriggerInput!) { updateTrigger(eventType: $type, input: $input) {
  __typename ... on UpdateTriggerPayload { eventType { enabled severity threshold { steps } } } } }`;

async function updateTrigger(api: ApiClient, type: string, input: object): Promise<void> {
  const { updateTrigger: result } = await api.run<{ updateTrigger: { __typename: string } }>(UPDATE_TRIGGER, { type, input });
  expect(result.__typename).toBe("UpdateTriggerPayload");
}

async function setOverride(api: ApiClient, id: string, target: object, enabled: boolean | null): Promise<void> {
  const { setChannelOverride: result } = await api.run<{ setChannelOverride: { __typename: string } }>(
    `mutation ($id: ID!, $target: ChannelOverrideTargetInput!, $enabled: Boolean) { setChannelOverride(id: $id, target: $target, enabled: $enabled) { __typename } }`,
    { id, target, enabled },
  );
  expect(result.__typename).toBe("SetChannelOverridePayload");
}

/** Why each channel gets the event or not, by name. */
function verdicts(result: EmitResult): Record<string, string> {
  return Object.fromEntries((result.decision?.channels ?? []).map(({ channelName, because }) => [channelName, because]));
}

describe.each(DOORS)("sent by %s", (_name, door) => {
  test.each(["STARTTLS", "IMPLICIT"] as const)("a deploy goes to a webhook and by mail with %s, word for word", async (tls) => {
    await using world = await startWorld(tls);
    const { api, hook, mail } = world;
    const { id, ...answer } = await door.emit(api, {
      type: "deploy.success",
      service: "my-app",
      customer: "Acme Corp",
      message: "Service my-app deployed successfully",
      details: { image: "myapp:latest", duration_seconds: 45 },
      occurredAt: "2026-03-01T12:59:30.250+01:00",
    });
    expect(answer).toEqual({ deduplicated: false, action: "SEND", because: "MATCHED", until: null });
    await api.settled();

    expect(hook.requests).toHaveLength(1);
    const request = hook.requests[0];
    expect(request).toMatchObject({ method: "POST", path: "/in", headers: { "content-type": "application/json", "x-carillon-event": "deploy.success" } });
    expect(request?.body.toString()).toBe(
      '{"event":"deploy.success","service":"my-app","customer":"Acme Corp","timestamp":"2026-03-01T11:59:30.250Z",' +
        '"message":"Service my-app deployed successfully","details":{"image":"myapp:latest","duration_seconds":45},' +
        `"id":"${rawId(id)}","severity":"INFO","status":null,"title":"Deploy succeeded","category":"deploys","displayName":"Acme Ops","conditionId":null,"count":1}`,
    );
    const deliveries = await api.deliveries(id);
    expect(deliveries.map(({ state, tries, reason, channel }) => ({ state, tries, reason, channel: channel.name }))).toEqual([
      { state: "SENT", tries: 1, reason: "FIRST", channel: "Hook" },
      { state: "SENT", tries: 1, reason: "FIRST", channel: "Mail" },
    ]);
    expect(request?.headers["webhook-id"]).toBe(rawId(deliveries[0]?.id ?? ""));

    expect(mail.messages).toHaveLength(1);
    const [letter] = mail.messages;
    expect(letter).toMatchObject({ envelope: { from: "carillon@acme.test", to: ["ops@acme.test", "oncall@acme.test"] }, user: "alerts", secure: true });
    expect(letter?.parsed.subject).toBe("[Acme Ops] Deploy succeeded");
    expect(letter?.parsed.from).toMatchObject({ name: "Carillon", address: "carillon@acme.test" });
    expect(letter?.parsed.text?.trimEnd()).toBe(
      [
        "Deploy succeeded",
        "",
        "Service my-app deployed successfully",
        "",
        "Severity: INFO",
        "Service: my-app",
        "Customer: Acme Corp",
        "image: myapp:latest",
        "duration_seconds: 45",
        "",
        "-- ",
        "Sent by Acme Ops as the first notice of this event. Event type deploy.success, severity INFO.",
      ].join("\n"),
    );
    const html = letter?.parsed.html ?? "";
    expect(html).toContain("🚀 Deploy succeeded</h1>");
    expect(html).toContain(">Service my-app deployed successfully</p>");
    for (const [label, value] of [["Severity", "INFO"], ["Service", "my-app"], ["Customer", "Acme Corp"], ["image", "myapp:latest"], ["duration_seconds", "45"]]) {
      expect(html).toMatch(new RegExp(`<th[^>]*>${label}</th><td[^>]*>${value}</td>`));
    }
    expect(letter?.parsed.inReplyTo).toBeUndefined();

    const history = await api.history();
    expect(history.map(({ channelName, kind, outcome, tryNumber, error, body }) => ({ channelName, kind, outcome, tryNumber, error, hasText: body.includes("Service my-app deployed successfully") })).sort((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
      { channelName: "Mail", kind: "EMAIL", outcome: "DELIVERED", tryNumber: 1, error: null, hasText: true },
      { channelName: "Hook", kind: "WEBHOOK", outcome: "DELIVERED", tryNumber: 1, error: null, hasText: true },
    ]);
  });

  it("tells of a certificate only once its days are down to the threshold", async () => {
    await using world = await startWorld();
    const { api, clock } = world;
    const expiring = (value: number) => door.emit(api, { type: "ssl.expiring", service: "shop", source: "www.acme.test", details: { domain: "acme.test" }, value });

    expect(await expiring(14)).toMatchObject({ action: "SUPPRESS", because: "BELOW_THRESHOLD" });
    await updateTrigger(api, "ssl.expiring", { steps: [14] });
    const first = await expiring(14);
    expect(first).toMatchObject({ action: "SEND", because: "MATCHED" });
    expect(await expiring(14)).toMatchObject({ action: "SUPPRESS", because: "COOLDOWN", until: new Date(clock.now().getTime() + 24 * HOUR).toISOString() });
    await api.settled();
    expect(world.hooked().map(({ id, title, message, details }) => ({ id, title, message, details }))).toEqual([
      { id: rawId(first.id), title: "Certificate expiring", message: "The certificate of www.acme.test expires in 14 days.", details: { domain: "acme.test" } },
    ]);
    expect(world.subjects()).toEqual(["[Acme Ops] Certificate expiring"]);
  });

  it("tells of every threshold step once, and of the renewal", async () => {
    await using world = await startWorld();
    const { api, clock } = world;
    await updateTrigger(api, "ssl.expiring", { steps: [7, 30, 14] });
    const fates: string[] = [];
    for (const value of [31, 30, 29, 15, 14, 13, 8, 7, 6, 0, -1]) {
      const { because } = await door.emit(api, { type: "SSL expiring", source: "www.acme.test", value });
      fates.push(`${value} ${because}`);
      await api.settled();
      clock.advance(24 * HOUR);
    }
    expect(fates).toEqual([
      "31 BELOW_THRESHOLD",
      "30 MATCHED",
      "29 STEP_ALREADY_FIRED",
      "15 STEP_ALREADY_FIRED",
      "14 MATCHED",
      "13 STEP_ALREADY_FIRED",
      "8 STEP_ALREADY_FIRED",
      "7 MATCHED",
      "6 STEP_ALREADY_FIRED",
      "0 STEP_ALREADY_FIRED",
      "-1 STEP_ALREADY_FIRED",
    ]);
    expect(await door.emit(api, { type: "ssl.expiring", source: "www.acme.test", value: 90 })).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM" });
    await api.settled();
    expect(world.hooked().map(({ title, count, message }) => `${title} ${count}: ${message}`)).toEqual([
      "Certificate expiring 1: The certificate of www.acme.test expires in 30 days.",
      "Worse: Certificate expiring 4: The certificate of www.acme.test expires in 14 days.\n\nGoing on since 2026-03-02 12:00 UTC, for 3 d (seen 4 times).",
      "Worse: Certificate expiring 7: The certificate of www.acme.test expires in 7 days.\n\nGoing on since 2026-03-02 12:00 UTC, for 6 d (seen 7 times).",
      "Resolved: Certificate expiring 10: The certificate of www.acme.test expires in 90 days.\n\nIt lasted 10 d (seen 10 times).",
    ]);
  });

  it("lets a step that is jumped over not fire later", async () => {
    await using world = await startWorld();
    await updateTrigger(world.api, "ssl.expiring", { steps: [30, 14, 7] });
    const fates: string[] = [];
    for (const value of [10, 9, 7]) fates.push((await door.emit(world.api, { type: "ssl.expiring", source: "www.acme.test", value })).because);
    expect(fates).toEqual(["MATCHED", "STEP_ALREADY_FIRED", "MATCHED"]);
  });

  it("tells of a disk at 91 %, not at 89 %, where the threshold is 90 %", async () => {
    await using world = await startWorld();
    const { api } = world;
    const disk = (value: number, mount = "/var") => door.emit(api, { type: "disk_space_low", source: "pve1", details: { mount }, value });
    expect(await disk(89)).toMatchObject({ action: "SUPPRESS", because: "BELOW_THRESHOLD" });
    expect(await disk(91)).toMatchObject({ action: "SEND", because: "MATCHED" });
    expect(await disk(90, "/home")).toMatchObject({ action: "SEND", because: "MATCHED" });
    expect(await disk(89)).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM" });
    expect(await disk(89)).toMatchObject({ action: "SUPPRESS", because: "BELOW_THRESHOLD" });
    await api.settled();
    const told = world.hooked().map(({ event, title, message }) => ({ event, title, message }));
    expect(told.slice().sort((a, b) => (a.message < b.message ? -1 : 1))).toEqual([
      { event: "disk.space_low", title: "Disk usage high", message: "/home on pve1 is 90 % full." },
      { event: "disk.space_low", title: "Resolved: Disk usage high", message: "/var on pve1 is 89 % full.\n\nIt lasted 0 s (seen 1 time)." },
      { event: "disk.space_low", title: "Disk usage high", message: "/var on pve1 is 91 % full." },
    ]);
  });

  it.each([
    ["its recovery type", { type: "service.health.recovered" }, "Service recovered", "Service api is healthy again."],
    ["the status RESOLVED", { type: "service.health.down", status: "RESOLVED" }, "Resolved: Service down", "Service api is down."],
  ])("follows a service from down to recovered, told by %s", async (_by, recovery, title, text) => {
    await using world = await startWorld();
    const { api, clock, mail } = world;
    await api.createChannel("Critical only for others", { log: true }, { services: ["other"] });
    const about = { service: "api", customer: "Acme Corp" };
    const down = () => door.emit(api, { type: "service.health.down", ...about });

    const first = await down();
    expect(first).toMatchObject({ action: "SEND", because: "MATCHED" });
    await api.settled();
    for (let repeat = 0; repeat < 3; repeat += 1) {
      clock.advance(MINUTE);
      expect(await down()).toMatchObject({ action: "SUPPRESS", because: "COOLDOWN", until: "2026-03-01T12:30:00.000Z" });
    }
    clock.advance(27 * MINUTE - 1);
    expect(await down()).toMatchObject({ because: "COOLDOWN" });
    clock.advance(1);
    expect(await down()).toMatchObject({ action: "SEND", because: "MATCHED" });
    await api.settled();
    clock.advance(5 * MINUTE);
    const over = await door.emit(api, { ...recovery, ...about });
    expect(over).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM" });
    await api.settled();
    expect(await door.emit(api, { ...recovery, ...about })).toMatchObject({ action: "SUPPRESS", because: "NOTHING_OPEN" });
    await api.settled();

    const conditionId = rawId(first.id);
    expect(world.hooked().map(({ title, message, severity, conditionId, count }) => ({ title, message, severity, conditionId, count }))).toEqual([
      { title: "Service down", message: "Service api is down.", severity: "CRITICAL", conditionId, count: 1 },
      { title: "Still going on: Service down", message: "Service api is down.\n\nGoing on since 2026-03-01 12:00 UTC, for 30 min (seen 6 times).", severity: "CRITICAL", conditionId, count: 6 },
      { title, message: `${text}\n\nIt lasted 35 min (seen 6 times).`, severity: "INFO", conditionId, count: 6 },
    ]);
    expect(world.subjects()).toEqual(["[Acme Ops] Service down", "Re: [Acme Ops] Still going on: Service down", `Re: [Acme Ops] ${title}`]);
    const [problem, ...later] = mail.messages.map(({ parsed }) => parsed);
    expect(problem?.inReplyTo).toBeUndefined();
    expect(problem?.messageId).toMatch(/^<[0-9a-f-]{36}@acme\.test>$/);
    for (const mailLater of later) expect(mailLater).toMatchObject({ inReplyTo: problem?.messageId, references: problem?.messageId });
    expect(new Set(mail.messages.map(({ parsed }) => parsed.messageId)).size).toBe(3);

    expect(world.server.printed).toEqual([]);
    const { node } = await api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Event { decision { channels { channelName action because } } condition { status count openedAt closedAt severity } } } }`, { id: over.id });
    expect(node).toEqual({
      decision: {
        channels: [
          { channelName: "Hook", action: "SEND", because: "TOLD_OF_PROBLEM" },
          { channelName: "Mail", action: "SEND", because: "TOLD_OF_PROBLEM" },
          { channelName: "Critical only for others", action: "SUPPRESS", because: "NOT_TOLD_OF_PROBLEM" },
        ],
      },
      condition: { status: "CLOSED", count: 6, openedAt: "2026-03-01T12:00:00.000Z", closedAt: "2026-03-01T12:35:00.000Z", severity: "CRITICAL" },
    });
    const { events } = await api.run<any>(`{ events(filter: { because: [NOTHING_OPEN] }) { nodes { type condition { id } deliveries { id } } } }`);
    expect(events.nodes).toEqual([{ type: recovery.type, condition: null, deliveries: [] }]);
  });

  it("opens anew after a recovery, with no cooldown left over", async () => {
    await using world = await startWorld();
    const { api } = world;
    const fates: string[] = [];
    for (const type of ["service.health.down", "service.health.recovered", "service.health.down"]) {
      fates.push((await door.emit(api, { type, service: "api" })).because);
      await api.settled();
    }
    expect(fates).toEqual(["MATCHED", "TOLD_OF_PROBLEM", "MATCHED"]);
    expect(world.subjects()).toEqual(["[Acme Ops] Service down", "Re: [Acme Ops] Service recovered", "[Acme Ops] Service down"]);
  });

  it("tells of a rise in severity at once, and of a fall not", async () => {
    await using world = await startWorld();
    const { api, clock } = world;
    await api.createChannel("Critical only", { log: true }, { minimumSeverity: "CRITICAL" });
    const fates: string[] = [];
    for (const severity of ["WARNING", "WARNING", "CRITICAL", "WARNING", "CRITICAL"]) {
      fates.push((await door.emit(api, { type: "service.health.down", service: "api", severity })).because);
      await api.settled();
      clock.advance(MINUTE);
    }
    expect(fates).toEqual(["MATCHED", "COOLDOWN", "MATCHED", "COOLDOWN", "COOLDOWN"]);
    expect(world.hooked().map(({ title, severity }) => `${severity} ${title}`)).toEqual(["WARNING Service down", "CRITICAL Worse: Service down"]);
    expect(world.server.printed).toHaveLength(1);
    await door.emit(api, { type: "service.health.recovered", service: "api" });
    await api.settled();
    // Told of the worse part only, but told: it hears of the end although that is no more than INFO.
    expect(world.server.printed).toHaveLength(2);
    expect(world.server.printed[1]).toContain("INFO service.health.recovered [Acme Ops] Service recovered");
  });

  it("tells a rise in severity at once also where a threshold step has been told of already", async () => {
    await using world = await startWorld();
    const { api } = world;
    await updateTrigger(api, "ssl.expiring", { steps: [30, 14] });
    const fates: string[] = [];
    for (const [value, severity] of [[29, "WARNING"], [28, "WARNING"], [27, "CRITICAL"]]) {
      fates.push((await door.emit(api, { type: "ssl.expiring", source: "www.acme.test", value, severity })).because);
    }
    expect(fates).toEqual(["MATCHED", "STEP_ALREADY_FIRED", "MATCHED"]);
  });

  it("tells of a login from a new address, and of each address once within the cooldown", async () => {
    await using world = await startWorld();
    const { api, clock } = world;
    const login = (ip: string) => door.emit(api, { type: "login.new_ip", source: "panel", details: { user: "root", ip } });
    expect(await login("203.0.113.7")).toMatchObject({ because: "MATCHED" });
    await api.settled();
    expect(await login("203.0.113.7")).toMatchObject({ action: "SUPPRESS", because: "COOLDOWN", until: "2026-03-01T12:05:00.000Z" });
    expect(await login("203.0.113.7")).toMatchObject({ because: "COOLDOWN" });
    expect(await login("2001:db8::7")).toMatchObject({ because: "MATCHED" });
    await api.settled();
    clock.advance(5 * MINUTE);
    expect(await login("203.0.113.7")).toMatchObject({ because: "MATCHED" });
    await api.settled();
    expect(world.hooked().map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "WARNING root logged in from a new address: 203.0.113.7",
      "WARNING root logged in from a new address: 2001:db8::7",
      "WARNING root logged in from a new address: 203.0.113.7\n\n2 repeats were held back before this one.",
    ]);
  });

  it.each(["backup.failure", "backup_fail", "Backup failed"])("sends a failed backup, called %s, by mail only where its trigger names the mailbox", async (type) => {
    await using world = await startWorld();
    const { api } = world;
    await updateTrigger(api, "backup.failure", { channelIds: [world.mailId] });
    const { id } = await door.emit(api, { type, source: "pve1", details: { vmid: 101 }, message: "vzdump 101 failed: no space left on device" });
    await api.settled();
    expect(world.hook.requests).toHaveLength(0);
    expect(world.mail.messages.map(({ parsed }) => [parsed.subject, parsed.headers.find(({ key }) => key === "x-priority")?.value])).toEqual([["[Acme Ops] Backup failed", "1"]]);
    expect(world.mail.messages[0]?.parsed.text).toContain("vzdump 101 failed: no space left on device\n\nSeverity: CRITICAL\nSource: pve1\nvmid: 101\n");
    expect((await api.deliveries(id)).map(({ channel }) => channel.name)).toEqual(["Mail"]);
  });

  it("sends a service that is down to Telegram only, and its recovery as a reply", async () => {
    await using world = await startWorld();
    const { api } = world;
    await using telegram = await startFakeHttp(telegramCase.accept);
    const id = await api.createChannel("Telegram", { telegram: { botToken: "123456789:AAabcdefghijklmnopqrstuvwxyz", chatId: "-1001234567890", topicId: 7, apiBaseUrl: telegram.url } });
    await updateTrigger(api, "service.health.down", { channelIds: [id] });
    await door.emit(api, { type: "service.health.down", service: "api & db" });
    await api.settled();
    await door.emit(api, { type: "service.health.recovered", service: "api & db" });
    await api.settled();
    expect(telegram.complaints).toEqual([]);
    expect(telegram.requests.map(({ path }) => path)).toEqual(Array(2).fill("/bot123456789:AAabcdefghijklmnopqrstuvwxyz/sendMessage"));
    const common = { chat_id: -1001234567890, message_thread_id: 7, parse_mode: "HTML", disable_notification: false, link_preview_options: { is_disabled: true } };
    expect(telegram.requests.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      { ...common, text: "<b>⚙️ Service down</b>\n\nService api &amp; db is down.\n\n<b>Severity:</b> CRITICAL\n<b>Service:</b> api &amp; db\n\n<i>Acme Ops</i>" },
      {
        ...common,
        text: "<b>⚙️ Service recovered</b>\n\nService api &amp; db is healthy again.\n\nIt lasted 0 s (seen 1 time).\n\n<b>Severity:</b> INFO\n<b>Service:</b> api &amp; db\n\n<i>Acme Ops</i>",
        reply_parameters: { message_id: 77, allow_sending_without_reply: true },
      },
    ]);
    expect(world.hook.requests).toHaveLength(0);
    expect(world.mail.messages).toHaveLength(0);
  });

  it("sends nothing of a type that is switched off, until it is switched on", async () => {
    await using world = await startWorld();
    const { api } = world;
    const backup = () => door.emit(api, { type: "backup_complete", source: "pve1" });
    expect(await backup()).toMatchObject({ action: "SUPPRESS", because: "TRIGGER_OFF" });
    await updateTrigger(api, "deploy.success", { enabled: false });
    expect(await door.emit(api, { type: "deploy.success" })).toMatchObject({ action: "SUPPRESS", because: "TRIGGER_OFF" });
    await updateTrigger(api, "backup.success", { enabled: true });
    expect(await backup()).toMatchObject({ action: "SEND", because: "MATCHED" });
    await api.settled();
    expect(world.hooked().map(({ event }) => event)).toEqual(["backup.success"]);
    expect(world.subjects()).toEqual(["[Acme Ops] Backup succeeded"]);
  });
});

describe("which channels get an event", () => {
  it("keeps what is below a channel's minimum severity from it", async () => {
    await using world = await startWorld();
    const { api } = world;
    await api.createChannel("From warning", { log: true }, { minimumSeverity: "WARNING" });
    expect(verdicts(await api.emit({ type: "deploy.success", service: "a" }))).toEqual({ Hook: "MATCHED", Mail: "MATCHED", "From warning": "BELOW_MINIMUM_SEVERITY" });
    expect(verdicts(await api.emit({ type: "deploy.failure", service: "b" }))).toEqual({ Hook: "MATCHED", Mail: "MATCHED", "From warning": "MATCHED" });
    await updateTrigger(api, "deploy.failure", { severity: "INFO" });
    expect(verdicts(await api.emit({ type: "deploy.failure", service: "c" }))).toMatchObject({ "From warning": "BELOW_MINIMUM_SEVERITY" });
    await api.settled();
    expect(world.server.printed).toEqual([`2026-03-01T12:00:00.000Z WARNING deploy.failure [Acme Ops] Deploy failed | Deploy of b failed. | Severity: WARNING | Service: b`]);
  });

  it("lets a channel overrule a category, and a type in it", async () => {
    await using world = await startWorld();
    const { api, hookId } = world;
    let service = 0;
    const why = async () => verdicts(await api.emit({ type: "deploy.success", service: `s${(service += 1)}` }));
    await setOverride(api, hookId, { eventType: "deploy_success" }, false);
    expect(await why()).toEqual({ Hook: "TYPE_OFF_FOR_CHANNEL", Mail: "MATCHED" });
    await setOverride(api, hookId, { eventType: "deploy.success" }, null);
    await setOverride(api, hookId, { category: "deploys" }, false);
    expect(await why()).toEqual({ Hook: "CATEGORY_OFF_FOR_CHANNEL", Mail: "MATCHED" });
    await setOverride(api, hookId, { eventType: "deploy.success" }, true);
    expect(await why()).toEqual({ Hook: "MATCHED", Mail: "MATCHED" });
    expect(verdicts(await api.emit({ type: "deploy.failure" }))).toEqual({ Hook: "CATEGORY_OFF_FOR_CHANNEL", Mail: "MATCHED" });
    // Off at the master is off everywhere, whatever a channel says.
    await updateTrigger(api, "deploy.success", { enabled: false });
    expect(await why()).toEqual({ Hook: "TRIGGER_OFF", Mail: "TRIGGER_OFF" });
    await api.settled();
    expect(world.hooked().map(({ service }) => service)).toEqual(["s3"]);
    expect(world.mail.messages).toHaveLength(4);
  });

  it("switches all types of a category, and counts those that are on", async () => {
    await using world = await startWorld();
    const { api, hookId } = world;
    const counts = async () => {
      const { categories } = await api.run<{ categories: { name: string; enabledCount: number; totalCount: number; own: number }[] }>(
        `query ($id: ID!) { categories { name enabledCount totalCount own: enabledCount(channelId: $id) } }`,
        { id: hookId },
      );
      return categories.find(({ name }) => name === "backups");
    };
    const toggle = (enabled: boolean) =>
      api.run<any>(`mutation ($enabled: Boolean!) { setCategoryEnabled(category: "backups", enabled: $enabled) { ... on SetCategoryEnabledPayload { category { enabledCount totalCount } } } }`, { enabled });

    expect(await counts()).toEqual({ name: "backups", enabledCount: 5, totalCount: 6, own: 5 });
    expect((await toggle(false)).setCategoryEnabled.category).toEqual({ enabledCount: 0, totalCount: 6 });
    expect(await api.emit({ type: "backup.failure", source: "pve1" })).toMatchObject({ decision: { because: "TRIGGER_OFF" } });
    expect((await toggle(true)).setCategoryEnabled.category).toEqual({ enabledCount: 6, totalCount: 6 });
    expect(await api.emit({ type: "backup.success", source: "pve1" })).toMatchObject({ decision: { because: "MATCHED" } });
    await setOverride(api, hookId, { category: "backups" }, false);
    expect(await counts()).toEqual({ name: "backups", enabledCount: 6, totalCount: 6, own: 0 });
    await setOverride(api, hookId, { eventType: "backup.failure" }, true);
    expect(await counts()).toEqual({ name: "backups", enabledCount: 6, totalCount: 6, own: 1 });
  });

  it.each([
    ["customers", "customer", "Acme Corp", "Other Inc", "OTHER_CUSTOMER"],
    ["services", "service", "shop", "blog", "OTHER_SERVICE"],
    ["sources", "source", "pve1", "pve2", "OTHER_SOURCE"],
  ])("filters by %s", async (filter, field, wanted, other, because) => {
    await using world = await startWorld();
    const { api, hookId } = world;
    await api.run(`mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename } }`, { id: hookId, input: { [filter]: [wanted, "yet another"] } });
    expect(verdicts(await api.emit({ type: "deploy.success", [field]: wanted }))).toEqual({ Hook: "MATCHED", Mail: "MATCHED" });
    expect(verdicts(await api.emit({ type: "deploy.success", [field]: other }))).toEqual({ Hook: because, Mail: "MATCHED" });
    expect(verdicts(await api.emit({ type: "deploy.success" }))).toEqual({ Hook: because, Mail: "MATCHED" });
    await api.settled();
    expect(world.hooked().map((body) => body["service"] ?? body["customer"] ?? null)).toEqual([field === "source" ? null : wanted]);
    expect(world.mail.messages).toHaveLength(3);
  });

  it("sends nothing to a channel that is switched off, and says so where all are", async () => {
    await using world = await startWorld();
    const { api } = world;
    const disable = (id: string) => api.run(`mutation ($id: ID!) { updateChannel(id: $id, input: { enabled: false }) { __typename } }`, { id });
    await disable(world.hookId);
    expect(verdicts(await api.emit({ type: "deploy.success", service: "a" }))).toEqual({ Hook: "CHANNEL_DISABLED", Mail: "MATCHED" });
    await disable(world.mailId);
    const none = await api.emit({ type: "deploy.success", service: "b" });
    expect(none.decision).toMatchObject({ action: "SUPPRESS", because: "NO_CHANNEL" });
    expect(verdicts(none)).toEqual({ Hook: "CHANNEL_DISABLED", Mail: "CHANNEL_DISABLED" });
    await api.settled();
    expect(world.hook.requests).toHaveLength(0);
    expect(world.mail.messages).toHaveLength(1);
  });

  it("does not take an empty list of channels for all of them", async () => {
    await using world = await startWorld();
    const { updateTrigger: result } = await world.api.run<any>(
      `mutation { updateTrigger(eventType: "backup.failure", input: { channelIds: [] }) { __typename ... on ValidationError { issues { path code } } } }`,
    );
    expect(result).toEqual({ __typename: "ValidationError", issues: [{ path: "channelIds", code: "too_small" }] });
  });

  it("tells nobody of the end of a problem that nobody was told of", async () => {
    await using world = await startWorld();
    const { api } = world;
    for (const id of [world.hookId, world.mailId]) await setOverride(api, id, { eventType: "service.health.down" }, false);
    expect(await api.emit({ type: "service.health.down", service: "api" })).toMatchObject({ decision: { because: "NO_CHANNEL" } });
    const over = await api.emit({ type: "service.health.recovered", service: "api" });
    expect(over.decision).toMatchObject({ action: "SUPPRESS", because: "NOBODY_TOLD" });
    expect(verdicts(over)).toEqual({ Hook: "NOT_TOLD_OF_PROBLEM", Mail: "NOT_TOLD_OF_PROBLEM" });
    await api.settled();
    expect(world.hook.requests).toHaveLength(0);
  });
});

/** A webhook receiver that answers when the test says so. */
async function startSlowReceiver() {
  const waiting: { body: Record<string, any>; answer: (status: number) => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => waiting.push({ body: JSON.parse(Buffer.concat(chunks).toString()), answer: (status) => response.writeHead(status).end() }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a recovery never overtakes its problem", () => {
  it("waits while the problem is on its way", async () => {
    await using world = await startWorld();
    const { api } = world;
    await using slow = await startSlowReceiver();
    await api.createChannel("Slow", { webhook: { url: slow.url } });
    await api.emit({ type: "service.health.down", service: "api" });
    await eventually(() => slow.waiting.length === 1);
    const over = await api.emit({ type: "service.health.recovered", service: "api" });
    // The others have it by now, the slow one not even a request.
    await world.mail.waitFor(2);
    await eventually(() => world.hook.requests.length === 2);
    expect(slow.waiting.map(({ body }) => body["event"])).toEqual(["service.health.down"]);
    expect((await api.deliveries(over.event?.id ?? "")).find(({ channel }) => channel.name === "Slow")).toMatchObject({ state: "PENDING", tries: 0 });
    slow.waiting[0]?.answer(200);
    await eventually(() => slow.waiting.length === 2);
    expect(slow.waiting[1]?.body["event"]).toBe("service.health.recovered");
    slow.waiting[1]?.answer(200);
    await api.settled();
    expect((await api.history()).filter(({ channelName }) => channelName === "Slow").map(({ type, outcome }) => `${type} ${outcome}`)).toEqual([
      "service.health.down DELIVERED",
      "service.health.recovered DELIVERED",
    ]);
  });

  it("is dropped with the problem when that still waits for another try; who was told hears of it", async () => {
    await using world = await startWorld();
    const { api, clock, hook } = world;
    hook.script.push({ status: 503, headers: { "retry-after": "600" }, body: "maintenance" });
    const down = await api.emit({ type: "service.health.down", service: "api" });
    await api.settled();
    expect((await api.deliveries(down.event?.id ?? "")).map(({ state, dueAt, channel }) => [channel.name, state, dueAt])).toEqual([
      ["Hook", "RETRY", "2026-03-01T12:10:00.000Z"],
      ["Mail", "SENT", "2026-03-01T12:00:00.000Z"],
    ]);
    const over = await api.emit({ type: "service.health.recovered", service: "api" });
    expect(verdicts(over)).toEqual({ Hook: "TOLD_OF_PROBLEM", Mail: "TOLD_OF_PROBLEM" });
    await eventually(async () => (await api.history()).length === 5);
    await api.settled();
    expect((await api.deliveries(down.event?.id ?? "")).map(({ state }) => state)).toEqual(["DROPPED", "SENT"]);
    expect((await api.deliveries(over.event?.id ?? "")).map(({ state }) => state)).toEqual(["DROPPED", "SENT"]);
    const hooked = (await api.history()).filter(({ channelName }) => channelName === "Hook");
    expect(hooked.map(({ type, outcome, status, nextTryAt }) => ({ type, outcome, status, nextTryAt }))).toEqual([
      { type: "service.health.down", outcome: "TRANSIENT", status: "503", nextTryAt: "2026-03-01T12:10:00.000Z" },
      { type: "service.health.down", outcome: "DROPPED", status: null, nextTryAt: null },
      { type: "service.health.recovered", outcome: "DROPPED", status: null, nextTryAt: null },
    ]);
    expect(hooked[1]?.error).toMatch(/^The problem was over before this could be delivered/);
    clock.advance(HOUR);
    await api.settled();
    expect(hook.requests).toHaveLength(1);
    expect(world.subjects()).toEqual(["[Acme Ops] Service down", "Re: [Acme Ops] Service recovered"]);
  });

  it("goes out where the problem was told and only a follow-up could not be delivered", async () => {
    await using world = await startWorld();
    const { api, clock, hook } = world;
    const down = () => api.emit({ type: "service.health.down", service: "api" });
    await down();
    await api.settled();
    clock.advance(30 * MINUTE);
    hook.script.push({ status: 503, headers: { "retry-after": "600" } });
    const followUp = await down();
    await api.settled();
    const over = await api.emit({ type: "service.health.recovered", service: "api" });
    await eventually(() => hook.requests.length === 3);
    await api.settled();
    expect(world.hooked().map(({ title }) => title)).toEqual(["Service down", "Still going on: Service down", "Service recovered"]);
    expect((await api.deliveries(followUp.event?.id ?? "")).map(({ state }) => state)).toEqual(["DROPPED", "SENT"]);
    expect((await api.deliveries(over.event?.id ?? "")).map(({ state }) => state)).toEqual(["SENT", "SENT"]);
    const [dropped] = await api.history({ outcomes: ["DROPPED"] });
    expect(dropped?.error).not.toContain("nor its recovery");
  });

  it("is not sent to a channel that the problem never reached", async () => {
    await using world = await startWorld();
    const { api, hook } = world;
    hook.script.push({ status: 400, body: "no" });
    await api.emit({ type: "service.health.down", service: "api" });
    await api.settled();
    await api.emit({ type: "service.health.recovered", service: "api" });
    await api.settled();
    expect(hook.requests).toHaveLength(1);
    const hooked = (await api.history()).filter(({ channelName }) => channelName === "Hook");
    expect(hooked.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual(["service.health.down PERMANENT", "service.health.recovered DROPPED"]);
    expect(hooked[1]?.error).toBe("The channel was never reached with the problem, so it does not hear of its end.");
  });
});

const SIMULATE = `query ($input: EmitEventInput!) { simulateEvent(input: $input) { __typename ... on Error { code message }
  ... on ValidationError { issues { path code } }
  ... on SimulateEventPayload { decision { action because until reason channels { channelName action because } } } } }`;

const TOTALS = `{ events { totalCount } conditions { totalCount } history { totalCount } eventTypes { name } }`;

describe("simulateEvent", () => {
  it("says what emitEvent then does, and leaves no trace", async () => {
    await using world = await startWorld();
    const { api, clock, hookId } = world;
    await api.createChannel("From warning", { log: true }, { minimumSeverity: "WARNING", services: ["api", "shop"] });
    await setOverride(api, hookId, { category: "security" }, false);
    await updateTrigger(api, "ssl.expiring", { steps: [30, 14] });
    const because: string[] = [];
    const inputs: (object | number)[] = [
      { type: "deploy.success", service: "shop" },
      { type: "deploy.success", service: "shop" },
      { type: "backup.success" },
      { type: "login.new_ip", details: { user: "root", ip: "::1" } },
      { type: "ssl.expiring", source: "a.test", value: 40 },
      { type: "ssl.expiring", source: "a.test", value: 20 },
      { type: "ssl.expiring", source: "a.test", value: 19 },
      { type: "ssl.expiring", source: "a.test", value: 10 },
      { type: "ssl.expiring", source: "a.test", value: 400 },
      { type: "service.health.recovered", service: "api" },
      { type: "service.health.down", service: "api", severity: "WARNING" },
      { type: "service.health.down", service: "api", severity: "WARNING" },
      { type: "service.health.down", service: "api" },
      31 * MINUTE,
      { type: "service.health.down", service: "api" },
      { type: "service.health.down", service: "api", status: "RESOLVED" },
      { type: "deploy.success", service: "shop" },
    ];
    for (const input of inputs) {
      if (typeof input === "number") {
        clock.advance(input);
        continue;
      }
      await api.settled();
      const before = await api.run<any>(TOTALS);
      const { simulateEvent } = await api.run<any>(SIMULATE, { input });
      expect(await api.run(TOTALS)).toEqual(before);
      const emitted = await api.emit(input);
      expect(simulateEvent).toEqual({ __typename: "SimulateEventPayload", decision: emitted.decision });
      because.push(emitted.decision?.because ?? "");
      await api.settled();
      expect((await api.run<any>(TOTALS)).events.totalCount).toBe(before.events.totalCount + 1);
    }
    expect(because).toEqual([
      "MATCHED", "COOLDOWN", "TRIGGER_OFF", "MATCHED", "BELOW_THRESHOLD", "MATCHED", "STEP_ALREADY_FIRED", "MATCHED", "TOLD_OF_PROBLEM",
      "NOTHING_OPEN", "MATCHED", "COOLDOWN", "MATCHED", "MATCHED", "TOLD_OF_PROBLEM", "MATCHED",
    ]);
  });

  it("says the same of a type that nobody knows, and does not register it", async () => {
    await using world = await startWorld();
    const { api } = world;
    const input = { type: "order.payment_failed", service: "shop" };
    const before = await api.run<any>(TOTALS);
    const { simulateEvent } = await api.run<any>(SIMULATE, { input });
    expect(await api.run<any>(TOTALS)).toEqual(before);
    const emitted = await api.emit(input);
    expect(emitted).toMatchObject({ event: { type: "order.payment.failed" }, decision: { action: "SEND", because: "MATCHED" } });
    expect(simulateEvent).toEqual({ __typename: "SimulateEventPayload", decision: emitted.decision });
    // Where unknown types are refused, both refuse.
    await api.run(`mutation { updateSettings(input: { unknownEventTypes: REFUSE }) { __typename } }`);
    const refused = await api.emit({ type: "order.refund_failed" });
    expect(refused).toMatchObject({ __typename: "OtherError", code: "UNKNOWN_EVENT_TYPE" });
    expect((await api.run<any>(SIMULATE, { input: { type: "order.refund_failed" } })).simulateEvent).toMatchObject({ __typename: "OtherError", code: "UNKNOWN_EVENT_TYPE", message: refused.message });
  });

  it("finds the same faults", async () => {
    await using world = await startWorld();
    const input = { type: " ", message: "a\u0000b", service: "x".repeat(201) };
    const { simulateEvent } = await world.api.run<any>(SIMULATE, { input });
    const emitted = await world.api.emit(input);
    expect(emitted).toMatchObject({ __typename: "ValidationError", code: "VALIDATION_FAILED" });
    expect(emitted.issues?.map(({ path }) => path)).toEqual(["type", "service", "message"]);
    expect(simulateEvent).toEqual({ __typename: "ValidationError", code: "VALIDATION_FAILED", message: emitted.message, issues: emitted.issues?.map(({ path, code }) => ({ path, code })) });
  });
});

const CREATE_TOKEN = `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { ... on CreateAccessTokenPayload { token } } }`;

async function newProducer(api: ApiClient, name: string): Promise<ApiClient> {
  const { createAccessToken } = await api.run<any>(CREATE_TOKEN, { input: { name, role: "PRODUCER" } });
  return api.as(createAccessToken.token);
}

const KEYED = { type: "deploy.success", service: "shop", details: { image: "shop:7", retries: 0 }, idempotencyKey: "deploy-7" };

describe("an idempotency key", () => {
  describe.each(DOORS)("by %s", (_name, door) => {
    it("answers a repeat with the first result, and sends once", async () => {
      await using world = await startWorld();
      const { api, clock } = world;
      const first = await door.emit(api, KEYED);
      expect(first).toMatchObject({ deduplicated: false, because: "MATCHED" });
      // The same input with its keys in another order.
      const repeat = await door.emit(api, { idempotencyKey: "deploy-7", details: { retries: 0, image: "shop:7" }, service: "shop", type: "deploy.success" });
      expect(repeat).toEqual({ ...first, deduplicated: true });
      await api.settled();
      clock.advance(24 * HOUR - 1);
      expect(await door.emit(api, KEYED)).toEqual({ ...first, deduplicated: true });
      await api.settled();
      expect(world.hook.requests).toHaveLength(1);
      expect(world.mail.messages).toHaveLength(1);
      expect((await api.run<any>(TOTALS)).events.totalCount).toBe(1);
    });

    it("is free again after 24 hours", async () => {
      await using world = await startWorld();
      const { api, clock } = world;
      const first = await door.emit(api, KEYED);
      await api.settled();
      clock.advance(24 * HOUR);
      const later = await door.emit(api, KEYED);
      expect(later).toMatchObject({ deduplicated: false, because: "MATCHED" });
      expect(later.id).not.toBe(first.id);
      expect(await door.emit(api, KEYED)).toEqual({ ...later, deduplicated: true });
      await api.settled();
      expect(world.hook.requests).toHaveLength(2);
    });
  });

  it("is the same through both doors", async () => {
    await using world = await startWorld();
    const first = await GRAPHQL.emit(world.api, KEYED);
    expect(await REST.emit(world.api, KEYED)).toEqual({ ...first, deduplicated: true });
  });

  it("refuses another input, and stores nothing of it", async () => {
    await using world = await startWorld();
    const { api } = world;
    await api.emit(KEYED);
    const message = 'The idempotency key "deploy-7" was already used for another event within 24 hours. Use a new key for a new event.';
    const other = { ...KEYED, details: { image: "shop:8", retries: 0 } };
    expect(await api.emit(other)).toEqual({ __typename: "IdempotencyConflictError", code: "IDEMPOTENCY_CONFLICT", message });
    expect(await api.post("/v1/events", other)).toEqual({ status: 409, body: { error: { code: "IDEMPOTENCY_CONFLICT", message } } });
    await api.settled();
    expect((await api.run<any>(TOTALS)).events.totalCount).toBe(1);
    expect(world.hooked().map(({ details }) => details.image)).toEqual(["shop:7"]);
  });

  it("belongs to its token", async () => {
    await using world = await startWorld();
    const { api } = world;
    const producers = [await newProducer(api, "ci"), await newProducer(api, "cd")] as const;
    const first = await producers[0].emit({ ...KEYED, service: "one" });
    const second = await producers[1].emit({ ...KEYED, service: "two" });
    expect(second).toMatchObject({ __typename: "EmitEventPayload", deduplicated: false });
    expect(second.event?.id).not.toBe(first.event?.id);
    expect(await producers[0].emit({ ...KEYED, service: "one" })).toMatchObject({ deduplicated: true, event: { id: first.event?.id } });
    expect(await producers[1].emit({ ...KEYED, service: "two" })).toMatchObject({ deduplicated: true, event: { id: second.event?.id } });
  });

  it("makes one event of many sent at once", async () => {
    await using world = await startWorld();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? GRAPHQL : REST).emit(world.api, KEYED)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    await world.api.settled();
    expect(world.hook.requests).toHaveLength(1);
  });
});

const EMIT_ALL = `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { acceptedCount results { __typename ... on Error { code message }
  ... on ValidationError { issues { path code } } ... on EmitEventPayload { deduplicated event { id type } decision { because } } } } }`;

const BATCH = [
  KEYED,
  { type: "deploy.failure", service: "" },
  { ...KEYED },
  { ...KEYED, service: "other" },
  { type: "x".repeat(101) },
  { type: "deploy.success", occurredAt: "1999-12-31T00:00:00Z" },
  { type: "service.health.down", service: "api" },
  { type: "service.health.down", service: "api" },
  { type: "service.health.recovered", service: "api" },
];

describe("a batch", () => {
  it("answers for each event at its place by emitEvents", async () => {
    await using world = await startWorld();
    const { emitEvents } = await world.api.run<any>(EMIT_ALL, { input: BATCH });
    const { results } = emitEvents;
    expect(emitEvents.acceptedCount).toBe(6);
    expect(results.map(({ __typename, code, deduplicated, decision }: any) => [__typename, code ?? decision.because, ...(deduplicated ? ["repeat"] : [])].join(" "))).toEqual([
      "EmitEventPayload MATCHED",
      "EmitEventPayload MATCHED",
      "EmitEventPayload MATCHED repeat",
      "IdempotencyConflictError IDEMPOTENCY_CONFLICT",
      "ValidationError VALIDATION_FAILED",
      "ValidationError VALIDATION_FAILED",
      "EmitEventPayload MATCHED",
      "EmitEventPayload COOLDOWN",
      "EmitEventPayload TOLD_OF_PROBLEM",
    ]);
    expect(results[2].event.id).toBe(results[0].event.id);
    expect(results[4].issues).toEqual([{ path: "type", code: "too_big" }]);
    expect(results[5].issues).toEqual([{ path: "occurredAt", code: "out_of_range" }]);
    await world.api.settled();
    expect(world.hooked().map(({ event }) => event).sort()).toEqual(["deploy.failure", "deploy.success", "service.health.down", "service.health.recovered"]);
  });

  it("answers for each event at its place by REST, with its status", async () => {
    await using world = await startWorld();
    const { status, body } = await world.api.post("/v1/events", BATCH);
    expect(status).toBe(207);
    expect(body.results.map(({ status, because, error, deduplicated }: any) => [status, because ?? error.code, ...(deduplicated ? ["repeat"] : [])].join(" "))).toEqual([
      "202 MATCHED",
      "202 MATCHED",
      "202 MATCHED repeat",
      "409 IDEMPOTENCY_CONFLICT",
      "422 VALIDATION_FAILED",
      "422 VALIDATION_FAILED",
      "202 MATCHED",
      "202 COOLDOWN",
      "202 TOLD_OF_PROBLEM",
    ]);
    expect(body.results[2].id).toBe(body.results[0].id);
    expect(body.results[4].error.issues.map(({ path }: any) => path)).toEqual(["type"]);
    expect(await world.api.post("/v1/events", [])).toEqual({ status: 202, body: { results: [] } });
    expect((await world.api.post("/v1/events", [{ type: "deploy.success", service: "z" }])).status).toBe(202);
    expect(await world.api.post("/v1/events", { typ: "deploy.success" })).toMatchObject({
      status: 422,
      body: { error: { code: "VALIDATION_FAILED", issues: expect.arrayContaining([expect.objectContaining({ path: "type" }), expect.objectContaining({ message: expect.stringMatching(/^has no field "typ"/) })]) } },
    });
  });

  it("takes 1,000 events at once and no more", async () => {
    await using world = await startWorld();
    const { api } = world;
    const events = Array.from({ length: 1001 }, (_, at) => ({ type: "backup.success", service: `s${at}` }));
    expect(await api.post("/v1/events", events)).toMatchObject({ status: 400, body: { error: { code: "BAD_REQUEST" } } });
    expect((await api.raw(EMIT_ALL, { input: events })).body.errors?.[0]?.extensions).toEqual({ code: "BAD_REQUEST" });
    expect((await api.run<any>(TOTALS)).events.totalCount).toBe(0);
    const { body } = await api.post("/v1/events", events.slice(0, 1000));
    expect(new Set(body.results.map(({ id }: any) => id)).size).toBe(1000);
    expect((await api.run<any>(TOTALS)).events.totalCount).toBe(1000);
  });
});
