const UNITS: [name: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A span as people say it, in its two largest units: "3 d 4 h", "12 min 5 s", "0 s". */
export function durationText(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

const NAMES: Record<string, string> = { d: "days", h: "hours", min: "minutes", s: "seconds" };

/** A span in one unit, written out and rounded, for a sentence: "43 seconds", "90 minutes", "2 hours". */
export function durationWords(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? ["s", 1000];
  const count = Math.max(1, Math.round(ms / size));
  return count === 1 ? "1 second" : `${count} ${NAMES[name]}`;
}
