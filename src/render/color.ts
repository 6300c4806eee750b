import type { Message } from "./message.ts";

const COLORS = { INFO: "#3498DB", WARNING: "#F39C12", CRITICAL: "#E74C3C" } as const;
const RECOVERED = "#2ECC71";

/** The colour of a message, as "#RRGGBB": green once the problem is over, else by severity. */
export function severityColor(message: Pick<Message, "severity" | "recovered">): string {
  return message.recovered ? RECOVERED : COLORS[message.severity];
}
