import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { firstIdAt } from "../../src/ids.ts";
import { measureBesideIntake } from "./besideIntake.ts";
import { fillWithRows, channelIdOf, rowsFor, SPREAD } from "./manyRows.ts";
import { quantile } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { createClient } from "./load.ts";
import { makeDataDir, startCarillon } from "./processes.ts";
import type { Program } from "./processes.ts";

/** What everything is held against. */
const FEW = 10_000;
const ROUNDS = 15;
/** On the disk, indexes included: measured. */
const BYTES_PER_ATTEMPT = 930;
/** No more of a disk is used, unless more rows are asked for, and never more than half of what is free. */
const USUAL_ROWS = 1_000_000;

const channel = (number: number): string => Buffer.from(`Channel:${channelIdOf(number)}`).toString("base64");
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

const page = (field: string, filter: string, args = ""): string => `{ ${field}(first: 25${args}, filter: { ${filter} }) { nodes { id } pageInfo { hasNextPage endCursor } } }`;
const count = (field: string, filter: string): string => `{ ${field}(first: 1, filter: { ${filter} }) { totalCount totalCountIsExact } }`;

/** A place in the middle of a list, though no row is there. */
const cursor = (name: string, days: number): string => Buffer.from(`${name}:${firstIdAt(Date.now() - days * DAY_MS)}-7000-8000-000000000000`).toString("base64url");

/** Every filter of every list, alone and together: what there is much, little and nothing of. */
const QUERIES: Record<string, string> = {
  "history, newest page": page("history", ""),
  "history, 100 rows": `{ history(first: 100) { nodes { id } } }`,
  "history, 100 rows with event and delivery": `{ history(first: 100) { nodes { id event { title } delivery { state } } } }`,
  "history, all fields with event and delivery": `{ history(first: 25) { nodes { id at title body event { title } delivery { state } } } }`,
  "history, offset 10,000": page("history", "", ", offset: 9975"),
  "history, after 40 days ago": page("history", "", `, after: "${cursor("attempt", 40)}"`),
  "history, a channel, after 40 days ago": page("history", `channelIds: ["${channel(3)}"]`, `, after: "${cursor("attempt", 40)}"`),
  "history, a channel and failures, after 40 days ago": page("history", `channelIds: ["${channel(4)}"], outcomes: [TRANSIENT, PERMANENT]`, `, after: "${cursor("attempt", 40)}"`),
  "history, the last before 40 days ago": `{ history(last: 25, before: "${cursor("attempt", 40)}") { nodes { id } } }`,
  "history, the last of a type before 40 days ago": `{ history(last: 25, before: "${cursor("attempt", 40)}", filter: { types: ["${SPREAD.frequentType}"] }) { nodes { id } } }`,
  "history, last page": `{ history(last: 25) { nodes { id } } }`,
  "history, a channel": page("history", `channelIds: ["${channel(3)}"]`),
  "history, a channel, offset 10,000": page("history", `channelIds: ["${channel(3)}"]`, ", offset: 9975"),
  "history, five channels": page("history", `channelIds: [${[3, 4, 5, 6, 7].map((number) => `"${channel(number)}"`).join()}]`),
  "history, a kind": page("history", "kinds: [SLACK]"),
  "history, a kind that there is not": page("history", "kinds: [SIGNAL]"),
  "history, a type": page("history", `types: ["${SPREAD.frequentType}"]`),
  "history, one attempt's type, the oldest": page("history", `types: ["${SPREAD.rareType}"]`),
  "history, a type that there is not": page("history", `types: ["nothing"]`),
  "history, a category": page("history", `categories: ["category.3"]`),
  "history, warnings and above": page("history", "minimumSeverity: WARNING"),
  "history, critical": page("history", "minimumSeverity: CRITICAL"),
  "history, a customer": page("history", `customers: ["customer.7"]`),
  "history, one attempt's customer, the oldest": page("history", `customers: ["${SPREAD.rareCustomer}"]`),
  "history, delivered": page("history", "outcomes: [DELIVERED]"),
  "history, given up": page("history", "outcomes: [PERMANENT]"),
  "history, unknown: 19, the oldest": page("history", "outcomes: [UNKNOWN]"),
  "history, a day 40 days ago": page("history", `from: "${daysAgo(40)}", to: "${daysAgo(39)}"`),
  "history, before the first": page("history", `to: "${daysAgo(SPREAD.days + 5)}"`),
  "history, a channel and failures": page("history", `channelIds: ["${channel(4)}"], outcomes: [TRANSIENT, PERMANENT]`),
  "history, four filters": page("history", `channelIds: ["${channel(4)}"], minimumSeverity: WARNING, categories: ["category.3"], from: "${daysAgo(30)}"`),
  "history, two that never come together (ends early)": page("history", `channelIds: ["${channel(SPREAD.pickyChannel)}"], types: ["${SPREAD.frequentType}"]`),
  "history, count of all": count("history", ""),
  "history, count of a channel": count("history", `channelIds: ["${channel(3)}"]`),
  "history, count of what is delivered": count("history", "outcomes: [DELIVERED]"),
  "history, count of a kind and a severity": count("history", "kinds: [SLACK], minimumSeverity: CRITICAL"),
  "history, count of a channel's failures": count("history", `channelIds: ["${channel(4)}"], outcomes: [TRANSIENT, PERMANENT]`),
  "history, count of a customer and a type": count("history", `customers: ["customer.7"], types: ["type.3"]`),
  "history, count of a channel on a day": count("history", `channelIds: ["${channel(4)}"], from: "${daysAgo(40)}", to: "${daysAgo(39)}"`),
  "events, newest page": page("events", ""),
  "events, 100 rows": `{ events(first: 100) { nodes { id } } }`,
  "events, 100 rows with condition and deliveries": `{ events(first: 100) { nodes { id condition { status } deliveries { state channel { name } } } } }`,
  "events, with condition and deliveries": `{ events(first: 25) { nodes { id condition { status } deliveries { state } } } }`,
  "events, a type": page("events", `types: ["${SPREAD.frequentType}"]`),
  "events, a service": page("events", `services: ["service.77"]`),
  "events, a service that there is not": page("events", `services: ["nothing"]`),
  "events, a source": page("events", `sources: ["host.7"]`),
  "events, a source that there is not": page("events", `sources: ["nothing"]`),
  "events, a source and a service": page("events", `sources: ["host.7"], services: ["service.77"]`),
  "events, critical": page("events", "severities: [CRITICAL]"),
  "events, switched off": page("events", "because: [TRIGGER_OFF]"),
  "events, a customer and a category": page("events", `customers: ["customer.7"], categories: ["category.3"]`),
  "events, count of all": count("events", ""),
  "events, count of a service": count("events", `services: ["service.77"]`),
  "events, count of a source": count("events", `sources: ["host.7"]`),
  "deliveries, newest page": page("deliveries", ""),
  "deliveries, 100 rows": `{ deliveries(first: 100) { nodes { id } } }`,
  "deliveries, 100 rows with event and channel": `{ deliveries(first: 100) { nodes { id event { title } channel { name } } } }`,
  "deliveries, pending": page("deliveries", "states: [PENDING, RETRY]"),
  "deliveries, held": page("deliveries", "states: [HELD]"),
  "deliveries, failed": page("deliveries", "states: [FAILED]"),
  "deliveries, failed of a channel": page("deliveries", `states: [FAILED], channelIds: ["${channel(3)}"]`),
  "deliveries, count of all": count("deliveries", ""),
  "deliveries, count of failed": count("deliveries", "states: [FAILED]"),
  "conditions, newest page": page("conditions", ""),
  "conditions, open": page("conditions", "status: OPEN"),
  "conditions, a type that is open": page("conditions", `status: OPEN, types: ["${SPREAD.frequentType}"]`),
  "conditions, a service": page("conditions", `services: ["service.77"]`),
  "conditions, count of open": count("conditions", "status: OPEN"),
  "inbox, newest page": `{ inbox(first: 25) { nodes { id channel { name } } } }`,
  "inbox, unread": `{ inbox(first: 25, unreadOnly: true) { nodes { id } } }`,
  "inbox, count of unread": `{ inbox(first: 1, unreadOnly: true) { totalCount totalCountIsExact } }`,
  "metrics": "",
};

