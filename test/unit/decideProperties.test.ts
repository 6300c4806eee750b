import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Channel } from "../../src/channels/channel.model.ts";
import { decide, decideAgain, remember } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import type { IncomingEvent } from "../../src/decide/event.ts";
import type { CompiledInhibition, CompiledSilence, RoutedChannel, Settings } from "../../src/decide/settings.ts";
import type { OpenCondition, State } from "../../src/decide/state.ts";
import { VERDICT_REASONS } from "../../src/decide/verdict.ts";
import type { Json } from "../../src/render/message.ts";
import { SEVERITIES } from "../../src/render/message.ts";
import type { AlertRule } from "../../src/rules/alertRule.model.ts";
import { QUIET_FOREVER, quietUntil } from "../../src/schedules/quietHours.ts";
import type { Digest, QuietHours } from "../../src/schedules/schedule.ts";
import { DAYS } from "../../src/schedules/wallTime.ts";
import type { Trigger } from "../../src/triggers/trigger.model.ts";
import { at, deepFreeze, emptyState, makeChannel, makeContact, makeEvent, makeGroup, makeRule, makeSettings, makeSilence, makeTrigger, sentTo, target, TYPES } from "./build.ts";

const severity = fc.constantFrom(...SEVERITIES);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 2 });
const few = (value: string) => fc.constantFrom<string[][]>([], [], [], [value]).map((values) => [...values]);

const quietHours = fc.constantFrom<(QuietHours | null)[]>(
  null,
  null,
  { timeZone: "UTC", windows: [{ days: [...DAYS], start: "11:00", end: "13:00" }] },
  { timeZone: "Europe/Berlin", windows: [{ days: [...DAYS], start: "22:00", end: "07:00" }, { days: ["SUN"], start: "12:30", end: "14:10" }] },
  { timeZone: "UTC", windows: [{ days: [...DAYS], start: "00:00", end: "00:00" }] },
);
const digest = fc.constantFrom<(Digest | null)[]>(null, null, null, { time: "09:00", timeZone: "Europe/Berlin" }, { time: "12:15", timeZone: "UTC" });

const channel = (id: string): fc.Arbitrary<Channel> =>
  fc.record({
    enabled: fc.constantFrom(true, true, true, false),
    customer: fc.constantFrom(null, null, null, "acme", "globex"),
    minimumSeverity: fc.constantFrom("INFO" as const, "INFO" as const, ...SEVERITIES),
    customers: few("acme"),
    services: few("web"),
    sources: few("pve1"),
    quietHours,
    digest,
    contactId: fc.constantFrom(null, null, null, null, "ann", "bob"),
    onlyByRules: fc.constantFrom(false, false, false, false, true),
    overrides: fc.array(
      fc.oneof(
        fc.record({ eventType: fc.constantFrom(...TYPES.map(({ name }) => name)), category: fc.constant(null), enabled: fc.boolean() }),
        fc.record({ eventType: fc.constant(null), category: fc.constantFrom(...TYPES.map(({ category }) => category)), enabled: fc.boolean() }),
      ),
      { maxLength: 2 },
    ),
  }).map((changes) => makeChannel(id, changes));

const trigger = (eventType: string): fc.Arbitrary<Trigger> =>
  fc.record({
    enabled: fc.constantFrom(null, true, true, false),
    severity: maybe(severity),
    cooldownSeconds: maybe(fc.integer({ min: 0, max: 3000 })),
    holdSeconds: fc.constantFrom(null, null, null, 60, 1800),
    burst: fc.constantFrom(null, null, null, { count: 0, seconds: 60 }, { count: 1, seconds: 60 }, { count: 2, seconds: 3600 }),
    steps: maybe(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 3 })),
    channelIds: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.subarray(["a", "b", "c", "d"]) }),
  }).map((changes) => makeTrigger(eventType, changes));

const silences = fc.subarray<CompiledSilence>([
  makeSilence({ id: "to-an-end", endsAt: at(600), matches: ({ service }) => service === "web" }),
  makeSilence({ id: "of-acme", customer: "acme" }),
  makeSilence({ id: "in-windows", endsAt: at(90_000), schedule: { timeZone: "UTC", windows: [{ days: [...DAYS], start: "12:01", end: "12:30" }] }, matches: ({ severity: one }) => one !== "CRITICAL" }),
], { maxLength: 2 });

