import { describe, expect, test } from "vitest";
import { composeSummary, MOST_SUMMARY_LINES } from "../../src/dispatch/composeSummary.ts";
import type { ComposeSummaryInput } from "../../src/dispatch/composeSummary.ts";
import type { SummaryItems, SummaryLine } from "../../src/dispatch/held.store.ts";

/** 07:00 on 2 March in Berlin. */
const NOW = new Date("2026-03-02T06:00:00.000Z");

function line(title: string, firstAt: string, changes: Partial<SummaryLine> = {}): SummaryLine {
  const first = new Date(firstAt);
  return { title, category: "services", severity: "WARNING", firstAt: first, lastAt: first, count: 1, over: false, ...changes };
}

/** Items as the store would give them for these lines, unless told otherwise. */
function itemsOf(lines: SummaryLine[], changes: Partial<SummaryItems> = {}): SummaryItems {
  const names = [...new Set(lines.map(({ category }) => category))];
  const categories = names.map((category) => ({ category, count: lines.filter((one) => one.category === category).length })).sort((a, b) => b.count - a.count);
  const order = ["INFO", "WARNING", "CRITICAL"] as const;
  const worst = order[Math.max(0, ...lines.map(({ severity }) => order.indexOf(severity)))] ?? "INFO";
  return { lines, lineCount: lines.length, eventCount: lines.reduce((sum, { count }) => sum + count, 0), worst, categories, ...changes };
}

function compose(lines: SummaryLine[], changes: Partial<Omit<ComposeSummaryInput, "items">> & { items?: Partial<SummaryItems> } = {}) {
  const { items, ...rest } = changes;
  return composeSummary({ id: "summary-1", heldFor: "QUIET_HOURS", items: itemsOf(lines, items), timeZone: "Europe/Berlin", displayName: "Attic", rich: true, customer: "acme", now: NOW, ...rest });
}

const bodyOf = (lines: SummaryLine[], changes: Parameters<typeof compose>[1] = {}) => compose(lines, changes).body.split("\n");

test("a summary is a message like any other", () => {
  expect(compose([line("Web is down", "2026-03-01T22:10:00Z"), line("a was deployed", "2026-03-02T05:05:59Z", { category: "deploys", severity: "INFO" })])).toEqual({
    id: "summary-1",
    reason: "SUMMARY",
    title: "2 events while it was quiet",
    body: "1 Mar 23:10 ⚠️ Web is down\n06:05 ℹ️ a was deployed",
    facts: [{ label: "Services", value: "1" }, { label: "Deploys", value: "1" }],
    severity: "WARNING",
    recovered: false,
    emoji: "🗒️",
    displayName: "Attic",
    rich: true,
    event: {
      id: "summary-1", type: "summary", category: "custom", status: null, source: null, service: null, customer: "acme",
      message: "2 events while it was quiet", details: { events: 2 }, occurredAt: NOW,
    },
    condition: null,
    thread: null,
  });
});

