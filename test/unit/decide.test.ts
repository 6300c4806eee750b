import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, decideAgain } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import { fingerprintOf } from "../../src/decide/fingerprint.ts";
import { VERDICT_REASONS } from "../../src/decide/verdict.ts";
import type { VerdictReason } from "../../src/decide/verdict.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import type { QuietHours } from "../../src/schedules/schedule.ts";
import type { Json } from "../../src/render/message.ts";
import { at, becauseOf, createStory, emptyState, makeChannel, makeContact, makeEvent, makeSettings, makeSilence, makeTrigger, makeType, NOW, sentTo, TYPES } from "./build.ts";
import type { SettingsParts, Story } from "./build.ts";

const override = (target: { eventType?: string; category?: string }, enabled: boolean) => ({ eventType: null, category: null, ...target, enabled });

/** Decides one event on an empty state. */
function decideOne(parts: SettingsParts, type: string, changes: Parameters<typeof makeEvent>[1] = {}): Decision {
  return decide(makeEvent(type, changes), makeSettings(parts), emptyState(), NOW);
}

function reasonsOf({ verdict, channels }: Decision): VerdictReason[] {
  return [verdict.because, ...channels.map(({ because }) => because)];
}

/** Somebody takes on the problem that this decision was about. */
function takeOn({ state }: Story, { condition }: Decision): void {
  if (condition) state.conditions.set(condition.after.fingerprint, { ...condition.after, acknowledgedAt: NOW, acknowledgedBy: "ann" });
}

const ALWAYS_QUIET: QuietHours = { timeZone: "UTC", windows: [{ days: ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], start: "00:00", end: "00:00" }] };

describe("every reason has an event that it is given for", () => {
  const oneChannel = (changes: Parameters<typeof makeChannel>[1]): SettingsParts => ({ channels: [makeChannel("a", changes)] });

  // A Record of all reasons: a new one does not compile until it has its line here.
  // NO_RULE is said of channels that decisions leave out.
  const cases: Record<Exclude<VerdictReason, "NO_RULE">, () => Decision> = {
    MATCHED: () => decideOne({}, "app.down"),
    TOLD_OF_PROBLEM: () => {
      const story = createStory();
      story.emit(0, "app.down");
      return story.emit(1, "app.up");
    },
    TRIGGER_OFF: () => decideOne({ triggers: [makeTrigger("app.down", { enabled: false })] }, "app.down"),
    BELOW_THRESHOLD: () => decideOne({}, "cpu.hot", { value: 89 }),
    STEP_ALREADY_FIRED: () => {
      const story = createStory();
      story.emit(0, "disk.full", { value: 85 });
      return story.emit(1, "disk.full", { value: 86 });
    },
    COOLDOWN: () => {
      const story = createStory();
      story.emit(0, "login.failed");
      return story.emit(1, "login.failed");
    },
    NOT_FOR_CUSTOMERS: () => decideOne(oneChannel({ customer: "acme" }), "cpu.hot", { value: 99, customer: "acme" }),
    ACKNOWLEDGED: () => {
      const story = createStory();
      takeOn(story, story.emit(0, "app.down"));
      return story.emit(7200, "app.down");
    },
    NOTHING_OPEN: () => decideOne({}, "app.up"),
    NO_CHANNEL: () => decideOne({ channels: [] }, "app.down"),
    NOBODY_TOLD: () => {
      const story = createStory({ channels: [] });
      story.emit(0, "app.down");
      return story.emit(1, "app.up");
    },
    DIGEST: () => decideOne(oneChannel({ digest: { time: "09:00", timeZone: "UTC" } }), "deploy.done"),
    QUIET_HOURS: () => decideOne(oneChannel({ quietHours: ALWAYS_QUIET }), "app.down", { severity: "WARNING" }),
    PROBLEM_WAITS: () => {
      const story = createStory(oneChannel({ quietHours: ALWAYS_QUIET }));
      story.emit(0, "app.down", { severity: "WARNING" });
      return story.emit(1, "app.up");
    },
    BURST: () => {
      const story = createStory({ server: { burstCount: 1 } });
      story.emit(0, "app.down", { service: "one" });
      return story.emit(1, "app.down", { service: "two" });
    },
    HOLD: () => decideOne({ triggers: [makeTrigger("app.down", { holdSeconds: 60 })] }, "app.down"),
    RESOLVED_WITHIN_HOLD: () => {
      const story = createStory({ triggers: [makeTrigger("app.down", { holdSeconds: 60 })] });
      story.emit(0, "app.down");
      return story.emit(59, "app.up");
    },
    FLAPPING: () => {
      const story = createStory({ server: { flappingCount: 2 } });
      story.emit(0, "app.down");
      story.emit(1, "app.up");
      story.emit(2, "app.down");
      return story.emit(3, "app.up");
    },
    CONTACT_DISABLED: () => decideOne({ contacts: [makeContact("ann", { enabled: false })], ...oneChannel({ contactId: "ann" }) }, "app.down"),
    CONTACT_PREFERENCE: () => decideOne({ contacts: [makeContact("ann", { severities: ["INFO"] })], ...oneChannel({ contactId: "ann" }) }, "app.down"),
    SILENCED: () => decideOne({ silences: [makeSilence()] }, "app.down"),
    INHIBITED: () => {
      const story = createStory({ inhibitions: [{ id: "r", name: "rule", whileOpen: new Set(["app.down"]), sameFields: [], matches: () => true }] });
      story.emit(0, "app.down");
      return story.emit(1, "login.failed");
    },
    ALREADY_TOLD: () => {
      const story = createStory();
      const { condition } = story.emit(0, "app.down");
      return decideAgain(makeEvent("app.down"), condition?.after as OpenCondition, story.settings, story.state, at(1));
    },
    CHANNEL_DISABLED: () => decideOne(oneChannel({ enabled: false }), "app.down"),
    TYPE_OFF_FOR_CHANNEL: () => decideOne(oneChannel({ overrides: [override({ eventType: "app.down" }, false)] }), "app.down"),
    CATEGORY_OFF_FOR_CHANNEL: () => decideOne(oneChannel({ overrides: [override({ category: "services" }, false)] }), "app.down"),
    NOT_NAMED_BY_TRIGGER: () => decideOne({ triggers: [makeTrigger("app.down", { channelIds: ["b"] })] }, "app.down"),
    BELOW_MINIMUM_SEVERITY: () => decideOne(oneChannel({ minimumSeverity: "CRITICAL" }), "app.down"),
    OTHER_CUSTOMER: () => decideOne(oneChannel({ customers: ["acme"] }), "app.down"),
    OTHER_SERVICE: () => decideOne(oneChannel({ services: ["web"] }), "app.down"),
    OTHER_SOURCE: () => decideOne(oneChannel({ sources: ["pve1"] }), "app.down"),
    NOT_TOLD_OF_PROBLEM: () => {
      const story = createStory({ channels: [makeChannel("a"), makeChannel("b", { minimumSeverity: "CRITICAL" })] });
      story.emit(0, "app.down");
      return story.emit(1, "app.up");
    },
  };

  test.each(Object.entries(cases))("%s", (reason, make) => {
    expect(reasonsOf(make())).toContain(reason);
  });

  test("and the table is whole", () => {
    expect([...Object.keys(cases), "NO_RULE"].sort()).toEqual(Object.keys(VERDICT_REASONS).sort());
  });
});