const inhibitions = fc.subarray<CompiledInhibition>([
  { id: "app", name: "needs the app", whileOpen: new Set(["app.down"]), sameFields: ["service"], matches: ({ type }) => type !== "app.down" },
  { id: "disk", name: "needs the disk", whileOpen: new Set(["disk.full", "cpu.hot"]), sameFields: ["details.user"], matches: () => true },
]);

const rules = fc.subarray<AlertRule>(
  [
    makeRule("web", { matchers: [{ field: "service", operator: "EQUALS", value: "web" }], stop: true, targets: [target({ contactId: "ann" })] }),
    makeRule("of-acme", { customer: "acme", targets: [target({ channelId: "a" })] }),
    makeRule("bad", { matchers: [{ field: "severity", operator: "NOT_EQUALS", value: "INFO" }], targets: [target({ groupId: "all" }), target({ channelId: "b" })] }),
    makeRule("down", { matchers: [{ field: "type", operator: "MATCHES", value: "app.*" }], targets: [target({ groupId: "all" })] }),
  ],
  { maxLength: 3 },
);

const people = fc.constantFrom(
  { contacts: [makeContact("ann"), makeContact("bob", { severities: ["WARNING", "CRITICAL"] })], groups: [makeGroup("all", { contactIds: ["ann", "bob"] })] },
  { contacts: [makeContact("ann", { enabled: false }), makeContact("bob", { categories: ["services"] })], groups: [makeGroup("all", { contactIds: ["bob"], groupIds: ["some"] }), makeGroup("some", { contactIds: ["ann"] })] },
);

/** Half of them know nothing of what keeps noise down, so that the rest stays as visible as it was. */
const settings: fc.Arbitrary<Settings> = fc
  .record({
    channels: fc.tuple(...["a", "b", "c", "d"].map(channel)),
    present: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
    triggers: fc.tuple(...TYPES.map(({ name }) => trigger(name))),
    server: fc.constantFrom({}, {}, { flappingCount: 2, flappingWindow: 1800 }, { flappingCount: 3, flappingWindow: 6000 }, { burstCount: 1, burstWindow: 300 }),
    silences: fc.oneof(fc.constant([]), silences),
    inhibitions: fc.oneof(fc.constant([]), inhibitions),
    people,
    rules,
  })
  .map(({ channels, present, people: { contacts, groups }, ...parts }) => makeSettings({ ...parts, contacts, groups, channels: channels.filter(({ id }) => present.includes(id)) }));

interface Happening {
  event: IncomingEvent;
  /** Since the one before; may be negative. */
  afterSeconds: number;
  /** Which of the settings are in force. */
  settings: number;
  /** Before it, so many conditions that wait for a time are decided about again, due or not: changed settings have that done early. */
  again: number;
  /** Whether somebody takes on all that is open before it. */
  taken: boolean;
}

/** Rare, so that what still goes on is mostly told of. */
const taken = fc.constantFrom(false, false, false, false, false, false, false, true);

const happening: fc.Arbitrary<Happening> = fc
  .record({
    type: fc.constantFrom(...TYPES.map(({ name }) => name)),
    severity: maybe(severity),
    status: maybe(fc.constantFrom("FIRING" as const, "RESOLVED" as const)),
    source: maybe(fc.constantFrom("pve1", "pve2")),
    service: maybe(fc.constantFrom("web", "db")),
    customer: maybe(fc.constantFrom("acme", "globex")),
    message: maybe(fc.string()),
    details: fc.oneof(fc.constantFrom<{ [key: string]: Json }>({}, { user: "eve" }), fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>, { maxKeys: 3 })),
    value: maybe(fc.oneof(fc.integer({ min: -5, max: 105 }), fc.double({ noNaN: true }))),
    dedupKey: maybe(fc.constantFrom("k", "")),
    afterSeconds: fc.oneof(fc.constantFrom(0, 1, 60, 300, 900, 1800, 86_400), fc.integer({ min: -4000, max: 4000 })),
    settings: fc.constantFrom(0, 0, 0, 1, 2),
    again: fc.constantFrom(0, 0, 0, 1, 5),
    taken,
  })
  .map(({ afterSeconds, settings: which, again, taken: isTaken, ...event }) => ({ event: makeEvent(event.type, event), afterSeconds, settings: which, again, taken: isTaken }));

