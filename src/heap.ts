import { setFlagsFromString } from "node:v8";

/** In bytes of code that a function of WebAssembly runs before it is compiled once more, for speed: V8's own is 1.8 million. */
const WASM_BUDGET = 100_000_000;

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

/**
 * Has V8 leave functions of WebAssembly as they are first compiled until they have run for long. Prisma's query compiler runs
 * at the start, and then only for queries that it has not seen: optimizing it takes CPU time of the start and 10 MB for good.
 */
export function keepWasmSmall(): void {
  setFlagsFromString(`--wasm-tiering-budget=${WASM_BUDGET}`);
}