describe("the trigger", () => {
  test("off at the master is off everywhere, and nothing is remembered", () => {
    const off = decideOne({ triggers: [makeTrigger("app.down", { enabled: false })] }, "app.down", { severity: "CRITICAL" });
    expect(off).toMatchObject({ verdict: { action: "SUPPRESS", because: "TRIGGER_OFF", until: null }, channels: [], condition: null, cooldown: null });
  });

  test("the type's own default holds until a trigger says otherwise", () => {
    const types = [makeType({ name: "quiet", enabled: false })];
    expect(decideOne({ types }, "quiet").verdict.because).toBe("TRIGGER_OFF");
    expect(decideOne({ types, triggers: [makeTrigger("quiet", { enabled: true })] }, "quiet").verdict.because).toBe("MATCHED");
  });

  test.each([
    ["as the event says", { severity: "CRITICAL" }, { severity: "INFO" }, "CRITICAL"],
    ["else as the trigger says", {}, { severity: "INFO" }, "INFO"],
    ["else as the type says", {}, {}, "WARNING"],
  ] as const)("severity is %s", (_, event, trigger, expected) => {
    expect(decideOne({ triggers: [makeTrigger("app.down", trigger)] }, "app.down", event).severity).toBe(expected);
  });

  test("a recovery is INFO, unless it or the recovery type's trigger says otherwise", () => {
    const triggers = [makeTrigger("app.down", { severity: "CRITICAL" })];
    expect(decideOne({ triggers }, "app.up").severity).toBe("INFO");
    expect(decideOne({ triggers }, "app.down", { status: "RESOLVED" }).severity).toBe("INFO");
    expect(decideOne({ triggers }, "app.down", { status: "RESOLVED", severity: "WARNING" }).severity).toBe("WARNING");
    expect(decideOne({ triggers: [makeTrigger("app.up", { severity: "WARNING" })] }, "app.up").severity).toBe("WARNING");
  });

  test("a type that is not in the settings is a fault of the caller's", () => {
    expect(() => decideOne({}, "no.such")).toThrow("no.such");
  });
});

describe("the threshold", () => {
  test.each([
    ["cpu.hot", 89.999, "BELOW_THRESHOLD", null],
    ["cpu.hot", 90, "MATCHED", 90],
    ["cpu.hot", 1e308, "MATCHED", 90],
    ["cpu.hot", -1, "BELOW_THRESHOLD", null],
    ["disk.full", 79, "BELOW_THRESHOLD", null],
    ["disk.full", 80, "MATCHED", 80],
    ["disk.full", 94, "MATCHED", 90],
    ["disk.full", 100, "MATCHED", 95],
    ["cert.expiring", 31, "BELOW_THRESHOLD", null],
    ["cert.expiring", 30, "MATCHED", 30],
    ["cert.expiring", 10, "MATCHED", 14],
    ["cert.expiring", 7, "MATCHED", 7],
    ["cert.expiring", 0, "MATCHED", 7],
    ["cert.expiring", -3, "MATCHED", 7],
  ] as const)("%s at %d: %s", (type, value, because, step) => {
    const decision = decideOne({}, type, { value });
    expect(decision.verdict.because).toBe(because);
    expect(decision.condition?.after.step ?? null).toBe(step);
  });

  test("an event without a value fires", () => {
    expect(decideOne({}, "disk.full")).toMatchObject({ verdict: { because: "MATCHED" }, condition: { change: "OPENED", after: { step: null } } });
  });

  test("a value means nothing to a type without a threshold", () => {
    expect(decideOne({}, "app.down", { value: 0 }).verdict.because).toBe("MATCHED");
  });

  test("a trigger's own steps hold instead, in whatever order they are given", () => {
    const triggers = [makeTrigger("cert.expiring", { steps: [1, 3, 2] })];
    expect(decideOne({ triggers }, "cert.expiring", { value: 7 }).verdict.because).toBe("BELOW_THRESHOLD");
    expect(decideOne({ triggers }, "cert.expiring", { value: 2 }).condition?.after.step).toBe(2);
  });

  test("each of several steps fires once, however often it is crossed", () => {
    const story = createStory();
    const told = [85, 86, 91, 85, 92, 96, 99, 81, 96].map((value, second) => story.emit(second * 100_000, "disk.full", { value }));
    expect(told.map(({ verdict }) => verdict.because)).toEqual([
      "MATCHED", "STEP_ALREADY_FIRED", "MATCHED", "STEP_ALREADY_FIRED", "STEP_ALREADY_FIRED", "MATCHED", "STEP_ALREADY_FIRED", "STEP_ALREADY_FIRED", "STEP_ALREADY_FIRED",
    ]);
    expect(told.map(({ reason }) => reason).filter((_, index) => [0, 2, 5].includes(index))).toEqual(["FIRST", "ESCALATED", "ESCALATED"]);
    expect(told.at(-1)?.condition?.after).toMatchObject({ count: 9, step: 95 });
  });

  test("a step skipped is told of as the furthest one reached", () => {
    const story = createStory();
    expect(story.emit(0, "cert.expiring", { value: 6 }).condition?.after.step).toBe(7);
    expect(story.emit(1, "cert.expiring", { value: 13 }).verdict.because).toBe("STEP_ALREADY_FIRED");
  });

  test("a rise in severity is news though the step is not", () => {
    const story = createStory();
    story.emit(0, "disk.full", { value: 85 });
    expect(story.emit(1, "disk.full", { value: 85, severity: "CRITICAL" })).toMatchObject({ reason: "ESCALATED", verdict: { action: "SEND" } });
    expect(story.emit(2, "disk.full", { value: 85, severity: "CRITICAL" }).verdict.because).toBe("STEP_ALREADY_FIRED");
  });

  test("a rise in severity at a milder value leaves the furthest step as it was", () => {
    const story = createStory();
    story.emit(0, "disk.full", { value: 96 });
    expect(story.emit(1, "disk.full", { value: 85, severity: "CRITICAL" })).toMatchObject({ reason: "ESCALATED", condition: { after: { step: 95 } } });
    expect(story.emit(2, "disk.full", { value: 96 }).verdict.because).toBe("STEP_ALREADY_FIRED");
  });

  test("a step that nobody heard of has not fired yet", () => {
    const story = createStory({ channels: [makeChannel("a", { enabled: false })] });
    expect(story.emit(0, "disk.full", { value: 85 }).verdict.because).toBe("NO_CHANNEL");
    story.settings = makeSettings();
    expect(story.emit(1, "disk.full", { value: 85 })).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" } });
    expect(story.emit(2, "disk.full", { value: 85 }).verdict.because).toBe("STEP_ALREADY_FIRED");
  });

  test("steps changed meanwhile: milder than what was told of is no escalation", () => {
    const story = createStory();
    story.emit(0, "disk.full", { value: 95 });
    story.settings = makeSettings({ triggers: [makeTrigger("disk.full", { steps: [70, 99] })] });
    expect(story.emit(1, "disk.full", { value: 75 }).verdict.because).toBe("STEP_ALREADY_FIRED");
    expect(story.emit(2, "disk.full", { value: 99 })).toMatchObject({ reason: "ESCALATED", condition: { after: { step: 99 } } });
  });

  test.each([
    ["disk.full", 85, 79],
    ["cert.expiring", 3, 31],
    ["cpu.hot", 90, 89],
  ] as const)("%s back on the good side ends with a recovery, and starts anew", (type, bad, good) => {
    const story = createStory();
    const first = story.emit(0, type, { value: bad });
    const over = story.emit(1, type, { value: good });
    expect(over).toMatchObject({ reason: "RECOVERY", severity: "INFO", verdict: { because: "TOLD_OF_PROBLEM" }, condition: { change: "CLOSED", after: { id: first.condition?.after.id } } });
    expect(sentTo(over)).toEqual(["a"]);
    expect(story.emit(2, type, { value: good }).verdict.because).toBe("BELOW_THRESHOLD");
    expect(story.emit(3, type, { value: bad })).toMatchObject({ reason: "FIRST", verdict: { because: "MATCHED" } });
  });

  test("of one step, what goes on is told again after the cooldown", () => {
    const story = createStory();
    story.emit(0, "cpu.hot", { value: 91 });
    expect(story.emit(899, "cpu.hot", { value: 92 }).verdict).toMatchObject({ because: "COOLDOWN", until: at(900) });
    expect(story.emit(900, "cpu.hot", { value: 93 })).toMatchObject({ reason: "ONGOING", verdict: { because: "MATCHED" } });
  });
});