/** Of few types and fields, so that events meet each other. */
const dense: fc.Arbitrary<Happening> = fc
  .record({
    type: fc.constantFrom("app.down", "app.down", "app.up", "disk.full", "login.failed"),
    severity: maybe(severity),
    status: fc.constantFrom(null, null, "FIRING" as const, "RESOLVED" as const),
    value: maybe(fc.constantFrom(70, 80, 92, 99)),
    afterSeconds: fc.constantFrom(0, 1, 299, 300, 1799, 1800, 5000, -1000),
    settings: fc.constantFrom(0, 0, 0, 1, 2),
    again: fc.constantFrom(0, 0, 0, 1, 5),
    taken,
  })
  .map(({ afterSeconds, settings: which, again, taken: isTaken, ...event }) => ({ event: makeEvent(event.type, event), afterSeconds, settings: which, again, taken: isTaken }));

/** Of two problems that come and go. */
const flaky: fc.Arbitrary<Happening> = fc
  .record({
    what: fc.oneof(
      fc.record({ type: fc.constantFrom("app.down", "app.down", "app.up"), value: fc.constant(null), service: fc.constantFrom("web", "web", null), customer: fc.constantFrom(null, null, "acme") }),
      fc.record({ type: fc.constant("disk.full"), value: fc.constantFrom(70, 85, 96) }),
    ),
    severity: fc.constantFrom(null, null, null, ...SEVERITIES),
    afterSeconds: fc.constantFrom(0, 1, 30, 60, 300, 1800),
    settings: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
    again: fc.constantFrom(0, 0, 1, 5),
    taken,
  })
  .map(({ what, severity: given, ...rest }) => ({ ...rest, event: makeEvent(what.type, { ...what, severity: given }) }));

const histories = fc.record({
  settings: fc.array(settings, { minLength: 3, maxLength: 3 }),
  happenings: fc.oneof(fc.array(happening, { maxLength: 30 }), fc.array(dense, { maxLength: 40, size: "max" }), fc.array(flaky, { maxLength: 40, size: "max" })),
});
type History = typeof histories extends fc.Arbitrary<infer Value> ? Value : never;

interface Seen {
  event: IncomingEvent;
  /** True when no event came, and this is the latest of a condition. */
  again: boolean;
  settings: Settings;
  now: Date;
  decision: Decision;
  /** As it was before this event. */
  before: State;
}

/** Decides; the condition is given when it is decided about again. */
type Decide = (event: IncomingEvent, condition: OpenCondition | null, settings: Settings, state: State, now: Date) => Decision;

const decideEither: Decide = (event, condition, ...rest) => (condition ? decideAgain(event, condition, ...rest) : decide(event, ...rest));

/** Decides a whole history, keeping what the state was before each event. */
function live({ settings: all, happenings }: History, decideOne = decideEither): Seen[] {
  const state = emptyState();
  const latest = new Map<string, IncomingEvent>();
  const seen: Seen[] = [];
  let seconds = 0;
  for (const { event, afterSeconds, settings: which, again, taken: isTaken } of happenings) {
    seconds += afterSeconds;
    if (isTaken) for (const [key, condition] of state.conditions) state.conditions.set(key, { ...condition, acknowledgedAt: at(seconds), acknowledgedBy: "ann" });
    const current = all[which] as Settings;
    const take = (one: IncomingEvent, condition: OpenCondition | null) => {
      const before = structuredClone(state);
      const decision = decideOne(one, condition, current, state, at(seconds));
      remember(one, decision, current, state);
      if (decision.condition) latest.set(decision.condition.after.id, one);
      seen.push({ event: one, again: condition !== null, settings: current, now: at(seconds), decision, before });
    };
    const waiting = [...state.conditions.values(), ...state.closed.values()].filter(({ recheckAt }) => recheckAt !== null);
    for (const condition of waiting.slice(0, again)) take(latest.get(condition.id) as IncomingEvent, condition);
    take(event, null);
  }
  return seen;
}

function holds(check: (seen: Seen[]) => void): void {
  fc.assert(
    fc.property(histories, (history) => check(live(history))),
    { numRuns: 300 },
  );
}

function triggerOf({ event, settings: current }: Seen) {
  const found = current.triggers.get(event.type);
  if (!found) throw new Error("not in the settings");
  return found;
}

