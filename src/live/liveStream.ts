/** Where the items of a stream come from. */
export interface LiveSource<Item> {
  /**
   * The next item, without waiting; undefined when there is none now, null at the end.
   * @throws {CallerError} what ended it
   */
  take(): Item | undefined | null;
  end(): void;
}

/**
 * What comes one by one: taken when it is there, or waited for as an async iterator; one or the other.
 * What a subscription makes of an item must not depend on its arguments, so that it may be made once for many.
 */
export class LiveStream<Item> implements AsyncIterableIterator<Item> {
  readonly #source: LiveSource<Item>;
  #more: (() => void) | null = null;

  /** @param open gives the source, which calls `more` when it is worth asking again after undefined */
  constructor(open: (more: () => void) => LiveSource<Item>) {
    this.#source = open(() => this.#more?.());
  }

  /** Calls `more` when there may be something to take, or the end. */
  listen(more: () => void): void {
    this.#more = more;
  }

  /** As the source's. */
  take(): Item | undefined | null {
    try {
      return this.#source.take();
    } catch (error) {
      this.#more = null;
      this.#source.end();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    for (;;) {
      // Listened for first: what fails at once may be told within the look.
      const more = new Promise<void>((resolve) => this.listen(resolve));
      const item = this.take();
      if (item === null) return { done: true, value: undefined };
      if (item !== undefined) return { done: false, value: item };
      await more;
    }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#source.end();
    return { done: true, value: undefined };
  }
}
