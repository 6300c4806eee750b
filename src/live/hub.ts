/** Hands what happens to whoever listens in this process. Each subscriber has a bounded queue of its own. */
export interface Hub<Item> {
  publish(items: readonly Item[]): void;
  /** @param wants filters and authorises before anything is queued */
  subscribe(wants: (item: Item) => boolean): Subscription<Item>;
  readonly subscribers: number;
  /** Ends every subscription. */
  close(): void;
}

export interface Subscription<Item> {
  /** The next item, with how many were dropped right before it because the subscriber was slow; null when ended. */
  next(): Promise<{ item: Item; missed: number } | null>;
  end(): void;
}

/** A subscriber this far behind loses its oldest items, and is told. */
export const LONGEST_QUEUE = 1000;

export function createHub<Item>(longestQueue = LONGEST_QUEUE): Hub<Item> {
  const subscribers = new Set<{ offer(item: Item): void; end(): void }>();

  return {
    publish(items) {
      for (const subscriber of subscribers) for (const item of items) subscriber.offer(item);
    },
    subscribe(wants) {
      const subscriber = createSubscriber(wants, longestQueue, () => subscribers.delete(subscriber));
      subscribers.add(subscriber);
      return subscriber;
    },
    get subscribers() {
      return subscribers.size;
    },
    close() {
      for (const subscriber of subscribers) subscriber.end();
    },
  };
}

function createSubscriber<Item>(wants: (item: Item) => boolean, longestQueue: number, onEnd: () => void): Subscription<Item> & { offer(item: Item): void } {
  let queue: Item[] = [];
  let missed = 0;
  let ended = false;
  let wake: (() => void) | null = null;

  return {
    offer(item) {
      if (ended || !wants(item)) return;
      queue.push(item);
      if (queue.length > longestQueue) {
        queue.shift();
        missed += 1;
      }
      wake?.();
    },
    async next() {
      while (queue.length === 0 && !ended) {
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
      }
      // After the end nothing more is given: the client resumes from its cursor.
      if (ended) return null;
      const item = queue.shift() as Item;
      const result = { item, missed };
      missed = 0;
      return result;
    },
    end() {
      ended = true;
      queue = [];
      onEnd();
      wake?.();
    },
  };
}