function heldIn(decision: Decision): string[] {
  return decision.channels.filter(({ action }) => action === "HOLD").map(({ channelId }) => channelId);
}

/** Ids of the channels that get it, now or in a summary. */
function notified(decision: Decision): string[] {
  return [...sentTo(decision), ...heldIn(decision)];
}

/** The condition that it goes on with: open, or over but for its flapping. */
function goesOnWith({ decision, before }: Seen): OpenCondition | undefined {
  const known = before.conditions.get(decision.fingerprint) ?? before.closed.get(decision.fingerprint);
  return known?.id === decision.condition?.after.id ? known : before.conditions.get(decision.fingerprint);
}

/** Whether it is a problem's end by its words, or by its value once a problem is open; again, when it has ended before. */
function isEnd(seen: Seen): boolean {
  if (seen.again) return !seen.before.conditions.has(seen.decision.fingerprint);
  const { type } = triggerOf(seen);
  if (type.recovers || seen.event.status === "RESOLVED") return true;
  return isGood(seen) && seen.before.conditions.has(seen.decision.fingerprint);
}

/** Whether it is worse than all that was seen of it, or, while it is flapping, than all that was told of. */
function isRise({ decision }: Seen, open: OpenCondition): boolean {
  const above = (other: OpenCondition["severity"]) => SEVERITIES.indexOf(decision.severity) > SEVERITIES.indexOf(other);
  return above(open.severity) || (open.flapping !== null && above(open.flapping.severity));
}

/** Whether a cooldown holds nothing back any more: it is over, or began so far in the future that the clock was set back since. */
function hasPassed(gap: number, seconds: number): boolean {
  return gap >= seconds || -gap > seconds;
}

/** Whether its value is on the good side of its threshold. */
function isGood(seen: Seen): boolean {
  const { threshold } = triggerOf(seen);
  const { value } = seen.event;
  if (!threshold || value === null) return false;
  return threshold.direction === "AT_LEAST" ? value < Math.min(...threshold.steps) : value > Math.max(...threshold.steps);
}

/** Whether it is the sight of a problem that counts. */
function isSight(seen: Seen): boolean {
  const { type, enabled } = triggerOf(seen);
  return !seen.again && enabled && !isEnd(seen) && !isGood(seen) && (type.kind === "CONDITION" || seen.event.status === "FIRING");
}

