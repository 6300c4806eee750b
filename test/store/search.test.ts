import { expect, it } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { countFound, MOST_COUNTED, search } from "../../src/db/search.ts";
import type { SearchPage } from "../../src/db/search.ts";
import type { Attempt } from "../../src/history/attempt.model.ts";
import { insertAttempts } from "../../src/history/attempt.store.ts";
import { ATTEMPTS, attemptMatches, attemptSearch } from "../../src/history/attemptFilter.ts";
import type { AttemptFilter } from "../../src/history/attemptFilter.ts";
import { createIds } from "../../src/ids.ts";
import { NOW, openStore } from "./openStore.ts";

const MINUTE = 60_000;

/** Attempts a minute apart, the oldest first. */
async function addAttempts(db: Database, count: number, row: (at: number) => Partial<Attempt>): Promise<Attempt[]> {
  let now = 0;
  const ids = createIds(() => now);
  const attempts = Array.from({ length: count }, (_, number): Attempt => {
    now = NOW.getTime() - (count - number) * MINUTE;
    return {
      id: ids.next(), at: new Date(now), deliveryId: null, eventId: null, channelId: "c", channelName: "c", kind: "LOG", type: "t", category: "c", severity: "INFO", customer: null, channelCustomer: null, reason: "FIRST",
      title: "t", body: "b", outcome: "DELIVERED", status: null, error: null, hint: null, durationMs: 0, tryNumber: 1, nextTryAt: null, ...row(number),
    };
  });
  for (let from = 0; from < count; from += 2000) await db.write((tx) => insertAttempts(tx, attempts.slice(from, from + 2000)));
  return attempts;
}

/** All pages of a search. */
async function searchAll(db: Database, filter: AttemptFilter, page: Omit<SearchPage, "beyond" | "take">, take: number): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let beyond: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const found = await search(db.read, ATTEMPTS, attemptSearch(filter), { ...page, beyond, take });
    ids.push(...found.ids);
    const next = found.endedAt ?? (found.ids.length === take ? found.ids.at(-1) : undefined);
    if (next === undefined) return { ids, pages };
    beyond = next;
  }
}

const at = (number: number, count: number) => new Date(NOW.getTime() - (count - number) * MINUTE);

const COUNT = 3000;
const FILTERS: [string, AttemptFilter][] = [
  ["everything", {}],
  ["one channel", { channelIds: ["c3"] }],
  ["some channels, one of them twice", { channelIds: ["c3", "c5", "c3", "none"] }],
  ["none of some channels", { channelIds: [] }],
  ["a value that there is not", { types: ["nothing"] }],
  ["one rare value", { types: ["rare"] }],
  ["a kind", { kinds: ["EMAIL"] }],
  ["a category", { categories: ["odd"] }],
  ["what is usual", { outcomes: ["DELIVERED"] }],
  ["what is not", { outcomes: ["PERMANENT", "UNKNOWN"] }],
  ["what is and what is not", { outcomes: ["DELIVERED", "PERMANENT"] }],
  ["the least severity", { minimumSeverity: "INFO" }],
  ["a severity and above", { minimumSeverity: "WARNING" }],
  ["the highest severity", { minimumSeverity: "CRITICAL" }],
  ["a customer", { customers: ["acme"] }],
  ["a customer and a channel", { customers: ["acme"], channelIds: ["c4"] }],
  ["three at once", { minimumSeverity: "WARNING", outcomes: ["DELIVERED"], channelIds: ["c1", "c2"] }],
  ["two that never come together", { channelIds: ["c1"], categories: ["even"] }],
  ["a time", { from: at(1000, COUNT), to: at(1100, COUNT) }],
  ["before a time", { to: at(100, COUNT) }],
  ["a time and a channel", { from: at(1000, COUNT), channelIds: ["c6"] }],
  ["a time that is over before it begins", { from: at(1100, COUNT), to: at(1000, COUNT) }],
];

