import type { Clock } from "../clock.ts";
import type { Notifications } from "../db/notifications.ts";
import type { Attempt } from "../history/attempt.model.ts";
import type { AttemptStore } from "../history/attempt.store.ts";
import type { Log } from "../log.ts";
import type { Hub } from "./hub.ts";

/** Brings attempts to this process's subscribers, whichever process stored them, in the order of their ids. */
export interface Feed {
  /** Tells of attempts that this process has stored. */
  stored(attempts: readonly Attempt[]): void;
  close(): void;
}

export interface FeedDeps {
  hub: Hub<Attempt>;
  store: Pick<AttemptStore, "after">;
  /** Null where no other process stores attempts. */
  notifications: Notifications | null;
  /** The newest attempt at the start. */
  newestId: string;
  clock: Clock;
  log: Log;
}

const PAGE = 500;
const READ_AGAIN_MS = 1_000;
/** A process may die before it has told of what it has stored. */
const LOOK_EVERY_MS = 5_000;

export function createFeed({ hub, store, notifications, newestId, clock, log }: FeedDeps): Feed {
  if (!notifications) return { stored: (attempts) => hub.publish(attempts), close: () => undefined };

  /** Everything up to here was published, or nobody was there to hear of it. */
  let publishedUpTo = newestId;
  /** The newest that is known of. */
  let knownUpTo = newestId;
  let reading: Promise<void> | null = null;
  let cancelLook: (() => void) | null = null;
  let closed = false;

  function lookIn(ms: number): void {
    cancelLook?.();
    cancelLook = closed ? null : clock.after(ms, look);
  }

  function look(): void {
    if (hub.subscribers > 0) read();
    lookIn(LOOK_EVERY_MS);
  }

  // Ids rise with the commits, over all processes: whatever is older than what is seen is stored.
  function advance(upTo: string): void {
    if (upTo > knownUpTo) knownUpTo = upTo;
    if (hub.subscribers === 0 && !reading) publishedUpTo = knownUpTo;
    else if (publishedUpTo < knownUpTo) read();
  }

  function read(): void {
    reading ??= readAll()
      .catch((error: unknown) => {
        log.error({ err: error }, "attempts could not be read for the live feed; trying again");
        lookIn(READ_AGAIN_MS);
      })
      .finally(() => (reading = null));
  }

  async function readAll(): Promise<void> {
    for (;;) {
      const { attempts } = await store.after(publishedUpTo, { oneOf: {} }, PAGE);
      hub.publish(attempts);
      publishedUpTo = attempts.at(-1)?.id ?? publishedUpTo;
      if (attempts.length < PAGE && publishedUpTo >= knownUpTo) return;
      // Deleted meanwhile.
      if (attempts.length === 0) return void (publishedUpTo = knownUpTo);
    }
  }

  notifications.listen("attempts", advance);
  notifications.onGap(read);
  lookIn(LOOK_EVERY_MS);

  return {
    stored(attempts) {
      const newest = attempts.at(-1)?.id;
      if (newest === undefined) return;
      notifications.tell("attempts", newest);
      advance(newest);
    },
    close() {
      closed = true;
      cancelLook?.();
    },
  };
}
