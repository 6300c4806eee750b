import type { Decision } from "./decision.ts";
import type { Draft, Stage } from "./draft.ts";
import type { IncomingEvent } from "./event.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { CompiledTrigger, Settings } from "./settings.ts";
import { QUIET_FOREVER } from "../schedules/quietHours.ts";
import { isKept, overallVerdict } from "./overallVerdict.ts";
import { higherOf } from "./severity.ts";
import { rememberInhibitor } from "./inhibitors.ts";
import { acknowledgedStage } from "./stages/acknowledged.ts";
import { alertRulesStage } from "./stages/alertRules.ts";
import { burstStage } from "./stages/burst.ts";
import { conditionStage } from "./stages/condition.ts";
import { cooldownStage } from "./stages/cooldown.ts";
import { digestStage } from "./stages/digest.ts";
import { flappingStage } from "./stages/flapping.ts";
import { holdForStage } from "./stages/holdFor.ts";
import { inhibitionStage } from "./stages/inhibition.ts";
import { quietHoursStage } from "./stages/quietHours.ts";
import { routeStage } from "./stages/route.ts";
import { silenceStage } from "./stages/silence.ts";
import { thresholdStage } from "./stages/threshold.ts";
import { triggerStage } from "./stages/trigger.ts";
import { burstKey } from "./state.ts";
import type { Flapping, OccurrenceCooldown, OpenCondition, State } from "./state.ts";
import type { ChannelVerdict, Via } from "./verdict.ts";

/** For silences without a known end: changed settings have it decided again before. */
const NEVER = new Date(QUIET_FOREVER);

const NO_WAYS: ReadonlyMap<string, Via> = new Map();

/** The way of an event, in order. A stage that is to come is one file and one line here. */
const STAGES: readonly Stage[] = [
  triggerStage,
  thresholdStage,
  conditionStage,
  holdForStage,
  flappingStage,
  acknowledgedStage,
  cooldownStage,
  alertRulesStage,
  routeStage,
  silenceStage,
  inhibitionStage,
  digestStage,
  quietHoursStage,
  burstStage,
];

/**
 * Decides the fate of one event. Pure: intake applies the result, a simulation only shows it, and the explanation of a
 * past event is the stored result, so the three cannot differ.
 * @param event its type must be one of `settings.triggers`
 */
export function decide(event: IncomingEvent, settings: Settings, state: State, now: Date): Decision {
  return run(begin(event, null, settings, state, now), settings, state, now);
}

/**
 * Decides about a condition though no event has come: a silence has ended, a hold is over, it has been steady for long
 * enough. Channels that know all there is to know hear nothing.
 * @param event of the condition, by which it is told @param condition as it is in `state`
 */
export function decideAgain(event: IncomingEvent, condition: OpenCondition, settings: Settings, state: State, now: Date): Decision {
  const draft = begin(event, condition.fingerprint, settings, state, now);
  const open = state.conditions.get(condition.fingerprint) ?? condition;
  return run({ ...draft, again: true, open, openings: open.openings, role: open.closedAt ? "RECOVERY" : "PROBLEM" }, settings, state, now);
}

function run(draft: Draft, settings: Settings, state: State, now: Date): Decision {
  const context = { settings, state, now };
  return conclude(STAGES.reduce((made, stage) => stage(made, context), draft), state, now);
}

/** Brings the state to where it is after a decision, so that the next event of the same batch sees it. */
export function remember(event: IncomingEvent, decision: Decision, settings: Settings, state: State): void {
  const { condition, cooldown, fingerprint, bursts, inhibitedBy } = decision;
  if (condition) {
    const { after } = condition;
    state.conditions.delete(fingerprint);
    state.closed.delete(fingerprint);
    (after.closedAt ? state.closed : state.conditions).set(fingerprint, after);
    rememberInhibitor(event, after, settings, state);
  }
  if (cooldown) state.cooldowns.set(fingerprint, cooldown);
  for (const window of bursts) state.bursts.set(burstKey(window.eventType, window.channelId), window);
  const inhibitor = inhibitedBy && state.conditions.get(inhibitedBy.fingerprint);
  if (inhibitor) state.conditions.set(inhibitor.fingerprint, { ...inhibitor, covers: inhibitor.covers + 1 });
}

