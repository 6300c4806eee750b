import { durationText } from "../../render/duration.ts";
import { hold } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";
import type { BurstRule } from "../settings.ts";
import { burstKey } from "../state.ts";
import type { BurstWindow } from "../state.ts";

/**
 * Lets through so many messages of one type to a channel; what comes beyond that within the window is held and told of in
 * one message at its end. While the storm goes on from window to window, each gives one message and nothing live.
 * The end of a problem that a channel was told of by itself comes by itself.
 */
export function burstStage(draft: Draft, { state, now }: StageContext): Draft {
  const { burst } = draft.trigger;
  if (draft.stopped || !burst) return draft;
  const told = new Set(draft.role === "RECOVERY" ? draft.open?.told : []);
  const windows = new Map<string, BurstWindow>();
  for (const { action, channelId } of draft.channels) {
    if (action !== "SEND" || told.has(channelId)) continue;
    windows.set(channelId, windowAfter(state.bursts.get(burstKey(draft.event.type, channelId)), { channelId, eventType: draft.event.type }, burst, now));
  }
  if (windows.size === 0) return draft;
  const held = hold(draft, "BURST", (channelId) => {
    const window = windows.get(channelId);
    return window && isOver(window, burst) ? endOf(window, burst) : null;
  }, `More than ${burst.count} within ${durationText(burst.seconds * 1000)}.`);
  return { ...held, bursts: [...windows.values()] };
}

function isOver({ overflowing, count }: BurstWindow, burst: BurstRule): boolean {
  return overflowing || count > burst.count;
}

function endOf({ startedAt }: BurstWindow, { seconds }: BurstRule): Date {
  return new Date(startedAt.getTime() + seconds * 1000);
}

function windowAfter(before: BurstWindow | undefined, of: Pick<BurstWindow, "channelId" | "eventType">, burst: BurstRule, now: Date): BurstWindow {
  if (!before || now < before.startedAt) return { ...of, startedAt: now, count: 1, overflowing: false };
  const end = endOf(before, burst).getTime();
  if (now.getTime() < end) return { ...before, count: before.count + 1 };
  const goesOn = before.count > burst.count && now.getTime() < end + burst.seconds * 1000;
  return { ...of, startedAt: now, count: 1, overflowing: goesOn };
}
