import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, decideAgain, remember } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import type { IncomingEvent } from "../../src/decide/event.ts";
import { rememberInhibitor } from "../../src/decide/inhibitors.ts";
import type { CompiledInhibition, CompiledSilence, MatchSubject, Settings } from "../../src/decide/settings.ts";
import { isBelow } from "../../src/decide/severity.ts";
import { burstKey } from "../../src/decide/state.ts";
import type { Flapping, OpenCondition, State } from "../../src/decide/state.ts";
import type { ChannelVerdict } from "../../src/decide/verdict.ts";
import { SEVERITIES } from "../../src/render/message.ts";
import type { Severity } from "../../src/render/message.ts";
import { endOfPeriod } from "../../src/schedules/period.ts";
import { DAYS } from "../../src/schedules/wallTime.ts";
import { at, deepFreeze, emptyState, makeChannel, makeEvent, makeSettings, makeSilence, makeTrigger } from "./build.ts";

/** Histories in which the clock plays its part: what waits for a time is decided about at that time, as the rechecker does. */

const EVERY_DAY = [...DAYS];

const silences = fc.subarray<CompiledSilence>(
  [
    makeSilence({ id: "web", endsAt: at(500), matches: ({ service }) => service === "web" }),
    makeSilence({ id: "acme's", customer: "acme", endsAt: at(2000) }),
    makeSilence({ id: "windows", endsAt: at(5000), schedule: { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "12:02", end: "12:20" }] } }),
    makeSilence({ id: "mild", startsAt: at(100), endsAt: at(900), matches: ({ severity }) => severity !== "CRITICAL" }),
    makeSilence({ id: "open-ended", startsAt: at(3000), matches: ({ type }) => type === "app.down" }),
  ],
  { maxLength: 3 },
);

const inhibitions = fc.subarray<CompiledInhibition>([
  { id: "app", name: "needs the app", whileOpen: new Set(["app.down"]), sameFields: ["service"], matches: ({ type }) => type !== "app.down" },
  { id: "disk", name: "needs the disk", whileOpen: new Set(["disk.full"]), sameFields: [], matches: ({ type }) => type === "app.down" || type === "login.failed" },
  { id: "cpu", name: "needs the processor", whileOpen: new Set(["cpu.hot"]), sameFields: ["service"], matches: () => true },
]);

const trigger = (eventType: string) =>
  fc
    .record({
      enabled: fc.constantFrom(null, null, null, null, null, false),
      holdSeconds: fc.constantFrom(null, null, null, 60, 300),
      cooldownSeconds: fc.constantFrom(null, null, 0, 100),
      burst: fc.constantFrom(null, null, { count: 1, seconds: 60 }, { count: 3, seconds: 400 }),
    })
    .map((changes) => makeTrigger(eventType, changes));

/** Channel a takes everything that is not silenced or inhibited, at once. */
const channels = fc
  .record({
    b: fc.record({ minimumSeverity: fc.constantFrom("INFO" as const, ...SEVERITIES), customer: fc.constantFrom(null, "acme") }),
    c: fc.record({
      enabled: fc.constantFrom(true, true, false),
      digest: fc.constantFrom(null, { time: "12:15", timeZone: "UTC" }),
      quietHours: fc.constantFrom(null, { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "12:05", end: "12:40" }] }),
    }),
  })
  .map(({ b, c }) => [makeChannel("a"), makeChannel("b", b), makeChannel("c", c)]);

const flappingRule = fc.constantFrom({}, { flappingCount: 2, flappingWindow: 100 }, { flappingCount: 3, flappingWindow: 600 });

const settings: fc.Arbitrary<Settings> = fc
  .record({
    channels,
    triggers: fc.tuple(...["app.down", "app.up", "disk.full", "cpu.hot", "login.failed"].map(trigger)),
    server: flappingRule,
    silences: fc.oneof(fc.constant([]), silences),
    inhibitions: fc.oneof(fc.constant([]), inhibitions),
  })
  .map(makeSettings);

interface Happening {
  event: IncomingEvent;
  afterSeconds: number;
  settings: number;
  /** Whether what is due at the very same time is decided about after it. */
  first: boolean;
}

type Subject = Partial<IncomingEvent> & { type: string };

