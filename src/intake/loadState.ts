import { findCooldowns, findOpenConditions } from "../conditions/condition.store.ts";
import type { Transaction } from "../db/database.ts";
import { problemTrigger } from "../decide/decide.ts";
import type { IncomingEvent } from "../decide/event.ts";
import { fingerprintOf } from "../decide/fingerprint.ts";
import type { Settings } from "../decide/settings.ts";
import type { State } from "../decide/state.ts";

/** Reads what is remembered of the things that these events are about, by at most two queries. */
export async function loadState(tx: Transaction, events: IncomingEvent[], settings: Settings): Promise<State> {
  const problems = new Set<string>();
  const occurrences = new Set<string>();
  for (const event of events) {
    const trigger = settings.triggers.get(event.type);
    if (!trigger) continue;
    const about = problemTrigger(trigger, settings).type;
    const isOccurrence = about.kind === "OCCURRENCE" && event.status === null;
    (isOccurrence ? occurrences : problems).add(fingerprintOf(event, about));
  }
  const conditions = problems.size > 0 ? await findOpenConditions(tx, [...problems]) : [];
  const cooldowns = occurrences.size > 0 ? await findCooldowns(tx, [...occurrences]) : [];
  return {
    conditions: new Map(conditions.map((condition) => [condition.fingerprint, condition])),
    cooldowns: new Map(cooldowns.map((cooldown) => [cooldown.fingerprint, cooldown])),
  };
}
