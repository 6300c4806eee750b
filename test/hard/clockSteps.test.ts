import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Answer } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import type { ManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import { startReceiver, TAKE, toldOfConditions } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

/** The system's clock is set while the server runs, and while it does not. Time that passes is one thing, what the clock shows another. */

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEPS = [
  ["an hour forward", HOUR],
  ["a day forward", DAY],
  ["an hour back", -HOUR],
  ["a day back", -DAY],
] as const;

interface Setup {
  clock: ManualClock;
  hook: Receiver;
  readonly server: TestServer;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Lets time pass until `look` gives true, and what is under way end in between. */
  passUntil(look: () => boolean | Promise<boolean>, atMostMs: number): Promise<void>;
  /** Titles of what was taken, in order. */
  told(): string[];
}

async function setUp(): Promise<Setup> {
  const clock = createManualClock();
  const hook = await startReceiver();
  onTestFinished(() => hook[Symbol.asyncDispose]());
  let server = await startTestServer({ clock });
  const { dataDir } = server;
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    clock,
    hook,
    get server() {
      return server;
    },
    stop: () => server.app.close(),
    async start() {
      server = await startTestServer({ clock, dataDir });
    },
    async passUntil(look, atMostMs) {
      const end = clock.uptime() + atMostMs;
      while (!(await look())) {
        if (clock.uptime() >= end) throw new Error(`not so after ${atMostMs} ms: ${look.toString()}`);
        await server.idle();
        clock.advance(SECOND);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      // What the receiver has taken may not be answered yet.
      await server.idle();
    },
    told: () => hook.receipts.filter(({ taken }) => taken).map(({ title }) => title),
  };
}

/** One that fails so often before it takes everything. */
function failing(times: number, answer: Answer = { status: 503 }): () => Answer {
  let left = times;
  return () => ((left -= 1) >= 0 ? answer : { status: 200 });
}

const ID_ORDER = `{ events(first: 100) { nodes { id title } } history(first: 100) { nodes { id title } } }`;

/** Ids of what the server gave, the oldest first, as they are stored. */
async function idsOf(server: TestServer): Promise<{ events: { id: string; title: string }[]; attempts: { id: string; title: string }[] }> {
  const { events, history } = await server.api.run<any>(ID_ORDER);
  const plain = ({ nodes }: any) => nodes.map(({ id, title }: any) => ({ id: Buffer.from(id, "base64").toString().split(":")[1], title })).reverse();
  return { events: plain(events), attempts: plain(history) };
}

async function expectInOrder(server: TestServer, emitted: string[]): Promise<void> {
  const { events, attempts } = await idsOf(server);
  expect(events.map(({ title }) => title)).toEqual(emitted);
  for (const ids of [events.map(({ id }) => id), attempts.map(({ id }) => id)]) expect(ids).toEqual([...ids].sort());
}

describe.each(STEPS)("the clock is set %s", (_, step) => {
  it("while the server runs: retries and pauses go on as before, nothing is lost, repeated or out of order", async () => {
    const { clock, hook, server, passUntil, told } = await setUp();
    await server.api.createChannel("hook", { webhook: { url: hook.url } }, { pace: { concurrency: 1 } });
    hook.mood = failing(4);
    const emitted: string[] = [];
    const emit = async (type: string, service: string) => {
      const title = `${service} ${emitted.length}`;
      emitted.push(title);
      await server.api.emit({ type, service, title });
    };
    for (const service of ["a", "b", "c"]) await emit("service.health.down", service);
    for (let at = 0; at < 5; at += 1) await emit("deploy.failure", `before-${at}`);
    await eventually(() => hook.receipts.length >= 3);
    await server.idle();
    clock.step(step);
    for (let at = 0; at < 5; at += 1) await emit("deploy.failure", `after-${at}`);
    await passUntil(() => told().length === emitted.length, 120 * SECOND);
    for (const service of ["a", "b", "c"]) await emit("service.health.recovered", service);
    await passUntil(() => told().length === emitted.length, 60 * SECOND);
    expect([...told()].sort()).toEqual([...emitted].sort());
    for (const news of toldOfConditions(hook.receipts).values()) expect(news).toEqual(["service.health.down", "service.health.recovered"]);
    await server.idle();
    await expectInOrder(server, emitted);
  });

  it("while the server is stopped: what was left is sent, before what comes then, and in order", async () => {
    const test = await setUp();
    const { clock, hook, passUntil, told } = test;
    await test.server.api.createChannel("hook", { webhook: { url: hook.url } }, { pace: { concurrency: 1 } });
    hook.mood = failing(3);
    const emitted: string[] = [];
    const emit = async (type: string, service: string) => {
      const title = `${service} ${emitted.length}`;
      emitted.push(title);
      await test.server.api.emit({ type, service, title });
    };
    // Three are tried and wait, the others wait behind them.
    for (const service of ["tried-1", "tried-2", "tried-3", "a", "b"]) await emit("deploy.failure", service);
    for (const service of ["c", "d"]) await emit("service.health.down", service);
    await eventually(() => hook.receipts.length === 3);
    await test.server.idle();
    await test.stop();
    const before = told();
    clock.step(step);
    await test.start();
    for (const service of ["c", "d"]) await emit("service.health.recovered", service);
    for (const service of ["e", "f"]) await emit("deploy.failure", service);
    await passUntil(() => told().length === emitted.length, 120 * SECOND);
    expect([...told()].sort()).toEqual([...emitted].sort());
    expect(before.length).toBeLessThan(emitted.length);
    for (const news of toldOfConditions(hook.receipts).values()) expect(news).toEqual(["service.health.down", "service.health.recovered"]);
    await test.server.idle();
    await expectInOrder(test.server, emitted);
    const findings = await (await fetch(`${test.server.url}/metrics`)).text();
    // The auditor had nothing to mend.
    expect(findings).not.toMatch(/carillon_audit_findings_total\{finding="missed_delivery"\} [1-9]/);
  });

  it("while a channel is quiet and has a digest: what is held comes when the clock says so, once", async () => {
    const { clock, hook, server, passUntil, told } = await setUp();
    // It is 12:00.
    await server.api.createChannel("hook", { webhook: { url: hook.url } }, { quietHours: { timeZone: "UTC", windows: [{ start: "11:30", end: "12:30" }] }, digest: { timeZone: "UTC", time: "12:20" } });
    await server.api.emit({ type: "deploy.failure", service: "a", title: "late news" });
    await server.api.emit({ type: "deploy.success", service: "a", title: "daily news" });
    await server.api.emit({ type: "service.health.down", service: "a", severity: "CRITICAL", title: "critical news" });
    await passUntil(() => told().length === 1, 10 * SECOND);
    expect(told()).toEqual(["critical news"]);
    clock.step(step);
    const summariesWith = (title: string) => hook.receipts.filter(({ event, bytes }) => event === "summary" && bytes.includes(title));
    const both = () => summariesWith("late news").length > 0 && summariesWith("daily news").length > 0;
    // An hour on, the window is over and everything comes within a minute; else it is 12:00 again, or earlier.
    if (step === HOUR) await passUntil(both, 61 * SECOND);
    else {
      clock.advance(Math.max(0, -step) + 30 * 60 * SECOND - SECOND);
      await passUntil(both, 62 * SECOND);
    }
    const states = async () => (await server.api.run<any>(`{ deliveries(first: 100) { nodes { state } } }`)).deliveries.nodes.map(({ state }: any) => state);
    await eventually(async () => (await states()).every((state: string) => state === "SENT"));
    clock.advance(100 * SECOND);
    await server.idle();
    for (const title of ["late news", "daily news"]) expect(summariesWith(title), title).toHaveLength(1);
  });

  it("while a problem is escalated and another one is silenced: both are told of when the clock says so, once, and the server is ready all the time", async () => {
    const { clock, hook, server, passUntil, told } = await setUp();
    const { api, url } = server;
    const id = await api.createChannel("hook", { webhook: { url: hook.url } }, { services: ["silenced", "escalated"], onlyByRules: true });
    await api.createChannel("all", { log: true });
    // It is 12:00; both are due at 12:20.
    const { createEscalationPolicy } = await api.run<any>(
      `mutation ($input: CreateEscalationPolicyInput!) { createEscalationPolicy(input: $input) { ... on CreateEscalationPolicyPayload { escalationPolicy { id } } } }`,
      { input: { name: "On call", rounds: 1, steps: [{ delay: "PT20M", channelIds: [id] }] } },
    );
    const rule = (input: object) => api.run(`mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename ... on Error { message } } }`, { input });
    await rule({ name: "escalated", matchers: [{ field: "service", operator: "EQUALS", value: "escalated" }], escalationPolicyId: createEscalationPolicy.escalationPolicy.id });
    await rule({ name: "silenced", matchers: [{ field: "service", operator: "EQUALS", value: "silenced" }], channelIds: [id] });
    await api.run(`mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { __typename ... on Error { message } } }`, {
      input: { reason: "work", matchers: [{ field: "service", operator: "EQUALS", value: "silenced" }], endsAt: new Date(clock.now().getTime() + 20 * 60 * SECOND).toISOString() },
    });
    for (const service of ["escalated", "silenced"]) await api.emit({ type: "service.health.down", service, title: `${service} is down` });
    await server.idle();
    expect(told()).toEqual([]);
    const expectReady = async () => expect(await (await fetch(`${url}/ready`)).json()).toEqual({ status: "ready" });
    clock.step(step);
    await expectReady();
    const both = () => told().length >= 2;
    if (step > 0) await passUntil(both, 62 * SECOND);
    else {
      clock.advance(-step + 20 * 60 * SECOND - SECOND);
      await server.idle();
      expect(told()).toEqual([]);
      await expectReady();
      await passUntil(both, 62 * SECOND);
    }
    for (let minute = 0; minute < 5; minute += 1) {
      clock.advance(60 * SECOND);
      await server.idle();
      await expectReady();
    }
    expect([...told()].sort()).toEqual(["Nobody has it: escalated is down", "silenced is down"]);
  });

  it("while a cooldown goes on: it ends, and holds no repeat back for longer than twice its time", async () => {
    const { clock, hook, server } = await setUp();
    await server.api.createChannel("hook", { webhook: { url: hook.url } });
    const emit = async () => (await server.api.emit({ type: "deploy.failure", service: "a" })).decision?.because;
    expect([await emit(), await emit()]).toEqual(["MATCHED", "COOLDOWN"]);
    // Recorded: in ten minutes its time would be up.
    await eventually(async () => (await server.api.history({ kinds: ["WEBHOOK"] })).length === 1);
    clock.step(step);
    clock.advance(600 * SECOND);
    expect([await emit(), await emit()]).toEqual(["MATCHED", "COOLDOWN"]);
    await eventually(() => hook.receipts.length === 2);
  });
});

it("a clock that goes to and fro under load loses, repeats and misorders nothing", async () => {
  const { clock, hook, server, passUntil, told } = await setUp();
  await server.api.createChannel("hook", { webhook: { url: hook.url } });
  let calls = 0;
  hook.mood = () => ((calls += 1) % 7 === 0 ? { status: 503 } : { status: 200 });
  const steps = [HOUR, -HOUR, DAY, -HOUR, -DAY, HOUR, -2 * HOUR, 3 * HOUR];
  const emitted: string[] = [];
  for (const [round, step] of steps.entries()) {
    const events = Array.from({ length: 10 }, (_, at) => ({ type: at < 5 ? (round % 2 === 0 ? "service.health.down" : "service.health.recovered") : "deploy.failure", service: at < 5 ? `s${at}` : `d${round}-${at}`, title: `${round}/${at}` }));
    for (const event of events) {
      emitted.push(event.title);
      await server.api.emit(event);
    }
    await passUntil(() => told().length === emitted.length, 120 * SECOND);
    clock.step(step);
  }
  hook.mood = TAKE;
  expect([...told()].sort()).toEqual([...emitted].sort());
  for (const news of toldOfConditions(hook.receipts.filter(({ taken }) => taken)).values()) expect(news).toEqual(["service.health.down", "service.health.recovered"]);
  await server.idle();
  await expectInOrder(server, emitted);
});