const APP = fc.constantFrom<Subject[]>({ type: "app.down" }, { type: "app.down" }, { type: "app.up" });
const DISK = fc.constantFrom(70, 70, 85, 85, 96).map((value): Subject => ({ type: "disk.full", value }));
const CPU = fc.constantFrom(50, 95).map((value): Subject => ({ type: "cpu.hot", value }));
const LOGIN = fc.constantFrom(null, null, "FIRING" as const, "RESOLVED" as const).map((status): Subject => ({ type: "login.failed", status }));

/** @param gaps seconds between one and the next */
const happening = (what: fc.Arbitrary<Subject>, gaps: number[]): fc.Arbitrary<Happening> =>
  fc
    .record({
      what,
      severity: fc.constantFrom(null, null, ...SEVERITIES),
      afterSeconds: fc.constantFrom(...gaps),
      settings: fc.constantFrom(0, 0, 0, 0, 1),
      first: fc.boolean(),
    })
    .map(({ what: subject, severity, ...rest }) => ({ ...rest, event: makeEvent(subject.type, { severity, ...subject }) }));

const services = fc.record({ service: fc.constantFrom("web", "web", "db", null), customer: fc.constantFrom(null, null, null, "acme") });
const mixed = fc.record({ subject: fc.oneof(APP, APP, DISK, CPU, LOGIN), services }).map(({ subject, services: about }): Subject => ({ ...subject, ...about }));
const many = (one: fc.Arbitrary<Happening>) => fc.array(one, { maxLength: 25, size: "max" });

/** Of many things, or of one that comes and goes. */
const happenings = fc.oneof(
  many(happening(mixed, [0, 1, 10, 30, 60, 100, 300, 600, 1800])),
  ...[APP, DISK, CPU].map((one) => many(happening(one, [0, 1, 10, 30, 60, 90, 100, 600]))),
);

interface History {
  all: Settings[];
  happenings: Happening[];
}

/** Under settings that stay as they are. */
const steady: fc.Arbitrary<History> = fc.record({ all: fc.tuple(settings), happenings });
/** Under settings that change on the way. */
const changing: fc.Arbitrary<History> = fc.record({ all: fc.tuple(settings, settings), happenings });

interface Step {
  event: IncomingEvent;
  /** True when no event came, and this is the latest of a condition. */
  again: boolean;
  settings: Settings;
  now: Date;
  decision: Decision;
  /** What the decision was made on. */
  state: State;
  /** The condition that it goes on with. */
  open: OpenCondition | null;
}

const AFTER_INHIBITOR_SECONDS = 60;
/** Longer than anything here waits, but for what waits for ever. */
const LONG_AFTER = 100_000;

