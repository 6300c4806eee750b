import type { EventType } from "./eventType.ts";

/** Of a longer name only the beginning is compared, so that hostile input stays cheap. */
const LONGEST_COMPARED = 64;

/** The share of a name that may be mistyped for another name still to count as near. */
const NEAR = 0.4;

/** Built-in and registered event types, found by any of their names. */
export interface Catalogue {
  readonly types: readonly EventType[];
  /** The type of this canonical name, alias or title, however it is spelled. */
  resolve(name: string): EventType | undefined;
  /** Canonical names of at most `count` types whose name, alias or title is like `name`, the likest first. */
  nearest(name: string, count: number): string[];
}

/** Two types claim one name. */
export class DuplicateNameError extends Error {
  override readonly name = "DuplicateNameError";
  /** The name both claim, normalised. */
  readonly claimed: string;
  /** Canonical names of the two types. */
  readonly types: readonly [string, string];

  constructor(claimed: string, first: string, second: string) {
    super(`"${claimed}" names two event types: ${first} and ${second}`);
    this.claimed = claimed;
    this.types = [first, second];
  }
}

/** One spelling for all: `Backup failed`, `backup_failed` and `BACKUP-FAILED` are all `backup.failed`. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[\s._-]+/g, ".").replace(/^\.|\.$/g, "");
}

/** @throws DuplicateNameError when two types claim the same canonical name, alias or title */
export function createCatalogue(types: readonly EventType[]): Catalogue {
  const byName = new Map<string, EventType>();
  /** What is asked most often needs no other spelling. */
  const byCanonicalName = new Map(types.map((type) => [type.name, type]));
  for (const type of types) {
    for (const name of [type.name, type.title, ...type.aliases]) {
      const key = normaliseName(name);
      if (key === "") throw new Error(`Event type "${type.name}" has a name with nothing in it: "${name}"`);
      const holder = byName.get(key);
      if (holder !== undefined && holder !== type) throw new DuplicateNameError(key, holder.name, type.name);
      byName.set(key, type);
    }
  }

  return {
    types: [...types],

    resolve(name) {
      return byCanonicalName.get(name) ?? byName.get(normaliseName(name));
    },

    nearest(name, count) {
      const wanted = normaliseName(name).slice(0, LONGEST_COMPARED);
      const furthest = Math.floor(wanted.length * NEAR);
      const distances = new Map<string, number>();
      for (const [key, type] of byName) {
        if (Math.abs(key.length - wanted.length) > furthest) continue;
        const distance = editDistance(wanted, key);
        if (distance <= furthest && distance < (distances.get(type.name) ?? Infinity)) distances.set(type.name, distance);
      }
      // Sorting is stable, so what is equally near keeps the catalogue's order.
      return [...distances].sort(([, a], [, b]) => a - b).slice(0, Math.max(0, count)).map(([canonical]) => canonical);
    },
  };
}

/** Canonical names for names of whatever spelling, e.g. of a filter; what nobody knows stays as it is. */
export function canonicalNames({ resolve }: Catalogue, names: readonly string[] | null | undefined): string[] | null {
  return names?.map((name) => resolve(name)?.name ?? name) ?? null;
}

/** What to say of a name that must be an event type's and is none. */
export function notAnEventType(name: string, { nearest }: Catalogue): string {
  const near = nearest(name, 3);
  return `must be an event type; ${near.length > 0 ? `near to it are ${near.join(", ")}` : "the eventTypes query lists them"}`;
}

/** Damerau-Levenshtein distance where no part is edited twice: insertions, deletions, changes, swapped neighbours. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1;
      let best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + changed);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
