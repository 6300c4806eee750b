import { CUT_MARK, cut, lengthIn, type LengthUnit } from "./cut.ts";

/** Plain text as HTML text or attribute value. Uses only entities that Telegram knows too. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/**
 * Escapes `text` and keeps the result within `limit` units, by cutting before escaping: an entity is never cut in two.
 * @param limit as for `cut`
 */
export function cutEscaped(text: string, limit: number, unit: LengthUnit, escape: (text: string) => string): string {
  const short = cut(text, limit, unit);
  const whole = escape(short);
  if (lengthIn(unit, whole) <= limit) return whole;
  // The longest source that fits, found by halving: the escaped length grows with the source.
  let fits = lengthIn(unit, "…");
  let tooLong = lengthIn(unit, short);
  // So short that the mark alone takes more room than the text itself.
  if (tooLong <= fits) return CUT_MARK;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (lengthIn(unit, escape(cut(short, middle, unit))) <= limit) fits = middle;
    else tooLong = middle;
  }
  return escape(cut(short, fits, unit));
}