/** A database without one: conditions by id in the order of their opening, and what intake and the rechecker do with them. */
function createWorld() {
  const conditions = new Map<string, OpenCondition>();
  const latest = new Map<string, IncomingEvent>();
  const opening = new Map<string, IncomingEvent>();
  const cooldowns: State["cooldowns"] = new Map();
  const bursts: State["bursts"] = new Map();
  const steps: Step[] = [];

  function load(known: Iterable<OpenCondition>, current: Settings): State {
    const state = { ...emptyState(), cooldowns: new Map(cooldowns), bursts: new Map(bursts) };
    for (const condition of known) (condition.closedAt ? state.closed : state.conditions).set(condition.fingerprint, condition);
    for (const condition of conditions.values()) {
      if (condition.closedAt === null && condition.inhibitedBy === null) rememberInhibitor(opening.get(condition.id) as IncomingEvent, condition, current, state);
    }
    return deepFreeze(state);
  }

  /** The newest of each fingerprint, if it still matters. */
  function newest(current: Settings, now: Date): OpenCondition[] {
    const byFingerprint = new Map([...conditions.values()].map((condition) => [condition.fingerprint, condition]));
    return [...byFingerprint.values()].filter(({ closedAt }) => closedAt === null || closedAt.getTime() > now.getTime() - current.flapping.seconds * 1000);
  }

  function note(event: IncomingEvent, again: OpenCondition | null, current: Settings, state: State, now: Date): void {
    const make = () => (again ? decideAgain(event, again, current, state, now) : decide(event, current, state, now));
    const decision = deepFreeze(make());
    expect(make()).toEqual(decision);
    const { after } = decision.condition ?? {};
    steps.push({ event, again: again !== null, settings: current, now, decision, state: structuredClone(state), open: (after && conditions.get(after.id)) ?? null });
    remember(event, decision, current, state);
    if (after) {
      if (!conditions.has(after.id)) opening.set(after.id, event);
      conditions.set(after.id, after);
      if (!again) latest.set(after.id, event);
    }
    if (decision.cooldown) cooldowns.set(decision.fingerprint, decision.cooldown);
    for (const window of decision.bursts) bursts.set(burstKey(window.eventType, window.channelId), window);
    if (decision.inhibitedBy) change(decision.inhibitedBy.conditionId, ({ covers }) => ({ covers: covers + 1 }));
    if (after && current.inhibitions.length > 0 && (after.closedAt !== null || after.inhibitedBy !== null)) release(after.id, new Date(now.getTime() + AFTER_INHIBITOR_SECONDS * 1000));
  }

  function change(id: string, to: (condition: OpenCondition) => Partial<OpenCondition>): void {
    const condition = conditions.get(id);
    if (condition) conditions.set(id, deepFreeze({ ...condition, ...to(condition) }));
  }

  function release(inhibitor: string, recheckAt: Date): void {
    for (const { id, inhibitedBy, closedAt } of conditions.values()) if (inhibitedBy === inhibitor && closedAt === null) change(id, () => ({ inhibitedBy: null, recheckAt }));
  }

  const dueBy = (time: Date) => [...conditions.values()].filter(({ recheckAt }) => recheckAt !== null && recheckAt <= time);

  return {
    steps,
    emit(event: IncomingEvent, current: Settings, now: Date) {
      note(deepFreeze({ ...event, receivedAt: now, occurredAt: now }), null, current, load(newest(current, now), current), now);
    },
    /** Decides again about all that is due by then, each when it is due. */
    recheck(until: Date, current: Settings) {
      for (let due = dueBy(until); due.length > 0; due = dueBy(until)) {
        const now = new Date(Math.min(...due.map(({ recheckAt }) => recheckAt?.getTime() ?? 0)));
        for (const { id } of dueBy(now)) {
          const condition = conditions.get(id) as OpenCondition;
          note(latest.get(id) as IncomingEvent, condition, current, load([condition], current), now);
          if (steps.at(-1)?.decision.condition?.after.id !== id) change(id, () => ({ recheckAt: null }));
          // Else it would be due for ever.
          const next = conditions.get(id)?.recheckAt;
          expect(next === null || (next && next > now)).toBe(true);
        }
      }
    },
    settingsChanged(now: Date) {
      for (const { id, closedAt, recheckAt, inhibitedBy } of conditions.values()) if (closedAt === null && (recheckAt || inhibitedBy)) change(id, () => ({ recheckAt: now }));
    },
  };
}

function live({ all, happenings }: History): Step[] {
  deepFreeze(all);
  const world = createWorld();
  let seconds = 0;
  let current = all[0] as Settings;
  for (const { event, afterSeconds, settings: which, first } of happenings) {
    seconds += afterSeconds;
    const now = at(seconds);
    world.recheck(new Date(now.getTime() - 1), current);
    const next = all[which % all.length] as Settings;
    if (next !== current) {
      current = next;
      world.settingsChanged(now);
      world.recheck(now, current);
    }
    if (!first) world.recheck(now, current);
    world.emit(event, current, now);
    world.recheck(now, current);
  }
  world.recheck(at(seconds + LONG_AFTER), current);
  return world.steps;
}

function holds(histories: fc.Arbitrary<History>, check: (steps: Step[]) => void): void {
  fc.assert(
    fc.property(histories, (history) => check(live(history))),
    { numRuns: 400 },
  );
}

const ids = (verdicts: readonly ChannelVerdict[]) => verdicts.map(({ channelId }) => channelId);
const sent = ({ channels: all }: Decision) => ids(all.filter(({ action }) => action === "SEND"));
const reached = ({ channels: all }: Decision) => ids(all.filter(({ action }) => action !== "SUPPRESS"));

function triggerOf({ event, settings: current }: Step) {
  return current.triggers.get(event.type) as NonNullable<ReturnType<Settings["triggers"]["get"]>>;
}

/** Whether it closes a condition, or tells that the flapping of a closed one is over. */
const isEnd = ({ decision }: Step) => decision.condition?.change === "CLOSED";

/** Each condition's decisions. */
function byCondition(steps: readonly Step[]): Step[][] {
  const stories = new Map<string, Step[]>();
  for (const step of steps) {
    const id = step.decision.condition?.after.id;
    if (id) stories.set(id, [...(stories.get(id) ?? []), step]);
  }
  return [...stories.values()];
}

