import { endOfPeriod } from "../../schedules/period.ts";
import { suppress } from "../draft.ts";
import type { Draft, StageContext } from "../draft.ts";
import { matchSubject } from "../matchSubject.ts";
import type { CompiledSilence, MatchSubject, Settings } from "../settings.ts";

/** A silence that is in force, and until when; null: until somebody ends it. */
interface InForce {
  silence: CompiledSilence;
  until: Date | null;
}

/** Keeps what a silence covers from being sent. The end of a problem that a channel was told of is never kept from it. */
export function silenceStage(draft: Draft, { settings, now }: StageContext): Draft {
  if (draft.stopped || draft.role === "RECOVERY" || settings.silences.length === 0) return draft;
  const found = inForce(matchSubject(draft), settings.silences, now);
  if (found.length === 0) return draft;
  return suppress(draft, (channelId) => {
    const owner = settings.channels.get(channelId)?.customer ?? null;
    const longest = found.find(({ silence }) => silence.customer === null || silence.customer === owner);
    return longest ? { because: "SILENCED", until: longest.until, detail: `"${longest.silence.reason}", by ${longest.silence.author}.` } : null;
  });
}

/** Whether a silence keeps this from an owner's channels now. @param owner a customer; null: the server's own */
export function isSilenced(subject: MatchSubject, { silences }: Pick<Settings, "silences">, owner: string | null, now: Date): boolean {
  return inForce(subject, silences, now).some(({ silence }) => silence.customer === null || silence.customer === owner);
}

/** The longest first. */
function inForce(subject: MatchSubject, silences: readonly CompiledSilence[], now: Date): InForce[] {
  const found: InForce[] = [];
  for (const silence of silences) {
    const until = endOfPeriod(silence, now);
    if (until !== undefined && silence.matches(subject)) found.push({ silence, until });
  }
  const end = ({ until }: InForce) => until?.getTime() ?? Infinity;
  return found.sort((a, b) => end(b) - end(a));
}
