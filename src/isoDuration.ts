import { Temporal } from "temporal-polyfill";

/** What is wrong with a text that `secondsOfIso` does not take. */
export const WRONG_DURATION = "must be a duration as ISO 8601 without years and months, e.g. PT15M or P1DT12H";

/** @returns e.g. PT15M for 900 */
export function isoOfSeconds(seconds: number): string {
  return Temporal.Duration.from({ seconds }).round({ largestUnit: "hours" }).toString();
}

/** @returns whole seconds; null when the text is no duration, or has years or months */
export function secondsOfIso(text: string): number | null {
  try {
    return Math.round(Temporal.Duration.from(text).total("seconds"));
  } catch {
    return null;
  }
}
