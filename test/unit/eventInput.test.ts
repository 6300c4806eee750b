import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventInput, incomingEvent, occurredAtProblem } from "../../src/events/event.model.ts";
import { plainEventInput } from "../../src/events/plainEventInput.ts";
import { fingerprintOf } from "../../src/decide/fingerprint.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";

const FIELDS = ["type", "severity", "status", "source", "service", "customer", "title", "message", "details", "value", "occurredAt", "dedupKey", "idempotencyKey"] as const;
const NOW = new Date("2026-03-01T12:00:00Z");

describe("whatever JSON comes in", () => {
  it("is taken or refused, never a crash", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => void eventInput.safeParse(value)), { numRuns: 500 });
  });

  it("in any field likewise; what is taken is fit to be stored, and taken again it is the same", () => {
    const fields = fc.record(Object.fromEntries(FIELDS.map((name) => [name, fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.constant("custom"))])), { requiredKeys: [] });
    fc.assert(
      fc.property(fields, (value) => {
        const parsed = eventInput.safeParse(value);
        if (!parsed.success) {
          for (const issue of parsed.error.issues) expect(issue.message).not.toBe("");
          return;
        }
        expect(parsed.data.type).toMatch(/^\S(.{0,98}\S)?$/u);
        expect(JSON.stringify(parsed.data)).not.toMatch(/\\u(0000|d[89a-f])/i);
        expect(eventInput.parse(parsed.data)).toEqual(parsed.data);
      }),
      { numRuns: 1000 },
    );
  });

  it("of every built-in type has a fingerprint, and the same for the same details in any order", () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_TYPES), fc.dictionary(fc.string({ unit: "grapheme", maxLength: 20 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 }), (type, details) => {
        const parsed = eventInput.safeParse({ type: type.name, details });
        if (!parsed.success) return;
        const event = incomingEvent(parsed.data, type.name, "id", NOW);
        const turned = { ...event, details: Object.fromEntries(Object.entries(event.details).reverse()) };
        expect(fingerprintOf(turned, type)).toBe(fingerprintOf(event, type));
      }),
    );
  });
});

describe("the quick check of plain inputs", () => {
  const usual = { type: "deploy.success", severity: "WARNING", service: " my-app ", message: "Two\nlines", details: { number: 1, list: [true, null, { name: "Zürich €" }] }, value: 0.5, occurredAt: NOW };

  it("knows what is usual", () => {
    expect(plainEventInput(usual)).toEqual(eventInput.parse(usual));
    expect(plainEventInput({ type: "custom" })).toEqual(eventInput.parse({ type: "custom" }));
    expect(plainEventInput(Object.assign(Object.create(null), { type: "custom", details: Object.create(null) }))).toEqual(eventInput.parse({ type: "custom" }));
  });

  it("says nothing, or what the full check says", () => {
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 10 }), fc.string({ unit: "binary" }), fc.constantFrom(undefined, Infinity, Number.NaN, -0, 10n, NOW, new Date(Number.NaN), new Map(), [], "\u007f", "\ud83d\ude00", "\u2028", "x".repeat(201), " ".repeat(300), "FIRING", "INFO"));
    const details = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), odd, fc.constantFrom({ a: "ü".repeat(17_000) }, { a: "x".repeat(10_000) }, JSON.parse(`{ "__proto__": { "a": 1 } }`), { a: { toJSON: () => "b" } }, { a: NOW }));
    const changes = fc.record({ ...Object.fromEntries([...FIELDS, "other", "__proto__"].map((name) => [name, odd])), details }, { requiredKeys: [] });
    fc.assert(
      fc.property(changes, fc.subarray([...FIELDS]), (changed, without) => {
        const given = Object.fromEntries(Object.entries({ ...usual, ...changed }).filter(([name]) => !without.includes(name as (typeof FIELDS)[number])));
        const plain = plainEventInput(given);
        if (plain) expect(plain).toEqual(eventInput.parse(given));
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), fc.oneof(odd, details), (name, value) => {
        const given = { ...usual, [name]: value };
        const plain = plainEventInput(given);
        if (plain) expect(plain).toEqual(eventInput.parse(given));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("limits", () => {
  it.each([["type", 100], ["source", 200], ["service", 200], ["customer", 200], ["title", 300], ["message", 20_000], ["dedupKey", 200], ["idempotencyKey", 200]] as const)("%s: %i characters", (field, most) => {
    const of = (length: number) => eventInput.safeParse({ type: "custom", [field]: "x".repeat(length) });
    expect(of(most).success).toBe(true);
    expect(of(most + 1).error?.issues).toMatchObject([{ path: [field], message: `must be at most ${most} characters` }]);
  });

  it("details: 8 deep and 32 KiB, counted in bytes", () => {
    const nested = (depth: number): object => (depth === 1 ? { a: 1 } : { a: nested(depth - 1) });
    const of = (details: unknown) => eventInput.safeParse({ type: "custom", details }).success;
    expect([of(nested(8)), of(nested(9))]).toEqual([true, false]);
    const fits = 32 * 1024 - `{"a":""}`.length;
    expect([of({ a: "x".repeat(fits) }), of({ a: "x".repeat(fits + 1) })]).toEqual([true, false]);
    expect([of({ a: "ü".repeat(fits / 2) }), of({ a: "ü".repeat(fits / 2 + 1) })]).toEqual([true, false]);
    expect([of({ a: Infinity }), of({ a: [NaN] }), of({ a: 1.7e308 })]).toEqual([false, false, true]);
  });

  it("value: any finite number", () => {
    for (const value of [0, -0, -1, 1e308, Number.MIN_VALUE]) expect(eventInput.safeParse({ type: "custom", value }).success).toBe(true);
    for (const value of [NaN, Infinity, -Infinity, "1", true]) expect(eventInput.safeParse({ type: "custom", value }).success).toBe(false);
  });

  it("only text that is blank counts as left out", () => {
    expect(eventInput.parse({ type: " custom ", title: "  ", service: "", message: " a\n b " })).toMatchObject({ type: "custom", title: null, service: null, message: "a\n b" });
  });

  it("occurredAt: from 2000 to a day ahead", () => {
    const of = (text: string) => occurredAtProblem(new Date(text), NOW);
    expect(of("2000-01-01T00:00:00Z")).toBeUndefined();
    expect(of("1999-12-31T23:59:59Z")).toMatch(/2000/);
    expect(of("2026-03-02T12:00:00Z")).toBeUndefined();
    expect(of("2026-03-02T12:00:01Z")).toMatch(/future/);
    expect(occurredAtProblem(null, NOW)).toBeUndefined();
  });
});