/** The type whose fingerprint an event has: a recovery's is that of the problem it ends. */
export function problemTrigger(trigger: CompiledTrigger, settings: Settings): CompiledTrigger {
  return (trigger.type.recovers && settings.triggers.get(trigger.type.recovers)) || trigger;
}

/** @param known the fingerprint, where it is not to be made anew: what names a problem may have been changed since it opened */
function begin(event: IncomingEvent, known: string | null, settings: Settings, state: State, now: Date): Draft {
  const trigger = settings.triggers.get(event.type);
  if (!trigger) throw new Error(`decide was given the type ${event.type}, which is not in the settings`);
  const problem = problemTrigger(trigger, settings);
  const fingerprint = known ?? fingerprintOf(event, problem.type);
  const role = roleOf(event, trigger);
  const open = openOf(fingerprint, role, state);
  return {
    event,
    trigger,
    problem,
    again: false,
    fingerprint,
    severity: event.severity ?? (role === "RECOVERY" && !trigger.type.recovers ? "INFO" : trigger.severity),
    role,
    open,
    openings: role === "PROBLEM" ? openingsOf(open, fingerprint, settings, state, now) : (open?.openings ?? []),
    flapping: open?.flapping ?? null,
    steady: null,
    inhibitor: null,
    bursts: [],
    ways: NO_WAYS,
    reason: "FIRST",
    step: null,
    stopped: null,
    channels: [],
    rules: [],
  };
}

/** A problem that is flapping stays one condition, however often it opens and closes. */
function openOf(fingerprint: string, role: Draft["role"], state: State): OpenCondition | null {
  const open = state.conditions.get(fingerprint);
  if (open) return open;
  const closed = state.closed.get(fingerprint);
  return role === "PROBLEM" && closed?.flapping ? closed : null;
}

function openingsOf(open: OpenCondition | null, fingerprint: string, { flapping }: Settings, state: State, now: Date): Date[] {
  if (open && !open.closedAt) return open.openings;
  if (flapping.count === 0) return [];
  const before = (open ?? state.closed.get(fingerprint))?.openings ?? [];
  const since = now.getTime() - flapping.seconds * 1000;
  return [...before.filter((time) => time.getTime() > since), now].slice(-flapping.count);
}

function roleOf(event: IncomingEvent, trigger: CompiledTrigger): Draft["role"] {
  if (trigger.type.recovers || event.status === "RESOLVED") return "RECOVERY";
  return trigger.type.kind === "CONDITION" || event.status === "FIRING" ? "PROBLEM" : "OCCURRENCE";
}

function conclude(draft: Draft, state: State, now: Date): Decision {
  const told = draft.channels.filter(({ action }) => action === "SEND").map(({ channelId }) => channelId);
  const held = draft.channels.filter(({ action }) => action === "HOLD");
  const { inhibitor, open, steady, flapping } = draft;
  return {
    verdict: draft.stopped ?? overallVerdict(draft.channels, draft.reason),
    channels: [...draft.channels],
    rules: draft.rules.map(({ id, name, escalationPolicyId }) => ({ id, name, escalationPolicyId })),
    severity: draft.severity,
    reason: draft.reason,
    fingerprint: draft.fingerprint,
    condition: conditionAfter(draft, told, held, now),
    cooldown: cooldownAfter(draft, state, told.length + held.length > 0, now),
    bursts: [...draft.bursts],
    inhibitedBy: inhibitor && open?.inhibitedBy !== inhibitor.conditionId ? inhibitor : null,
    flapping: draft.reason === "FLAPPING" ? flapping : steady,
  };
}

