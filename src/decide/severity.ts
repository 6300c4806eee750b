import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";

/** True when `severity` ranks below `other`. */
export function isBelow(severity: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(other);
}

/** The severities that a filter wants by naming them, by a minimum or by both; null: all. */
export function wantedSeverities(named: readonly Severity[] | null | undefined, minimum: Severity | null | undefined): Severity[] | null {
  if (!named && (!minimum || minimum === SEVERITIES[0])) return null;
  return SEVERITIES.filter((one) => (!named || named.includes(one)) && !(minimum && isBelow(one, minimum)));
}

export function higherOf(one: Severity, other: Severity): Severity {
  return isBelow(one, other) ? other : one;
}
