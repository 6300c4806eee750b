import { once } from "node:events";
import type { Program } from "./processes.ts";
import { until } from "./load.ts";

/** When each numbered event was sent, and when what came of it arrived at the receiver. */
export interface Receipts {
  sent: Map<number, number>;
  arrived: Map<number, number>;
  /** Waits until everything that was sent has arrived. */
  settle(withinMs: number): Promise<void>;
  /** Milliseconds from sent to arrived. */
  latencies(): number[];
}

export function createReceipts(receiver: Program): Receipts {
  const sent = new Map<number, number>();
  const arrived = new Map<number, number>();
  return {
    sent,
    arrived,
    settle: (withinMs) =>
      until(
        "every webhook to arrive",
        async () => {
          const answer = once(receiver.child, "message");
          receiver.child.send("arrivals?");
          for (const [number, at] of ((await answer) as [[number, number][]])[0]) if (!arrived.has(number)) arrived.set(number, at);
          return arrived.size >= sent.size;
        },
        withinMs,
      ),
    latencies: () => [...sent].map(([number, at]) => (arrived.get(number) ?? Number.NaN) - at),
  };
}
