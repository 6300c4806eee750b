import type { Clock } from "./clock.ts";

export interface Alarm {
  /** Sees to it that the work is done at that time, or earlier. */
  wakeAt(time: Date): void;
  /** Does the work now. */
  ring(): Promise<void>;
  /** Since when the work is under way, by `clock.uptime()`; null when it is not. */
  readonly busySince: number | null;
  /** Rings no more; resolves when the work under way has ended. */
  close(): Promise<void>;
}

export interface AlarmDeps {
  clock: Clock;
  /** While anything waits, it rings at least this often, in milliseconds. */
  everyMs: number;
  /** True where others may store what is due: then it rings so often even while nothing waits. */
  shared: boolean;
  work(): Promise<void>;
  /** When there is work next; null when nothing waits. */
  next(): Promise<Date | null>;
  failed(error: unknown): void;
}

/** Work that is due at times which the database knows: done then, and looked for in between, since clocks may be set. */
export function createAlarm({ clock, everyMs, shared, work, next, failed }: AlarmDeps): Alarm {
  let cancel: (() => void) | null = null;
  let wakesAt = Infinity;
  let running: Promise<void> = Promise.resolve();
  let busySince: number | null = null;
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
    return (running = running.then(workOnce));
  }

  async function workOnce(): Promise<void> {
    const began = clock.now();
    busySince = clock.uptime();
    await work().catch(failed);
    busySince = null;
    // What is next may be soon: when that cannot be known, it is looked for again.
    const time = await next().catch(() => began);
    const now = clock.now();
    if (!time) return shared ? wakeAt(new Date(now.getTime() + everyMs)) : undefined;
    if (time > now) wakeAt(time);
    else if (time > began && !closed) void ring(); // Fell due meanwhile.
    // What was due before is something that could not be done: not again at once.
    else wakeAt(new Date(now.getTime() + everyMs));
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
