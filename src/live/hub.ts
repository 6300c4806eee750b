/** Hands what happens to whoever listens in this process. Each subscriber has a bounded queue of its own. */
export interface Hub<Item> {
  publish(items: readonly Item[]): void;
  /**
   * @param wants filters and authorises before anything is queued
   * @param more called when there is something to take, or the end
   */
  subscribe(wants: (item: Item) => boolean, more: () => void): Subscription<Item>;
  readonly subscribers: number;
  /** Ends every subscription. */
  close(): void;
}

export interface Subscription<Item> {
  /** The next item, with how many were dropped right before it because the subscriber was slow; undefined when there is none now, null when ended. */
  take(): { item: Item; missed: number } | undefined | null;
  end(): void;
}

/** A subscriber this far behind loses its oldest items, and is told. */
export const LONGEST_QUEUE = 1000;
/** When many are to be told, the rest of the process has its turn after so long. */
const LONGEST_TURN_MS = 10;
/** The clock is looked at after so many. */
const STEP = 16;

export function createHub<Item>(longestQueue = LONGEST_QUEUE): Hub<Item> {
  const subscribers = new Set<Subscriber<Item>>();
  /** Those with news, in order, and how many of them have been told. */
  let waiting: Subscriber<Item>[] = [];
  let told = 0;
  let pausing = false;

  function tell(): void {
    const endsAt = performance.now() + LONGEST_TURN_MS;
    while (told < waiting.length) {
      waiting[told]?.tell();
      told += 1;
      if (told % STEP === 0 && performance.now() > endsAt) {
        pausing = true;
        setImmediate(() => {
          pausing = false;
          tell();
        });
        return;
      }
    }
    waiting = [];
    told = 0;
  }

  return {
    publish(items) {
      for (const subscriber of subscribers) if (subscriber.offer(items)) waiting.push(subscriber);
      if (!pausing) tell();
    },
    subscribe(wants, more) {
      const subscriber = new Subscriber(wants, more, longestQueue, () => subscribers.delete(subscriber));
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

/** A class, for there may be thousands of them. */
class Subscriber<Item> implements Subscription<Item> {
  #queue: Item[] = [];
  #missed = 0;
  #ended = false;
  /** Whether it waits to be told. */
  #hasNews = false;
  readonly #wants: (item: Item) => boolean;
  readonly #more: () => void;
  readonly #longestQueue: number;
  readonly #onEnd: () => void;

  constructor(wants: (item: Item) => boolean, more: () => void, longestQueue: number, onEnd: () => void) {
    this.#wants = wants;
    this.#more = more;
    this.#longestQueue = longestQueue;
    this.#onEnd = onEnd;
  }

  /** @returns true when it is to be told and does not wait for that yet */
  offer(items: readonly Item[]): boolean {
    const before = this.#queue.length;
    for (const item of items) if (!this.#ended && this.#wants(item)) this.#add(item);
    if (this.#hasNews || this.#queue.length === 0 || (this.#queue.length === before && before < this.#longestQueue)) return false;
    this.#hasNews = true;
    return true;
  }

  #add(item: Item): void {
    this.#queue.push(item);
    if (this.#queue.length <= this.#longestQueue) return;
    this.#queue.shift();
    this.#missed += 1;
  }

  tell(): void {
    this.#hasNews = false;
    if (!this.#ended) this.#more();
  }

  take(): { item: Item; missed: number } | undefined | null {
    // After the end nothing more is given: the client resumes from its cursor.
    if (this.#ended) return null;
    const item = this.#queue.shift();
    if (item === undefined) return undefined;
    const missed = this.#missed;
    this.#missed = 0;
    return { item, missed };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#onEnd();
    this.#more();
  }
}
