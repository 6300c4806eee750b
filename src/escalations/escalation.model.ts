/** A policy at work on one problem. */
export interface Escalation {
  id: string;
  conditionId: string;
  policyId: string;
  startedAt: Date;
  /** The step that comes next, and the round it is in, both from 0. */
  step: number;
  round: number;
  /** When the next step or reminder is due; null: nothing more is to come. */
  nextAt: Date | null;
}

/** Who was told of a problem by which step, and when. */
export interface EscalationNotice {
  id: string;
  escalationId: string;
  at: Date;
  step: number;
  round: number;
  reminder: boolean;
  channelId: string;
  channelName: string;
  contactName: string | null;
  deliveryId: string | null;
}

/** Whom to tell, one after another, of a problem that nobody takes on. */
export interface EscalationPolicy {
  id: string;
  name: string;
  customer: string | null;
  /** How often its steps are gone through; null: until the problem is taken on or over. */
  rounds: number | null;
  /** How long after it was taken on a problem that is not over is told of again; null: never. */
  reminderSeconds: number | null;
  steps: EscalationStep[];
}

export interface EscalationStep {
  /** How long after the step before it, or after the problem began. */
  delaySeconds: number;
  targets: EscalationTarget[];
}

/** Exactly one of them is set. */
export interface EscalationTarget {
  contactId: string | null;
  groupId: string | null;
  channelId: string | null;
}

type Place = Pick<Escalation, "step" | "round" | "nextAt">;

/** What is to be done when an escalation is due. */
export interface Turn {
  /** STEP tells the step's targets, REMINDER all who know; null tells nobody. */
  tells: "STEP" | "REMINDER" | null;
  /** Whether the problem counts as not taken on from now on. */
  forgets: boolean;
  after: Place;
}

const later = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

/** An escalation that has not begun, or has to begin anew. */
export function beginning({ steps }: { steps: readonly Pick<EscalationStep, "delaySeconds">[] }, now: Date): Place {
  return { step: 0, round: 0, nextAt: steps[0] ? later(now, steps[0].delaySeconds) : null };
}

/** When a problem that was taken on is told of again; null: never. */
export function reminderAt({ reminderSeconds }: Pick<EscalationPolicy, "reminderSeconds">, acknowledgedAt: Date): Date | null {
  return reminderSeconds === null ? null : later(acknowledgedAt, reminderSeconds);
}

/**
 * What is due of an escalation now. Of a problem that was taken on there is one reminder; as long again after that without
 * an answer it counts as forgotten, and the steps begin anew. Pure.
 * @param due an escalation with a `nextAt` that has come
 */
export function turnOf(due: Pick<Escalation, "step" | "round"> & { nextAt: Date }, policy: Pick<EscalationPolicy, "rounds" | "reminderSeconds" | "steps">, acknowledgedAt: Date | null, now: Date): Turn {
  return acknowledgedAt ? turnOfTaken(due, policy, acknowledgedAt, now) : turnOfOpen(due, policy, now);
}

function turnOfTaken({ step, round, nextAt }: Pick<Escalation, "step" | "round"> & { nextAt: Date }, policy: Parameters<typeof turnOf>[1], acknowledgedAt: Date, now: Date): Turn {
  const { reminderSeconds } = policy;
  if (reminderSeconds === null) return { tells: null, forgets: false, after: { step, round, nextAt: null } };
  if (nextAt >= later(acknowledgedAt, 2 * reminderSeconds)) return { tells: null, forgets: true, after: beginning(policy, now) };
  const first = later(acknowledgedAt, reminderSeconds);
  if (now < first) return { tells: null, forgets: false, after: { step, round, nextAt: first } };
  return { tells: "REMINDER", forgets: false, after: { step, round, nextAt: later(now, reminderSeconds) } };
}

function turnOfOpen({ step, round }: Pick<Escalation, "step" | "round">, policy: Parameters<typeof turnOf>[1], now: Date): Turn {
  const { rounds, steps } = policy;
  // The policy may have fewer steps or rounds by now.
  if (step > 0 && step >= steps.length) return turnOfOpen({ step: 0, round: round + 1 }, policy, now);
  if (steps.length === 0 || (rounds !== null && round >= rounds)) return { tells: null, forgets: false, after: { step, round, nextAt: null } };
  const next = step + 1 < steps.length ? { step: step + 1, round } : { step: 0, round: round + 1 };
  const isLast = rounds !== null && next.round >= rounds;
  return { tells: "STEP", forgets: false, after: { ...next, nextAt: isLast ? null : later(now, steps[next.step]?.delaySeconds ?? 0) } };
}
