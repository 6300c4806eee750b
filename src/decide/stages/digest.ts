import { nextDigest } from "../../schedules/digest.ts";
import { hold } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";

/** Keeps what is only information for the channel's daily digest. Starts, stops and failures are never kept. */
export function digestStage(draft: Draft, { settings, now }: StageContext): Draft {
  if (draft.stopped || draft.role === "RECOVERY" || draft.severity !== "INFO" || draft.trigger.type.live) return draft;
  return hold(draft, "DIGEST", (channelId) => {
    const channel = settings.channels.get(channelId);
    return channel?.digest ? nextDigest(channel.digest, channel.quietHours, now) : null;
  });
}