function subjectOf({ event, decision, ...step }: Step): MatchSubject {
  const { type } = triggerOf({ event, decision, ...step });
  return { ...event, category: type.category, severity: decision.severity, title: event.title ?? type.title };
}

/** The silences that cover a decision now, for a channel. */
function coveringFor(step: Step, channelId: string): CompiledSilence[] {
  const owner = step.settings.channels.get(channelId)?.customer ?? null;
  const subject = subjectOf(step);
  return step.settings.silences.filter((silence) => (silence.customer === null || silence.customer === owner) && silence.matches(subject) && endOfPeriod(silence, step.now) !== undefined);
}

describe.each([["stay", steady], ["change", changing]] as const)("under settings that %s", (_, histories) => {
  test("nothing is left to be decided in the past, all that waits says until when, and that is to come", () => {
    holds(histories, (steps) => {
      for (const { decision, now } of steps) {
        const recheckAt = decision.condition?.after.recheckAt;
        if (recheckAt) expect(recheckAt.getTime()).toBeGreaterThanOrEqual(now.getTime());
        for (const { until } of [decision.verdict, ...decision.channels]) if (until) expect(until.getTime()).toBeGreaterThan(now.getTime());
      }
    });
  });

  test("what is flapping is decided about again when it is steady", () => {
    holds(histories, (steps) => {
      for (const { decision } of steps) {
        const { flapping, recheckAt } = decision.condition?.after ?? {};
        if (flapping) expect(recheckAt && recheckAt <= flapping.until).toBe(true);
      }
    });
  });

  test("a recovery goes to exactly the enabled channels that heard of the problem, with what still waits for them", () => {
    holds(histories, (steps) => {
      for (const story of byCondition(steps)) {
        const told = new Set<string>();
        const waits = new Map<string, ChannelVerdict>();
        for (const step of story) {
          const { decision, settings: current, now } = step;
          if (!isEnd(step)) {
            for (const id of sent(decision)) told.add(id);
            for (const verdict of decision.channels) if (verdict.action === "HOLD") waits.set(verdict.channelId, verdict);
            continue;
          }
          const { because } = decision.verdict;
          if (because === "RESOLVED_WITHIN_HOLD") expect([...told, ...waits.keys()]).toEqual([]);
          if (["FLAPPING", "TRIGGER_OFF", "RESOLVED_WITHIN_HOLD"].includes(because)) {
            expect(decision.channels).toEqual([]);
            continue;
          }
          expect(decision.reason).toBe("RECOVERY");
          const heard = [...current.channels.values()].filter(({ id, enabled }) => enabled && (told.has(id) || waits.has(id)));
          expect(reached(decision).sort()).toEqual(heard.map(({ id }) => id).sort());
          for (const { channelId, action } of decision.channels) {
            if (action === "SUPPRESS") continue;
            if (told.has(channelId)) expect(action).toBe("SEND");
            // The dispatcher has it wait for a burst's summary.
            else if (waits.get(channelId)?.heldFor === "DIGEST" && (waits.get(channelId)?.until ?? now) > now) expect(action).toBe("HOLD");
          }
        }
      }
    });
  });

  test("a silence keeps what it covers from every channel that it covers", () => {
    holds(histories, (steps) => {
      for (const step of steps) {
        if (isEnd(step)) continue;
        for (const { channelId, action, because } of step.decision.channels) {
          const covering = coveringFor(step, channelId);
          if (covering.length > 0) expect([action, ["MATCHED", "INHIBITED", "BURST", "DIGEST", "QUIET_HOURS"].includes(because)]).toEqual(["SUPPRESS", false]);
          if (because === "SILENCED") expect(covering).not.toEqual([]);
        }
      }
    });
  });

  test("what is kept waits for something: a time, or another problem", () => {
    holds(histories, (steps) => {
      for (const step of steps) {
        const { after } = step.decision.condition ?? {};
        if (!after || after.closedAt || !triggerOf(step).enabled) continue;
        // What its latest news would not reach anyway waits for the next.
        const barred = new Set(ids(step.decision.channels.filter(({ because }) => !["SILENCED", "INHIBITED"].includes(because))));
        if (step.decision.channels.length === 0 || after.kept.every((id) => barred.has(id))) continue;
        expect(after.recheckAt !== null || after.inhibitedBy !== null).toBe(true);
      }
    });
  });

  test("nothing goes out again by the clock to those who know, unless it was kept from them since, or it is the word after flapping", () => {
    holds(histories, (steps) => {
      for (const story of byCondition(steps)) {
        const knows = new Set<string>();
        for (const step of story) {
          const { decision, again } = step;
          if (again && !isEnd(step) && !decision.flapping) for (const id of reached(decision)) expect(knows).not.toContain(id);
          for (const { channelId, because } of decision.channels) if (because === "SILENCED" || because === "INHIBITED") knows.delete(channelId);
          for (const id of reached(decision)) knows.add(id);
        }
      }
    });
  });

  test("what is inhibited inhibits nothing, and nothing is inhibited by what it inhibits itself", () => {
    holds(histories, (steps) => {
      /** By condition, what has kept the latest news of it. */
      const inhibitors = new Map<string, string>();
      const open = new Map<string, OpenCondition>();
      for (const { decision, state } of steps) {
        const { after } = decision.condition ?? {};
        const inhibited = decision.channels.some(({ because }) => because === "INHIBITED");
        for (const { conditionId } of [...state.inhibitors.values()].flat()) expect(open.get(conditionId)?.inhibitedBy ?? null).toBeNull();
        if (inhibited && after?.inhibitedBy) {
          const back = inhibitors.get(after.inhibitedBy);
          expect(back === after.id && open.get(back)?.closedAt === null).toBe(false);
        }
        if (decision.inhibitedBy) expect(decision.inhibitedBy.fingerprint).not.toBe(decision.fingerprint);
        if (!after) continue;
        open.set(after.id, after);
        if (after.inhibitedBy) inhibitors.set(after.id, after.inhibitedBy);
        if (reached(decision).length > 0 || after.closedAt) inhibitors.delete(after.id);
        // Let go of when it is over.
        if (after.closedAt || after.inhibitedBy) for (const [id, condition] of open) if (condition.inhibitedBy === after.id) open.set(id, { ...condition, inhibitedBy: null });
      }
    });
  });

  test("a problem counts once for each that accounts for it", () => {
    holds(histories, (steps) => {
      for (const story of byCondition(steps)) {
        const counted = story.flatMap(({ decision }) => decision.inhibitedBy?.conditionId ?? []);
        expect(counted).toEqual([...new Set(counted)]);
      }
    });
  });

  test("within one window a channel gets so many of a type one by one, and all else in one message after it", () => {
    holds(histories, (steps) => {
      const live = new Map<string, number>();
      for (const step of steps) {
        const { decision, event, now } = step;
        const rule = triggerOf(step).burst;
        const counted = new Set(decision.bursts.map(({ channelId }) => channelId));
        const toldOf = new Set(isEnd(step) ? step.open?.told : []);
        if (rule) for (const id of sent(decision)) expect(counted.has(id) || toldOf.has(id)).toBe(true);
        for (const window of decision.bursts) {
          expect([window.eventType, toldOf.has(window.channelId)]).toEqual([event.type, false]);
          const end = window.startedAt.getTime() + (rule?.seconds ?? 0) * 1000;
          expect(now >= window.startedAt && now.getTime() < end).toBe(true);
          const verdict = decision.channels.find(({ channelId }) => channelId === window.channelId);
          if (verdict?.action === "HOLD") expect(verdict).toMatchObject({ because: "BURST", heldFor: "BURST", until: new Date(end) });
          const key = `${burstKey(window.eventType, window.channelId)} ${window.startedAt.getTime()}`;
          if (verdict?.action !== "SEND") continue;
          live.set(key, (live.get(key) ?? 0) + 1);
          expect(window.overflowing).toBe(false);
          expect(live.get(key)).toBeLessThanOrEqual(window.count);
          expect(window.count).toBeLessThanOrEqual(rule?.count ?? 0);
        }
      }
    });
  });
});

