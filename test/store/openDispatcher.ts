import { onTestFinished } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { createDispatcher } from "../../src/dispatch/dispatcher.ts";
import { createRecorder } from "../../src/dispatch/recorder.ts";
import { createLog } from "../../src/log.ts";
import type { Pace } from "../../src/providers/provider.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { ids, NOW } from "./openStore.ts";

const PACE: Pace = { concurrency: 1, perSecond: Infinity, burst: Infinity, timeoutMs: 600_000 };

/** A dispatcher for these channels, not started yet, whose tries end when the test says so. */
export function openDispatcher(db: Database, channelIds: string[]) {
  const channels = new Map(
    channelIds.map((id) => [id, { id, name: id, kind: "INBOX", customer: null, enabled: true, disabledReason: null, failingSince: null, fallbackId: null, config: {}, pace: PACE, quietHours: null, digest: null, rich: false, displayName: null }]),
  );
  const current = { channels, catalogue: { resolve: () => undefined }, triggers: new Map(), server: { displayName: "" } };
  const reloaded: ((snapshot: typeof current) => void)[] = [];
  const snapshot = { current, onReload: (listener: (typeof reloaded)[number]) => void reloaded.push(listener) };
  const sent: { channelId: string; title: string; arrive(): void }[] = [];
  const inbox = (channelId: string, { title }: { title: string }) => new Promise<void>((arrive) => sent.push({ channelId, title, arrive }));
  const clock = createManualClock(NOW);
  let timesHeld = 0;
  const recorder = createRecorder({ db, ids, published: () => undefined, dispatch: () => undefined, healthChanged: () => Promise.resolve(), keepLanes: () => dispatcher.keepLanes });
  const dispatcher = createDispatcher({
    db, snapshot: snapshot as never, outside: { of: () => ({ inbox }), close: () => Promise.resolve() } as never, clock, log: createLog("silent"), recorder, links: { urlOf: () => null }, random: () => 0, hostName: "", startedAfter: null,
    held: () => void (timesHeld += 1), disableChannel: () => Promise.resolve(), changeConfig: () => Promise.resolve(),
  });
  onTestFinished(async () => {
    for (const { arrive } of sent) arrive();
    await dispatcher.close();
  });
  return {
    dispatcher,
    clock,
    sent,
    setPace(changes: Partial<Pace>) {
      for (const channel of channels.values()) channel.pace = { ...PACE, ...changes };
      for (const listener of reloaded) listener(current);
    },
    timesHeld: () => timesHeld,
  };
}
