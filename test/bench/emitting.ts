import { sendOneByOne } from "../e2e/noise.ts";
import { ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient, EMIT, saturate, until } from "./load.ts";
import { cpuOf, makeDataDir, startCarillon, startHelper } from "./processes.ts";
import type { Program } from "./processes.ts";
import { countAttempts, switchOff } from "./setUp.ts";

const CONNECTIONS = 64;
const ROUNDS = 9;
const ROUND_MS = 1000;
const WARM_UP_MS = 2000;
const DELIVERED_WITHIN_MS = 30_000;

/** Durable single emitEvent beside a mutation of a bare Yoga that does nothing, in alternating rounds. */
export async function measureEmitting(nodeArgs: readonly string[]): Promise<Figure[]> {
  await using data = await makeDataDir();
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  await using bareServer = await startHelper("noop.ts");
  await using client = createClient(server.url, CONNECTIONS);
  await using bareClient = createClient(bareServer.url, CONNECTIONS);
  await sendOneByOne(client);
  await switchOff(client, "deploy.failure");

  let number = 0;
  let forInbox = 0;
  const emit = (type: string) => client.run(EMIT, { input: { type, service: "my-app", customer: "Acme Corp", message: "Service my-app deployed", details: { number: (number += 1) } } });
  const bare = () => bareClient.run("mutation { nothing }");
  const noChannel = () => emit("deploy.failure");
  const inbox = () => ((forInbox += 1), emit("deploy.success"));

  await saturate(bareClient, WARM_UP_MS, bare);
  await saturate(client, WARM_UP_MS, noChannel);
  const rates = { bare: [] as number[], noChannel: [] as number[], inbox: [] as number[], delivered: [] as number[] };
  const cpu = { bare: [] as number[], noChannel: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await withCpu(bareServer, cpu.bare, rates.bare, () => saturate(bareClient, ROUND_MS, bare));
    await withCpu(server, cpu.noChannel, rates.noChannel, () => saturate(client, ROUND_MS, noChannel));
    const [startedAt, before] = [performance.now(), forInbox];
    rates.inbox.push(await saturate(client, ROUND_MS, inbox));
    await untilDelivered(server, forInbox);
    rates.delivered.push(((forInbox - before) * 1000) / (performance.now() - startedAt));
  }

  const reference = sampleOf(rates.bare);
  const line = (name: string, values: number[], goal: string): Figure => ({
    name: `a  ${name}`,
    value: shown(sampleOf(values), "/s"),
    reference: `bare Yoga no-op ${shown(reference, "/s")}`,
    ratio: ratioOf(sampleOf(values), reference),
    goal,
  });
  return [
    line(`emitEvent x${CONNECTIONS}, no channel`, rates.noChannel, "1.3"),
    {
      name: "a  the same, CPU time each",
      value: shown(sampleOf(cpu.noChannel), "us"),
      reference: `bare Yoga no-op ${shown(sampleOf(cpu.bare), "us")}`,
      ratio: ratioOf(sampleOf(cpu.noChannel), sampleOf(cpu.bare)),
      goal: "at most 0.77",
    },
    line(`emitEvent x${CONNECTIONS}, inbox`, rates.inbox, "1.0, never under 0.7"),
    line("until all are in the inbox", rates.delivered, "0.5"),
  ];
}

/** Notes what a round made in a second, and the CPU time that each took, in microseconds. */
async function withCpu(server: Program, cpu: number[], rates: number[], round: () => Promise<number>): Promise<void> {
  const [startedAt, before] = [performance.now(), cpuOf(server)];
  const rate = await round();
  const count = (rate * (performance.now() - startedAt)) / 1000;
  cpu.push(((cpuOf(server) - before) * 1000) / count);
  rates.push(rate);
}

/** What a round left to deliver must not slow down the next. */
async function untilDelivered(server: Program, count: number): Promise<void> {
  await until("all attempts", async () => (await countAttempts(server)) >= count, DELIVERED_WITHIN_MS);
}
