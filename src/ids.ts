import { randomFillSync } from "node:crypto";

export interface Ids {
  /** A UUIDv7 (RFC 9562) greater than every one given before. */
  next(): string;
  /** Makes all later ids greater than `id`, whatever the clock says: called with the newest stored id, or null when nothing is stored. */
  startAfter(id: string | null): void;
}

/**
 * UUIDv7 with a 42-bit counter behind the millisecond, so that ids rise strictly within a process.
 * Own code because the live feed's cursors need that order to survive a clock that steps back.
 */
export function createIds(now: () => number): Ids {
  const pool = new Uint8Array(8 * 256);
  let poolOffset = pool.length;
  let lastMs = 0;
  let high = 0; // 12 bits: rand_a
  let low = 0; // 30 bits: the head of rand_b

  function randomBytes(): DataView {
    if (poolOffset === pool.length) {
      randomFillSync(pool);
      poolOffset = 0;
    }
    poolOffset += 8;
    return new DataView(pool.buffer, poolOffset - 8, 8);
  }

  function advance(random: DataView): void {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      // The top bit starts clear: room for two thousand million ids in one millisecond.
      high = random.getUint16(0) & 0x7ff;
      low = random.getUint32(2) & 0x3fffffff;
      return;
    }
    low += 1;
    if (low <= 0x3fffffff) return;
    low = 0;
    high += 1;
    if (high <= 0xfff) return;
    high = 0;
    lastMs += 1;
  }

  return {
    next() {
      const random = randomBytes();
      advance(random);
      const time = lastMs.toString(16).padStart(12, "0");
      const middle = (0x7000 | high).toString(16);
      const variant = (0x8000 | (low >>> 16)).toString(16).padStart(4, "0");
      const tail = (low & 0xffff).toString(16).padStart(4, "0") + random.getUint32(4).toString(16).padStart(8, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-${middle}-${variant}-${tail}`;
    },
    startAfter(id) {
      if (id === null) return;
      const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
      const itsHigh = Number.parseInt(id.slice(14, 18), 16) & 0xfff;
      const itsLow = ((Number.parseInt(id.slice(19, 23), 16) & 0x3fff) << 16) | Number.parseInt(id.slice(24, 28), 16);
      if (ms < lastMs || (ms === lastMs && (itsHigh < high || (itsHigh === high && itsLow < low)))) return;
      lastMs = ms;
      high = itsHigh;
      low = itsLow;
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isId(text: string): boolean {
  return UUID.test(text);
}

/** When an id was given, in milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Greater than all ids given before this time, in milliseconds since 1970, and less than those given at it or later. */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
