import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHub, LONGEST_QUEUE } from "../../src/live/hub.ts";
import type { Hub } from "../../src/live/hub.ts";

const all = () => true;

/** A subscriber that waits for what comes. */
function listen<Item>(hub: Hub<Item>, wants: (item: Item) => boolean = all) {
  let wake: () => void = () => undefined;
  const subscription = hub.subscribe(wants, () => wake());
  return {
    async next() {
      for (;;) {
        const next = subscription.take();
        if (next !== undefined) return next;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    end: () => subscription.end(),
  };
}

/** Whether the promise is still open after everything that can happen by itself has. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

async function take<Item>(subscription: { next(): Promise<{ item: Item } | null> }, count: number): Promise<(Item | null | undefined)[]> {
  const items = [];
  for (let taken = 0; taken < count; taken += 1) items.push((await subscription.next())?.item);
  return items;
}

describe("the hub", () => {
  test("gives every subscriber every item, in order", async () => {
    const hub = createHub<number>();
    const [one, other] = [listen(hub), listen(hub)];
    hub.publish([1, 2]);
    hub.publish([3]);
    expect(await take(one, 3)).toEqual([1, 2, 3]);
    expect(await take(other, 3)).toEqual([1, 2, 3]);
  });

  test("gives nothing of what came before the subscription", async () => {
    const hub = createHub<number>();
    hub.publish([1]);
    const late = listen(hub);
    hub.publish([2]);
    expect(await late.next()).toEqual({ item: 2, missed: 0 });
  });

  test("wakes who waits", async () => {
    const hub = createHub<string>();
    const subscription = listen(hub);
    const next = subscription.next();
    expect(await isWaiting(next)).toBe(true);
    hub.publish(["news", "more"]);
    expect(await next).toEqual({ item: "news", missed: 0 });
    expect(await subscription.next()).toEqual({ item: "more", missed: 0 });
    const later = subscription.next();
    expect(await isWaiting(later)).toBe(true);
    hub.publish(["last"]);
    expect(await later).toEqual({ item: "last", missed: 0 });
  });

  test("filters for each subscriber, and what is filtered out neither wakes nor fills its queue", async () => {
    const hub = createHub<number>(2);
    const even = listen(hub, (item) => item % 2 === 0);
    const next = even.next();
    hub.publish([1, 3, 5, 7, 9]);
    expect(await isWaiting(next)).toBe(true);
    hub.publish([2, 11, 13, 4]);
    expect(await next).toEqual({ item: 2, missed: 0 });
    expect(await even.next()).toEqual({ item: 4, missed: 0 });
  });

  test("asks the filter when the item comes, so that rights that ended count", async () => {
    const hub = createHub<number>();
    let allowed = true;
    const subscription = listen(hub, () => allowed);
    hub.publish([1]);
    allowed = false;
    hub.publish([2]);
    allowed = true;
    hub.publish([3]);
    expect(await take(subscription, 2)).toEqual([1, 3]);
  });

  test("drops the oldest of a slow subscriber, tells it once how many, and spares the others", async () => {
    const hub = createHub<number>(3);
    const [slow, quick] = [listen(hub), listen(hub)];
    hub.publish([1, 2, 3]);
    expect(await take(quick, 3)).toEqual([1, 2, 3]);
    hub.publish([4, 5]);
    expect(await slow.next()).toEqual({ item: 3, missed: 2 });
    expect(await slow.next()).toEqual({ item: 4, missed: 0 });
    expect(await quick.next()).toEqual({ item: 4, missed: 0 });
    hub.publish([6, 7, 8]);
    expect(await slow.next()).toEqual({ item: 6, missed: 1 });
  });

  test("holds 1000 items for a subscriber unless told otherwise", async () => {
    const hub = createHub<number>();
    const subscription = listen(hub);
    hub.publish(Array.from({ length: LONGEST_QUEUE + 1 }, (_, index) => index));
    expect(await subscription.next()).toEqual({ item: 1, missed: 1 });
    expect(LONGEST_QUEUE).toBe(1000);
  });

  test("ends a subscription that waits, and gives nothing more, queued or new", async () => {
    const hub = createHub<number>();
    const [waiting, behind] = [listen(hub), listen(hub)];
    const next = waiting.next();
    waiting.end();
    expect(await next).toBeNull();
    hub.publish([1, 2]);
    behind.end();
    hub.publish([3]);
    expect(await behind.next()).toBeNull();
    expect(await waiting.next()).toBeNull();
    behind.end();
    expect(hub.subscribers).toBe(0);
  });

  test("counts who listens, and close ends them all", async () => {
    const hub = createHub<number>();
    const subscriptions = [listen(hub), listen(hub), listen(hub)];
    subscriptions[0]?.end();
    expect(hub.subscribers).toBe(2);
    const waiting = subscriptions.map((subscription) => subscription.next());
    hub.close();
    expect(await Promise.all(waiting)).toEqual([null, null, null]);
    expect(hub.subscribers).toBe(0);
  });

  test("one that ends while an item is handed out keeps it from nobody else", async () => {
    const hub = createHub<number>();
    const first = listen(hub, () => {
      first.end();
      return true;
    });
    const second = listen(hub);
    hub.publish([1]);
    expect(await second.next()).toEqual({ item: 1, missed: 0 });
    expect(await first.next()).toBeNull();
  });

  test("whatever the pace, each item is given or counted as missed, in order", async () => {
    // A positive number publishes so many, a negative one takes so many.
    const steps = fc.array(fc.integer({ min: -8, max: 8 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), steps, async (longest, all) => {
        const hub = createHub<number>(longest);
        const subscription = listen(hub, (item) => item % 3 !== 0);
        const wanted: number[] = [];
        let published = 0;
        let position = 0;
        for (const step of all) {
          for (let count = 0; count < step; count += 1) {
            published += 1;
            if (published % 3 !== 0) wanted.push(published);
            hub.publish([published]);
          }
          for (let count = 0; count < -step && position < wanted.length; count += 1) {
            const result = await subscription.next();
            position += result?.missed ?? 0;
            expect(result?.item).toBe(wanted[position]);
            position += 1;
            expect(wanted.length - position).toBeLessThan(longest);
          }
        }
      }),
    );
  });
});
