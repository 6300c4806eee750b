import { describe, expect, it } from "vitest";
import { decideAgain, remember } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import type { CompiledInhibition } from "../../src/decide/settings.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { at, becauseOf, createStory, makeChannel, makeEvent, makeSilence, makeTrigger, sentTo } from "./build.ts";
import type { Story } from "./build.ts";

/** Decides again about the newest condition, as the clock would. */
function again(story: Story, seconds: number): Decision {
  const condition = [...story.state.conditions.values(), ...story.state.closed.values()].at(-1) as OpenCondition;
  const event = makeEvent(condition.type, { service: condition.service, customer: condition.customer, receivedAt: condition.lastSeenAt });
  const decision = decideAgain(event, condition, story.settings, story.state, at(seconds));
  remember(event, decision, story.settings, story.state);
  return decision;
}

describe("a hold", () => {
  const held = () => createStory({ triggers: [makeTrigger("app.down", { holdSeconds: 300 })] });

  it("waits, says until when, and tells when the time is over", () => {
    const story = held();
    const first = story.emit(0, "app.down");
    expect(first).toMatchObject({ verdict: { because: "HOLD", until: at(300) }, condition: { change: "OPENED", after: { recheckAt: at(300), told: [] } } });
    expect(story.emit(299, "app.down").verdict).toMatchObject({ because: "HOLD", until: at(300) });
    const told = again(story, 300);
    expect(told).toMatchObject({ verdict: { action: "SEND" }, reason: "FIRST", condition: { after: { count: 2, recheckAt: null, told: ["a"] } } });
    expect(again(story, 301).verdict.action).toBe("SUPPRESS");
  });

  it("tells by an event that comes after it, too, and once", () => {
    const story = held();
    story.emit(0, "app.down");
    expect(story.emit(300, "app.down")).toMatchObject({ verdict: { action: "SEND" }, reason: "FIRST" });
    expect(again(story, 300).verdict.action).toBe("SUPPRESS");
  });

  it("wakes nobody for what is over before, and says so", () => {
    const story = held();
    story.emit(0, "app.down");
    expect(story.emit(299, "app.up")).toMatchObject({ verdict: { action: "SUPPRESS", because: "RESOLVED_WITHIN_HOLD" }, condition: { change: "CLOSED", after: { recheckAt: null } } });
    expect(story.emit(300, "app.down").verdict).toMatchObject({ because: "HOLD", until: at(600) });
  });

  it("does not touch what was told of before it was set, nor one-off events", () => {
    const story = createStory();
    story.emit(0, "app.down");
    story.settings = held().settings;
    expect(sentTo(story.emit(10, "app.up"))).toEqual(["a"]);
    expect(createStory({ triggers: [makeTrigger("login.failed", { holdSeconds: 300 })] }).emit(0, "login.failed").verdict.action).toBe("SEND");
  });
});

