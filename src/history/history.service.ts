import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Pace } from "../db/pace.ts";
import type { Found, SearchFilter } from "../db/search.ts";
import { CallerError } from "../errors.ts";
import { isId } from "../ids.ts";
import type { SecretBox } from "../secretBox.ts";
import type { Hub } from "../live/hub.ts";
import { LiveStream } from "../live/liveStream.ts";
import type { LiveSource } from "../live/liveStream.ts";
import type { SettingStore } from "../settings/settings.store.ts";
import { attemptMatches, attemptSearch } from "./attemptFilter.ts";
import type { AttemptFilter } from "./attemptFilter.ts";
import type { Attempt } from "./attempt.model.ts";
import type { AttemptStore } from "./attempt.store.ts";
import type { Cleared, Clearings } from "./clearing.ts";
import { createSurplus } from "./surplus.ts";

/** One attempt on the live feed. */
export interface Dispatched {
  /** Opaque: give it back as `after` to go on behind this attempt. */
  cursor: string;
  /** Attempts right before this one that were dropped because the subscriber was slow. */
  missed: number;
  attempt: Attempt;
}

export interface HistoryService {
  /**
   * Attempts as they finish; with `after`, first those since that cursor: no gap, no repeat.
   * The first to take it throws a CallerError: CURSOR_EXPIRED when attempts behind the cursor have been deleted, BAD_REQUEST for no cursor of ours.
   * @param mayGoOn asked before each attempt is given: when false, the feed ends
   */
  watch(filter: AttemptFilter, after: string | null, mayGoOn: () => boolean): LiveStream<Dispatched>;
  /**
   * The cursor of the newest attempt there ever was: `watch` after it gives everything from now on.
   * @param sealed so that nobody can tell whether it has moved on by attempts that they may not know of
   */
  position(sealed: boolean): Promise<string>;
  /** @throws {CallerError} when it is no cursor of ours */
  idOf(cursor: string): string;
  /** Deletes attempts. Of very many, the answer does not wait for all. */
  clear(filter: AttemptFilter): Promise<Cleared>;
  /** Deletes what is older than `days` or beyond the newest `count`. @returns how many */
  prune(days: number, count: number, pace: Pace): Promise<number>;
}

/** The newest attempt that was ever deleted: a cursor before it may have a gap behind it. */
const DELETED_UP_TO = "historyDeletedUpTo";

/** When attempts were last deleted from the middle of the history. */
const CLEARED_AT = "historyClearedAt";

/** Less than every id. */
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

const REPLAY_PAGE = 500;

export interface HistoryServiceDeps {
  store: AttemptStore;
  settings: SettingStore;
  hub: Hub<Attempt>;
  clearings: Pick<Clearings, "run">;
  clock: Clock;
  box: Pick<SecretBox, "seal" | "open">;
}