test("while a hold is not over nobody is told; what goes on past it is told of once, by the event or the clock", () => {
  holds(steady, (steps) => {
    for (const story of byCondition(steps)) {
      const [first] = story;
      const { settings: current, decision } = first as Step;
      const after = decision.condition?.after as OpenCondition;
      const { holdSeconds } = current.triggers.get(after.type) ?? { holdSeconds: 0 };
      const heldUntil = new Date(after.openedAt.getTime() + holdSeconds * 1000);
      for (const step of story) if (step.now < heldUntil) expect(reached(step.decision)).toEqual([]);
      const news = story.filter((step) => reached(step.decision).length > 0 && !isEnd(step));
      for (const [index, { decision: { reason } }] of news.entries()) expect(reason === "FIRST" || (reason === "FLAPPING" && index === 0)).toBe(index === 0);
      if (current.silences.length + current.inhibitions.length > 0) continue;
      // With nothing else to keep it, channel a hears of it at that very time.
      const endedBefore = story.some((step) => isEnd(step) && step.now <= heldUntil);
      if (!endedBefore) expect(news[0]?.now).toEqual(heldUntil);
      if (!endedBefore) expect(reached((news[0] as Step).decision)).toContain("a");
    }
  });
});

test("what a silence has kept, and what goes on, is told of when the silence ends, without an event", () => {
  holds(steady, (steps) => {
    for (const story of byCondition(steps)) {
      const waits = new Map<string, Date | null>();
      for (const step of story) {
        const { decision, again, now } = step;
        const { after } = decision.condition as NonNullable<Decision["condition"]>;
        for (const { channelId, because, until } of decision.channels) {
          if (because === "SILENCED") waits.set(channelId, until);
          // What its own settings let through no longer, or another problem accounts for, need not be told.
          else if (again || because !== "BELOW_MINIMUM_SEVERITY") waits.delete(channelId);
        }
        if (after.closedAt) waits.clear();
        if (after.flapping || !triggerOf(step).enabled) continue;
        for (const until of waits.values()) if (until) expect(after.recheckAt && (after.recheckAt <= until || again) && until >= now).toBe(true);
      }
    }
  });
});