describe("flapping", () => {
  const flapping = () => createStory({ server: { flappingCount: 3, flappingWindow: 600 } });
  const toggle = (story: Story, seconds: number) => [story.emit(seconds, "app.down"), story.emit(seconds + 10, "app.up")];

  it("gets one notice, and nothing more until it is steady", () => {
    const story = flapping();
    const [first, over] = toggle(story, 0);
    expect([first?.reason, over?.reason]).toEqual(["FIRST", "RECOVERY"]);
    toggle(story, 100);
    const notice = story.emit(200, "app.down");
    expect(notice).toMatchObject({ verdict: { action: "SEND" }, reason: "FLAPPING", condition: { change: "OPENED", after: { recheckAt: at(800), flapping: { since: at(0), until: at(800) } } } });
    expect(story.emit(210, "app.up")).toMatchObject({ verdict: { because: "FLAPPING", until: at(810) }, condition: { change: "CLOSED", after: { recheckAt: at(810) } } });
    // It stays one condition.
    expect(story.emit(500, "app.down")).toMatchObject({ verdict: { because: "FLAPPING", until: at(1100) }, condition: { change: "COUNTED", after: { id: notice.condition?.after.id, count: 2 } } });
    expect(story.emit(700, "app.down").verdict).toMatchObject({ because: "FLAPPING", until: at(1100) });
  });

  it("ends with a word: that it is over", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    expect(again(story, 809).verdict.because).toBe("FLAPPING");
    expect(again(story, 810)).toMatchObject({ verdict: { action: "SEND" }, reason: "RECOVERY", condition: { after: { flapping: null, recheckAt: null, closedAt: at(210) } } });
    expect(story.emit(900, "app.down")).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" } });
  });

  it("ends with a word: that it goes on", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    story.emit(300, "app.down");
    const steady = again(story, 900);
    expect(steady).toMatchObject({ verdict: { action: "SEND" }, reason: "ONGOING", condition: { after: { flapping: null, closedAt: null, recheckAt: null } } });
    expect(steady.flapping?.since).toEqual(at(0));
    expect(sentTo(story.emit(1000, "app.up"))).toEqual(["a"]);
  });

  it("lets a rise in severity through once", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    expect(story.emit(300, "app.down", { severity: "CRITICAL" })).toMatchObject({ verdict: { action: "SEND" }, reason: "ESCALATED", condition: { after: { recheckAt: at(900) } } });
    expect(story.emit(310, "app.up").verdict.because).toBe("FLAPPING");
    expect(story.emit(320, "app.down", { severity: "CRITICAL" }).verdict.because).toBe("FLAPPING");
  });

  it("ends with a word though an event comes at that very time, within the cooldown", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    story.emit(300, "app.down");
    const words = [story.emit(900, "app.down"), again(story, 900), again(story, 901)].filter(({ verdict }) => verdict.action === "SEND");
    expect(words.map(({ reason }) => reason)).toEqual(["ONGOING"]);
  });

  it("of a threshold of several steps is not steady when it has just come again at the same step", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) for (const [after, value] of [85, 10].entries()) story.emit(seconds + after * 10, "disk.full", { value });
    expect(story.emit(800, "disk.full", { value: 85 })).toMatchObject({ verdict: { because: "FLAPPING" }, condition: { change: "COUNTED", after: { flapping: { until: at(1400) } } } });
  });

  it("of a threshold is over when its value stays good, however often that is told", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) for (const [after, value] of [85, 10].entries()) story.emit(seconds + after * 10, "disk.full", { value });
    expect(story.emit(400, "disk.full", { value: 10 })).toMatchObject({ verdict: { because: "BELOW_THRESHOLD" }, condition: null });
    expect([...story.state.closed.values()]).toMatchObject([{ recheckAt: at(810), flapping: { until: at(810) } }]);
  });

  it("is over, or decided about again, where its type is switched off meanwhile", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    story.emit(300, "app.down");
    story.settings = createStory({ server: { flappingCount: 3, flappingWindow: 600 }, triggers: [makeTrigger("app.down", { enabled: false })] }).settings;
    const { flapping: left, recheckAt } = again(story, 900).condition?.after ?? {};
    expect(left !== null && recheckAt === null).toBe(false);
  });

  it("that is over but for the word is let go of where its type is switched off meanwhile", () => {
    const story = flapping();
    for (const seconds of [0, 100, 200]) toggle(story, seconds);
    story.settings = createStory({ server: { flappingCount: 3, flappingWindow: 600 }, triggers: ["app.down", "app.up"].map((type) => makeTrigger(type, { enabled: false })) }).settings;
    expect(again(story, 810)).toMatchObject({ verdict: { because: "TRIGGER_OFF" }, condition: { change: "CLOSED", after: { flapping: null, recheckAt: null, closedAt: at(210) } } });
  });

  it("is not decided about for ever where a hold is set meanwhile", () => {
    const parts = { server: { flappingCount: 2, flappingWindow: 600 }, silences: [makeSilence()] };
    const story = createStory(parts);
    toggle(story, 0);
    story.emit(100, "app.down");
    story.settings = createStory({ ...parts, triggers: [makeTrigger("app.down", { holdSeconds: 3600 })] }).settings;
    const { recheckAt } = again(story, 700).condition?.after ?? {};
    expect(recheckAt && recheckAt <= at(700)).toBeFalsy();
  });

  it("of which a silence has kept the notice is told of when that ends", () => {
    const story = createStory({ server: { flappingCount: 3, flappingWindow: 600 }, silences: [makeSilence({ startsAt: at(150), endsAt: at(250) })] });
    for (const seconds of [0, 100]) toggle(story, seconds);
    expect(story.emit(200, "app.down")).toMatchObject({ reason: "FLAPPING", verdict: { because: "SILENCED" } });
    expect(again(story, 250)).toMatchObject({ reason: "FLAPPING", verdict: { action: "SEND" } });
    expect(story.emit(260, "app.up").verdict.because).toBe("FLAPPING");
  });

  it("whose notice comes late tells of its severity with it, and not again", () => {
    const story = createStory({ server: { flappingCount: 3, flappingWindow: 600 }, silences: [makeSilence({ startsAt: at(150), endsAt: at(250) })] });
    for (const seconds of [0, 100]) toggle(story, seconds);
    story.emit(200, "app.down", { severity: "INFO" });
    expect(story.emit(250, "app.down")).toMatchObject({ reason: "FLAPPING", severity: "WARNING", verdict: { action: "SEND" }, condition: { after: { flapping: { severity: "WARNING" } } } });
    expect(toggle(story, 260).map(({ verdict }) => verdict.because)).toEqual(["FLAPPING", "FLAPPING"]);
    expect(story.emit(280, "app.down").verdict.because).toBe("FLAPPING");
  });

  it("is not what opens as often in a longer time, or another thing", () => {
    const story = flapping();
    for (const seconds of [0, 400, 800, 1200]) expect(toggle(story, seconds)[0]?.reason).toBe("FIRST");
    for (const service of ["a", "b", "c", "d"]) expect(story.emit(2000, "app.down", { service }).reason).toBe("FIRST");
  });
});