describe("a condition", () => {
  test("is opened by its first event", () => {
    const event = makeEvent("app.down", { service: "web", source: "pve1", customer: "acme", title: "Web is down" });
    const decision = decide(event, makeSettings(), emptyState(), NOW);
    expect(decision).toEqual({
      verdict: { action: "SEND", because: "MATCHED", until: null },
      channels: [{ channelId: "a", channelName: "Channel a", action: "SEND", because: "MATCHED", until: null }],
      rules: [],
      severity: "WARNING",
      reason: "FIRST",
      fingerprint: decision.fingerprint,
      condition: {
        change: "OPENED",
        after: {
          id: event.id, fingerprint: decision.fingerprint, type: "app.down", category: "services", severity: "WARNING", title: "Web is down",
          source: "pve1", service: "web", customer: "acme", openedAt: NOW, closedAt: null, lastSeenAt: NOW, count: 1, lastNotifiedAt: NOW, step: null, told: ["a"], held: {},
          kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
        },
      },
      cooldown: null,
      bursts: [],
      inhibitedBy: null,
      flapping: null,
    });
  });

  test("is counted while it is open, and told of again only past the cooldown", () => {
    const story = createStory();
    story.emit(0, "app.down");
    const second = story.emit(60, "app.down");
    expect(second).toMatchObject({ verdict: { action: "SUPPRESS", because: "COOLDOWN", until: at(1800) }, channels: [], condition: { change: "COUNTED", after: { count: 2, lastSeenAt: at(60), lastNotifiedAt: NOW } } });
    const third = story.emit(1800, "app.down");
    expect(third).toMatchObject({ reason: "ONGOING", verdict: { action: "SEND" }, condition: { after: { count: 3, openedAt: NOW, lastNotifiedAt: at(1800) } } });
    expect(story.emit(3599, "app.down").verdict.until).toEqual(at(3600));
  });

  test("an event type of one-offs becomes one by FIRING", () => {
    const story = createStory();
    expect(story.emit(0, "login.failed", { status: "FIRING" }).condition?.change).toBe("OPENED");
    expect(story.emit(1, "login.failed", { status: "FIRING" }).condition?.change).toBe("COUNTED");
    expect(story.emit(2, "login.failed", { status: "RESOLVED" })).toMatchObject({ reason: "RECOVERY", verdict: { action: "SEND" }, condition: { change: "CLOSED" } });
  });

  test("a rise in severity goes out at once, a fall does not, and the highest is kept", () => {
    const story = createStory();
    story.emit(0, "app.down", { severity: "WARNING" });
    expect(story.emit(1, "app.down", { severity: "INFO" })).toMatchObject({ reason: "ONGOING", verdict: { because: "COOLDOWN" }, condition: { after: { severity: "WARNING" } } });
    expect(story.emit(2, "app.down", { severity: "CRITICAL" })).toMatchObject({ reason: "ESCALATED", verdict: { action: "SEND" }, condition: { after: { severity: "CRITICAL", lastNotifiedAt: at(2) } } });
    expect(story.emit(3, "app.down", { severity: "CRITICAL" }).verdict).toMatchObject({ because: "COOLDOWN", until: at(1802) });
    expect(story.emit(4, "app.down", { severity: "WARNING" }).condition?.after).toMatchObject({ severity: "CRITICAL", count: 5 });
  });

  test("one that nobody has been told of is told as a first, without waiting", () => {
    const story = createStory({ channels: [makeChannel("a", { minimumSeverity: "CRITICAL" })] });
    expect(story.emit(0, "app.down")).toMatchObject({ reason: "FIRST", verdict: { because: "NO_CHANNEL" }, condition: { after: { lastNotifiedAt: null, told: [] } } });
    expect(story.emit(1, "app.down", { severity: "CRITICAL" })).toMatchObject({ reason: "FIRST", verdict: { because: "MATCHED" }, condition: { change: "COUNTED", after: { count: 2, told: ["a"] } } });
  });

  test("a channel told later is told of the end as well, each once", () => {
    const story = createStory({ channels: [makeChannel("a"), makeChannel("b", { minimumSeverity: "CRITICAL" })] });
    story.emit(0, "app.down");
    expect(story.emit(1, "app.down", { severity: "CRITICAL" }).condition?.after.told).toEqual(["a", "b"]);
    expect(sentTo(story.emit(2, "app.up"))).toEqual(["a", "b"]);
  });

  test.each([
    ["its recovery pair", "app.up", {}],
    ["RESOLVED on its own type", "app.down", { status: "RESOLVED" }],
  ] as const)("is closed by %s, at once and once", (_, type, changes) => {
    const story = createStory();
    const opened = story.emit(0, "app.down", { service: "web" });
    story.emit(1, "app.down", { service: "web" });
    expect(story.emit(2, type, { ...changes, service: "db" })).toMatchObject({ reason: "RECOVERY", verdict: { because: "NOTHING_OPEN" }, condition: null });
    const over = story.emit(3, type, { ...changes, service: "web" });
    expect(over).toMatchObject({ reason: "RECOVERY", severity: "INFO", verdict: { action: "SEND", because: "TOLD_OF_PROBLEM", until: null }, cooldown: null });
    expect(over.condition).toMatchObject({ change: "CLOSED", after: { id: opened.condition?.after.id, openedAt: NOW, lastSeenAt: at(3), count: 2 } });
    expect(story.emit(4, type, { ...changes, service: "web" }).verdict.because).toBe("NOTHING_OPEN");
    expect(story.emit(5, "app.down", { service: "web" })).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" }, condition: { change: "OPENED", after: { count: 1 } } });
  });

  test("its recovery goes to exactly those told, whatever would bar it now", () => {
    const barred = {
      byMinimum: makeChannel("byMinimum", { minimumSeverity: "CRITICAL" }),
      byService: makeChannel("byService", { services: ["other"] }),
      bySource: makeChannel("bySource", { sources: ["other"] }),
      byCustomer: makeChannel("byCustomer", { customers: ["other"] }),
      byType: makeChannel("byType", { overrides: [override({ eventType: "app.up" }, false), override({ eventType: "app.down" }, false)] }),
      byCategory: makeChannel("byCategory", { overrides: [override({ category: "services" }, false)] }),
      off: makeChannel("off", { enabled: false }),
    };
    const open = Object.keys(barred).map((id) => makeChannel(id));
    const story = createStory({ channels: [...open, makeChannel("gone"), makeChannel("new", { enabled: false })] });
    expect(sentTo(story.emit(0, "app.down"))).toHaveLength(8);
    story.settings = makeSettings({ channels: [...Object.values(barred), makeChannel("new")], triggers: [makeTrigger("app.up", { channelIds: ["new"] })] });
    expect(becauseOf(story.emit(1, "app.up"))).toEqual({
      byMinimum: "TOLD_OF_PROBLEM", byService: "TOLD_OF_PROBLEM", bySource: "TOLD_OF_PROBLEM", byCustomer: "TOLD_OF_PROBLEM",
      byType: "TOLD_OF_PROBLEM", byCategory: "TOLD_OF_PROBLEM", off: "CHANNEL_DISABLED", new: "NOT_TOLD_OF_PROBLEM",
    });
  });

  test("with nobody told, its end is recorded and not sent", () => {
    const story = createStory({ channels: [makeChannel("a", { enabled: false })] });
    story.emit(0, "app.down");
    expect(story.emit(1, "app.up")).toMatchObject({ verdict: { action: "SUPPRESS", because: "NOBODY_TOLD" }, condition: { change: "CLOSED" } });
  });

  test.each([
    ["RESOLVED", "app.down", { status: "RESOLVED" }, "app.down"],
    ["its recovery pair", "app.up", {}, "app.up"],
  ] as const)("with the trigger off meanwhile, %s closes it silently", (_, type, changes, off) => {
    const story = createStory();
    story.emit(0, "app.down");
    story.settings = makeSettings({ triggers: [makeTrigger(off, { enabled: false })] });
    expect(story.emit(1, type, changes)).toMatchObject({ verdict: { action: "SUPPRESS", because: "TRIGGER_OFF" }, channels: [], condition: { change: "CLOSED" } });
    expect(story.state.conditions.size).toBe(0);
  });

  test("with the trigger off meanwhile, a value back on the good side closes it silently, and one on the bad side leaves it", () => {
    const story = createStory();
    story.emit(0, "cpu.hot", { value: 95 });
    story.settings = makeSettings({ triggers: [makeTrigger("cpu.hot", { enabled: false })] });
    expect(story.emit(1, "cpu.hot", { value: 95 })).toMatchObject({ verdict: { because: "TRIGGER_OFF" }, condition: null });
    expect(story.emit(2, "cpu.hot", { value: 20 })).toMatchObject({ verdict: { action: "SUPPRESS", because: "TRIGGER_OFF" }, channels: [], condition: { change: "CLOSED" } });
    story.settings = makeSettings();
    expect(story.emit(100_000, "cpu.hot", { value: 95 }).reason).toBe("FIRST");
  });

  test("a recovery with nothing open is an end all the same", () => {
    expect(decideOne({}, "app.up")).toMatchObject({ reason: "RECOVERY", verdict: { action: "SUPPRESS", because: "NOTHING_OPEN" }, channels: [], condition: null, cooldown: null });
  });
});

