import { describe, expect, test } from "vitest";
import { decide, decideAgain, remember } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import type { IncomingEvent } from "../../src/decide/event.ts";
import { leftOutVerdict } from "../../src/decide/leftOut.ts";
import { storedDecision } from "../../src/events/event.model.ts";
import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import { createDirectory } from "../../src/people/directory.ts";
import { alertRuleWarnings, matchesNothing } from "../../src/rules/alertRule.model.ts";
import type { AlertRule } from "../../src/rules/alertRule.model.ts";
import { NOW, at, becauseOf, createStory, emptyState, makeChannel, makeContact, makeEvent, makeGroup, makeRule, makeSettings, makeSilence, makeTrigger, sentTo, target, TYPES } from "./build.ts";
import type { SettingsParts } from "./build.ts";

const ANN = makeContact("ann", { name: "Ann" });
const ONCALL = makeGroup("oncall", { name: "On call", contactIds: ["ann"] });
/** A phone that hears only of what rules lead to it, and a channel that hears of everything. */
const PHONE = makeChannel("phone", { contactId: "ann", onlyByRules: true });
const ROOM = makeChannel("room");
const TO_ANN = [target({ contactId: "ann" })];
const WEB = [{ field: "service", operator: "EQUALS" as const, value: "web" }];

function decideOne(parts: SettingsParts, changes: Partial<IncomingEvent> = {}, type = "app.down"): Decision {
  return decide(makeEvent(type, changes), makeSettings({ channels: [PHONE, ROOM], contacts: [ANN], groups: [ONCALL], ...parts }), emptyState(), NOW);
}

const rule = (id: string, changes: Partial<AlertRule> = {}) => makeRule(id, { targets: TO_ANN, ...changes });
const viaOf = (decision: Decision, id: string) => decision.channels.find(({ channelId }) => channelId === id)?.via;

describe("a channel that hears only by rules", () => {
  test("is left out while no rule leads to it, and the reason for that is known", () => {
    const decision = decideOne({ rules: [rule("web", { matchers: WEB })] }, { service: "db" });
    expect(becauseOf(decision)).toEqual({ room: "MATCHED" });
    expect(leftOutVerdict(decision)).toEqual({ action: "SUPPRESS", because: "NO_RULE", until: null });
    expect(leftOutVerdict(decideOne({ channels: [PHONE] }))).toMatchObject({ because: "NO_RULE" });
    expect(leftOutVerdict(decideOne({ triggers: [makeTrigger("app.down", { enabled: false })] }))).toMatchObject({ because: "TRIGGER_OFF" });
  });

  test("gets what a rule leads to it, and the decision names the rule, the contact and the group, stored as well", () => {
    const decision = decideOne({ rules: [makeRule("r", { name: "Web", matchers: WEB, targets: [target({ groupId: "oncall" })] })] }, { service: "web" });
    const via = { rule: { id: "r", name: "Web" }, contact: { id: "ann", name: "Ann" }, group: { id: "oncall", name: "On call" } };
    expect(sentTo(decision)).toEqual(["room", "phone"]);
    expect(viaOf(decision, "phone")).toEqual(via);
    const stored = JSON.parse(JSON.stringify(storedDecision(decision)));
    expect(stored.channels.find(({ channelId }: { channelId: string }) => channelId === "phone").via).toEqual(via);
    expect(stored.rules).toEqual([{ id: "r", name: "Web", escalationPolicyId: null }]);
  });

  test("gets what a trigger that names it is about, without a rule", () => {
    expect(sentTo(decideOne({ triggers: [makeTrigger("app.down", { channelIds: ["phone"] })] }))).toEqual(["phone"]);
  });

  test("hears of the end of what it was told of, whatever the rules say by then, and of no other end", () => {
    const story = createStory({ channels: [PHONE], contacts: [ANN], rules: [rule("web", { matchers: WEB })] });
    expect(sentTo(story.emit(0, "app.down", { service: "web" }))).toEqual(["phone"]);
    expect(sentTo(story.emit(1, "app.down", { service: "db" }))).toEqual([]);
    story.settings = makeSettings({ channels: [PHONE], contacts: [ANN] });
    expect(becauseOf(story.emit(2, "app.up", { service: "web" }))).toEqual({ phone: "TOLD_OF_PROBLEM" });
    const other = story.emit(3, "app.up", { service: "db" });
    expect([other.verdict.because, leftOutVerdict(other).because]).toEqual(["NOBODY_TOLD", "NOT_TOLD_OF_PROBLEM"]);
  });

  test("is told of a rise in severity by the rule for that, though not before", () => {
    const matchers = [{ field: "severity", operator: "EQUALS" as const, value: "CRITICAL" }];
    const story = createStory({ channels: [PHONE], contacts: [ANN], rules: [rule("critical", { matchers })] });
    expect(sentTo(story.emit(0, "app.down"))).toEqual([]);
    expect(sentTo(story.emit(1, "app.down", { severity: "CRITICAL" }))).toEqual(["phone"]);
  });

  test("is told when a silence ends, by the rules of then", () => {
    const silences = [makeSilence({ endsAt: at(60) })];
    const parts = { channels: [PHONE], contacts: [ANN], rules: [rule("all")] };
    const story = createStory({ ...parts, silences });
    const event = makeEvent("app.down");
    const first = decide(event, story.settings, story.state, NOW);
    remember(event, first, story.settings, story.state);
    expect(becauseOf(first)).toEqual({ phone: "SILENCED" });
    const condition = story.state.conditions.get(first.fingerprint);
    if (!condition) throw new Error("no condition");
    expect(sentTo(decideAgain(event, condition, makeSettings(parts), story.state, at(60)))).toEqual(["phone"]);
    expect(sentTo(decideAgain(event, condition, makeSettings({ ...parts, rules: [] }), story.state, at(60)))).toEqual([]);
  });
});