describe("a silence", () => {
  it("keeps what it covers from all channels, says which and until when, and is followed by what still goes on", () => {
    const story = createStory({ silences: [makeSilence({ endsAt: at(100) }), makeSilence({ reason: "longer", endsAt: at(200), matches: ({ service }) => service === "web" })] });
    const first = story.emit(0, "app.down", { service: "web" });
    expect(first.verdict).toEqual({ action: "SUPPRESS", because: "SILENCED", until: at(200), detail: '"longer", by ann.' });
    expect(first.condition?.after).toMatchObject({ kept: ["a"], recheckAt: at(200), told: [] });
    expect(again(story, 150).condition?.after.recheckAt).toEqual(at(200));
    expect(again(story, 200)).toMatchObject({ reason: "FIRST", verdict: { action: "SEND" }, condition: { after: { kept: [], recheckAt: null, told: ["a"] } } });
  });

  it("does not keep the end from those who were told, nor tells the end of what it kept", () => {
    const told = createStory();
    told.emit(0, "app.down");
    told.settings = createStory({ silences: [makeSilence()] }).settings;
    expect(sentTo(told.emit(10, "app.up"))).toEqual(["a"]);
    const kept = createStory({ silences: [makeSilence()] });
    kept.emit(0, "app.down");
    expect(kept.emit(10, "app.up").verdict.because).toBe("NOBODY_TOLD");
  });

  it("that keeps later news of what was told of has that told at its end, without waiting for a repeat", () => {
    const story = createStory();
    story.emit(0, "app.down");
    story.settings = createStory({ silences: [makeSilence({ endsAt: at(4000) })] }).settings;
    expect(story.emit(3600, "app.down")).toMatchObject({ verdict: { because: "SILENCED" }, condition: { after: { kept: ["a"], recheckAt: at(4000) } } });
    expect(again(story, 4000)).toMatchObject({ reason: "ONGOING", verdict: { action: "SEND" } });
    expect(again(story, 4001).verdict.action).toBe("SUPPRESS");
  });

  it("that has kept nothing is followed by nothing", () => {
    const story = createStory();
    story.emit(0, "app.down");
    expect(becauseOf(again(story, 10))).toEqual({ a: "ALREADY_TOLD" });
  });

  it("of a customer covers that customer's channels only", () => {
    const story = createStory({ channels: [makeChannel("ours"), makeChannel("theirs", { customer: "acme" })], silences: [makeSilence({ customer: "acme", endsAt: at(60) })] });
    expect(becauseOf(story.emit(0, "app.down", { customer: "acme" }))).toEqual({ ours: "MATCHED", theirs: "SILENCED" });
    expect(becauseOf(again(story, 60))).toEqual({ ours: "ALREADY_TOLD", theirs: "MATCHED" });
  });

  it("is in force in its windows only, half open, and from its start to its end", () => {
    const schedule = { timeZone: "UTC", windows: [{ days: ["SUN" as const], start: "12:01", end: "12:03" }] };
    const verdictAt = (seconds: number, changes = {}) => createStory({ silences: [makeSilence({ schedule, ...changes })] }).emit(seconds, "app.down").verdict;
    expect(verdictAt(59).because).toBe("MATCHED");
    expect(verdictAt(60)).toMatchObject({ because: "SILENCED", until: at(180) });
    expect(verdictAt(180).because).toBe("MATCHED");
    expect(verdictAt(100, { startsAt: at(101) }).because).toBe("MATCHED");
    expect(verdictAt(100, { endsAt: at(120) })).toMatchObject({ because: "SILENCED", until: at(120) });
    expect(verdictAt(120, { endsAt: at(120) }).because).toBe("MATCHED");
  });
});

