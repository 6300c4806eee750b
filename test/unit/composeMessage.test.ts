import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CATEGORIES } from "../../src/catalogue/category.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import { composeMessage } from "../../src/dispatch/composeMessage.ts";
import type { ComposeInput } from "../../src/dispatch/composeMessage.ts";
import type { Json, MessageReason } from "../../src/render/message.ts";
import { MESSAGE_REASONS } from "../../src/render/message.ts";
import type { StoredEvent } from "../../src/events/event.model.ts";
import { at, deepFreeze, makeStoredEvent, NOW } from "./build.ts";

type Changes = Partial<Omit<ComposeInput, "event" | "delivery">> & Partial<ComposeInput["delivery"]> & { event?: Partial<StoredEvent> };

function compose({ event = {}, id = "delivery-1", reason = "FIRST", context = {}, ...changes }: Changes = {}) {
  return composeMessage({
    delivery: { id, reason, context },
    event: makeStoredEvent(event),
    displayName: "Rack 7",
    rich: true,
    thread: null,
    acknowledgeUrl: null,
    ...changes,
  });
}

/** Of a condition that was opened at NOW, as seen that many seconds later. */
function going(reason: MessageReason, seconds: number, count: number, event: Partial<StoredEvent> = {}) {
  return compose({ reason, context: { openedAt: NOW.toISOString(), count }, event: { conditionId: "condition-1", receivedAt: at(seconds), ...event } });
}

describe("a message", () => {
  test("carries the event as it is", () => {
    const event = makeStoredEvent({
      source: "pve1", service: "web", customer: "acme", status: "FIRING", severity: "CRITICAL", details: { nested: { a: [1] } }, conditionId: "condition-1", occurredAt: at(-5),
    });
    expect(compose({ event, thread: "42", context: { openedAt: at(-60).toISOString(), count: 3 } })).toEqual({
      id: "delivery-1",
      reason: "FIRST",
      title: "App down",
      body: "The app is down.",
      facts: [
        { label: "Severity", value: "CRITICAL" },
        { label: "Service", value: "web" },
        { label: "Source", value: "pve1" },
        { label: "Customer", value: "acme" },
        { label: "nested", value: '{"a":[1]}' },
      ],
      severity: "CRITICAL",
      recovered: false,
      emoji: "⚙️",
      displayName: "Rack 7",
      rich: true,
      event: {
        id: "event-1", type: "app.down", category: "services", status: "FIRING", source: "pve1", service: "web", customer: "acme",
        message: "The app is down.", details: { nested: { a: [1] } }, occurredAt: at(-5),
      },
      condition: { id: "condition-1", openedAt: at(-60), count: 3 },
      thread: "42",
      acknowledgeUrl: null,
    });
  });

  test("is the same for every try, and changes nothing it was made of", () => {
    const input = deepFreeze<Changes>({ reason: "ONGOING", context: { openedAt: NOW.toISOString(), count: 2 }, event: { conditionId: "c", details: { a: { b: 1 } } } });
    expect(compose(input)).toEqual(compose(input));
  });

  test("of a one-off has no condition", () => {
    expect(compose().condition).toBeNull();
    expect(compose({ event: { conditionId: "condition-1" } }).condition).toBeNull();
    expect(compose({ context: { openedAt: NOW.toISOString(), count: 2 } }).condition).toBeNull();
  });
});

