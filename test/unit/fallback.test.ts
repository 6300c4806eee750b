import { describe, expect, it } from "vitest";
import { fallbackOf, fallbackProblem } from "../../src/channels/fallback.ts";
import type { FallbackLink } from "../../src/channels/fallback.ts";
import { createChannelHealth } from "../../src/dispatch/channelHealth.ts";
import { at } from "./build.ts";

const link = (id: string, fallbackId: string | null = null, changes: Partial<FallbackLink> = {}): FallbackLink => ({ id, name: `Channel ${id}`, customer: null, enabled: true, fallbackId, ...changes });
const mapOf = (...links: FallbackLink[]) => new Map(links.map((one) => [one.id, one]));
/** What is wrong when the first of these is saved. */
const problem = (channel: FallbackLink, ...others: FallbackLink[]) => fallbackProblem(channel, mapOf(...others, channel));

describe("a fallback is refused", () => {
  it("when it is the channel itself, or not there", () => {
    expect(problem(link("a", "a"))).toMatch(/^must be another channel/);
    expect(problem(link("a", "gone"))).toBe("must be the id of a channel");
  });

  it("when it leads back, with the way named", () => {
    expect(problem(link("a", "b"), link("b", "c"), link("c", "a"))).toBe('must not lead back to the channel: "Channel a" → "Channel b" → "Channel c" → "Channel a"');
  });

  it("when it belongs to somebody else, and a customer is not told that there is such a channel", () => {
    expect(problem(link("a", "b"), link("b", null, { customer: "acme" }))).toMatch(/same owner/);
    expect(problem(link("a", "b", { customer: "acme" }), link("b"))).toBe("must be the id of a channel");
    expect(problem(link("a", "b", { customer: "acme" }), link("b", null, { customer: "acme" }))).toBeNull();
  });

  it("when the row gets too long, wherever it is made longer", () => {
    const row = (count: number) => Array.from({ length: count }, (_, at) => link(`r${at}`, at === count - 1 ? null : `r${at + 1}`));
    expect(problem(link("a", "r0"), ...row(5))).toBeNull();
    expect(problem(link("a", "r0"), ...row(6))).toMatch(/more than 5 fallbacks; this one would have 6/);
    const [first, ...rest] = row(6);
    expect(problem({ ...(rest.at(-1) as FallbackLink), fallbackId: "end" }, first as FallbackLink, ...rest.slice(0, -1), link("end"))).toMatch(/would have 6/);
  });
});

describe("the channel that stands in", () => {
  it("is the first along the row that is in use, and none that could not deliver it before", () => {
    const channels = mapOf(link("a", "b"), link("b", "c", { enabled: false }), link("c", "d"), link("d"));
    expect(fallbackOf(link("a", "b"), [], channels)?.id).toBe("c");
    expect(fallbackOf(link("c", "d"), ["a"], channels)?.id).toBe("d");
    expect(fallbackOf(link("d"), ["a", "c"], channels)).toBeNull();
  });

  it("is found also where settings have come to go round in circles", () => {
    const channels = mapOf(link("a", "b"), link("b", "a"), link("c", "d", { enabled: false }), link("d", "c", { enabled: false }));
    expect(fallbackOf(link("b", "a"), ["a"], channels)).toBeNull();
    expect(fallbackOf(link("x", "c"), [], channels)).toBeNull();
  });
});

describe("a channel", () => {
  const failed = (health: ReturnType<typeof createChannelHealth>, seconds: number, failingSince: Date | null = null, outcome = "TRANSIENT", state = "RETRY") =>
    health.after({ id: "a", failingSince }, { outcome } as never, { state } as never, at(seconds));

  it("fails when five tries in a row have failed over a minute, since the first of them", () => {
    const health = createChannelHealth();
    expect([0, 5, 15, 35].map((seconds) => failed(health, seconds))).toEqual([undefined, undefined, undefined, undefined]);
    expect(failed(health, 75)).toEqual(at(0));
    expect(failed(health, 80, at(0))).toBeUndefined();
  });

  it("does not fail by many tries at once, nor when one in between arrives", () => {
    const health = createChannelHealth();
    for (let count = 0; count < 20; count += 1) expect(failed(health, count)).toBeUndefined();
    expect(failed(health, 30, null, "DELIVERED", "SENT")).toBeUndefined();
    for (const seconds of [40, 60, 80, 99]) expect(failed(health, seconds)).toBeUndefined();
  });

  it("fails at once when a delivery is given up, and works again with the next that arrives", () => {
    const health = createChannelHealth();
    expect(failed(health, 0, null, "PERMANENT", "FAILED")).toEqual(at(0));
    expect(failed(health, 9, at(0), "DELIVERED", "SENT")).toBeNull();
  });

  it("is well while its provider only asks to wait", () => {
    const health = createChannelHealth();
    for (let count = 0; count < 20; count += 1) expect(failed(health, count * 60, null, "RATE_LIMITED")).toBeUndefined();
  });
});
