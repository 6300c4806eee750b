/** Unit in which a provider counts its limit. */
export type LengthUnit = "BYTES" | "UTF16" | "CHARACTERS";

/** Put where a text was cut. */
export const CUT_MARK = "…";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The length of `text` in the given unit: UTF-8 bytes, UTF-16 code units, or Unicode code points. */
export function lengthIn(unit: LengthUnit, text: string): number {
  if (unit === "BYTES") return Buffer.byteLength(text);
  if (unit === "UTF16") return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Shortens `text` to at most `limit` units, at a whole grapheme, ending in "…" when something was cut.
 * @param limit at least 3 for BYTES (the mark's own length), at least 1 otherwise
 */
export function cut(text: string, limit: number, unit: LengthUnit): string {
  if (lengthIn(unit, text) <= limit) return text;
  const room = limit - lengthIn(unit, CUT_MARK);
  let end = 0;
  let used = 0;
  for (const character of text) {
    used += lengthIn(unit, character);
    if (used > room) break;
    end += character.length;
  }
  const boundary = graphemes.segment(text).containing(end)?.index ?? end;
  return text.slice(0, boundary) + CUT_MARK;
}
