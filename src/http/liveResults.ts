import type { LiveStream } from "../live/liveStream.ts";
import type { ResultOf } from "./sharedResults.ts";
import type { TextFrames } from "./textFrames.ts";

/** Of what waits for one subscriber, so much is handed to the system at once. */
const MOST_AT_ONCE = 16 * 1024;

/**
 * Writes the results of a subscription to its connection as its stream has them, in order, and no faster than the client
 * reads. To graphql-ws, which gives it its place among a connection's operations, it is an iterator that only ends.
 */
export class LiveResults implements AsyncIterableIterator<never> {
  readonly #stream: LiveStream<object>;
  readonly #resultOf: ResultOf;
  readonly #frames: TextFrames;
  readonly #head: string;
  /** True while a result is being made, or the connection has no room. */
  #waits = false;
  #end: { resolve(result: IteratorResult<never>): void; reject(error: unknown): void } | null = null;

  /** @param id the operation's, as its client has named it */
  constructor(stream: LiveStream<object>, resultOf: ResultOf, frames: TextFrames, id: string) {
    this.#stream = stream;
    this.#resultOf = resultOf;
    this.#frames = frames;
    this.#head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<never>> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      this.#stream.listen(() => this.#send());
      this.#send();
    });
  }

  async return(): Promise<IteratorResult<never>> {
    await this.#stream.return();
    this.#end?.resolve({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  #send(): void {
    if (this.#waits) return;
    try {
      while (this.#sendSome());
    } catch (error) {
      this.#end?.reject(error);
    }
  }

  /** @returns false when there is nothing more to send now */
  #sendSome(): boolean {
    if (!this.#frames.hasRoom) {
      this.#goOn((run) => this.#frames.whenRoom(run));
      return false;
    }
    const bodies: Buffer[] = [];
    let bytes = 0;
    while (bytes < MOST_AT_ONCE) {
      const item = this.#stream.take();
      if (!item) {
        this.#write(bodies);
        if (item === null) this.#end?.resolve({ done: true, value: undefined });
        return false;
      }
      const body = this.#resultOf(item);
      if (body instanceof Promise) {
        this.#write(bodies);
        this.#goOn((run) => body.then((made) => (this.#write([made]), run()), (error: unknown) => this.#end?.reject(error)));
        return false;
      }
      bodies.push(body);
      bytes += body.length;
    }
    this.#write(bodies);
    return true;
  }

  #goOn(later: (run: () => void) => void): void {
    this.#waits = true;
    later(() => {
      this.#waits = false;
      this.#send();
    });
  }

  #write(bodies: Buffer[]): void {
    if (bodies.length > 0) this.#frames.write(this.#head, bodies);
  }
}