export function createHistoryService({ store, settings, hub, clearings, clock, box }: HistoryServiceDeps): HistoryService {
  function idOf(cursor: string): string {
    const text = Buffer.from(cursor, "base64url").toString("utf8");
    const id = text.startsWith(SEALED_PREFIX) ? opened(text.slice(SEALED_PREFIX.length)) : text.startsWith(CURSOR_PREFIX) ? text.slice(CURSOR_PREFIX.length) : "";
    if (isId(id)) return id;
    throw new CallerError("BAD_REQUEST", "after: must be a cursor that this server gave.");
  }

  function opened(sealed: string): string {
    try {
      return box.open(sealed, SEALED_PREFIX);
    } catch {
      return "";
    }
  }

  async function deletedUpTo(): Promise<string> {
    return ((await settings.get(DELETED_UP_TO)) as string | undefined) ?? "";
  }

  const surplus = createSurplus(store);

  /** Different each time, also within a millisecond. */
  async function noteClearing(): Promise<void> {
    await settings.note(CLEARED_AT, `${clock.now().toISOString()} ${randomUUID()}`, clock.now());
  }

  async function refuseExpired(cursor: string): Promise<void> {
    if (cursor < (await deletedUpTo())) {
      throw new CallerError("CURSOR_EXPIRED", "Attempts after this cursor have been deleted from the history. Ask for liveCursor, read the history up to it, then subscribe after it.");
    }
  }

  /** Said before it is done: a server killed in between must not let a cursor step over the gap. */
  async function sayDeleted(upToId: string): Promise<void> {
    if (upToId > (await deletedUpTo())) await settings.note(DELETED_UP_TO, upToId, clock.now());
  }

  async function newestOf(wanted: SearchFilter, pace: Pace): Promise<string | null> {
    for (let before: string | null = null; ; ) {
      const { ids, endedAt }: Found = await pace.read(() => store.newest(wanted, before));
      const [newest] = ids;
      if (newest !== undefined || endedAt === null) return newest ?? null;
      before = endedAt;
    }
  }

  /** In small steps: what else is to be stored comes in between. @param deleted hears of each */
  async function deleteUpTo(upToId: string, wanted: SearchFilter, pace: Pace, deleted: (count: number) => void): Promise<void> {
    let last = "";
    for (;;) {
      const most = pace.rows;
      const { ids, endedAt } = await pace.read(() => store.oldest(last, upToId, wanted, most));
      if (ids.length > 0) {
        await store.delete(ids, pace);
        deleted(ids.length);
      }
      const next = endedAt ?? (ids.length === most ? ids.at(-1) : undefined);
      if (next === undefined) return;
      last = next;
    }
  }

  function follow(filter: AttemptFilter, after: string | null, mayGoOn: () => boolean, more: () => void): LiveSource<Dispatched> {
    // Listening starts before the replay reads: what is stored in between is in both, and skipped once.
    const live = hub.subscribe((attempt) => attemptMatches(filter, attempt), more);
    const replay = after === null ? null : createReplay(after, filter, more);
    let catchingUp = replay !== null;
    let ended = false;

    function end(): void {
      ended = true;
      live.end();
    }

    function takeLive(): Dispatched | undefined | null {
      for (;;) {
        const next = live.take();
        if (!next) return next;
        if (replay && catchingUp && next.missed > 0) {
          // What the queue lost during a long replay is still in the history: it is read again rather than missed.
          replay.goOn();
          return undefined;
        }
        if (replay && next.item.id <= replay.last) continue;
        catchingUp = false;
        return dispatchedOf(next.item, next.missed);
      }
    }

    return {
      take() {
        if (!ended && !mayGoOn()) end();
        if (ended) return null;
        const stored = replay?.take();
        if (stored) return dispatchedOf(stored, 0);
        return replay?.reading ? undefined : takeLive();
      },
      end,
    };
  }

  /** Reads what is stored behind a cursor, a page at a time. */
  function createReplay(after: string, filter: AttemptFilter, more: () => void) {
    const wanted = attemptSearch(filter);
    let page: Attempt[] = [];
    let given = 0;
    let last = "";
    let isWhole = false;
    let reading = false;
    let failure: { error: unknown } | null = null;

    async function read(): Promise<void> {
      reading = true;
      try {
        if (last === "") await refuseExpired((last = idOf(after)));
        const { attempts, endedAt } = await store.after(last, wanted, REPLAY_PAGE);
        [page, given] = [attempts, 0];
        last = endedAt ?? attempts.at(-1)?.id ?? last;
        isWhole = endedAt === null && attempts.length < REPLAY_PAGE;
      } catch (error) {
        failure = { error };
      }
      reading = false;
      more();
    }

    return {
      /** Everything up to here was given, or is about to be. */
      get last() {
        return last;
      },
      get reading() {
        return reading;
      },
      /** Undefined while it reads, and at the end. */
      take(): Attempt | undefined {
        if (failure) throw failure.error;
        const attempt = page[given];
        given += 1;
        if (attempt) return attempt;
        page = [];
        if (!isWhole && !reading) void read();
        return undefined;
      },
      /** Reads on from where it has ended. */
      goOn() {
        void read();
      },
    };
  }

  return {
    watch: (filter, after, mayGoOn) => new LiveStream((more) => follow(filter, after, mayGoOn, more)),

    async position(sealed) {
      const [stored, deleted] = [await store.newestId(), await deletedUpTo()];
      const id = (stored > deleted ? stored : deleted) || BEFORE_ALL;
      return sealed ? Buffer.from(SEALED_PREFIX + box.seal(id, SEALED_PREFIX)).toString("base64url") : cursorOf(id);
    },

    idOf,

    clear: (filter) =>
      clearings.run(async (pace, deleted) => {
        const wanted = attemptSearch(filter);
        const newest = await newestOf(wanted, pace);
        if (newest === null) return;
        await sayDeleted(newest);
        await noteClearing();
        await deleteUpTo(newest, wanted, pace, deleted).finally(noteClearing);
      }),

    async prune(days, count, pace) {
      const tooOld = await store.newestBefore(new Date(clock.now().getTime() - days * 86_400_000));
      const tooMany = await surplus.newest(count, await settings.get(CLEARED_AT), pace);
      const upTo = [tooOld, tooMany].reduce<string>((newest, id) => (id !== null && id > newest ? id : newest), "");
      if (upTo === "") return 0;
      await sayDeleted(upTo);
      let deleted = 0;
      await deleteUpTo(upTo, attemptSearch({}), pace, (count) => (deleted += count));
      return deleted;
    },
  };
}

/** The same object for all who get the attempt without a gap before it: what is made of it is made once. */
const dispatchedOnce = new WeakMap<Attempt, Dispatched>();

function dispatchedOf(attempt: Attempt, missed: number): Dispatched {
  if (missed > 0) return { cursor: cursorOf(attempt.id), missed, attempt };
  const known = dispatchedOnce.get(attempt);
  if (known) return known;
  const dispatched = { cursor: cursorOf(attempt.id), missed, attempt };
  dispatchedOnce.set(attempt, dispatched);
  return dispatched;
}

const CURSOR_PREFIX = "attempt:";
const SEALED_PREFIX = "sealed:";

/** The cursor of the history's connection and of the live feed alike. */
export function cursorOf(attemptId: string): string {
  return Buffer.from(CURSOR_PREFIX + attemptId).toString("base64url");
}
