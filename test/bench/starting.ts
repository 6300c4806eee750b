import { ratioOf, sampleOf, shown } from "./figures.ts";
import type { Figure, Sample } from "./figures.ts";
import { makeDataDir, memoryOf, startBareNode, startCarillon } from "./processes.ts";
import type { Program } from "./processes.ts";

const ROUNDS = 5;
const IDLE_AFTER_MS = 5000;

/** From the start of the process until /ready answers 200, beside a Node that serves nothing; and what it then holds. */
export async function measureStarting(): Promise<Figure[]> {
  await using data = await makeDataDir();
  const bare: number[] = [];
  const node: number[] = [];
  const npm: number[] = [];
  const first: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await using fresh = await makeDataDir();
    first.push(await timed(() => startCarillon({ dataDir: fresh.path })));
    if (round === 0) await timed(() => startCarillon({ dataDir: data.path }));
    bare.push(await timed(startBareNode));
    node.push(await timed(() => startCarillon({ dataDir: data.path })));
    npm.push(await timed(() => startCarillon({ dataDir: data.path, command: ["npm", "start"] })));
  }

  await using bareIdle = await startBareNode();
  await using idle = await startCarillon({ dataDir: data.path });
  await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
  const memory = sampleOf([memoryOf(idle, "VmRSS")]);
  const bareMemory = sampleOf([memoryOf(bareIdle, "VmRSS")]);

  const reference = sampleOf(bare);
  const line = (name: string, values: number[], goal: string): Figure => lineOf(name, sampleOf(values), reference, "ms", goal);
  return [
    line("ready after node dist/server/main.js", node, "at most 1,200 ms"),
    line("ready after npm start", npm, "at most 1,500 ms"),
    line("ready after the first start", first, "at most 1,500 ms"),
    lineOf(`memory after ${IDLE_AFTER_MS / 1000} s idle`, memory, bareMemory, "MB", "at most 180 MB"),
  ];
}

function lineOf(name: string, value: Sample, reference: Sample, unit: string, goal: string): Figure {
  return { name: `d  ${name}`, value: shown(value, unit), reference: `bare node:http ${shown(reference, unit)}`, ratio: ratioOf(value, reference), goal };
}

async function timed(start: () => Promise<Program>): Promise<number> {
  const program = await start();
  await program.stop();
  return program.startedMs;
}