describe("the cooldown", () => {
  /** Until when the second of two equal events is held back, in seconds after the first. */
  function heldFor(parts: SettingsParts, type: string, changes: Parameters<typeof makeEvent>[1] = {}): number | null {
    const story = createStory(parts);
    story.emit(0, type, changes);
    const { until } = story.emit(0, type, changes).verdict;
    return until && (until.getTime() - NOW.getTime()) / 1000;
  }

  const own = { cooldownSeconds: 77 };

  test.each<[string, SettingsParts, string, Parameters<typeof makeEvent>[1], number | null]>([
    ["the trigger's own, for a condition", { triggers: [makeTrigger("app.down", own)] }, "app.down", {}, 77],
    ["the trigger's own before its category's", { triggers: [makeTrigger("cpu.hot", own)] }, "cpu.hot", {}, 77],
    ["the trigger's own before severity's", { triggers: [makeTrigger("login.failed", own)] }, "login.failed", { severity: "CRITICAL" }, 77],
    ["the type's own before its category's", { types: [makeType({ name: "t", category: "updates", cooldownSeconds: 5 })] }, "t", {}, 5],
    ["the trigger's before the type's", { types: [makeType({ name: "t", cooldownSeconds: 5 })], triggers: [makeTrigger("t", own)] }, "t", {}, 77],
    ["resources: 900 s", {}, "cpu.hot", {}, 900],
    ["updates: a day, whatever the severity", {}, "update.ready", { severity: "CRITICAL" }, 86_400],
    ["30 min for a condition", {}, "app.down", { severity: "CRITICAL" }, 1800],
    ["INFO 900 s", {}, "login.failed", { severity: "INFO" }, 900],
    ["WARNING 300 s", {}, "login.failed", {}, 300],
    ["CRITICAL 60 s", {}, "login.failed", { severity: "CRITICAL" }, 60],
    ["every default can be set: follow-up", { server: { followUpCooldown: 11 } }, "app.down", {}, 11],
    ["every default can be set: INFO", { server: { infoCooldown: 12 } }, "login.failed", { severity: "INFO" }, 12],
    ["every default can be set: WARNING", { server: { warningCooldown: 13 } }, "login.failed", {}, 13],
    ["every default can be set: CRITICAL", { server: { criticalCooldown: 14 } }, "login.failed", { severity: "CRITICAL" }, 14],
    ["none at all", { triggers: [makeTrigger("login.failed", { cooldownSeconds: 0 })] }, "login.failed", {}, null],
  ])("%s", (_, parts, type, changes, expected) => {
    expect(heldFor(parts, type, changes)).toBe(expected);
  });

  test("an occurrence is told again when it is over, to the second, and repeats held back are counted", () => {
    const story = createStory();
    const first = story.emit(0, "login.failed");
    expect(first).toMatchObject({ reason: "FIRST", condition: null, cooldown: { notifiedAt: NOW, severity: "WARNING", suppressed: 0 } });
    expect(story.emit(1, "login.failed").cooldown).toMatchObject({ notifiedAt: NOW, suppressed: 1 });
    expect(story.emit(299, "login.failed")).toMatchObject({ verdict: { because: "COOLDOWN", until: at(300) }, cooldown: { suppressed: 2 } });
    expect(story.state.cooldowns.get(first.fingerprint)?.suppressed).toBe(2);
    expect(story.emit(300, "login.failed")).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" }, cooldown: { notifiedAt: at(300), suppressed: 0 } });
  });

  test("a rise in severity passes, a fall does not", () => {
    const story = createStory();
    story.emit(0, "login.failed", { severity: "WARNING" });
    expect(story.emit(1, "login.failed", { severity: "CRITICAL" }).verdict.action).toBe("SEND");
    expect(story.emit(2, "login.failed", { severity: "CRITICAL" }).verdict.until).toEqual(at(61));
    expect(story.emit(3, "login.failed", { severity: "WARNING" }).verdict.until).toEqual(at(301));
  });

  test("what no channel took starts none", () => {
    const story = createStory({ channels: [] });
    expect(story.emit(0, "login.failed").cooldown).toBeNull();
    expect(story.emit(1, "login.failed").verdict.because).toBe("NO_CHANNEL");
  });

  test("different occurrences do not hold each other back", () => {
    const story = createStory();
    story.emit(0, "login.failed", { details: { user: "eve" } });
    expect(story.emit(1, "login.failed", { details: { user: "bob" } }).verdict.action).toBe("SEND");
    expect(story.emit(2, "login.failed", { details: { user: "eve", tries: 9 } }).verdict.because).toBe("COOLDOWN");
  });

  test("a clock that is set back by a little lets nothing through, and one that is set back by more holds nothing back for longer", () => {
    const story = createStory();
    story.emit(0, "login.failed");
    expect(story.emit(-300, "login.failed").verdict.because).toBe("COOLDOWN");
    expect(story.emit(-3600, "login.failed").verdict.action).toBe("SEND");
    expect(story.emit(-3400, "login.failed").verdict.because).toBe("COOLDOWN");
    expect(story.emit(300, "login.failed").verdict.action).toBe("SEND");
  });
});