describe("the title", () => {
  test.each<[MessageReason, Partial<StoredEvent>, string]>([
    ["FIRST", {}, "App down"],
    ["ONGOING", {}, "Still going on: App down"],
    ["ESCALATED", {}, "Worse: App down"],
    ["TEST", {}, "Test: App down"],
    ["RECOVERY", { status: "RESOLVED" }, "Resolved: App down"],
    ["RECOVERY", { type: "disk.space_low", title: "Disk usage high", value: 20 }, "Resolved: Disk usage high"],
    ["RECOVERY", { type: "service.health.recovered", title: "Service recovered" }, "Service recovered"],
    ["RECOVERY", { type: "monitor.recovery", title: "Monitor up" }, "Monitor up"],
    ["RECOVERY", { type: "node.reconnect", title: "Node back" }, "Node back"],
    ["RECOVERY", { type: "alert.resolved", title: "Alert resolved" }, "Alert resolved"],
    ["FIRST", { type: "alert.resolved", title: "Alert resolved" }, "Alert resolved"],
  ])("%s of %o is %s", (reason, event, expected) => {
    expect(compose({ reason, event }).title).toBe(expected);
  });

  test.each(EVENT_TYPES.filter(({ recovers }) => recovers !== undefined).map(({ name, title }) => [name, title]))("of a recovery of type %s says so by itself: %s", (type, title) => {
    expect(compose({ reason: "RECOVERY", event: { type: type as string, title: title as string } }).title).toBe(title);
  });

  test("of a problem whose type only sounds like a recovery says that it is resolved", () => {
    expect(compose({ reason: "RECOVERY", event: { type: "app.recovery_failed", status: "RESOLVED" } }).title).toBe("Resolved: App down");
  });

  test("recovered is set for a recovery alone", () => {
    expect(MESSAGE_REASONS.filter((reason) => compose({ reason }).recovered)).toEqual(["RECOVERY"]);
  });
});

describe("the remark", () => {
  const said = "The app is down.\n\n";

  test.each([
    ["a first needs none", going("FIRST", 0, 1), "The app is down."],
    ["a first of a condition nobody was told of needs none", going("FIRST", 500, 4), "The app is down."],
    ["what goes on says since when and how often", going("ONGOING", 1800, 4), `${said}Going on since 2026-03-01 12:00 UTC, for 30 min (seen 4 times).`],
    ["what got worse too", going("ESCALATED", 5, 2), `${said}Going on since 2026-03-01 12:00 UTC, for 5 s (seen 2 times).`],
    ["a recovery says how long it lasted", going("RECOVERY", 93_784, 1), `${said}It lasted 1 d 2 h (seen 1 time).`],
    ["a clock that stepped back makes no negative span", going("RECOVERY", -60, 2), `${said}It lasted 0 s (seen 2 times).`],
    ["a test says nothing of it", going("TEST", 60, 2), "The app is down."],
    ["one repeat held back", compose({ context: { heldBack: 1 } }), `${said}1 repeat was held back before this one.`],
    ["repeats held back", compose({ context: { heldBack: 12 } }), `${said}12 repeats were held back before this one.`],
    ["none held back", compose({ context: { heldBack: 0 } }), "The app is down."],
    ["no message of its own", going("RECOVERY", 1, 1, { message: "" }), "It lasted 1 s (seen 1 time)."],
  ])("%s", (_, message, expected) => {
    expect(message.body).toBe(expected);
  });
});

describe("the facts", () => {
  const labels = (details: { [key: string]: Json }) => compose({ event: { severity: "INFO", details } }).facts;

  test("leave out what is not there, keep what is 0 or false", () => {
    expect(labels({ none: null, empty: "", zero: 0, no: false, list: [], text: " x " })).toEqual([
      { label: "Severity", value: "INFO" },
      { label: "zero", value: "0" },
      { label: "no", value: "false" },
      { label: "list", value: "[]" },
      { label: "text", value: " x " },
    ]);
    expect(compose({ event: { value: 0 } }).facts).toContainEqual({ label: "Value", value: "0" });
  });

  test("are at most 20, the event's own before its details", () => {
    const details = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index]));
    const facts = compose({ event: { service: "s", source: "o", customer: "c", value: 1, details } }).facts;
    expect(facts).toHaveLength(20);
    expect(facts.map(({ label }) => label)).toEqual(["Severity", "Service", "Source", "Customer", "Value", ...Array.from({ length: 15 }, (_, index) => `k${index}`)]);
  });

  test("are text, whatever the details are", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>), (details) => {
        const facts = labels(details);
        expect(facts.length).toBeLessThanOrEqual(20);
        for (const { label, value } of facts) expect([typeof label, typeof value, value === ""]).toEqual(["string", "string", false]);
      }),
    );
  });
});

describe("the emoji", () => {
  test.each(CATEGORIES.map(({ name, emoji }) => [name, emoji]))("of %s is %s", (category, emoji) => {
    expect(compose({ event: { category: category as string } }).emoji).toBe(emoji);
  });

  test("of a category that is gone is a bell", () => {
    expect(compose({ event: { category: "gone" } }).emoji).toBe("🔔");
  });
});
