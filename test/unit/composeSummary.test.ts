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
  const times = lines.flatMap(({ firstAt, lastAt }) => [firstAt.getTime(), lastAt.getTime()]);
  const span = lines.length === 0 ? null : { from: new Date(Math.min(...times)), to: new Date(Math.max(...times)) };
  const overCount = lines.filter(({ over }) => over).length;
  return { lines, lineCount: lines.length, eventCount: lines.reduce((sum, { count }) => sum + count, 0), worst, categories, span, overCount, origins: [], ...changes };
}

function compose(lines: SummaryLine[], changes: Partial<Omit<ComposeSummaryInput, "items">> & { items?: Partial<SummaryItems> } = {}) {
  const { items, ...rest } = changes;
  return composeSummary({ id: "summary-1", heldFor: "QUIET_HOURS", burstOf: null, items: itemsOf(lines, items), timeZone: "Europe/Berlin", displayName: "Attic", rich: true, customer: "acme", remark: "", now: NOW, ...rest });
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
    acknowledgeUrl: null,
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

describe("what is more than the channel may be sent", () => {
  const rest = { heldFor: "RATE_LIMIT" as const };
  const lines = [
    line("a down", "2026-03-02T00:00:00Z", { lastAt: new Date("2026-03-02T00:04:00Z"), count: 2, over: true }),
    line("b deployed", "2026-03-02T01:00:00Z", { category: "deploys", severity: "INFO" }),
    line("c down", "2026-03-02T02:00:00Z"),
  ];

  test("is told in order of time, by a title that says why it comes so", () => {
    expect(compose(lines, rest)).toMatchObject({
      title: "4 more than the channel may be sent: Services, Deploys",
      body: "01:00–01:04 ✅ a down (over after 4 min)\n02:00 ℹ️ b deployed\n03:00 ⚠️ c down",
      facts: [{ label: "Services", value: "2" }, { label: "Deploys", value: "1" }],
      severity: "WARNING",
      emoji: "🗒️",
      event: { type: "summary", category: "custom", details: { events: 4 } },
    });
  });

  test("names what it is when it is one thing, and no more than three categories", () => {
    expect(compose(lines.slice(1, 2), rest).title).toBe("1 more than the channel may be sent: b deployed");
    const categories = ["services", "gone", "deploys", "updates", "custom"].map((category) => ({ category, count: 1 }));
    expect(compose(lines, { ...rest, items: { categories, eventCount: 312 } }).title).toBe("312 more than the channel may be sent: Services, gone, Deploys and others");
    expect(compose([], rest).title).toBe("0 more than the channel may be sent");
  });
});

describe("a burst", () => {
  const burst = { heldFor: "BURST" as const, burstOf: { type: "deploy.failure", title: "Deploy failed" } };
  const failed = (at: number, changes: Partial<SummaryLine> = {}) => line(`deploy ${at} failed`, new Date(Date.parse("2026-03-02T05:00:02Z") + at * 1000).toISOString(), { category: "deploys", ...changes });
  const many = Array.from({ length: 27 }, (_, at) => failed(at === 26 ? 43 : at));

  test("is told by its count, its span, where most came from and a sample", () => {
    const origins = [{ name: "pve1", count: 12 }, { name: "pve2", count: 9 }];
    expect(compose(many, { ...burst, items: { origins } })).toEqual({
      id: "summary-1",
      reason: "SUMMARY",
      title: "27 more in 43 seconds: Deploy failed",
      body:
        "27 more came from 06:00:02 to 06:00:45.\nFrom pve1 (12), pve2 (9) and elsewhere.\n\n" +
        "06:00 ⚠️ deploy 0 failed\n06:00 ⚠️ deploy 1 failed\n06:00 ⚠️ deploy 2 failed\n06:00 ⚠️ deploy 3 failed\n06:00 ⚠️ deploy 4 failed\n\n… and 22 more.",
      facts: [{ label: "Severity", value: "WARNING" }, { label: "Event type", value: "deploy.failure" }],
      severity: "WARNING",
      recovered: false,
      emoji: "🚀",
      displayName: "Attic",
      rich: true,
      event: {
        id: "summary-1", type: "burst.deploy.failure", category: "deploys", status: null, source: null, service: null, customer: "acme",
        message: "27 more in 43 seconds: Deploy failed", details: { events: 27 }, occurredAt: NOW,
      },
      condition: null,
      acknowledgeUrl: null,
      thread: null,
    });
  });

  test("of one event says so in the singular", () => {
    const { title, body } = compose([failed(0)], { ...burst, items: { origins: [{ name: "pve1", count: 1 }] } });
    expect(title).toBe("1 more: Deploy failed");
    expect(body).toBe("1 more came at 06:00:02.\nFrom pve1 (1).\n\n06:00 ⚠️ deploy 0 failed");
  });

  test.each([
    [0, "2 more at once: Deploy failed"],
    [999, "2 more at once: Deploy failed"],
    [1000, "2 more in 1 second: Deploy failed"],
    [119_000, "2 more in 119 seconds: Deploy failed"],
    [150_000, "2 more in 3 minutes: Deploy failed"],
    [7_200_000, "2 more in 2 hours: Deploy failed"],
    [260_000_000, "2 more in 3 days: Deploy failed"],
  ])("within %d ms: %s", (ms, title) => {
    expect(compose([failed(0), failed(ms / 1000)], burst).title).toBe(title);
  });

  test("counts problems, not their ends, and says how many are over", () => {
    const ended = { count: 2, over: true, lastAt: new Date("2026-03-02T05:01:02Z") };
    expect(compose([failed(0, ended), failed(1), failed(2)], burst)).toMatchObject({
      title: "3 more in 60 seconds: Deploy failed",
      body: "3 more came from 06:00:02 to 06:01:02.\n1 of them is over.\n\n06:00–06:01 ✅ deploy 0 failed (over after 1 min)\n06:00 ⚠️ deploy 1 failed\n06:00 ⚠️ deploy 2 failed",
      event: { details: { events: 4 } },
    });
    expect(compose([failed(0, ended), failed(1, ended), failed(2)], burst).body).toContain("\n2 of them are over.\n");
    expect(compose([failed(0, ended), failed(1, ended)], burst).body).toContain("\nAll of them are over.\n");
    expect(compose([failed(0, ended)], burst).body).toContain("\nIt is over.\n");
  });

  test("over midnight names the days of both ends", () => {
    const { body } = compose([line("x", "2026-03-01T22:59:58Z"), line("y", "2026-03-01T23:00:03Z")], burst);
    expect(body.split("\n")[0]).toBe("2 more came from 1 Mar 23:59:58 to 00:00:03.");
  });

  test("of a type with a very long name has a type that is no longer than types are, and of an unknown category the emoji of none", () => {
    const { event, emoji } = compose([failed(0, { category: "gone" })], { ...burst, burstOf: { type: "x".repeat(100), title: "X" } });
    expect([event.type.length, event.type.startsWith("burst.xxx"), event.category, emoji]).toEqual([100, true, "gone", "🔔"]);
  });

  test("of which nothing is left to tell still has words", () => {
    expect(compose([], burst)).toMatchObject({ title: "0 more: Deploy failed", body: "0 more: Deploy failed", event: { category: "custom" } });
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
  const input = { id: "i", heldFor: "DIGEST" as const, burstOf: null, items, timeZone: "UTC", displayName: "", rich: false, customer: null, remark: "", now: NOW };
  const message = composeSummary(input);
  expect(items).toEqual(before);
  expect(composeSummary(input)).toEqual(message);
  expect(message.body).toContain("*bold* <b>x</b> — 日本 🎉");
});