describe("the fingerprint", () => {
  const keyed = makeType({ name: "keyed", fingerprint: ["service", "source", "details.mount"] });
  const free = makeType({ name: "free", kind: "OCCURRENCE", fingerprint: [] });
  const base = { service: "web", source: "pve1", details: { mount: "/var" } };
  const same = (type: typeof keyed, one: Parameters<typeof makeEvent>[1], other: Parameters<typeof makeEvent>[1]) =>
    fingerprintOf(makeEvent(type.name, { ...base, ...one }), type) === fingerprintOf(makeEvent(type.name, { ...base, ...other }), type);

  test.each<[string, boolean, typeof keyed, Parameters<typeof makeEvent>[1], Parameters<typeof makeEvent>[1]]>([
    ["service, a key field", false, keyed, {}, { service: "db" }],
    ["source, a key field", false, keyed, {}, { source: "pve2" }],
    ["a named detail", false, keyed, {}, { details: { mount: "/" } }],
    ["a named detail's kind", false, keyed, { details: { mount: 1 } }, { details: { mount: "1" } }],
    ["a named detail that is missing", false, keyed, {}, { details: {} }],
    ["values that swapped places", false, keyed, { service: "x", source: "y" }, { service: "y", source: "x" }],
    ["the customer, always", false, keyed, { customer: "a" }, { customer: "b" }],
    ["another detail", true, keyed, {}, { details: { mount: "/var", percent: 97 } }],
    ["title, message, value, severity, time", true, keyed, {}, { title: "t", message: "m", value: 3, severity: "CRITICAL", occurredAt: at(9) }],
    ["a detail without key fields", false, free, {}, { details: { mount: "/var", build: 7 } }],
    ["message without key fields", false, free, { message: "one" }, { message: "two" }],
    ["service without key fields", false, free, {}, { service: "db" }],
    ["source without key fields", false, free, {}, { source: "db" }],
    ["the order of details", true, free, { details: { a: 1, b: { c: 2, d: [1, { e: 1, f: 2 }] } } }, { details: { b: { d: [1, { f: 2, e: 1 }], c: 2 }, a: 1 } }],
    ["the order of a list", false, free, { details: { a: [1, 2] } }, { details: { a: [2, 1] } }],
    ["dedupKey over everything else", true, keyed, { dedupKey: "k" }, { dedupKey: "k", service: "db", details: {} }],
    ["another dedupKey", false, keyed, { dedupKey: "k" }, { dedupKey: "l" }],
    ["one dedupKey of two customers", false, keyed, { dedupKey: "k", customer: "a" }, { dedupKey: "k", customer: "b" }],
    ["a dedupKey and none", false, keyed, { dedupKey: "k" }, {}],
  ])("%s: same is %s", (_, expected, type, one, other) => {
    expect(same(type, one, other)).toBe(expected);
  });

  test("a dedupKey is not a key field that looks like it", () => {
    const pair = makeType({ name: "pair", fingerprint: ["service", "source"] });
    expect(same(pair, { dedupKey: "k" }, { service: "dedupKey", source: "k" })).toBe(false);
  });

  test("types differ, and a recovery has that of its problem", () => {
    const story = createStory();
    const down = story.emit(0, "app.down", { service: "web", customer: "acme" }).fingerprint;
    expect(story.emit(1, "app.up", { service: "web", customer: "acme", source: "elsewhere" }).fingerprint).toBe(down);
    expect(story.emit(2, "login.failed", { service: "web", customer: "acme" }).fingerprint).not.toBe(down);
    expect(story.emit(3, "app.down", { dedupKey: "k" }).fingerprint).toBe(story.emit(4, "app.up", { dedupKey: "k" }).fingerprint);
    expect(story.emit(5, "disk.full", { dedupKey: "k" }).fingerprint).not.toBe(story.emit(6, "app.down", { dedupKey: "k" }).fingerprint);
  });

  test("names of JavaScript's own are details like any other", () => {
    const odd = makeType({ name: "odd", fingerprint: ["details.constructor", "details.__proto__"] });
    const details = JSON.parse('{"__proto__":"x","constructor":"y"}') as { [key: string]: Json };
    expect(same(odd, { details: {} }, { details })).toBe(false);
  });

  test("key order never matters, content always does", () => {
    const reversed = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(reversed);
      if (value === null || typeof value !== "object") return value;
      return Object.fromEntries(Object.entries(value).reverse().map(([key, inner]) => [key, reversed(inner)]));
    };
    const details = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>, { noNullPrototype: true });
    fc.assert(
      fc.property(details, details, (one, other) => {
        expect(same(free, { details: one }, { details: reversed(one) as typeof one })).toBe(true);
        // As JSON, which knows no -0.
        const differ = JSON.stringify(canonical(one)) !== JSON.stringify(canonical(other));
        expect(same(free, { details: one }, { details: other })).toBe(!differ);
      }),
    );
  });

  /** Objects as lists of pairs in order: another way to the same end. */
  function canonical(value: Json): Json {
    if (Array.isArray(value)) return ["list", ...value.map(canonical)];
    if (value === null || typeof value !== "object") return value;
    return ["object", ...Object.keys(value).sort().map((key) => [key, canonical(value[key] as Json)])];
  }
});

