import type { Decision } from "./decision.ts";
import type { Draft, Stage } from "./draft.ts";
import type { IncomingEvent } from "./event.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { CompiledTrigger, Settings } from "./settings.ts";
import { higherOf } from "./severity.ts";
import { conditionStage } from "./stages/condition.ts";
import { cooldownStage } from "./stages/cooldown.ts";
import { digestStage } from "./stages/digest.ts";
import { quietHoursStage } from "./stages/quietHours.ts";
import { routeStage } from "./stages/route.ts";
import { thresholdStage } from "./stages/threshold.ts";
import { triggerStage } from "./stages/trigger.ts";
import type { OccurrenceCooldown, OpenCondition, State } from "./state.ts";
import type { ChannelVerdict, Verdict } from "./verdict.ts";

/** The way of an event, in order. A stage that is to come is one file and one line here. */
const STAGES: readonly Stage[] = [triggerStage, thresholdStage, conditionStage, cooldownStage, routeStage, digestStage, quietHoursStage];

/**
 * Decides the fate of one event. Pure: intake applies the result, a simulation only shows it, and the explanation of a
 * past event is the stored result, so the three cannot differ.
 * @param event its type must be one of `settings.triggers`
 */
export function decide(event: IncomingEvent, settings: Settings, state: State, now: Date): Decision {
  const context = { settings, state, now };
  const draft = STAGES.reduce((made, stage) => stage(made, context), begin(event, settings, state));
  return conclude(draft, state, now);
}

/** Brings the state to where it is after a decision, so that the next event of the same batch sees it. */
export function remember(decision: Decision, state: State): void {
  const { condition, cooldown, fingerprint } = decision;
  if (condition?.change === "CLOSED") state.conditions.delete(fingerprint);
  else if (condition) state.conditions.set(fingerprint, condition.after);
  if (cooldown) state.cooldowns.set(fingerprint, cooldown);
}

/** The type whose fingerprint an event has: a recovery's is that of the problem it ends. */
export function problemTrigger(trigger: CompiledTrigger, settings: Settings): CompiledTrigger {
  return (trigger.type.recovers && settings.triggers.get(trigger.type.recovers)) || trigger;
}

function begin(event: IncomingEvent, settings: Settings, state: State): Draft {
  const trigger = settings.triggers.get(event.type);
  if (!trigger) throw new Error(`decide was given the type ${event.type}, which is not in the settings`);
  const about = problemTrigger(trigger, settings);
  const fingerprint = fingerprintOf(event, about.type);
  const role = roleOf(event, trigger);
  return {
    event,
    trigger,
    fingerprint,
    severity: event.severity ?? (role === "RECOVERY" && !trigger.type.recovers ? "INFO" : trigger.severity),
    role,
    open: state.conditions.get(fingerprint) ?? null,
    reason: "FIRST",
    step: null,
    stopped: null,
    channels: [],
  };
}

function roleOf(event: IncomingEvent, trigger: CompiledTrigger): Draft["role"] {
  if (trigger.type.recovers || event.status === "RESOLVED") return "RECOVERY";
  return trigger.type.kind === "CONDITION" || event.status === "FIRING" ? "PROBLEM" : "OCCURRENCE";
}

function conclude(draft: Draft, state: State, now: Date): Decision {
  const told = draft.channels.filter(({ action }) => action === "SEND").map(({ channelId }) => channelId);
  const held = draft.channels.filter(({ action }) => action === "HOLD");
  return {
    verdict: draft.stopped ?? verdictOf(draft, told, held),
    channels: [...draft.channels],
    severity: draft.severity,
    reason: draft.reason,
    fingerprint: draft.fingerprint,
    condition: conditionAfter(draft, told, held, now),
    cooldown: cooldownAfter(draft, state, told.length + held.length > 0, now),
  };
}

function verdictOf(draft: Draft, told: string[], held: ChannelVerdict[]): Verdict {
  if (told.length > 0) return { action: "SEND", because: draft.role === "RECOVERY" ? "TOLD_OF_PROBLEM" : "MATCHED", until: null };
  const [first] = held;
  if (first) return { action: "HOLD", because: first.because, until: first.until };
  return { action: "SUPPRESS", because: draft.role === "RECOVERY" ? "NOBODY_TOLD" : "NO_CHANNEL", until: null };
}

function conditionAfter(draft: Draft, told: string[], held: ChannelVerdict[], now: Date): Decision["condition"] {
  const { open, event } = draft;
  if (draft.role === "RECOVERY") {
    return open && { change: "CLOSED", after: { ...open, lastSeenAt: now } };
  }
  const tracked = draft.role === "PROBLEM" && draft.stopped?.because !== "TRIGGER_OFF" && draft.stopped?.because !== "BELOW_THRESHOLD";
  if (!tracked) return null;
  const before = open ?? opened(draft, event.id, now);
  const notified = told.length + held.length > 0;
  const after: OpenCondition = {
    ...before,
    severity: higherOf(before.severity, draft.severity),
    lastSeenAt: now,
    count: before.count + 1,
    lastNotifiedAt: notified ? now : before.lastNotifiedAt,
    // A step that nobody heard of has not fired yet.
    step: notified ? (draft.step ?? before.step) : before.step,
    told: [...new Set([...before.told, ...told])],
    held: { ...before.held, ...Object.fromEntries(held.map(({ channelId, heldFor, until }) => [channelId, { heldFor, until: until?.toISOString() }])) } as OpenCondition["held"],
  };
  return { change: open ? "COUNTED" : "OPENED", after };
}

function opened(draft: Draft, id: string, now: Date): OpenCondition {
  const { event, trigger } = draft;
  return {
    id,
    fingerprint: draft.fingerprint,
    type: event.type,
    category: trigger.type.category,
    severity: draft.severity,
    title: event.title ?? trigger.type.title,
    source: event.source,
    service: event.service,
    customer: event.customer,
    openedAt: now,
    lastSeenAt: now,
    count: 0,
    lastNotifiedAt: null,
    step: null,
    told: [],
    held: {},
  };
}

function cooldownAfter(draft: Draft, state: State, notified: boolean, now: Date): OccurrenceCooldown | null {
  if (draft.role !== "OCCURRENCE") return null;
  const before = state.cooldowns.get(draft.fingerprint);
  if (notified) return { fingerprint: draft.fingerprint, notifiedAt: now, severity: draft.severity, suppressed: 0 };
  const heldBack = draft.stopped?.because === "COOLDOWN" && before;
  return heldBack ? { ...before, suppressed: before.suppressed + 1 } : null;
}

