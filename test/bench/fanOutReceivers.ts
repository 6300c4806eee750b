import { configKey } from "../../src/channels/channelConfig.ts";
import { fakeClock, startFake } from "../channels/case.ts";
import { CASES } from "../channels/cases.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, FakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { sharedNow } from "./load.ts";

/*
 * A receiver for each channel kind, as strict as its provider, and three more that fall sick when told to. As soon as
 * an event has come to every kind's, it tells by itself when it came to each.
 */

export interface Target {
  name: string;
  /** The channel's config, as createChannel takes it. */
  config: object;
}

export type Request = "targets?" | "faults?" | "missing?" | "new ones to fall sick" | "fall sick";

/** Longer than the whole run; a receiver that gets nothing is missed by those who wait for it. */
const NEVER_MS = 1_000_000;
const RETRY_AFTER_S = 60;
const MANY = 1000;

fakeClock.now = () => new Date();

const targets: Target[] = [];
const fakes = new Map<string, FakeHttp>();
const kinds = new Set<string>();
let arrivals = new Map<string, number>();
let events = 0;

function arrived(name: string): void {
  if (!arrivals.has(name)) arrivals.set(name, sharedNow());
  if (arrivals.size < kinds.size) return;
  process.send?.([...arrivals]);
  arrivals = new Map();
  events += 1;
}

for (const contract of CASES) {
  const { kind } = contract.provider;
  kinds.add(kind);
  const fake = await startFake({
    ...contract,
    accept(request) {
      arrived(kind);
      return contract.accept(request);
    },
  });
  fakes.set(kind, fake);
  targets.push({ name: kind, config: { [configKey(kind)]: contract.config(fake.url) } });
}

const sink = await startSmtpSink({ tls: "NONE" });
kinds.add("EMAIL");
targets.push({ name: "EMAIL", config: { email: { host: sink.host, port: sink.port, tls: "NONE", from: "a@example.com", to: ["b@example.com"] } } });
void (async () => {
  for (let count = 1; ; count += 1) {
    await sink.waitFor(count, NEVER_MS);
    arrived("EMAIL");
  }
})();

/** What makes the run worthless: a message that was refused, came twice or not at all. */
function faults(): string[] {
  const complaints = [...fakes].flatMap(([kind, fake]) => fake.complaints.map((complaint) => `${kind}: ${complaint}`));
  const counts = [...[...fakes].map(([kind, fake]) => [kind, fake.requests.length] as const), ["EMAIL", sink.messages.length] as const];
  return [...complaints, ...sink.violations, ...counts.filter(([, count]) => count !== events).map(([kind, count]) => `${kind} got ${count} messages of ${events} events`)];
}

let sick: Record<"dead" | "slow" | "limited", FakeHttp> | undefined;

/** Ends the three before, what hangs there included. */
async function renewSick(): Promise<Target[]> {
  for (const fake of Object.values(sick ?? {})) await fake[Symbol.asyncDispose]();
  sick = { dead: await startFakeHttp(), slow: await startFakeHttp(), limited: await startFakeHttp() };
  return Object.entries(sick).map(([name, { url }]) => ({ name, config: { webhook: { url } } }));
}

async function fallSick(): Promise<void> {
  await sick?.dead[Symbol.asyncDispose]();
  sick?.slow.script.push(...Array<Answer>(MANY).fill("HANG"));
  sick?.limited.script.push(...Array<Answer>(MANY).fill({ status: 429, headers: { "retry-after": String(RETRY_AFTER_S) } }));
}

const answers: Record<Request, () => unknown> = {
  "targets?": () => targets,
  "faults?": faults,
  "missing?": () => [...kinds].filter((name) => !arrivals.has(name)),
  "new ones to fall sick": renewSick,
  "fall sick": () => fallSick().then(() => "done"),
};

process.on("message", async (request: Request) => process.send?.(await answers[request]()));
process.on("SIGTERM", () => process.exit(0));
process.send?.("no URL of its own");
