import type { Clock } from "../clock.ts";
import { createHub } from "../live/hub.ts";
import { LiveStream } from "../live/liveStream.ts";
import type { LiveSource } from "../live/liveStream.ts";
import type { Log } from "../log.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import type { Channel } from "./channel.model.ts";

/** A channel has begun to fail, or works again. */
export interface HealthChange {
  channelId: string;
  /** Whose channel it is. */
  customer: string | null;
  /** Since when nothing could be delivered; null when it works again. */
  failingSince: Date | null;
  /** When this was noticed. */
  at: Date;
}

export interface ChannelHealthFeed {
  /** Changes from now on. @param mayGoOn asked before each is given: when false, the feed ends */
  watch(wants: (change: HealthChange) => boolean, mayGoOn: () => boolean): LiveStream<HealthChange>;
  readonly subscribers: number;
  close(): void;
}

/** Which process has noticed does not matter: each tells its own subscribers when it reads the settings anew. */
export function createChannelHealthFeed({ snapshot, clock, log }: { snapshot: SnapshotHolder; clock: Clock; log: Log }): ChannelHealthFeed {
  const hub = createHub<HealthChange>();
  let failing: ReadonlySet<string> = new Set();
  snapshot.onReload(({ channels }) => {
    const before = failing;
    failing = new Set([...channels.values()].filter(({ failingSince }) => failingSince).map(({ id }) => id));
    const changed = [...channels.values()].filter(({ id }) => before.has(id) !== failing.has(id));
    for (const channel of changed) note(channel);
    hub.publish(changed.map(({ id, customer, failingSince }) => ({ channelId: id, customer, failingSince, at: clock.now() })));
  });

  function note({ id, name, failingSince }: Channel): void {
    if (failingSince) log.warn({ channel: id, name, failingSince }, "a channel is failing");
    else log.info({ channel: id, name }, "a channel works again");
  }

  function follow(wants: (change: HealthChange) => boolean, mayGoOn: () => boolean, more: () => void): LiveSource<HealthChange> {
    const live = hub.subscribe(wants, more);
    return {
      take() {
        if (!mayGoOn()) live.end();
        const next = live.take();
        return next && next.item;
      },
      end: () => live.end(),
    };
  }

  return {
    watch: (wants, mayGoOn) => new LiveStream((more) => follow(wants, mayGoOn, more)),
    get subscribers() {
      return hub.subscribers;
    },
    close: () => hub.close(),
  };
}