describe("routes", () => {
  test.each<[string, Parameters<typeof makeChannel>[1], Parameters<typeof makeEvent>[1], VerdictReason]>([
    ["severity at the minimum", { minimumSeverity: "WARNING" }, { severity: "WARNING" }, "MATCHED"],
    ["severity above the minimum", { minimumSeverity: "WARNING" }, { severity: "CRITICAL" }, "MATCHED"],
    ["severity below the minimum", { minimumSeverity: "WARNING" }, { severity: "INFO" }, "BELOW_MINIMUM_SEVERITY"],
    ["a customer's channel, its event", { customer: "acme" }, { customer: "acme" }, "MATCHED"],
    ["a customer's channel, another's event", { customer: "acme" }, { customer: "globex" }, "OTHER_CUSTOMER"],
    ["a customer's channel, nobody's event", { customer: "acme" }, {}, "OTHER_CUSTOMER"],
    ["a customer's channel, a filter cannot open it", { customer: "acme", customers: ["globex"] }, { customer: "globex" }, "OTHER_CUSTOMER"],
    ["an admin's channel hears of all customers", {}, { customer: "acme" }, "MATCHED"],
    ["customers, in", { customers: ["acme", "globex"] }, { customer: "globex" }, "MATCHED"],
    ["customers, out", { customers: ["acme"] }, { customer: "globex" }, "OTHER_CUSTOMER"],
    ["services, in", { services: ["web"] }, { service: "web" }, "MATCHED"],
    ["services, none given", { services: ["web"] }, {}, "OTHER_SERVICE"],
    ["sources, in", { sources: ["pve1"] }, { source: "pve1" }, "MATCHED"],
    ["sources, out", { sources: ["pve1"] }, { source: "pve2" }, "OTHER_SOURCE"],
    ["all filters must let it through", { services: ["web"], sources: ["pve1"] }, { service: "web", source: "pve2" }, "OTHER_SOURCE"],
    ["a type switched off", { overrides: [override({ eventType: "app.down" }, false)] }, {}, "TYPE_OFF_FOR_CHANNEL"],
    ["a category switched off", { overrides: [override({ category: "services" }, false)] }, {}, "CATEGORY_OFF_FOR_CHANNEL"],
    ["type before category, on", { overrides: [override({ category: "services" }, false), override({ eventType: "app.down" }, true)] }, {}, "MATCHED"],
    ["type before category, off", { overrides: [override({ category: "services" }, true), override({ eventType: "app.down" }, false)] }, {}, "TYPE_OFF_FOR_CHANNEL"],
    ["another type's override", { overrides: [override({ eventType: "app.up" }, false), override({ category: "storage" }, false)] }, {}, "MATCHED"],
    ["disabled, before all else", { enabled: false, minimumSeverity: "CRITICAL", overrides: [override({ eventType: "app.down" }, false)] }, {}, "CHANNEL_DISABLED"],
  ])("%s", (_, channel, event, because) => {
    const decision = decideOne({ channels: [makeChannel("a", channel)] }, "app.down", event);
    expect(becauseOf(decision)).toEqual({ a: because });
    expect(decision.channels[0]?.action).toBe(because === "MATCHED" ? "SEND" : "SUPPRESS");
    expect(decision.verdict.because).toBe(because === "MATCHED" ? "MATCHED" : "NO_CHANNEL");
  });

  test("an override cannot bring back what the master has switched off", () => {
    const channels = [makeChannel("a", { overrides: [override({ eventType: "app.down" }, true)] })];
    expect(decideOne({ channels, triggers: [makeTrigger("app.down", { enabled: false })] }, "app.down").verdict.because).toBe("TRIGGER_OFF");
  });

  test("only the channels that a trigger names, and their filters still hold", () => {
    const channels = [makeChannel("a"), makeChannel("b"), makeChannel("c", { minimumSeverity: "CRITICAL" })];
    const decision = decideOne({ channels, triggers: [makeTrigger("app.down", { channelIds: ["b", "c", "gone"] })] }, "app.down");
    expect(becauseOf(decision)).toEqual({ a: "NOT_NAMED_BY_TRIGGER", b: "MATCHED", c: "BELOW_MINIMUM_SEVERITY" });
    expect(decideOne({ channels, triggers: [makeTrigger("app.down", { channelIds: [] })] }, "app.down").verdict.because).toBe("NO_CHANNEL");
  });

  test("every channel has its own verdict, and one is enough for the event to be sent", () => {
    const decision = decideOne({ channels: [makeChannel("a", { enabled: false }), makeChannel("b"), makeChannel("c", { sources: ["x"] })] }, "app.down");
    expect(decision.verdict).toEqual({ action: "SEND", because: "MATCHED", until: null });
    expect(becauseOf(decision)).toEqual({ a: "CHANNEL_DISABLED", b: "MATCHED", c: "OTHER_SOURCE" });
    expect(decision.condition?.after.told).toEqual(["b"]);
  });
});

