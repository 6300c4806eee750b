import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";

/** True when `severity` ranks below `other`. */
export function isBelow(severity: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(other);
}

export function higherOf(one: Severity, other: Severity): Severity {
  return isBelow(one, other) ? other : one;
}
