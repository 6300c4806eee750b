import { once } from "node:events";
import { createClient as createWsClient } from "graphql-ws";
import { WebSocket } from "ws";
import { sendOneByOne } from "../e2e/noise.ts";
import type { Request, Target } from "./fanOutReceivers.ts";
import { quantile, ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT, sharedNow, until } from "./load.ts";
import type { Client } from "./load.ts";
import { ADMIN_TOKEN, makeDataDir, startCarillon, startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";

const FAILURES = ["TRANSIENT", "RATE_LIMITED", "UNKNOWN", "PERMANENT"];
/** A sick round lies between two well ones, so that what else the machine does falls on both. */
const SICK_ROUNDS = 3;
const EVENTS = 25;
const WARM_UP_EVENTS = 80;
/** Slow enough that the sick channels' tries, waits and timeouts fall into the round, and not all before it. */
const EVERY_MS = 200;
const ARRIVED_WITHIN_MS = 10_000;
/** A webhook's time for one try is 15 s. */
const TIMED_OUT_WITHIN_MS = 20_000;
/** The providers' limits would hide what the server does by itself. */
const FAST = { perSecond: 10_000, burst: 10_000 };

/** What one round showed of the channels that are always well. Milliseconds from the start of emitEvent. */
interface Round {
  /** Until the request of each event was at the receiver, by kind. */
  receivers: Map<string, number[]>;
  /** The same for the kinds without a receiver, until the live feed has them. */
  own: Map<string, number[]>;
  /** Until the last receiver had it, by event. */
  last: number[];
}

/** One event to all channel kinds at once, while all are well, and while one is dead, one slow and one rate limited. */
export async function measureFanOut(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using receivers = await startHelper("fanOutReceivers.ts");
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  await using client = createClient(server.url, 1);
  await sendOneByOne(client);

  for (const { name, config } of await ask<Target[]>(receivers, "targets?")) await createChannel(client, { name, config, pace: FAST });
  await createChannel(client, { name: "LOG", config: { log: true } });
  await using feed = await watch(server, ["INBOX", "LOG"]);

  const emit = createEmitter(client, receivers, feed.seen);
  const rounds = { well: [] as Round[], sick: [] as Round[] };
  let ids = await createSick(client, receivers);
  await emit(WARM_UP_EVENTS, 0);
  rounds.well.push(await emit(EVENTS, EVERY_MS));
  let fates: Fates | undefined;
  for (let number = 1; number <= SICK_ROUNDS; number += 1) {
    await ask(receivers, "fall sick");
    rounds.sick.push(await emit(EVENTS, EVERY_MS));
    if (number === SICK_ROUNDS) fates = await fatesOf(client, ids);
    for (const id of ids.values()) await client.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id });
    ids = await createSick(client, receivers);
    rounds.well.push(await emit(EVENTS, EVERY_MS));
  }
  const faults = await ask<string[]>(receivers, "faults?");
  if (faults.length > 0) throw new Error(faults.slice(0, 10).join("\n"));

  const figure = (name: string, of: (round: Round) => number, goal: string): Figure => {
    const [sick, well] = [sampleOf(rounds.sick.map(of)), sampleOf(rounds.well.map(of))];
    return { name: `e  ${name}`, value: shown(sick, "ms", 1), reference: `all well ${shown(well, "ms", 1)}`, ratio: ratioOf(sick, well), goal };
  };
  const share = (which: "receivers" | "own", part: number) => (round: Round) => quantile([...round[which].values()].flat(), part);
  const kinds = [...(rounds.well[0]?.receivers.keys() ?? [])];
  const medianOf = (kind: string) => (round: Round) => quantile(round.receivers.get(kind) ?? [], 0.5);
  const worst = kinds.map((kind) => ({ kind, ratio: Number(figure("", medianOf(kind), "").ratio) })).reduce((one, other) => (other.ratio > one.ratio ? other : one)).kind;
  const fate = (name: string, goal: string): Figure => ({
    name: `e  what became of ${EVENTS} events on the ${name} one`,
    value: listed(fates?.states.get(name)),
    reference: `its tries: ${listed(fates?.failures.get(name))}`,
    ratio: "",
    goal,
  });
  return [
    figure(`emitEvent to ${kinds.length} kinds' receivers, ${ids.size} others sick, p50`, share("receivers", 0.5), "at most 1.3"),
    figure("the same, p99", share("receivers", 0.99), "at most 1.5"),
    figure("until the last receiver has it, p50", ({ last }) => quantile(last, 0.5), "at most 1.3"),
    figure("the same, p90", ({ last }) => quantile(last, 0.9), "at most 1.5"),
    figure("inbox and log, until the live feed has it, p50", share("own", 0.5), "at most 1.3"),
    figure("the same, p99", share("own", 0.99), "at most 1.5"),
    figure(`the kind with the worst ratio (${worst}), p50`, medianOf(worst), "at most 1.5"),
    fate("dead", "RETRY, PENDING by TRANSIENT"),
    fate("slow", "RETRY, PENDING by UNKNOWN"),
    fate("limited", "RETRY, PENDING by RATE_LIMITED"),
  ];
}

function listed(counts: Counts = {}): string {
  return Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", ");
}