describe("digests and quiet hours", () => {
  const EVERY_DAY: QuietHours["windows"][number]["days"] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
  /** Quiet at NOW, which is noon, and for an hour from then. */
  const NOON: QuietHours = { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "11:00", end: "13:00" }] };
  const QUIET_END = at(3600);
  const MORNING = { time: "09:00", timeZone: "UTC" };
  const NEXT_MORNING = new Date("2026-03-02T09:00:00.000Z");
  const quiet = () => makeChannel("a", { quietHours: NOON });
  const types = [...TYPES, makeType({ name: "vm.started", kind: "OCCURRENCE", severity: "INFO", live: true })];

  /** What is held, by channel. */
  const heldOf = ({ channels }: Decision) =>
    Object.fromEntries(channels.filter(({ action }) => action === "HOLD").map(({ channelId, because, heldFor, until }) => [channelId, { because, heldFor, until }]));
  const forDigest = { because: "DIGEST", heldFor: "DIGEST", until: NEXT_MORNING };
  const forQuiet = { because: "QUIET_HOURS", heldFor: "QUIET_HOURS", until: QUIET_END };

  test.each<[string, string, Parameters<typeof makeEvent>[1], "HOLD" | "SEND"]>([
    ["takes what is only information", "deploy.done", {}, "HOLD"],
    ["takes a problem that is only information", "app.down", { severity: "INFO" }, "HOLD"],
    ["takes no warning", "deploy.done", { severity: "WARNING" }, "SEND"],
    ["takes nothing critical", "deploy.done", { severity: "CRITICAL" }, "SEND"],
    ["takes no live action", "vm.started", {}, "SEND"],
  ])("a digest %s", (_, type, changes, action) => {
    const decision = decideOne({ types, channels: [makeChannel("a", { digest: MORNING })] }, type, changes);
    expect(heldOf(decision)).toEqual(action === "HOLD" ? { a: forDigest } : {});
    expect(decision.verdict.action).toBe(action);
  });

  test("a digest takes no recovery of a problem that was told live, though that is INFO", () => {
    const story = createStory({ channels: [makeChannel("a", { digest: MORNING })] });
    story.emit(0, "app.down");
    expect(story.emit(1, "app.up")).toMatchObject({ severity: "INFO", verdict: { action: "SEND", because: "TOLD_OF_PROBLEM" }, channels: [{ action: "SEND" }] });
  });

  test.each<[string, Parameters<typeof makeEvent>[1], "HOLD" | "SEND"]>([
    ["app.down", { severity: "INFO" }, "HOLD"],
    ["app.down", { severity: "WARNING" }, "HOLD"],
    ["app.down", { severity: "CRITICAL" }, "SEND"],
    ["login.failed", { severity: "WARNING" }, "HOLD"],
    ["login.failed", { severity: "CRITICAL" }, "SEND"],
    ["vm.started", {}, "HOLD"],
  ])("quiet hours: %s %j", (type, changes, action) => {
    const decision = decideOne({ types, channels: [quiet()] }, type, changes);
    expect(heldOf(decision)).toEqual(action === "HOLD" ? { a: forQuiet } : {});
    expect(decision.verdict.action).toBe(action);
  });

  test("quiet hours are over when they end, to the second", () => {
    const decideAt = (seconds: number) => createStory({ channels: [quiet()] }).emit(seconds, "app.down");
    expect(heldOf(decideAt(-3601))).toEqual({});
    expect(heldOf(decideAt(-3600))).toEqual({ a: forQuiet });
    expect(heldOf(decideAt(3599))).toEqual({ a: forQuiet });
    expect(heldOf(decideAt(3600))).toEqual({});
  });

  test("the digest comes before quiet hours for what is only information", () => {
    const channels = [makeChannel("a", { digest: MORNING, quietHours: NOON })];
    expect(heldOf(decideOne({ types, channels }, "deploy.done"))).toEqual({ a: forDigest });
    expect(heldOf(decideOne({ types, channels }, "deploy.done", { severity: "WARNING" }))).toEqual({ a: forQuiet });
    expect(heldOf(decideOne({ types, channels }, "vm.started"))).toEqual({ a: forQuiet });
  });

  test("a digest that is due inside quiet hours is due when they end", () => {
    const noonDigest = { time: "12:30", timeZone: "UTC" };
    expect(heldOf(decideOne({ channels: [makeChannel("a", { digest: noonDigest })] }, "deploy.done"))).toEqual({ a: { ...forDigest, until: at(1800) } });
    expect(heldOf(decideOne({ channels: [makeChannel("a", { digest: noonDigest, quietHours: NOON })] }, "deploy.done"))).toEqual({ a: { ...forDigest, until: QUIET_END } });
  });

  test("what bars a channel bars it before anything is held", () => {
    const channels = [makeChannel("a", { quietHours: NOON, enabled: false }), makeChannel("b", { quietHours: NOON, minimumSeverity: "CRITICAL" }), makeChannel("c", { digest: MORNING, sources: ["pve1"] })];
    const decision = decideOne({ channels }, "app.down", { severity: "INFO" });
    expect(becauseOf(decision)).toEqual({ a: "CHANNEL_DISABLED", b: "BELOW_MINIMUM_SEVERITY", c: "OTHER_SOURCE" });
    expect(decision).toMatchObject({ verdict: { action: "SUPPRESS", because: "NO_CHANNEL" }, condition: { after: { held: {}, lastNotifiedAt: null } } });
  });

  test("the verdict of the event is HOLD when nothing is sent and something is held", () => {
    expect(decideOne({ channels: [makeChannel("off", { enabled: false }), quiet()] }, "app.down").verdict).toEqual({ action: "HOLD", because: "QUIET_HOURS", until: QUIET_END });
    expect(decideOne({ channels: [makeChannel("d", { digest: MORNING })] }, "deploy.done").verdict).toEqual({ action: "HOLD", because: "DIGEST", until: NEXT_MORNING });
  });

  test("one channel that gets it is enough for SEND", () => {
    const story = createStory({ channels: [quiet(), makeChannel("b")] });
    const down = story.emit(0, "app.down");
    expect(down).toMatchObject({ verdict: { action: "SEND", because: "MATCHED", until: null }, condition: { after: { told: ["b"], held: { a: { heldFor: "QUIET_HOURS", until: QUIET_END.toISOString() } } } } });
    const up = story.emit(1, "app.up");
    expect(becauseOf(up)).toEqual({ a: "PROBLEM_WAITS", b: "TOLD_OF_PROBLEM" });
    expect(up.verdict).toEqual({ action: "SEND", because: "TOLD_OF_PROBLEM", until: null });
  });

  describe("what is held counts as told of", () => {
    test("for the cooldown of a problem, and its going on", () => {
      const story = createStory({ channels: [quiet()] });
      expect(story.emit(0, "app.down")).toMatchObject({ reason: "FIRST", verdict: { action: "HOLD" }, condition: { change: "OPENED", after: { told: [], held: { a: { heldFor: "QUIET_HOURS", until: QUIET_END.toISOString() } }, lastNotifiedAt: NOW } } });
      expect(story.emit(60, "app.down").verdict).toEqual({ action: "SUPPRESS", because: "COOLDOWN", until: at(1800) });
      expect(story.emit(1800, "app.down")).toMatchObject({ reason: "ONGOING", verdict: { action: "HOLD", because: "QUIET_HOURS", until: QUIET_END }, condition: { after: { count: 3, told: [], lastNotifiedAt: at(1800) } } });
      expect(story.emit(3600, "app.down")).toMatchObject({ reason: "ONGOING", verdict: { action: "SEND" }, condition: { after: { told: ["a"] } } });
    });

    test("for the steps of a threshold", () => {
      const story = createStory({ channels: [quiet()] });
      expect(story.emit(0, "disk.full", { value: 85 })).toMatchObject({ verdict: { action: "HOLD" }, condition: { after: { step: 80 } } });
      expect(story.emit(1, "disk.full", { value: 86 }).verdict.because).toBe("STEP_ALREADY_FIRED");
      expect(story.emit(2, "disk.full", { value: 91 })).toMatchObject({ reason: "ESCALATED", verdict: { action: "HOLD" }, condition: { after: { step: 90 } } });
      expect(story.emit(3, "disk.full", { value: 10 })).toMatchObject({ reason: "RECOVERY", verdict: { action: "HOLD", because: "PROBLEM_WAITS", until: QUIET_END }, condition: { change: "CLOSED" } });
    });

    test("for the cooldown of an occurrence", () => {
      const story = createStory({ channels: [quiet()] });
      expect(story.emit(0, "login.failed")).toMatchObject({ verdict: { action: "HOLD" }, cooldown: { notifiedAt: NOW, suppressed: 0 } });
      expect(story.emit(1, "login.failed")).toMatchObject({ verdict: { because: "COOLDOWN", until: at(300) }, cooldown: { suppressed: 1 } });
      expect(story.emit(300, "login.failed").verdict.action).toBe("HOLD");
    });
  });

  describe("the recovery of a held problem", () => {
    test.each<[string, string, Parameters<typeof makeEvent>[1]]>([
      ["its recovery pair", "app.up", {}],
      ["RESOLVED on its own type", "app.down", { status: "RESOLVED" }],
    ])("by %s waits with it until the same moment", (_, type, changes) => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      const up = story.emit(60, type, changes);
      expect(heldOf(up)).toEqual({ a: { ...forQuiet, because: "PROBLEM_WAITS" } });
      expect(up).toMatchObject({ verdict: { action: "HOLD", because: "PROBLEM_WAITS", until: QUIET_END }, condition: { change: "CLOSED" } });
      expect(story.emit(61, type, changes).verdict.because).toBe("NOTHING_OPEN");
    });

    test("waits for the digest that its problem waits for", () => {
      const story = createStory({ channels: [makeChannel("a", { digest: MORNING })] });
      story.emit(0, "app.down", { severity: "INFO" });
      expect(heldOf(story.emit(1, "app.up"))).toEqual({ a: { ...forDigest, because: "PROBLEM_WAITS" } });
    });

    test("waits for what held the problem's newest news", () => {
      const story = createStory({ channels: [makeChannel("a", { digest: MORNING, quietHours: NOON })] });
      expect(heldOf(story.emit(0, "app.down", { severity: "INFO" }))).toEqual({ a: forDigest });
      expect(heldOf(story.emit(1, "app.down", { severity: "WARNING" }))).toEqual({ a: forQuiet });
      expect(heldOf(story.emit(2, "app.up"))).toEqual({ a: { ...forQuiet, because: "PROBLEM_WAITS" } });
    });

    test("is sent once the problem's time has come", () => {
      const recoverAt = (seconds: number) => {
        const story = createStory({ channels: [quiet()] });
        story.emit(0, "app.down");
        return story.emit(seconds, "app.up").channels[0];
      };
      expect(recoverAt(3599)).toMatchObject({ action: "HOLD", because: "PROBLEM_WAITS" });
      expect(recoverAt(3600)).toEqual({ channelId: "a", channelName: "Channel a", action: "SEND", because: "TOLD_OF_PROBLEM", until: null });
    });

    test("waits as other news does when it is quiet again and the problem was in an earlier summary", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      const nextEnd = new Date(QUIET_END.getTime() + 86_400_000);
      expect(heldOf(story.emit(86_400, "app.up"))).toEqual({ a: { ...forQuiet, until: nextEnd } });
    });

    test("waits until quiet hours are over that were made longer meanwhile", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      story.settings = makeSettings({ channels: [makeChannel("a", { quietHours: { timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "11:00", end: "14:00" }] } })] });
      expect(heldOf(story.emit(3600, "app.up"))).toMatchObject({ a: { heldFor: "QUIET_HOURS", until: at(7200) } });
    });

    test("waits in quiet hours also where the problem was in a digest before them", () => {
      const channels = [makeChannel("a", { digest: { time: "10:00", timeZone: "UTC" }, quietHours: NOON })];
      const story = createStory({ channels });
      story.emit(-4 * 3600, "app.down", { severity: "INFO" });
      expect(story.state.conditions.values().next().value?.held).toEqual({ a: { heldFor: "DIGEST", until: at(-2 * 3600).toISOString() } });
      expect(heldOf(story.emit(0, "app.up"))).toEqual({ a: forQuiet });
    });

    test("is sent when the quiet hours were taken away, or the channel is quiet no longer by new ones", () => {
      const recoverWith = (quietHours: QuietHours | null) => {
        const story = createStory({ channels: [makeChannel("a", { quietHours: ALWAYS_QUIET })] });
        story.emit(0, "app.down");
        story.settings = makeSettings({ channels: [makeChannel("a", { quietHours })] });
        return story.emit(1, "app.up").channels[0];
      };
      expect(recoverWith(null)).toMatchObject({ action: "SEND", because: "TOLD_OF_PROBLEM", until: null });
      expect(recoverWith({ timeZone: "UTC", windows: [{ days: EVERY_DAY, start: "01:00", end: "02:00" }] })).toMatchObject({ action: "SEND" });
      expect(recoverWith(NOON)).toMatchObject({ action: "HOLD", because: "PROBLEM_WAITS", until: QUIET_END });
    });

    test("goes live after an escalation to CRITICAL went live", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      expect(story.emit(1, "app.down", { severity: "CRITICAL" })).toMatchObject({ reason: "ESCALATED", verdict: { action: "SEND", because: "MATCHED" }, condition: { after: { told: ["a"] } } });
      expect(story.emit(2, "app.up").channels).toEqual([{ channelId: "a", channelName: "Channel a", action: "SEND", because: "TOLD_OF_PROBLEM", until: null }]);
    });

    test("goes live where the problem went live before the quiet hours and goes on in them", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(-3601, "app.down");
      expect(story.emit(0, "app.down")).toMatchObject({ reason: "ONGOING", verdict: { action: "HOLD" } });
      expect(story.emit(1, "app.up").verdict).toEqual({ action: "SEND", because: "TOLD_OF_PROBLEM", until: null });
    });

    test("does not reach a channel that was switched off meanwhile, or is gone", () => {
      const story = createStory({ channels: [quiet(), makeChannel("b", { quietHours: NOON })] });
      story.emit(0, "app.down");
      story.settings = makeSettings({ channels: [makeChannel("a", { quietHours: NOON, enabled: false })] });
      expect(story.emit(1, "app.up")).toMatchObject({
        verdict: { action: "SUPPRESS", because: "NOBODY_TOLD", until: null },
        channels: [{ channelId: "a", action: "SUPPRESS", because: "CHANNEL_DISABLED", until: null }],
        condition: { change: "CLOSED" },
      });
    });

    test("does not reach a channel that is new", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      story.settings = makeSettings({ channels: [quiet(), makeChannel("b")] });
      expect(becauseOf(story.emit(1, "app.up"))).toEqual({ a: "PROBLEM_WAITS", b: "NOT_TOLD_OF_PROBLEM" });
    });

    test("starts anew: the next problem is a first", () => {
      const story = createStory({ channels: [quiet()] });
      story.emit(0, "app.down");
      story.emit(1, "app.up");
      expect(story.emit(2, "app.down")).toMatchObject({ reason: "FIRST", verdict: { action: "HOLD" }, condition: { change: "OPENED", after: { count: 1 } } });
    });
  });
});

describe("a problem that somebody has taken on", () => {
  test("is not told of again while it goes on, but when it gets worse and when it is over", () => {
    const story = createStory();
    takeOn(story, story.emit(0, "app.down"));
    expect(story.emit(7200, "app.down").verdict).toEqual({ action: "SUPPRESS", because: "ACKNOWLEDGED", until: null, detail: "That was ann." });
    expect(story.emit(7201, "app.down", { severity: "CRITICAL" })).toMatchObject({ reason: "ESCALATED", verdict: { action: "SEND" } });
    expect(sentTo(story.emit(7202, "app.up"))).toEqual(["a"]);
    expect(story.emit(20_000, "app.down")).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" }, condition: { after: { acknowledgedAt: null } } });
  });
});
