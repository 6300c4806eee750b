import { setFlagsFromString } from "node:v8";

/** By how much, in percent of what is alive, the heap may grow before what is old is looked through for garbage. */
const GROWING_PERCENT = 50;

/**
 * Has V8 collect old garbage more often. Left alone it lets the heap grow to several times what is alive where the machine
 * has much memory. Events that wait for the disk or a provider become old before they are done with, so that under load
 * the process would take twice as much, for a few percent of its CPU time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