it("finds what a filter describes, in order, both ways, page by page, and counts it", async () => {
  const db = await openStore();
  const attempts = await addAttempts(db, COUNT, (number) => ({
    channelId: `c${number % 7}`, kind: number % 3 === 0 ? "EMAIL" : "LOG", type: number === 42 ? "rare" : `t${number % 5}`, category: number % 7 === 1 || number % 2 === 1 ? "odd" : "even", customer: number % 4 === 0 ? "acme" : null,
    severity: number % 50 === 0 ? "CRITICAL" : number % 3 === 0 ? "WARNING" : "INFO", outcome: number % 40 === 0 ? "PERMANENT" : "DELIVERED",
  }));
  for (const [name, filter] of FILTERS) {
    const wanted = attempts.filter((attempt) => attemptMatches(filter, attempt)).map(({ id }) => id);
    expect((await searchAll(db, filter, { direction: "UP" }, 500)).ids, name).toEqual(wanted);
    expect((await searchAll(db, filter, { direction: "DOWN" }, 333)).ids, name).toEqual(wanted.toReversed());
    expect(await countFound(db.read, ATTEMPTS, attemptSearch(filter)), name).toEqual({ count: wanted.length, isExact: true });
    const { ids } = await search(db.read, ATTEMPTS, attemptSearch(filter), { direction: "DOWN", take: 10, skip: 15 });
    expect(ids, name).toEqual(wanted.toReversed().slice(15, 25));
    const [from, to] = [attempts[500]?.id ?? "", attempts[2500]?.id ?? ""];
    const between = await searchAll(db, filter, { direction: "UP", until: { id: to, inclusive: true } }, 400);
    expect(between.ids, name).toEqual(wanted.filter((id) => id <= to));
    const down = await searchAll(db, filter, { direction: "DOWN", until: { id: from, inclusive: false } }, 400);
    expect(down.ids, name).toEqual(wanted.filter((id) => id > from).toReversed());
  }
});

it("ends a search early rather than looking at everything, and goes on from there", async () => {
  const db = await openStore();
  const count = 25_000;
  // Both are in half of all, and together in two of all.
  const attempts = await addAttempts(db, count, (number) => ({ channelId: number % 2 === 0 ? "even" : "odd", type: number % 2 === 0 && number !== 10 && number !== 20_000 ? "a" : "b" }));
  const filter: AttemptFilter = { channelIds: ["even"], types: ["b"] };
  const wanted = [attempts[10]?.id, attempts[20_000]?.id];
  const first = await search(db.read, ATTEMPTS, attemptSearch(filter), { direction: "DOWN", take: 5 });
  expect(first.ids).toEqual([wanted[1]]);
  expect(first.endedAt).not.toBeNull();
  const all = await searchAll(db, filter, { direction: "UP" }, 5);
  expect(all.ids).toEqual(wanted);
  expect(all.pages).toBeGreaterThan(1);
  expect(await countFound(db.read, ATTEMPTS, attemptSearch(filter))).toEqual({ count: 1, isExact: false });
  expect(await countFound(db.read, ATTEMPTS, attemptSearch({}))).toEqual({ count: MOST_COUNTED, isExact: false });
  expect(await countFound(db.read, ATTEMPTS, attemptSearch({ channelIds: ["even"] }))).toEqual({ count: MOST_COUNTED, isExact: false });
});

it("counts no further than it looks, and looks at fewer rows the more values are sought in each", async () => {
  const db = await openStore();
  await addAttempts(db, 9000, (number) => ({ channelId: number % 2 === 0 ? "even" : "odd", category: `c${number % 3}`, type: `t${number % 9}` }));
  const counted = (filter: AttemptFilter) => countFound(db.read, ATTEMPTS, attemptSearch(filter));
  const [one, two, many] = await Promise.all([["c0"], ["c0", "c1"], ["c0", "c1", "c2", "c3", "c4"]].map((categories) => counted({ channelIds: ["even"], categories })));
  expect(one).toEqual({ count: 1500, isExact: true });
  for (const [found, looked] of [[two, 3000], [many, 4500]] as const) {
    expect(found?.isExact).toBe(false);
    expect(found?.count).toBeGreaterThan(0);
    expect(found?.count).toBeLessThan(looked);
  }
  expect(await counted({ outcomes: ["DELIVERED"] })).toMatchObject({ isExact: false });
  expect(await counted({ channelIds: ["even"], from: at(0, 9000) })).toMatchObject({ isExact: false });
  expect(await counted({ channelIds: ["even"], types: ["t3"] })).toEqual({ count: 500, isExact: true });
});

it("finds a try by its time though it was stored a while later", async () => {
  const db = await openStore();
  const late = new Date(NOW.getTime() - 30 * MINUTE);
  await addAttempts(db, 5, (number) => (number === 4 ? { at: late } : {}));
  const found = await search(db.read, ATTEMPTS, attemptSearch({ to: new Date(NOW.getTime() - 20 * MINUTE) }), { direction: "DOWN", take: 5 });
  expect(found.ids).toHaveLength(1);
});