test("a problem that flaps gives a notice, then word of rises only, then one word when it has not changed for as long as its window", () => {
  holds(steady, (steps) => {
    for (const story of byCondition(steps)) {
      let before: Flapping | null = null;
      let highest: Severity = "INFO";
      let noticed = false;
      for (const step of story) {
        const { decision, now, settings: current, open } = step;
        const { after } = decision.condition as NonNullable<Decision["condition"]>;
        const told = reached(decision).length > 0;
        const flapping: Flapping | null = before;
        before = after.flapping;
        // Of a type that is off not even the end of its flapping is told.
        if (!triggerOf(step).enabled) continue;
        if (!flapping) {
          if (after.flapping) expect([decision.reason, after.flapping.until]).toEqual(["FLAPPING", new Date(now.getTime() + current.flapping.seconds * 1000)]);
          else expect(decision.reason).not.toBe("FLAPPING");
          if (after.flapping) [highest, noticed] = [decision.severity, told];
          continue;
        }
        if (after.flapping) {
          const changed = (open?.closedAt === null) !== (after.closedAt === null);
          expect(after.flapping.until).toEqual(changed ? new Date(now.getTime() + current.flapping.seconds * 1000) : flapping.until);
          // A notice that was kept from all comes when it can.
          if (told && noticed) expect([decision.reason, isBelow(highest, decision.severity)]).toEqual(["ESCALATED", true]);
          if (told && !noticed) expect(decision.reason).toBe("FLAPPING");
          if (told) [highest, noticed] = [decision.severity, true];
          continue;
        }
        // It is over: one word, whoever has heard of it.
        expect(now).toEqual(flapping.until);
        const heard = [...(open?.told ?? []), ...Object.keys(open?.held ?? {})].filter((id) => current.channels.get(id)?.enabled);
        if (after.closedAt) expect(reached(decision).sort()).toEqual([...new Set(heard)].sort());
        else if (heard.includes("a") && current.silences.length + current.inhibitions.length === 0) expect(reached(decision)).toContain("a");
        if (told) expect(decision.flapping?.since).toEqual(flapping.since);
      }
      expect(before).toBeNull();
    }
  });
});

test("these histories are worth checking: all that the clock does comes up in them", () => {
  const seen = new Set<string>();
  for (const history of fc.sample(steady, { numRuns: 400, seed: 7 })) {
    let steps: Step[] = [];
    try {
      steps = live(history);
    } catch {
      continue;
    }
    for (const step of steps) {
      if (!step.again) continue;
      const { verdict, reason, channels: all } = step.decision;
      seen.add(`${reason} ${verdict.action}`);
      for (const { because } of [verdict, ...all]) seen.add(because);
    }
  }
  for (const each of ["FIRST SEND", "FIRST HOLD", "ONGOING SEND", "RECOVERY SEND", "FIRST SUPPRESS", "ALREADY_TOLD", "SILENCED", "INHIBITED", "FLAPPING", "BURST"]) expect(seen).toContain(each);
});
