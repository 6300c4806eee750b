/** What people and address books put between the digits: blanks, dots, dashes, brackets, and marks of the text's direction, which nobody sees. */
const BETWEEN_DIGITS = /[\s().\p{Pd}\p{Cf}]/gu;

/** A phone number without what people put between its digits. A trunk "(0)" goes as well: it is not dialled after a country code. */
export function tidyPhoneNumber(text: string): string {
  return text.replace("(0)", "").replace(BETWEEN_DIGITS, "");
}

/** True of digits with nothing but a plus sign before them and separators between them: a number, not a name. */
export function looksLikePhoneNumber(text: string): boolean {
  return /^\+?\d+$/.test(tidyPhoneNumber(text));
}