describe("a line", () => {
  test.each([
    ["Europe/Berlin", "2026-03-01T22:59:00Z", "1 Mar 23:59"],
    ["Europe/Berlin", "2026-03-01T23:00:00Z", "00:00"],
    ["Europe/Berlin", "2026-03-02T05:59:59Z", "06:59"],
    ["UTC", "2026-03-01T23:59:59Z", "1 Mar 23:59"],
    ["UTC", "2026-03-02T00:00:00Z", "00:00"],
    ["America/New_York", "2026-03-02T05:30:00Z", "00:30"],
    ["America/New_York", "2026-03-02T04:30:00Z", "1 Mar 23:30"],
    // There it is still the first of March.
    ["America/Los_Angeles", "2026-03-01T08:00:00Z", "00:00"],
    ["America/Los_Angeles", "2026-03-01T07:59:00Z", "28 Feb 23:59"],
    ["Asia/Kathmandu", "2026-03-01T18:15:00Z", "00:00"],
    ["Pacific/Kiritimati", "2026-03-01T10:00:00Z", "00:00"],
  ])("in %s, of %s: %s, the day of the zone's today left out", (timeZone, time, expected) => {
    expect(bodyOf([line("x", time)], { timeZone })).toEqual([`${expected} ⚠️ x`]);
  });

  test("follows the clock change of its zone", () => {
    const now = new Date("2026-03-29T05:00:00Z");
    expect(bodyOf([line("before", "2026-03-29T00:59:00Z"), line("after", "2026-03-29T01:00:00Z")], { now })).toEqual(["01:59 ⚠️ before", "03:00 ⚠️ after"]);
    const over = line("x", "2026-03-29T00:30:00Z", { lastAt: new Date("2026-03-29T01:30:00Z"), count: 2, over: true });
    expect(bodyOf([over], { now })).toEqual(["01:30–03:30 ✅ x (over after 1 h)"]);
  });

  test.each([
    ["INFO", "ℹ️"],
    ["WARNING", "⚠️"],
    ["CRITICAL", "🔴"],
  ] as const)("has the mark of its severity: %s", (severity, mark) => {
    expect(bodyOf([line("x", "2026-03-02T01:00:00Z", { severity })])).toEqual([`02:00 ${mark} x`]);
  });

  test("says how often a problem that goes on was told of", () => {
    expect(bodyOf([line("x", "2026-03-01T22:00:00Z", { count: 3, lastAt: new Date("2026-03-02T01:00:00Z") })])).toEqual(["1 Mar 23:00 ⚠️ x (3 times)"]);
  });

  test.each([
    ["within today", "2026-03-02T01:00:00Z", "2026-03-02T01:40:00Z", "02:00–02:40 ✅ x (over after 40 min)"],
    ["within an earlier day", "2026-03-01T22:10:00Z", "2026-03-01T22:40:30Z", "1 Mar 23:10–23:40 ✅ x (over after 30 min 30 s)"],
    ["over midnight into today", "2026-03-01T22:10:00Z", "2026-03-02T00:10:00Z", "1 Mar 23:10–01:10 ✅ x (over after 2 h)"],
    ["over days, none of them today", "2026-02-27T12:00:00Z", "2026-02-28T13:00:00Z", "27 Feb 13:00–28 Feb 14:00 ✅ x (over after 1 d 1 h)"],
    ["at one moment", "2026-03-02T01:00:00Z", "2026-03-02T01:00:00Z", "02:00–02:00 ✅ x (over after 0 s)"],
  ])("of a problem that is over spans it: %s", (_, first, last, expected) => {
    expect(bodyOf([line("x", first, { lastAt: new Date(last), count: 2, over: true })])).toEqual([expected]);
  });

  test("of a problem whose end was told live says that it is over", () => {
    expect(bodyOf([line("x", "2026-03-02T01:00:00Z", { over: true, severity: "CRITICAL" })])).toEqual(["02:00 ✅ x"]);
  });
});

describe("counts", () => {
  test.each([
    ["QUIET_HOURS", 1, "1 event while it was quiet"],
    ["QUIET_HOURS", 2, "2 events while it was quiet"],
    ["DIGEST", 1, "Digest: 1 event"],
    ["DIGEST", 12_345, "Digest: 12345 events"],
  ] as const)("%s of %d: the title is %s", (heldFor, eventCount, title) => {
    const message = compose([line("x", "2026-03-02T01:00:00Z")], { heldFor, items: { eventCount } });
    expect(message).toMatchObject({ title, event: { message: title, details: { events: eventCount } } });
  });

  test("events are counted, not lines, and lines that were left out are", () => {
    const message = compose([line("x", "2026-03-02T01:00:00Z", { count: 4 })], { items: { lineCount: 8, eventCount: 20 } });
    expect(message.title).toBe("20 events while it was quiet");
    expect(message.body).toBe("02:00 ⚠️ x (4 times)\n\n… and 7 more.");
  });

  test("nothing is said of more when nothing was left out", () => {
    expect(compose([line("x", "2026-03-02T01:00:00Z")]).body).not.toContain("more");
  });

  test("the facts are the categories' own, by title, or by name where they have none", () => {
    const { facts } = compose([line("x", "2026-03-02T01:00:00Z")], { items: { categories: [{ category: "vm_ct", count: 9 }, { category: "gone", count: 2 }] } });
    expect(facts).toEqual([{ label: "VMs and containers", value: "9" }, { label: "gone", value: "2" }]);
  });
});