function conditionAfter(draft: Draft, told: string[], held: ChannelVerdict[], now: Date): Decision["condition"] {
  const { open, flapping } = draft;
  if (draft.role === "RECOVERY") {
    if (!open) return null;
    // What is decided about again is closed already.
    const closedAt = open.closedAt ?? now;
    const lastSeenAt = draft.again ? open.lastSeenAt : now;
    // What opens again is not counted again.
    const inhibitedBy = flapping && open.inhibitedBy;
    return { change: "CLOSED", after: { ...open, closedAt, lastSeenAt, kept: [], inhibitedBy, flapping, recheckAt: flapping?.until ?? null } };
  }
  const tracked = draft.role === "PROBLEM" && draft.stopped?.because !== "TRIGGER_OFF" && draft.stopped?.because !== "BELOW_THRESHOLD";
  if (!tracked) return draft.again && open ? { change: "COUNTED", after: { ...open, recheckAt: null, flapping } } : null;
  return { change: open ? "COUNTED" : "OPENED", after: problemAfter(draft, open ?? opened(draft, draft.event.id, now), told, held, now) };
}

function problemAfter(draft: Draft, before: OpenCondition, told: string[], held: ChannelVerdict[], now: Date): OpenCondition {
  const notified = told.length + held.length > 0;
  const reached = new Set([...told, ...held.map(({ channelId }) => channelId)]);
  const kept = draft.channels.filter(isKept).map(({ channelId }) => channelId);
  return {
    ...before,
    severity: higherOf(before.severity, draft.severity),
    closedAt: null,
    lastSeenAt: draft.again ? before.lastSeenAt : now,
    count: draft.again ? before.count : before.count + 1,
    lastNotifiedAt: notified ? now : before.lastNotifiedAt,
    // A step that nobody heard of has not fired yet.
    step: notified ? (draft.step ?? before.step) : before.step,
    told: [...new Set([...before.told, ...told])],
    held: { ...before.held, ...Object.fromEntries(held.map(({ channelId, heldFor, until }) => [channelId, { heldFor, until: until?.toISOString() }])) } as OpenCondition["held"],
    kept: [...new Set([...before.kept.filter((id) => !reached.has(id)), ...kept])],
    recheckAt: recheckAfter(draft, before),
    inhibitedBy: draft.inhibitor?.conditionId ?? (draft.stopped && !before.closedAt ? before.inhibitedBy : null),
    openings: [...draft.openings],
    flapping: notified ? draft.flapping : untold(draft.flapping, before.flapping),
  };
}

/** A rise in severity that nobody heard of is still news. */
function untold(after: Flapping | null, before: Flapping | null): Flapping | null {
  return after && before ? { ...after, severity: before.severity } : after;
}

/** The first moment at which what keeps it back may be over. */
function recheckAfter(draft: Draft, before: OpenCondition): Date | null {
  const { stopped, flapping } = draft;
  const times = draft.channels.flatMap(({ because, until }) => (because === "SILENCED" ? [until ?? NEVER] : []));
  if (stopped?.because === "HOLD" && stopped.until) times.push(stopped.until);
  if (flapping) times.push(flapping.until);
  // A repeat that was stopped before the silences were looked at leaves what waits for their end.
  if (stopped && before.recheckAt && !draft.again) times.push(before.recheckAt);
  return times.length > 0 ? new Date(Math.min(...times.map((time) => time.getTime()))) : null;
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
    closedAt: null,
    lastSeenAt: now,
    count: 0,
    lastNotifiedAt: null,
    step: null,
    told: [],
    held: {},
    kept: [],
    recheckAt: null,
    inhibitedBy: null,
    covers: 0,
    openings: [],
    flapping: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    acknowledgementNote: null,
    acknowledgedFor: null,
  };
}

function cooldownAfter(draft: Draft, state: State, notified: boolean, now: Date): OccurrenceCooldown | null {
  if (draft.role !== "OCCURRENCE") return null;
  const before = state.cooldowns.get(draft.fingerprint);
  if (notified) return { fingerprint: draft.fingerprint, notifiedAt: now, severity: draft.severity, suppressed: 0 };
  const heldBack = draft.stopped?.because === "COOLDOWN" && before;
  return heldBack ? { ...before, suppressed: before.suppressed + 1 } : null;
}

