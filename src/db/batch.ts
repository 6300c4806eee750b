/** Turns of the event loop; each takes in what the sockets have. However much comes, what came first must not wait for long. */
const MOST_GATHER_TURNS = 10;

/** What a transaction costs beside its rows, when they are few, is worth so much waiting where nobody waits for it. */
const REST_MS = 10;
const FEW = 16;

/**
 * Gathers what arrives while the last batch is under way and hands it on as the next one: a lone item never waits, and
 * under load one transaction carries many.
 * @param run gets the items in order and answers each at its place; when it throws, every item of the batch fails
 * @param limit the most items in one batch, as far as none is more by itself
 * @param mayRest whether an item may wait a little for more to come, when a few have come while the last batch was under way
 * @param countOf as how many an item counts
 */
export function createBatch<Item, Result>(run: (items: Item[]) => Promise<Result[]>, limit: number, mayRest: (item: Item) => boolean = () => false, countOf: (item: Item) => number = () => 1): Batch<Item, Result> {
  const waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  let running: Promise<void> | null = null;

  /** Lets everything that is just arriving into the batch: turns as long as each brings more. An idle loop turns at once. */
  async function gather(): Promise<void> {
    for (let turn = 0, before = 0; turn < MOST_GATHER_TURNS && waiting.length > before; turn += 1) {
      before = waiting.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function takeBatch(): typeof waiting {
    let [items, count] = [0, 0];
    for (; items < waiting.length; items += 1) {
      count += countOf((waiting[items] as (typeof waiting)[number]).item);
      if (items > 0 && count > limit) break;
    }
    return waiting.splice(0, items);
  }

  async function drain(): Promise<void> {
    await gather();
    while (waiting.length > 0) {
      if (waiting.length > 1 && waiting.length < FEW && waiting.every(({ item }) => mayRest(item))) await new Promise((resolve) => setTimeout(resolve, REST_MS));
      const batch = takeBatch();
      try {
        const results = await run(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = null;
  }

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= drain();
      });
    },
    get size() {
      return waiting.length;
    },
    async idle() {
      while (running) await running;
    },
  };
}

export interface Batch<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Items that wait for their batch. */
  readonly size: number;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
}