/** What those who look after a server ask most. */
const USUAL = [
  "history, newest page", "history, all fields with event and delivery", "history, a channel", "history, a type", "history, given up", "history, a channel and failures", "history, four filters", "history, count of a channel",
  "history, count of a kind and a severity", "events, newest page", "events, a source", "events, a customer and a category", "deliveries, failed of a channel", "conditions, open",
];

/** Pages, filters and counts of a long history, held against the same of a short one, and what is felt of them by what comes in. @param rows attempts of the long one */
export async function measureHistory(nodeArgs: readonly string[], rows = USUAL_ROWS): Promise<Figure[]> {
  const few = await measureQueries(nodeArgs, FEW);
  const many = await measureQueries(nodeArgs, rows);
  const size = rows.toLocaleString("en");
  const queries = Object.keys(QUERIES).map((name): Figure => {
    const [long, short] = [many.times.get(name) ?? Number.NaN, few.times.get(name) ?? Number.NaN];
    return { name: `g  ${name}`, value: `${long.toFixed(1)} ms of ${size}`, reference: `of ${FEW.toLocaleString("en")}: ${short.toFixed(1)} ms`, ratio: (long / short).toFixed(2), goal: name.includes("ends early") || name.includes("offset") ? "at most 50 ms" : "" };
  });
  return [...queries, ...many.besideIntake];
}

interface Measured {
  /** Medians in milliseconds, by the query's name. */
  times: Map<string, number>;
  besideIntake: Figure[];
}

async function measureQueries(nodeArgs: readonly string[], attempts: number): Promise<Measured> {
  await using data = await makeDataDir();
  const { bavail, bsize } = await statfs(data.path);
  if (attempts * BYTES_PER_ATTEMPT > (bavail * bsize) / 2) throw new Error(`${attempts} attempts take about ${Math.round((attempts * BYTES_PER_ATTEMPT) / 1e9)} GB, more than half of what is free on the disk`);
  await startCarillon({ dataDir: data.path }).then((server) => server.stop());
  const rows = rowsFor(attempts);
  fillWithRows(join(data.path, "carillon.db"), rows, new Date());
  await using server = await startCarillon({ dataDir: data.path, nodeArgs });
  const times = await timesOf(server);
  const usual = USUAL.map((name) => QUERIES[name] ?? fail(name));
  return { times, besideIntake: attempts === FEW ? [] : await measureBesideIntake(server, usual, rows) };
}

async function timesOf(server: Program): Promise<Map<string, number>> {
  await using client = createClient(server.url, 1);
  const times = new Map<string, number>();
  for (const [name, query] of Object.entries(QUERIES)) {
    const run = async (): Promise<unknown> => (name === "metrics" ? (await fetch(`${server.url}/metrics`)).text() : client.run(query));
    await run();
    const taken: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      await run();
      taken.push(performance.now() - startedAt);
    }
    times.set(name, quantile(taken, 0.5));
  }
  return times;
}

function fail(name: string): never {
  throw new Error(`no query is called ${name}`);
}