describe("whatever leads to a channel", () => {
  test.each<[what: string, parts: SettingsParts, event: Partial<IncomingEvent>, because: string]>([
    ["its own minimum", { channels: [{ ...PHONE, minimumSeverity: "CRITICAL" }] }, {}, "BELOW_MINIMUM_SEVERITY"],
    ["its own services", { channels: [{ ...PHONE, services: ["db"] }] }, { service: "web" }, "OTHER_SERVICE"],
    ["its own override", { channels: [{ ...PHONE, overrides: [{ eventType: "app.down", category: null, enabled: false }] }] }, {}, "TYPE_OFF_FOR_CHANNEL"],
    ["a trigger that names others", { triggers: [makeTrigger("app.down", { channelIds: ["room"] })] }, {}, "NOT_NAMED_BY_TRIGGER"],
    ["being switched off", { channels: [{ ...PHONE, enabled: false }] }, {}, "CHANNEL_DISABLED"],
    ["its owner being switched off", { contacts: [{ ...ANN, enabled: false }] }, {}, "CONTACT_DISABLED"],
    ["its owner's categories", { contacts: [{ ...ANN, categories: ["storage"] }] }, {}, "CONTACT_PREFERENCE"],
    ["its owner's severities", { contacts: [{ ...ANN, severities: ["CRITICAL"] }] }, {}, "CONTACT_PREFERENCE"],
    ["its owner's customers", { contacts: [{ ...ANN, customers: ["acme"] }] }, { customer: "globex" }, "CONTACT_PREFERENCE"],
    ["its owner's customers, of an event of none", { contacts: [{ ...ANN, customers: ["acme"] }] }, {}, "CONTACT_PREFERENCE"],
    ["what its owner wants to hear of", { contacts: [{ ...ANN, customers: ["acme"], categories: ["services"], severities: ["WARNING"] }] }, { customer: "acme" }, "MATCHED"],
  ])("%s still holds", (_what, parts, event, because) => {
    const decision = decideOne({ rules: [rule("all")], ...parts }, event);
    expect(becauseOf(decision)["phone"]).toBe(because);
    expect(viaOf(decision, "phone")).toMatchObject({ rule: { id: "all" } });
  });

  test("a person's preferences hold for what comes without a rule too", () => {
    const channels = [{ ...PHONE, onlyByRules: false }];
    expect(becauseOf(decideOne({ channels, contacts: [{ ...ANN, severities: ["CRITICAL"] }] }))).toEqual({ phone: "CONTACT_PREFERENCE" });
    expect(sentTo(decideOne({ channels, contacts: [{ ...ANN, severities: ["CRITICAL"] }] }, { severity: "CRITICAL" }))).toEqual(["phone"]);
  });
});

describe("rules of a customer", () => {
  const OWN = makeRule("own", { customer: "acme", stop: true, targets: [target({ channelId: "theirs" })] });
  const channels = [makeChannel("theirs", { customer: "acme", onlyByRules: true }), PHONE];

  test("cover that customer's events only", () => {
    expect(sentTo(decideOne({ channels, rules: [OWN] }, { customer: "acme" }))).toEqual(["theirs"]);
    expect(sentTo(decideOne({ channels, rules: [OWN] }, { customer: "globex" }))).toEqual([]);
    expect(sentTo(decideOne({ channels, rules: [OWN] }))).toEqual([]);
  });

  test("neither stop others nor are stopped by them", () => {
    expect(sentTo(decideOne({ channels, rules: [OWN, rule("all")] }, { customer: "acme" })).sort()).toEqual(["phone", "theirs"]);
    expect(sentTo(decideOne({ channels, rules: [rule("all", { stop: true }), OWN] }, { customer: "acme" })).sort()).toEqual(["phone", "theirs"]);
  });
});

describe("what can hardly be meant of a rule", () => {
  const catalogue = createCatalogue(TYPES);
  const directory = createDirectory([ANN], [ONCALL], [PHONE]);
  const said = (changes: Partial<AlertRule>) => alertRuleWarnings(rule("r", { matchers: WEB, ...changes }), catalogue, directory);
  const equals = (field: string, value: string) => ({ field, operator: "EQUALS" as const, value });

  test.each<[what: string, changes: Partial<AlertRule>, warnings: string[], nothing: boolean]>([
    ["nothing odd", {}, [], false],
    ["two services at once", { matchers: [...WEB, equals("service", "db")] }, ["No event can match: the matchers contradict each other."], true],
    ["a customer's rule about another", { customer: "acme", matchers: [equals("customer", "globex")] }, ["No event can match: the matchers contradict each other."], true],
    ["a type in another category", { matchers: [equals("type", "app.down"), equals("category", "storage")] }, ["No event can match: there is no event type of this name and category."], true],
    ["no matchers", { matchers: [] }, ["The matchers leave out hardly anything: nearly every event matches."], false],
    ["no matchers, and it stops", { matchers: [], stop: true }, ["The matchers leave out hardly anything: nearly every event matches.", "Hardly any event comes to the rules behind it."], false],
    ["only ends of problems", { matchers: [equals("type", "app.up")] }, ["It matches only ends of problems, which go to those that were told of the problem, whatever rules say."], false],
    ["no targets", { targets: [] }, ["It leads to no channel."], false],
    ["no targets, but it stops", { targets: [], stop: true }, [], false],
    ["a person without channels", { targets: [target({ contactId: "bob" })] }, ["It leads to no channel."], false],
  ])("%s", (_what, changes, warnings, nothing) => {
    expect(said(changes)).toEqual(warnings);
    expect(matchesNothing(rule("r", { matchers: WEB, ...changes }), catalogue)).toBe(nothing);
  });
});
