import { describe, expect, test } from "vitest";
import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import { CATEGORIES } from "../../src/catalogue/category.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import type { Channel } from "../../src/channels/channel.model.ts";
import type { BurstRule, CompiledTrigger, Settings } from "../../src/decide/settings.ts";
import { serverSettings } from "../../src/settings/settings.model.ts";
import type { ServerSettings } from "../../src/settings/settings.model.ts";
import { compileSettings, withType } from "../../src/triggers/compileSettings.ts";
import type { Trigger } from "../../src/triggers/trigger.model.ts";
import { deepFreeze, makeChannel, makeSettings, makeTrigger, makeType } from "./build.ts";

const override = (target: { eventType?: string; category?: string }, enabled: boolean) => ({ eventType: null, category: null, ...target, enabled });

function compiled(settings: Settings, name: string): CompiledTrigger {
  const found = settings.triggers.get(name);
  if (!found) throw new Error(`${name} is not in the settings`);
  return found;
}

/** What bars each channel from app.down. */
function barred(channels: Channel[], trigger: Partial<Trigger> = {}): Record<string, string | null> {
  const { routes } = compiled(makeSettings({ channels, triggers: [makeTrigger("app.down", trigger)] }), "app.down");
  return Object.fromEntries(routes.map(({ channel, barredBy }) => [channel.id, barredBy]));
}

describe("compiled settings", () => {
  test("hold every type of the catalogue, and of the built-in one as the catalogue has it", () => {
    const settings = compileSettings(createCatalogue(EVENT_TYPES), [], [], new Map(), serverSettings.parse({}), { silences: [], inhibitions: [], rules: [], policies: [] });
    expect([...settings.triggers.keys()]).toEqual(EVENT_TYPES.map(({ name }) => name));
    const categories = new Map(CATEGORIES.map((category) => [category.name, category]));
    for (const type of EVENT_TYPES) {
      expect(compiled(settings, type.name)).toEqual({
        type,
        enabled: type.enabled,
        severity: type.severity,
        threshold: type.threshold ?? null,
        cooldownSeconds: type.cooldownSeconds ?? categories.get(type.category)?.cooldownSeconds ?? null,
        holdSeconds: 0,
        burst: type.burst ?? { count: 20, seconds: 60 },
        routes: [],
        routeOf: expect.any(Function),
        rules: [],
      });
    }
    expect(settings.channels.size).toBe(0);
  });

  test("hold the documented cooldowns unless they are set", () => {
    expect(makeSettings().cooldowns).toEqual({ occurrence: { INFO: 900, WARNING: 300, CRITICAL: 60 }, followUp: 1800 });
    expect(makeSettings({ server: { infoCooldown: 1, warningCooldown: 2, criticalCooldown: 3, followUpCooldown: 0 } }).cooldowns).toEqual({ occurrence: { INFO: 1, WARNING: 2, CRITICAL: 3 }, followUp: 0 });
  });

  test("hold the documented flapping rule unless it is set", () => {
    expect(makeSettings({ server: serverSettings.parse({}) }).flapping).toEqual({ count: 5, seconds: 1800 });
    expect(makeSettings({ server: { flappingCount: 0, flappingWindow: 10 } }).flapping).toEqual({ count: 0, seconds: 10 });
  });

  test("take a hold from the trigger only", () => {
    const holdSeconds = (changes: Partial<Trigger>) => compiled(makeSettings({ triggers: [makeTrigger("app.down", changes)] }), "app.down").holdSeconds;
    expect([{}, { holdSeconds: 0 }, { holdSeconds: 300 }].map(holdSeconds)).toEqual([0, 0, 300]);
  });

  const OWN = { count: 1, seconds: 10 };
  const BUILT_IN = { count: 3, seconds: 300 };
  const GENERAL = { count: 7, seconds: 70 };
  const NONE = { count: 0, seconds: 1 };

  test.each<[string, { trigger?: BurstRule; type?: BurstRule; general?: BurstRule }, BurstRule | null]>([
    ["its trigger's", { trigger: OWN, type: BUILT_IN }, OWN],
    ["none where its trigger says so", { trigger: NONE, type: BUILT_IN }, null],
    ["its type's", { type: BUILT_IN }, BUILT_IN],
    ["its type's where there is no general one", { type: BUILT_IN, general: NONE }, BUILT_IN],
    ["the general one", {}, GENERAL],
    ["none where there is no general one", { general: NONE }, null],
    ["its trigger's where there is no general one", { trigger: OWN, general: NONE }, OWN],
  ])("give a type's burst: %s", (_, { trigger = null, type, general = GENERAL }, expected) => {
    const settings = makeSettings({
      types: [makeType({ name: "one", ...(type && { burst: type }) })],
      triggers: [makeTrigger("one", { burst: trigger })],
      server: { burstCount: general.count, burstWindow: general.seconds },
    });
    expect(compiled(settings, "one").burst).toEqual(expected);
  });

  test("give a type that is not registered yet the general burst", () => {
    const server = { ...serverSettings.parse({}), burstCount: 7, burstWindow: 70 };
    const burst = (changes: Partial<ServerSettings>) => compiled(withType(makeSettings(), makeType({ name: "new.one" }), new Map(), { ...server, ...changes }), "new.one").burst;
    expect(burst({})).toEqual(GENERAL);
    expect(burst({ burstCount: 0 })).toBeNull();
  });

  test("take from a trigger what it says, null and 0 and false told apart", () => {
    const types = [makeType({ name: "one", category: "resources", cooldownSeconds: 5 }), makeType({ name: "off", enabled: false })];
    const of = (name: string, changes: Partial<Trigger>) => compiled(makeSettings({ types, triggers: [makeTrigger(name, changes)] }), name);
    expect(of("one", {})).toMatchObject({ enabled: true, severity: "WARNING", cooldownSeconds: 5 });
    expect(of("one", { enabled: false, severity: "INFO", cooldownSeconds: 0 })).toMatchObject({ enabled: false, severity: "INFO", cooldownSeconds: 0 });
    expect(of("off", { enabled: true }).enabled).toBe(true);
    expect(of("off", {}).enabled).toBe(false);
  });

  test("put a threshold's steps in the order in which they are crossed", () => {
    const steps = (name: string, changes: Partial<Trigger> = {}) => compiled(makeSettings({ triggers: [makeTrigger(name, changes)] }), name).threshold?.steps;
    expect(steps("disk.full")).toEqual([80, 90, 95]);
    expect(steps("disk.full", { steps: [100, 9, 50.5] })).toEqual([9, 50.5, 100]);
    expect(steps("cert.expiring")).toEqual([30, 14, 7]);
    expect(steps("cert.expiring", { steps: [1, 100, -2] })).toEqual([100, 1, -2]);
    expect(steps("app.down", { steps: [1] })).toBeUndefined();
  });

  test("change nothing they are made of", () => {
    const triggers = deepFreeze([makeTrigger("disk.full", { steps: [3, 1, 2] }), makeTrigger("cert.expiring", { steps: [3, 1, 2] })]);
    const channels = deepFreeze([makeChannel("a", { customers: ["acme"], overrides: [override({ category: "storage" }, false)] })]);
    expect(() => makeSettings({ triggers, channels })).not.toThrow();
    expect(() => makeSettings({ triggers, channels })).not.toThrow();
  });

  test("ignore a trigger of a type that is gone", () => {
    expect(makeSettings({ triggers: [makeTrigger("gone")] }).triggers.has("gone")).toBe(false);
  });

  test("hold of a channel what routing needs, once for all types", () => {
    const settings = makeSettings({ channels: [makeChannel("a", { customer: "acme", minimumSeverity: "WARNING", customers: ["x"], services: ["y"], sources: ["z"], config: { token: "secret" } })] });
    const channel = settings.channels.get("a");
    expect(channel).toEqual({
      id: "a", name: "Channel a", enabled: true, customer: "acme", minimumSeverity: "WARNING", customers: new Set(["x"]), services: new Set(["y"]), sources: new Set(["z"]),
      quietHours: null, digest: null, onlyByRules: false, contact: null,
    });
    for (const { routes } of settings.triggers.values()) expect(routes[0]?.channel).toBe(channel);
  });
});

