/** The characters of GSM 03.38 (3GPP TS 23.038 §6.2.1), and those of its extension table, which take two places each. */
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION = "^{}\\[~]|€\f";

const GSM7 = new Set(BASIC + EXTENSION);

/** Typographic characters, and what a telephone shows as well in their place. No replacement has more UTF-8 bytes. */
const REPLACEMENTS: [RegExp, string][] = [
  [/…/g, "..."],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/[‘’‚‛′]/g, "'"],
  [/[“”„‟″«»]/g, '"'],
  [/[\t\u00A0\u2000-\u200A\u202F]/g, " "],
  [/[\u200B-\u200F\u2060\uFEFF]/g, ""],
  [/[•·]/g, "-"],
  [/→/g, "->"],
  [/×/g, "x"],
];

/** True of a text that goes over the air in the 7 bit alphabet: 160 characters to a part instead of 70. */
export function fitsGsm7(text: string): boolean {
  return [...text].every((character) => GSM7.has(character));
}

/**
 * A text for SMS: with plain characters in place of typographic ones when all of it then fits the 7 bit alphabet,
 * so that one "…" does not double the number of parts that are paid for; else as it was.
 */
export function smsText(text: string): string {
  const plain = REPLACEMENTS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text.normalize("NFC"));
  return fitsGsm7(plain) ? plain : text;
}
