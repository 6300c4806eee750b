import type { Clock } from "./clock.ts";

export interface Alarm {
  /** Sees to it that the work is done at that time, or earlier. */
  wakeAt(time: Date): void;
  /** Does the work now. */
  ring(): Promise<void>;
  /** Since when the work is under way; null when it is not. */
  readonly busySince: Date | null;
  /** Rings no more; resolves when the work under way has ended. */
  close(): Promise<void>;
}

export interface AlarmDeps {
  clock: Clock;
  /** While anything waits, it rings at least this often, in milliseconds. */
  everyMs: number;
  work(): Promise<void>;
  /** When there is work next; null when nothing waits. */
  next(): Promise<Date | null>;
  failed(error: unknown): void;
}

/** Work that is due at times which the database knows: done then, and looked for in between, since clocks may be set. */
export function createAlarm({ clock, everyMs, work, next, failed }: AlarmDeps): Alarm {
  let cancel: (() => void) | null = null;
  let wakesAt = Infinity;
  let running: Promise<void> = Promise.resolve();
  let busySince: Date | null = null;
  let closed = false;

  function wakeAt(time: Date): void {
    const at = Math.min(time.getTime(), clock.now().getTime() + everyMs);
    if (closed || at >= wakesAt) return;
    cancel?.();
    wakesAt = at;
    cancel = clock.after(Math.max(0, at - clock.now().getTime()), () => void ring());
  }

  function ring(): Promise<void> {
    cancel?.();
    cancel = null;
    wakesAt = Infinity;
    return (running = running.then(doWork).catch(failed).then(later));
  }

  async function doWork(): Promise<void> {
    busySince = clock.now();
    try {
      await work();
    } finally {
      busySince = null;
    }
  }

  async function later(): Promise<void> {
    // What is next may be soon: when that cannot be known, it is looked for again.
    const time = await next().catch(() => clock.now());
    // Something overdue is something that could not be done: not again at once.
    if (time) wakeAt(time > clock.now() ? time : new Date(clock.now().getTime() + everyMs));
  }

  return {
    wakeAt,
    ring,
    get busySince() {
      return busySince;
    },
    async close() {
      closed = true;
      cancel?.();
      await running;
    },
  };
}