describe("a route", () => {
  test("is there for every channel, in their order", () => {
    expect(Object.entries(barred([makeChannel("b"), makeChannel("a", { enabled: false }), makeChannel("c")]))).toEqual([["b", null], ["a", "CHANNEL_DISABLED"], ["c", null]]);
  });

  test("is barred for channels that the trigger does not name", () => {
    const channels = [makeChannel("a"), makeChannel("b")];
    expect(barred(channels, { channelIds: null })).toEqual({ a: null, b: null });
    expect(barred(channels, { channelIds: ["b"] })).toEqual({ a: "NOT_NAMED_BY_TRIGGER", b: null });
    expect(barred(channels, { channelIds: [] })).toEqual({ a: "NOT_NAMED_BY_TRIGGER", b: "NOT_NAMED_BY_TRIGGER" });
  });

  test.each([
    ["nothing", [], null],
    ["its type on", [override({ eventType: "app.down" }, true)], null],
    ["its type off", [override({ eventType: "app.down" }, false)], "TYPE_OFF_FOR_CHANNEL"],
    ["its category on", [override({ category: "services" }, true)], null],
    ["its category off", [override({ category: "services" }, false)], "CATEGORY_OFF_FOR_CHANNEL"],
    ["category off and type on", [override({ category: "services" }, false), override({ eventType: "app.down" }, true)], null],
    ["type on and category off", [override({ eventType: "app.down" }, true), override({ category: "services" }, false)], null],
    ["category on and type off", [override({ category: "services" }, true), override({ eventType: "app.down" }, false)], "TYPE_OFF_FOR_CHANNEL"],
    ["others off", [override({ category: "storage" }, false), override({ eventType: "app.up" }, false)], null],
  ])("of a channel that says %s", (_, overrides, expected) => {
    expect(barred([makeChannel("a", { overrides })])).toEqual({ a: expected });
  });
});
