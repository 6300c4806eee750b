import { once } from "node:events";
import { sendOneByOne } from "../e2e/noise.ts";
import { quantile, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT, sharedNow, until } from "./load.ts";
import { ADMIN_TOKEN, cpuOf, makeDataDir, memoryOf, startCarillon, startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";
import type { Command } from "./subscribers.ts";

const SUBSCRIBERS = 5000;
const ROUNDS = 15;
const WARM_UP = 5;
const SETTLED_WITHIN_MS = 60_000;
/** Garbage is no subscriber's: it is collected before memory is read. */
const COLLECT = ["--expose-gc", "--import", 'data:text/javascript,process.on("SIGUSR2",()=>{gc();gc();})'];
const SUBSCRIPTION = "subscription { notificationDispatched { cursor missed attempt { id channelName kind type severity outcome title } } }";

/** A notification to thousands of WebSocket subscribers, beside a bare broadcast of the same bytes in alternating rounds. */
export async function measureBroadcast(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using server = await startCarillon({ dataDir: data.path, nodeArgs: [...nodeArgs, ...COLLECT] });
  await using bareServer = await startHelper("bareBroadcast.ts", COLLECT);
  await using subscribers = await startHelper("subscribers.ts");
  await using bareSubscribers = await startHelper("subscribers.ts");
  await using client = createClient(server.url, 1);
  await sendOneByOne(client);

  let number = 0;
  const emit = () => client.run(EMIT, { input: { type: "deploy.success", service: `s${(number += 1)}` } });
  await emit();
  const init = { type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } };
  const first = [init, { id: "7d0f2b9e-6a0c-4d0e-9a53-0d7a4f0c1e11", type: "subscribe", payload: { query: SUBSCRIPTION } }].map((message) => JSON.stringify(message));
  const memory = await openAll(server, subscribers, `${server.url.replace("http", "ws")}/graphql`, first);
  const bareMemory = await openAll(bareServer, bareSubscribers, bareServer.url.replace("http", "ws"), []);
  await until("all to subscribe", async () => (await (await fetch(`${server.url}/metrics`)).text()).includes(`carillon_live_subscribers ${SUBSCRIBERS}\n`), SETTLED_WITHIN_MS);

  const [ours, bare]: [Round[], Round[]] = [[], []];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const made = await reachAll(server, subscribers, emit);
    const reference = await reachAll(bareServer, bareSubscribers, async () => bareServer.child.send(made.text));
    if (round < WARM_UP) continue;
    ours.push(made);
    bare.push(reference);
  }
  const [cpu, bareCpu] = [ours, bare].map((rounds) => rounds.reduce((sum, one) => sum + one.cpuMs, 0) * 1000 / (ROUNDS * SUBSCRIBERS)) as [number, number];
  const [ms, bareMs] = [sampleOf(ours.map((one) => one.ms)), sampleOf(bare.map((one) => one.ms))];
  return [
    { name: `h  one notification until ${SUBSCRIBERS} subscribers have it`, value: shown(ms, "ms"), reference: `bare ws broadcast ${shown(bareMs, "ms")}`, ratio: (ms.median / bareMs.median).toFixed(2), goal: "at most 2" },
    { name: "h  the same, p99", value: `${quantile(ours.map((one) => one.ms), 0.99).toFixed(0)} ms`, reference: `bare ${quantile(bare.map((one) => one.ms), 0.99).toFixed(0)} ms`, ratio: "", goal: "" },
    { name: "h  the same, CPU of the server for each message", value: `${cpu.toFixed(1)} us`, reference: `bare ${bareCpu.toFixed(1)} us`, ratio: (cpu / bareCpu).toFixed(2), goal: "at most 2" },
    { name: "h  memory of an idle subscriber", value: `${memory.toFixed(1)} kB`, reference: `bare ws connection ${bareMemory.toFixed(1)} kB`, ratio: (memory / bareMemory).toFixed(2), goal: "under 15 kB" },
  ];
}

/** @returns how much memory, in kB, the server needs for each */
async function openAll(server: Program, subscribers: Program, url: string, first: string[]): Promise<number> {
  const before = await settledMemory(server);
  await ask(subscribers, { open: { url, count: SUBSCRIBERS, first } });
  return ((await settledMemory(server)) - before) * 1024 / SUBSCRIBERS;
}

async function settledMemory(server: Program): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    server.child.kill("SIGUSR2");
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return memoryOf(server, "VmRSS");
}

interface Round {
  ms: number;
  cpuMs: number;
  /** What each of them got. */
  text: string;
}

async function reachAll(server: Program, subscribers: Program, send: () => Promise<unknown>): Promise<Round> {
  const [startedAt, cpu] = [sharedNow(), cpuOf(server)];
  const arrived = ask(subscribers, { expect: SUBSCRIBERS });
  await send();
  const { at, lastText } = (await arrived) as { at: number; lastText: string };
  return { ms: at - startedAt, cpuMs: cpuOf(server) - cpu, text: lastText };
}

async function ask({ child }: Program, command: Command): Promise<unknown> {
  const answer = once(child, "message");
  child.send(command);
  return ((await answer) as unknown[])[0];
}
