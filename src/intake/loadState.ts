import { findBursts } from "../conditions/burst.store.ts";
import { findConditions, findCooldowns, findInhibitors } from "../conditions/condition.store.ts";
import type { SqlClient } from "../db/sql.ts";
import { problemTrigger } from "../decide/decide.ts";
import type { IncomingEvent } from "../decide/event.ts";
import { fingerprintOf } from "../decide/fingerprint.ts";
import { rememberInhibitor } from "../decide/inhibitors.ts";
import type { Settings } from "../decide/settings.ts";
import { burstKey } from "../decide/state.ts";
import type { BurstWindow, OpenCondition, State } from "../decide/state.ts";

/** Reads what is remembered of the things that these events are about: a few queries, however many events. */
export async function loadState(tx: SqlClient, events: readonly IncomingEvent[], settings: Settings, now: Date): Promise<State> {
  const problems = new Set<string>();
  const occurrences = new Set<string>();
  for (const event of events) {
    const trigger = settings.triggers.get(event.type);
    if (!trigger) continue;
    const about = problemTrigger(trigger, settings).type;
    const isOccurrence = about.kind === "OCCURRENCE" && event.status === null;
    (isOccurrence ? occurrences : problems).add(fingerprintOf(event, about));
  }
  const since = new Date(now.getTime() - settings.flapping.seconds * 1000);
  const conditions = problems.size > 0 ? await findConditions(tx, [...problems], since) : [];
  const cooldowns = occurrences.size > 0 ? await findCooldowns(tx, [...occurrences]) : [];
  return {
    ...byStatus(conditions),
    cooldowns: new Map(cooldowns.map((cooldown) => [cooldown.fingerprint, cooldown])),
    ...(await loadShared(tx, events, settings)),
  };
}

/** What is remembered beyond single fingerprints: bursts, and problems that inhibit others. */
export async function loadShared(tx: SqlClient, events: readonly IncomingEvent[], settings: Settings): Promise<Pick<State, "bursts" | "inhibitors">> {
  const types = [...new Set(events.map(({ type }) => type))].filter((type) => settings.triggers.get(type)?.burst);
  const bursts = types.length > 0 ? await findBursts(tx, types) : [];
  return { bursts: byKey(bursts), inhibitors: await loadInhibitors(tx, settings) };
}

export function byStatus(conditions: readonly OpenCondition[]): Pick<State, "conditions" | "closed"> {
  const state = { conditions: new Map<string, OpenCondition>(), closed: new Map<string, OpenCondition>() };
  for (const condition of conditions) (condition.closedAt ? state.closed : state.conditions).set(condition.fingerprint, condition);
  return state;
}

function byKey(bursts: readonly BurstWindow[]): State["bursts"] {
  return new Map(bursts.map((window) => [burstKey(window.eventType, window.channelId), window]));
}

async function loadInhibitors(tx: SqlClient, settings: Settings): Promise<State["inhibitors"]> {
  const state = { inhibitors: new Map() };
  const types = new Set(settings.inhibitions.flatMap(({ whileOpen }) => [...whileOpen]));
  if (types.size === 0) return state.inhibitors;
  for (const { details, ...condition } of await findInhibitors(tx, [...types])) rememberInhibitor({ ...condition, details }, condition, settings, state);
  return state.inhibitors;
}
