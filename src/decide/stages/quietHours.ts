import { quietUntil } from "../../schedules/quietHours.ts";
import { hold } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";

/** Keeps all but what is critical until the channel's quiet hours are over. A recovery goes the way that its problem went. */
export function quietHoursStage(draft: Draft, { settings, now }: StageContext): Draft {
  if (draft.stopped || draft.role === "RECOVERY" || draft.severity === "CRITICAL") return draft;
  return hold(draft, "QUIET_HOURS", (channelId) => {
    const hours = settings.channels.get(channelId)?.quietHours;
    return hours ? quietUntil(hours, now) : null;
  });
}