describe("for any events at any times", () => {
  test("nothing is thrown, no input is changed, and the same input gives the same decision", () => {
    fc.assert(
      fc.property(histories, (history) => {
        deepFreeze(history.settings);
        live(history, (event, condition, current, state, now) => {
          deepFreeze(event);
          deepFreeze(Object.values(state));
          const before = structuredClone(state);
          // A simulation decides and leaves it at that; what is decided then is the same.
          const simulated = decideEither(event, condition, current, structuredClone(state), now);
          const decision = decideEither(event, condition, current, state, now);
          expect(state).toEqual(before);
          expect(decision).toEqual(simulated);
          return deepFreeze(decision);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("a decision is JSON: stored and read back, it is the same", () => {
    holds((all) => {
      for (const { decision } of all) {
        const text = JSON.stringify(decision);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).not.toMatch(/undefined/);
        expect(Object.hasOwn(VERDICT_REASONS, decision.verdict.because)).toBe(true);
      }
    });
  });

  test("a condition is opened when none is open, counted and closed when one is, under one id, however often it flaps", () => {
    holds((all) => {
      const open = new Map<string, string>();
      const flapping = new Map<string, string>();
      for (const { decision, event } of all) {
        const { condition, fingerprint } = decision;
        if (!condition) continue;
        const { id, flapping: flaps } = condition.after;
        expect(condition.after.fingerprint).toBe(fingerprint);
        const rests = flapping.get(fingerprint);
        if (condition.change === "OPENED") expect([open.has(fingerprint), rests !== undefined, id]).toEqual([false, false, event.id]);
        else expect(open.get(fingerprint) ?? rests).toBe(id);
        flapping.delete(fingerprint);
        if (condition.change !== "CLOSED") open.set(fingerprint, id);
        else open.delete(fingerprint);
        if (condition.change === "CLOSED" && flaps) flapping.set(fingerprint, id);
      }
      expect(new Set(open.values()).size).toBe(open.size);
    });
  });

  test("its count is the number of times that the problem was seen while open, or flapping", () => {
    holds((all) => {
      const counts = new Map<string, number>();
      for (const seen of all) {
        const { fingerprint, condition } = seen.decision;
        if (isSight(seen)) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
        if (isSight(seen) && condition?.change === "OPENED") counts.set(fingerprint, 1);
        if (condition) expect(condition.after.count).toBe(counts.get(fingerprint));
        if (isEnd(seen) && !condition?.after.flapping && !seen.before.closed.get(fingerprint)?.flapping) counts.delete(fingerprint);
      }
    });
  });

  test("whatever ends a problem closes it, and nothing else does", () => {
    holds((all) => {
      for (const seen of all) {
        const wasOpen = seen.before.conditions.has(seen.decision.fingerprint);
        expect(seen.decision.condition?.change === "CLOSED").toBe(isEnd(seen) && (wasOpen || seen.again));
        if (isEnd(seen) && seen.again) expect(seen.decision.condition?.after.closedAt).toEqual(seen.before.closed.get(seen.decision.fingerprint)?.closedAt);
      }
    });
  });

  test("a recovery goes to every channel that heard of the problem, now or in a summary, is enabled, and to no other", () => {
    holds((all) => {
      const told = new Map<string, Set<string>>();
      const waiting = new Map<string, Map<string, { heldFor: string | undefined; until: number }>>();
      for (const seen of all) {
        const { decision, settings: current, now } = seen;
        expect(new Set(notified(decision)).size).toBe(notified(decision).length);
        if (!isEnd(seen)) {
          const { id } = decision.condition?.after ?? { id: null };
          if (id === null) continue;
          told.set(id, new Set([...(told.get(id) ?? []), ...sentTo(decision)]));
          const known = waiting.get(id) ?? new Map<string, { heldFor: string | undefined; until: number }>();
          for (const { action, channelId, heldFor, until } of decision.channels) if (action === "HOLD") known.set(channelId, { heldFor, until: until?.getTime() ?? 0 });
          waiting.set(id, known);
          continue;
        }
        expect(decision.reason).toBe("RECOVERY");
        const id = goesOnWith(seen)?.id ?? "";
        if (decision.verdict.because === "FLAPPING") {
          // It is not over: there will be one word.
          expect(notified(decision)).toEqual([]);
          continue;
        }
        const enabled = triggerOf(seen).enabled ? [...current.channels.values()].filter((one) => one.enabled) : [];
        const heard = enabled.filter((one) => told.get(id)?.has(one.id) || waiting.get(id)?.has(one.id));
        expect(notified(decision).sort()).toEqual(heard.map((one) => one.id).sort());
        for (const one of heard) {
          const verdict = decision.channels.find(({ channelId }) => channelId === one.id);
          const problem = told.get(id)?.has(one.id) ? undefined : waiting.get(id)?.get(one.id);
          const quiet = (one.quietHours && quietUntil(one.quietHours, now)?.getTime()) ?? 0;
          const waits = problem !== undefined && problem.until > now.getTime();
          const end = waits && problem.heldFor !== "QUIET_HOURS" ? problem.until : quiet;
          // It waits where its problem does, and as long; of a problem that came too late for that, till it is quiet no longer.
          if (problem && end > now.getTime()) {
            const expected = waits ? { because: "PROBLEM_WAITS", heldFor: problem.heldFor } : { because: "QUIET_HOURS", heldFor: "QUIET_HOURS" };
            expect(verdict).toMatchObject({ action: "HOLD", until: new Date(end), ...expected });
          } else if (problem && verdict?.because === "BURST") {
            expect(verdict.action).toBe("HOLD");
          } else {
            expect(verdict).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM", until: null });
          }
        }
        // Its type may be off for a while only.
        if (decision.condition?.after.flapping) continue;
        told.delete(id);
        waiting.delete(id);
      }
    });
  });

  test("a channel that is switched off, or a type that is, gets nothing", () => {
    holds((all) => {
      for (const seen of all) {
        for (const id of notified(seen.decision)) expect(seen.settings.channels.get(id)?.enabled).toBe(true);
        if (!triggerOf(seen).enabled) expect(seen.decision).toMatchObject({ channels: [], verdict: { action: "SUPPRESS", because: "TRIGGER_OFF" } });
      }
    });
  });

  test("a problem goes only where severity, filters, overrides and the trigger let it", () => {
    holds((all) => {
      for (const seen of all) {
        if (isEnd(seen)) continue;
        for (const id of notified(seen.decision)) {
          const { channel: one, barredBy } = triggerOf(seen).routeOf(seen.settings.channels.get(id) as RoutedChannel);
          expect(barredBy).toBeNull();
          expect(SEVERITIES.indexOf(seen.decision.severity)).toBeGreaterThanOrEqual(SEVERITIES.indexOf(one.minimumSeverity));
          expect(one.customer === null || one.customer === seen.event.customer).toBe(true);
          for (const [filter, value] of [[one.customers, seen.event.customer], [one.services, seen.event.service], [one.sources, seen.event.source]] as const) {
            expect(filter.size === 0 || filter.has(value as string)).toBe(true);
          }
        }
      }
    });
  });

  test("the verdict is SEND exactly when a channel gets it, HOLD when it only waits, and each channel has one verdict", () => {
    holds((all) => {
      for (const { decision, settings: current } of all) {
        const [sent, held] = [sentTo(decision).length, heldIn(decision).length];
        expect(decision.verdict.action).toBe(sent > 0 ? "SEND" : held > 0 ? "HOLD" : "SUPPRESS");
        const ids = decision.channels.map(({ channelId }) => channelId);
        expect(new Set(ids).size).toBe(ids.length);
        const general = current.generalChannels.map(({ id }) => id);
        // Those that rules lead to come behind.
        if (ids.length > 0) expect(ids.slice(0, general.length)).toEqual(general);
      }
    });
  });

  test("what is held says what holds it and until when, and what is sent or suppressed is held by nothing", () => {
    holds((all) => {
      for (const { decision, now } of all) {
        for (const { action, because, heldFor, until } of decision.channels) {
          expect(["DIGEST", "QUIET_HOURS", "BURST", "PROBLEM_WAITS"].includes(because)).toBe(action === "HOLD");
          expect(heldFor !== undefined).toBe(action === "HOLD");
          if (action === "HOLD") expect(until?.getTime()).toBeGreaterThan(now.getTime());
          if (action === "HOLD" && because !== "PROBLEM_WAITS") expect(heldFor).toBe(because);
        }
      }
    });
  });

  test("a digest holds all that is only information and nothing else, quiet hours all that is not critical, until it is quiet no longer", () => {
    holds((all) => {
      for (const seen of all) {
        const { decision, now } = seen;
        if (isEnd(seen)) continue;
        for (const { channelId, action, heldFor, until } of decision.channels) {
          if (action === "SUPPRESS") continue;
          const one = seen.settings.channels.get(channelId);
          const quiet = one?.quietHours ? quietUntil(one.quietHours, now) : null;
          const onlyInformation = decision.severity === "INFO" && !triggerOf(seen).type.live;
          const expected = onlyInformation && one?.digest ? "DIGEST" : quiet && decision.severity !== "CRITICAL" ? "QUIET_HOURS" : undefined;
          if (expected === undefined && heldFor === "BURST") continue;
          expect(heldFor).toBe(expected);
          if (expected === "QUIET_HOURS") expect(until).toEqual(quiet);
          if (until && one?.quietHours && until.getTime() !== QUIET_FOREVER) expect(quietUntil(one.quietHours, until)).toBeNull();
        }
      }
    });
  });

  test("a condition remembers where its news waits, by the newest", () => {
    holds((all) => {
      for (const seen of all) {
        const { decision } = seen;
        if (!decision.condition) continue;
        const held = isEnd(seen) ? [] : decision.channels.filter(({ action }) => action === "HOLD");
        const added = Object.fromEntries(held.map(({ channelId, heldFor, until }) => [channelId, { heldFor, until: until?.toISOString() }]));
        expect(decision.condition.after.held).toEqual({ ...goesOnWith(seen)?.held, ...added });
      }
    });
  });

  test("between two messages on one condition the cooldown has passed, unless it got worse or ended", () => {
    holds((all) => {
      for (const seen of all) {
        const open = goesOnWith(seen);
        if (!open?.lastNotifiedAt || !isSight(seen) || notified(seen.decision).length === 0) continue;
        const { cooldownSeconds, threshold } = triggerOf(seen);
        const gap = (seen.now.getTime() - open.lastNotifiedAt.getTime()) / 1000;
        const passed = hasPassed(gap, cooldownSeconds ?? seen.settings.cooldowns.followUp);
        const rose = isRise(seen, open);
        const after = seen.decision.condition?.after.step ?? null;
        const further = after !== null && (open.step === null || (threshold?.direction === "AT_MOST" ? after < open.step : after > open.step));
        expect(passed || rose || further).toBe(true);
        expect(seen.decision.reason).toBe(rose || further ? "ESCALATED" : "ONGOING");
      }
    });
  });

  test("between two messages on one occurrence the cooldown has passed, unless it got worse; repeats are counted", () => {
    holds((all) => {
      const last = new Map<string, { at: Date; severity: number; repeats: number }>();
      for (const seen of all) {
        const { decision } = seen;
        if (seen.again || isEnd(seen) || decision.condition || triggerOf(seen).type.kind === "CONDITION" || seen.event.status !== null) continue;
        const before = last.get(decision.fingerprint);
        const rank = SEVERITIES.indexOf(decision.severity);
        if (notified(decision).length > 0) {
          const seconds = triggerOf(seen).cooldownSeconds ?? seen.settings.cooldowns.occurrence[decision.severity];
          if (before) expect(hasPassed((seen.now.getTime() - before.at.getTime()) / 1000, seconds) || rank > before.severity).toBe(true);
          last.set(decision.fingerprint, { at: seen.now, severity: rank, repeats: 0 });
          expect(decision.cooldown?.suppressed).toBe(0);
        } else if (decision.verdict.because === "COOLDOWN") {
          expect(decision.cooldown?.suppressed).toBe((before?.repeats ?? 0) + 1);
          if (before) before.repeats += 1;
        } else {
          expect(decision.cooldown).toBeNull();
        }
      }
    });
  });

  test("what a cooldown or a channel holds back says until when, and that is to come", () => {
    holds((all) => {
      for (const { decision, now } of all) {
        for (const { action, because, until } of [decision.verdict, ...decision.channels]) {
          // A silence may have no end.
          if (because !== "SILENCED") expect(until !== null).toBe(["COOLDOWN", "HOLD", "FLAPPING"].includes(because) || action === "HOLD");
          if (until) expect(until.getTime()).toBeGreaterThan(now.getTime());
        }
      }
    });
  });

  test("what has just been held back by a cooldown is told of at its end, if a channel still takes it", () => {
    holds((all) => {
      for (const { decision, event, settings: current, before } of all) {
        const { because, until } = decision.verdict;
        if (because !== "COOLDOWN" || !until) continue;
        const then = decide(event, current, before, until);
        expect(["MATCHED", "DIGEST", "QUIET_HOURS", "BURST", "SILENCED", "INHIBITED", "NO_CHANNEL"]).toContain(then.verdict.because);
      }
    });
  });

  test("a step of several fires once while the condition is open", () => {
    holds((all) => {
      for (const seen of all) {
        const { threshold } = triggerOf(seen);
        const open = goesOnWith(seen);
        if (!threshold || threshold.steps.length < 2 || !open || open.step === null || seen.again || isEnd(seen) || seen.event.value === null) continue;
        const rose = isRise(seen, open);
        if (notified(seen.decision).length > 0 && !rose) expect(seen.decision.condition?.after.step).not.toBe(open.step);
      }
    });
  });
});

test("these histories are worth checking: every reason and change comes up in them", () => {
  const reasons = new Set<string>();
  const changes = new Set<string>();
  for (const history of fc.sample(histories, { numRuns: 1500, seed: 1 })) {
    for (const { decision } of live(history)) {
      for (const { because } of [decision.verdict, ...decision.channels]) reasons.add(because);
      changes.add(decision.condition?.change ?? "NONE").add(decision.reason);
    }
  }
  // Said of channels that decisions leave out.
  reasons.add("NO_RULE");
  expect([...reasons].sort()).toEqual(Object.keys(VERDICT_REASONS).sort());
  expect([...changes].sort()).toEqual(["CLOSED", "COUNTED", "ESCALATED", "FIRST", "FLAPPING", "NONE", "ONGOING", "OPENED", "RECOVERY"]);
});