describe("the order", () => {
  const lines = [
    line("a down", "2026-03-02T00:00:00Z"),
    line("b deployed", "2026-03-02T01:00:00Z", { category: "deploys", severity: "INFO" }),
    line("c deployed", "2026-03-02T02:00:00Z", { category: "deploys", severity: "INFO" }),
    line("d backed up", "2026-03-02T03:00:00Z", { category: "gone", severity: "INFO" }),
  ];

  test("after quiet hours is that of time", () => {
    expect(bodyOf(lines).map((text) => text.slice(0, 5))).toEqual(["01:00", "02:00", "03:00", "04:00"]);
  });

  test("of a digest is by category, the largest first, and of time within one", () => {
    expect(compose(lines, { heldFor: "DIGEST" }).body).toBe(
      "Deploys (2)\n02:00 ℹ️ b deployed\n03:00 ℹ️ c deployed\n\nServices (1)\n01:00 ⚠️ a down\n\ngone (1)\n04:00 ℹ️ d backed up",
    );
  });

  test("a digest whose lines were cut still counts all of a category, and names those that it has no line of", () => {
    const items = { lineCount: 12, eventCount: 12, categories: [{ category: "deploys", count: 7 }, { category: "services", count: 3 }, { category: "updates", count: 2 }] };
    const body = compose(lines.slice(0, 2), { heldFor: "DIGEST", items }).body;
    expect(body).toBe("Deploys (7)\n02:00 ℹ️ b deployed\n\nServices (3)\n01:00 ⚠️ a down\n\nUpdates (2)\n\n… and 10 more.");
  });
});

test.each(["INFO", "WARNING", "CRITICAL"] as const)("its severity is that of the worst, shown or not: %s", (worst) => {
  expect(compose([line("x", "2026-03-02T01:00:00Z", { severity: "INFO" })], { items: { worst } }).severity).toBe(worst);
});

test.each(["QUIET_HOURS", "DIGEST"] as const)("%s: title and body are never empty, as every message promises, even when nothing is left to tell", (heldFor) => {
  const message = compose([], { heldFor });
  expect(message.title.trim()).not.toBe("");
  expect(message.body.trim()).not.toBe("");
  expect(message.severity).toBe("INFO");
});

test.each(["QUIET_HOURS", "DIGEST"] as const)("%s: as many lines as it may have, each once and in order", (heldFor) => {
  const lines = Array.from({ length: MOST_SUMMARY_LINES }, (_, at) => line(`event ${at};`, new Date(NOW.getTime() - 7_200_000 + at * 1000).toISOString()));
  const { body, title } = compose(lines, { heldFor, items: { lineCount: 10_000, eventCount: 10_000 } });
  expect(MOST_SUMMARY_LINES).toBe(400);
  expect([...body.matchAll(/event (\d+);/g)].map(([, at]) => Number(at))).toEqual(lines.map((_, at) => at));
  expect(body.endsWith("\n\n… and 9600 more.")).toBe(true);
  expect(title).toContain("10000 events");
});

test("it takes plain data and changes none of it, and a title is text as it came", () => {
  const lines = [line("*bold* <b>x</b> — 日本 🎉", "2026-03-02T01:00:00Z")];
  const items = itemsOf(lines);
  const before = structuredClone(items);
  const input = { id: "i", heldFor: "DIGEST" as const, items, timeZone: "UTC", displayName: "", rich: false, customer: null, now: NOW };
  const message = composeSummary(input);
  expect(items).toEqual(before);
  expect(composeSummary(input)).toEqual(message);
  expect(message.body).toContain("*bold* <b>x</b> — 日本 🎉");
});