describe("inhibition", () => {
  const rule = (changes: Partial<CompiledInhibition> = {}): CompiledInhibition => ({ id: "r", name: "disk needs app", whileOpen: new Set(["app.down"]), sameFields: ["service"], matches: ({ type }) => type === "disk.full" || type === "login.failed", ...changes });
  const story = (changes = {}) => createStory({ inhibitions: [rule(changes)] });

  it("keeps what has the same fields from being sent while the problem is open, and counts it once", () => {
    const one = story();
    one.emit(0, "app.down", { service: "web" });
    const kept = one.emit(1, "disk.full", { service: "web", source: "s" });
    expect(kept).toMatchObject({ verdict: { because: "INHIBITED", until: null }, inhibitedBy: { fingerprint: expect.any(String) }, condition: { after: { kept: ["a"] } } });
    expect(kept.verdict.detail).toContain("disk needs app");
    expect(one.emit(2, "disk.full", { service: "web", source: "s" }).inhibitedBy).toBeNull();
    expect(one.emit(3, "disk.full", { service: "other", source: "o" }).verdict.because).toBe("MATCHED");
    expect(one.emit(4, "login.failed", { service: "web" }).inhibitedBy).not.toBeNull();
    expect(one.emit(4000, "app.down", { service: "web" }).condition?.after.covers).toBe(2);
  });

  it("counts a problem once though a silence covers it in between", () => {
    const one = createStory({ inhibitions: [rule()], silences: [makeSilence({ startsAt: at(5), endsAt: at(20), matches: ({ type }) => type === "disk.full" })] });
    one.emit(0, "app.down");
    const counted = [1, 10, 21].map((seconds) => one.emit(seconds, "disk.full").inhibitedBy !== null);
    expect(counted).toEqual([true, false, false]);
  });

  it("counts a problem once however often that comes and goes while it is flapping", () => {
    const one = createStory({ inhibitions: [rule()], server: { flappingCount: 2, flappingWindow: 600 } });
    one.emit(0, "app.down");
    const toggle = (seconds: number) => [85, 70].map((value, index) => one.emit(seconds + index, "disk.full", { value }).inhibitedBy !== null);
    expect([10, 20, 30, 40].map((seconds) => toggle(seconds)[0])).toEqual([true, true, false, false]);
    expect([...one.state.conditions.values()]).toMatchObject([{ type: "app.down", covers: 2 }]);
  });

  it("is never turned round by a silence that covers what is inhibited", () => {
    const back = rule({ id: "back", whileOpen: new Set(["disk.full"]), matches: ({ type }) => type === "app.down" });
    const one = createStory({ inhibitions: [rule(), back], silences: [makeSilence({ startsAt: at(5), endsAt: at(9000), matches: ({ type }) => type === "disk.full" })] });
    one.emit(0, "app.down");
    expect(one.emit(1, "disk.full").verdict.because).toBe("INHIBITED");
    expect(one.emit(10, "disk.full").verdict.because).toBe("SILENCED");
    expect(one.emit(4000, "app.down")).toMatchObject({ reason: "ONGOING", verdict: { because: "MATCHED" } });
  });

  it("is over with the problem", () => {
    const one = story();
    one.emit(0, "app.down", { service: "web" });
    one.emit(1, "app.up", { service: "web" });
    expect(one.emit(2, "disk.full", { service: "web" }).verdict.because).toBe("MATCHED");
  });

  it("never keeps a problem from its own news, nor two from both being told", () => {
    const one = createStory({ inhibitions: [rule({ matches: () => true, sameFields: [] }), rule({ id: "back", whileOpen: new Set(["disk.full"]), matches: () => true, sameFields: [] })] });
    expect(one.emit(0, "app.down").verdict.because).toBe("MATCHED");
    expect(one.emit(1, "disk.full").verdict.because).toBe("INHIBITED");
    expect(one.emit(4000, "app.down")).toMatchObject({ verdict: { because: "MATCHED" }, reason: "ONGOING" });
  });

  it("does not cross customers", () => {
    const one = story({ sameFields: [] });
    one.emit(0, "app.down", { customer: "acme" });
    expect(one.emit(1, "disk.full", { customer: "other" }).verdict.because).toBe("MATCHED");
    expect(one.emit(2, "disk.full", { customer: "acme" }).verdict.because).toBe("INHIBITED");
  });
});

