import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, lengthIn, type LengthUnit } from "../../src/render/cut.ts";
import { cutEscaped, escapeHtml } from "../../src/render/escape.ts";

const FAMILY = "👨‍👩‍👧‍👦";
const units = fc.constantFrom<LengthUnit>("BYTES", "UTF16", "CHARACTERS");
const texts = fc.string({ unit: fc.oneof(fc.constantFrom(FAMILY, "é", "e\u0301", "🇩🇪", "x", "ß", "<", "&"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })), maxLength: 80 });
const graphemes = (text: string) => [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment);

test.each<[string, number, LengthUnit, string]>([
  ["short", 5, "UTF16", "short"],
  ["longer", 5, "UTF16", "long…"],
  ["äöüß", 8, "BYTES", "äöüß"],
  ["äöüßx", 8, "BYTES", "äö…"],
  ["😀😀😀", 3, "CHARACTERS", "😀😀😀"],
  ["😀😀😀", 5, "UTF16", "😀😀…"],
  [`a${FAMILY}b`, 11, "UTF16", "a…"],
  [`a${FAMILY}bc`, 13, "UTF16", `a${FAMILY}…`],
  ["", 3, "BYTES", ""],
  ["abcd", 3, "BYTES", "…"],
])("%s to %d %s is %s", (text, limit, unit, expected) => {
  expect(cut(text, limit, unit)).toBe(expected);
});

test("lengths are in the unit asked for", () => {
  expect([lengthIn("BYTES", FAMILY), lengthIn("UTF16", FAMILY), lengthIn("CHARACTERS", FAMILY)]).toEqual([25, 11, 7]);
});

test("never longer than the limit, whole graphemes, marked only when cut, and as long as it can be", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 3, max: 120 }), units, (text, limit, unit) => {
      const short = cut(text, limit, unit);
      expect(lengthIn(unit, short)).toBeLessThanOrEqual(limit);
      if (lengthIn(unit, text) <= limit) return void expect(short).toBe(text);
      expect(short.endsWith("…")).toBe(true);
      const kept = graphemes(short.slice(0, -1));
      const all = graphemes(text);
      expect(kept).toEqual(all.slice(0, kept.length));
      expect(lengthIn(unit, short) + lengthIn(unit, all[kept.length] ?? "")).toBeGreaterThan(limit);
    }),
  );
});

describe("cutEscaped", () => {
  test("never cuts an entity and keeps the limit after escaping", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 6, max: 120 }), units, (text, limit, unit) => {
        const short = cutEscaped(text, limit, unit, escapeHtml);
        expect(lengthIn(unit, short)).toBeLessThanOrEqual(limit);
        expect(short.replace(/&(amp|lt|gt|quot);/g, "")).not.toMatch(/[<>&"]/);
        if (lengthIn(unit, escapeHtml(text)) <= limit) expect(short).toBe(escapeHtml(text));
      }),
    );
  });

  test("a text shorter than the mark, but not when escaped, becomes the mark", () => {
    expect(cutEscaped("&&", 6, "BYTES", escapeHtml)).toBe("…");
  });

  test("uses the room there is", () => {
    expect(cutEscaped("<<<<<", 13, "UTF16", escapeHtml)).toBe("&lt;&lt;&lt;…");
    expect(cutEscaped(`${"x".repeat(20)}<<<`, 20, "UTF16", escapeHtml)).toBe(`${"x".repeat(19)}…`);
  });
});
