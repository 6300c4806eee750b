import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureBatches } from "./batches.ts";
import { measureBroadcast } from "./broadcast.ts";
import { measureEmitting } from "./emitting.ts";
import { measureFanOut } from "./fanOut.ts";
import { printTable } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { measureHeld } from "./held.ts";
import { measureHistory } from "./history.ts";
import { measureLatency } from "./latency.ts";
import { build } from "./processes.ts";
import { measureStarting } from "./starting.ts";

/*
 * What the server can do, each figure beside a reference that was measured in the same run: on a busy machine only the
 * ratios tell something. Builds the server, runs it on loopback with data on disk, and ends within twelve minutes.
 *
 *   npm run bench -- [--only a|b|c|d|e|f|g|h] [--rows 10000000] [--profile] [--no-build]
 *
 * --rows is for g: how many attempts the long history has, a million unless it says otherwise. Each takes almost 1 kB of the disk
 * until the end, with its share of events and deliveries.
 */

const LONGEST_MS = 12 * 60_000;
/** More than filling a database with one takes. */
const MS_PER_ROW = 0.2;

const measures: Record<string, (nodeArgs: readonly string[]) => Promise<Figure[]>> = {
  a: measureEmitting,
  b: measureBatches,
  c: measureLatency,
  d: measureStarting,
  e: measureFanOut,
  f: measureHeld,
  g: (nodeArgs) => measureHistory(nodeArgs, values.rows === undefined ? undefined : Number(values.rows)),
  h: measureBroadcast,
};

const { values } = parseArgs({ options: { only: { type: "string" }, rows: { type: "string" }, profile: { type: "boolean" }, build: { type: "boolean", default: true } }, allowNegative: true });
const chosen = values.only === undefined ? Object.keys(measures) : [values.only];
if (chosen.some((name) => !measures[name])) fail("--only takes a, b, c, d, e, f, g or h");
if (values.rows !== undefined && !/^[1-9]\d{4,7}$/.test(values.rows)) fail("--rows takes a number from 10000 to 99999999");

setTimeout(() => fail("the run took too long"), LONGEST_MS + Number(values.rows ?? 0) * MS_PER_ROW).unref();
if (values.build) await build();
const profiles = values.profile ? await mkdtemp(join(tmpdir(), "carillon-profile-")) : null;
const nodeArgs = profiles === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];

const figures: Figure[] = [];
for (const name of chosen) figures.push(...((await measures[name]?.(nodeArgs)) ?? []));
printTable(figures);
if (profiles !== null) console.log(`CPU profiles: ${profiles}`);

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}