describe("a burst", () => {
  const burst = () => createStory({ channels: [makeChannel("a"), makeChannel("b", { services: ["s0", "s1", "s2", "s3"] })], server: { burstCount: 3, burstWindow: 60 } });
  const down = (story: Story, seconds: number, service: string) => becauseOf(story.emit(seconds, "app.down", { service }));

  it("lets the first ones through to each channel and holds the rest until the window ends", () => {
    const story = burst();
    const seen = Array.from({ length: 5 }, (_, index) => down(story, index, `s${index}`));
    expect(seen.map(({ a }) => a)).toEqual(["MATCHED", "MATCHED", "MATCHED", "BURST", "BURST"]);
    expect(seen.map(({ b }) => b)).toEqual(["MATCHED", "MATCHED", "MATCHED", "BURST", "OTHER_SERVICE"]);
    expect(story.emit(10, "app.down", { service: "s9" }).verdict).toMatchObject({ action: "HOLD", because: "BURST", until: at(60) });
    expect(sentTo(story.emit(11, "disk.full"))).toEqual(["a"]);
  });

  it("that goes on gives one message a window and nothing live, until it has calmed down", () => {
    const story = burst();
    for (let index = 0; index < 4; index += 1) down(story, index, `s${index}`);
    for (let index = 0; index < 4; index += 1) expect(story.emit(70 + index, "app.down", { service: `t${index}` }).verdict).toMatchObject({ because: "BURST", until: at(130) });
    expect(down(story, 131, "u1").a).toBe("BURST");
    expect(down(story, 200, "u2").a).toBe("MATCHED");
  });

  it("leaves the ends of what was told by itself alone, and takes those of what was told as a burst", () => {
    const story = burst();
    for (let index = 0; index < 40; index += 1) down(story, index, `s${index}`);
    const ends = Array.from({ length: 40 }, (_, index) => becauseOf(story.emit(100, "app.up", { service: `s${index}` })).a);
    expect(ends.slice(0, 3)).toEqual(["TOLD_OF_PROBLEM", "TOLD_OF_PROBLEM", "TOLD_OF_PROBLEM"]);
    expect(ends.filter((because) => because === "TOLD_OF_PROBLEM")).toHaveLength(6);
    expect(ends.filter((because) => because === "BURST")).toHaveLength(34);
  });

  it("has a window of its own when its trigger says so, and none when that says 0", () => {
    const own = (count: number) => createStory({ server: { burstCount: 3 }, triggers: [makeTrigger("app.down", { burst: { count, seconds: 10 } })] });
    const one = own(1);
    down(one, 0, "s0");
    expect(one.emit(1, "app.down", { service: "s1" }).verdict).toMatchObject({ because: "BURST", until: at(10) });
    const none = own(0);
    for (let index = 0; index < 100; index += 1) expect(down(none, 0, `s${index}`).a).toBe("MATCHED");
  });
});