/** Sends events one after the other: the next when the one before has come everywhere, and `everyMs` have passed. */
function createEmitter(client: Client, receivers: Program, seen: Map<string, number>) {
  let number = 0;
  return async (count: number, everyMs: number): Promise<Round> => {
    const round: Round = { receivers: new Map(), own: new Map(), last: [] };
    for (const goal = number + count; number < goal; ) {
      number += 1;
      const pause = new Promise((resolve) => setTimeout(resolve, everyMs));
      seen.clear();
      const everywhere = answerOf<[string, number][]>(receivers);
      const sentAt = sharedNow();
      await client.run(EMIT, { input: { type: "deploy.success", service: "my-app", customer: "Acme Corp", message: "Service my-app deployed", details: { number } } });
      const arrivals = await everywhere;
      await until("the inbox and the log", async () => seen.size === 2, ARRIVED_WITHIN_MS);
      note(round.receivers, arrivals, sentAt);
      note(round.own, [...seen], sentAt);
      round.last.push(Math.max(...arrivals.map(([, at]) => at)) - sentAt);
      await pause;
    }
    return round;
  };
}

function note(into: Map<string, number[]>, arrivals: [string, number][], sentAt: number): void {
  for (const [kind, at] of arrivals) into.set(kind, [...(into.get(kind) ?? []), at - sentAt]);
}

async function ask<Answer>(receivers: Program, request: Request): Promise<Answer> {
  const answer = answerOf<Answer>(receivers);
  receivers.child.send(request);
  return answer;
}

async function answerOf<Answer>({ child }: Program): Promise<Answer> {
  const signal = AbortSignal.timeout(ARRIVED_WITHIN_MS);
  const [answer] = await once(child, "message", { signal }).catch(async () => {
    child.send("missing?" satisfies Request);
    throw new Error(`an event has not come within ${ARRIVED_WITHIN_MS} ms to ${String(await once(child, "message"))}`);
  });
  return answer as Answer;
}

/** @returns its id */
async function createChannel(client: Client, input: object): Promise<string> {
  type Answer = { createChannel: { channel?: { id: string }; message?: string } };
  const { createChannel } = await read<Answer>(client, `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ... on CreateChannelPayload { channel { id } } ... on Error { message } } }`, { input });
  if (!createChannel.channel) throw new Error(createChannel.message);
  return createChannel.channel.id;
}

/** Webhooks that are still well, with receivers that can fall sick. @returns their ids by name */
async function createSick(client: Client, receivers: Program): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { name, config } of await ask<Target[]>(receivers, "new ones to fall sick")) ids.set(name, await createChannel(client, { name, config }));
  return ids;
}

/** When the newest message of each kind was seen, by kind. */
async function watch(server: Program, kinds: string[]) {
  const seen = new Map<string, number>();
  const client = createWsClient({ url: `${server.url.replace("http", "ws")}/graphql`, lazy: false, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  await new Promise<void>((resolve) => client.on("connected", () => resolve()));
  client.subscribe<{ notificationDispatched: { attempt: { kind: string } } }>(
    { query: `subscription { notificationDispatched(filter: { kinds: [${kinds.join()}] }) { attempt { kind } } }` },
    {
      next: ({ data }) => void seen.set(data?.notificationDispatched.attempt.kind ?? "", sharedNow()),
      error: (error) => console.error(error),
      complete: () => undefined,
    },
  );
  return { seen, [Symbol.asyncDispose]: async () => client.dispose() };
}

type Counts = Record<string, number>;

/** By channel name: how many deliveries are in each state, and how many tries failed by each outcome. */
interface Fates {
  states: Map<string, Counts>;
  failures: Map<string, Counts>;
}

/** Waits until the slow one's time is up at least once. */
async function fatesOf(client: Client, ids: Map<string, string>): Promise<Fates> {
  let failures = new Map<string, Counts>();
  const timedOut = async () => {
    failures = new Map(await Promise.all([...ids].map(async ([name, id]) => [name, await countFailures(client, id)] as const)));
    return failures.get("slow")?.["UNKNOWN"] !== undefined;
  };
  await until("the slow one's time to be up", timedOut, TIMED_OUT_WITHIN_MS);
  return { failures, states: await statesOf(client, EVENTS) };
}

async function countFailures(client: Client, id: string): Promise<Counts> {
  const fields = FAILURES.map((outcome) => `${outcome}: history(first: 1, filter: { channelIds: ["${id}"], outcomes: [${outcome}] }) { totalCount }`);
  const found = await read<Record<string, { totalCount: number }>>(client, `{ ${fields.join(" ")} }`);
  return Object.fromEntries(Object.entries(found).flatMap(([outcome, { totalCount }]) => (totalCount > 0 ? [[outcome, totalCount]] : [])));
}

/** How many deliveries of the newest events stand in each state, by channel name. */
async function statesOf(client: Client, newest: number): Promise<Map<string, Counts>> {
  type Answer = { events: { nodes: { deliveries: { state: string; channel: { name: string } }[] }[] } };
  const { events } = await read<Answer>(client, `{ events(first: ${newest}) { nodes { deliveries { state channel { name } } } } }`);
  const states = new Map<string, Counts>();
  for (const { state, channel } of events.nodes.flatMap(({ deliveries }) => deliveries)) {
    const counts = states.get(channel.name) ?? {};
    counts[state] = (counts[state] ?? 0) + 1;
    states.set(channel.name, counts);
  }
  return states;
}

async function read<Data>(client: Client, query: string, variables?: object): Promise<Data> {
  return (JSON.parse(await client.run(query, variables)) as { data: Data }).data;
}
