import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Channel } from "../../src/channels/channel.model.ts";
import { decide } from "../../src/decide/decide.ts";
import type { IncomingEvent } from "../../src/decide/event.ts";
import type { Matcher } from "../../src/matchers/matcher.ts";
import type { Contact } from "../../src/people/contact.model.ts";
import { GROUP_LIMITS, nestingProblem } from "../../src/people/contactGroup.model.ts";
import type { ContactGroup } from "../../src/people/contactGroup.model.ts";
import type { Target } from "../../src/people/directory.ts";
import type { AlertRule } from "../../src/rules/alertRule.model.ts";
import { SEVERITIES } from "../../src/render/message.ts";
import { NOW, deepFreeze, emptyState, makeChannel, makeContact, makeEvent, makeGroup, makeRule, makeSettings, sentTo, target } from "./build.ts";

/** Alert rules held against the plainest reading of what they say. */

const CONTACTS = ["ann", "bob", "cid", "dee"];
const GROUPS = ["g0", "g1", "g2", "g3"];
const CHANNELS = ["c0", "c1", "c2", "c3", "c4", "c5"];
const owner = fc.constantFrom(null, null, "acme", "globex");

const contact = (id: string): fc.Arbitrary<Contact> =>
  fc.record({ enabled: fc.constantFrom(true, true, true, false), categories: fc.constantFrom<string[][]>([], [], ["services"]), severities: fc.constantFrom<Contact["severities"][]>([], [], ["CRITICAL"]) }).map((changes) => makeContact(id, changes));

/** Groups hold any others, themselves too: whoever resolves them must come to an end. */
const group = (id: string): fc.Arbitrary<ContactGroup> => fc.record({ contactIds: fc.subarray(CONTACTS), groupIds: fc.subarray(GROUPS, { maxLength: 2 }) }).map((changes) => makeGroup(id, changes));

const channel = (id: string): fc.Arbitrary<Channel> =>
  fc.record({ contactId: fc.constantFrom(null, ...CONTACTS), onlyByRules: fc.boolean(), minimumSeverity: fc.constantFrom("INFO" as const, "INFO" as const, "CRITICAL" as const) }).map((changes) => makeChannel(id, changes));

const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ field: fc.constant("type"), operator: fc.constantFrom("EQUALS" as const, "NOT_EQUALS" as const), value: fc.constantFrom("app.down", "login.failed") }),
  fc.record({ field: fc.constant("category"), operator: fc.constantFrom("EQUALS" as const, "MATCHES" as const, "NOT_MATCHES" as const), value: fc.constantFrom("services", "security") }),
  fc.record({ field: fc.constant("service"), operator: fc.constantFrom("EQUALS" as const, "NOT_EQUALS" as const, "MATCHES" as const), value: fc.constantFrom("web", "db", "") }),
  fc.record({ field: fc.constant("severity"), operator: fc.constant("EQUALS" as const), value: fc.constantFrom(...SEVERITIES) }),
  fc.record({ field: fc.constant("details.user"), operator: fc.constantFrom("EQUALS" as const, "NOT_MATCHES" as const), value: fc.constantFrom("eve", "7") }),
);

const anyTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.constantFrom(...CONTACTS).map((contactId) => target({ contactId })),
  fc.constantFrom(...GROUPS).map((groupId) => target({ groupId })),
  fc.constantFrom(...CHANNELS).map((channelId) => target({ channelId })),
);

const rules: fc.Arbitrary<AlertRule[]> = fc
  .array(fc.record({ enabled: fc.constantFrom(true, true, true, false), customer: owner, stop: fc.boolean(), matchers: fc.array(matcher, { maxLength: 2 }), targets: fc.array(anyTarget, { maxLength: 3 }) }), { maxLength: 6 })
  .map((all) => all.map((changes, at) => makeRule(`r${at}`, changes)));

const event: fc.Arbitrary<IncomingEvent> = fc
  .record({
    type: fc.constantFrom("app.down", "login.failed", "deploy.done"),
    severity: fc.option(fc.constantFrom(...SEVERITIES)),
    service: fc.constantFrom(null, "web", "db"),
    customer: owner,
    details: fc.constantFrom({}, { user: "eve" }, { user: 7 }),
  })
  .map(({ type, ...changes }) => makeEvent(type, changes));

const world = fc.record({ contacts: fc.tuple(...CONTACTS.map(contact)), groups: fc.tuple(...GROUPS.map(group)), channels: fc.tuple(...CHANNELS.map(channel)), rules, event });
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

const CATEGORY: Record<string, string> = { "app.down": "services", "login.failed": "security", "deploy.done": "deploys" };
const SEVERITY: Record<string, string> = { "app.down": "WARNING", "login.failed": "WARNING", "deploy.done": "INFO" };

function meets({ type, severity, service, details }: IncomingEvent, { field, operator, value }: Matcher): boolean {
  const texts: Record<string, string> = { type, category: CATEGORY[type] as string, severity: severity ?? (SEVERITY[type] as string), service: service ?? "", "details.user": String(details["user"] ?? "") };
  // None of the patterns is more than a word.
  return (texts[field] === value) === (operator === "EQUALS" || operator === "MATCHES");
}

/** Going through the rules of one owner in order, up to the first that stops. */
function matchedOf({ rules: all, event: one }: World, customer: string | null): AlertRule[] {
  const matched: AlertRule[] = [];
  for (const rule of all.filter((each) => each.enabled && each.customer === customer)) {
    if (!rule.matchers.every((each) => meets(one, each))) continue;
    matched.push(rule);
    if (rule.stop) break;
  }
  return matched;
}

function matched(all: World): AlertRule[] {
  const { customer, type } = all.event;
  // Customers' rules are about their services: not about who logs in where.
  const found = [...matchedOf(all, null), ...(customer === null || CATEGORY[type] === "security" ? [] : matchedOf(all, customer))];
  return all.rules.filter((rule) => found.includes(rule));
}

/** Everybody in a group, asking again and again whether somebody is missing. */
function membersOf({ groups }: World, id: string): string[] {
  const inside = new Set([id]);
  for (let before = 0; before !== inside.size; ) {
    before = inside.size;
    for (const each of groups) if (inside.has(each.id)) each.groupIds.forEach((inner) => inside.add(inner));
  }
  return groups.filter((each) => inside.has(each.id)).flatMap(({ contactIds }) => contactIds);
}

function channelsOf(all: World, { contactId, groupId, channelId }: Target): string[] {
  if (channelId !== null) return [channelId];
  const people = contactId !== null ? [contactId] : membersOf(all, groupId as string);
  return all.channels.filter((each) => each.contactId !== null && people.includes(each.contactId)).map(({ id }) => id);
}

function holds(check: (all: World, decision: ReturnType<typeof decide>) => void): void {
  fc.assert(
    fc.property(world, (all) => {
      const settings = deepFreeze(makeSettings(all));
      check(all, decide(all.event, settings, emptyState(), NOW));
    }),
    { numRuns: 500 },
  );
}

describe("for any rules, groups and events", () => {
  test("the rules that match are asked in order, up to the first that stops, each owner's by themselves", () => {
    holds((all, decision) => expect(decision.rules.map(({ id }) => id)).toEqual(matched(all).map(({ id }) => id)));
  });

  test("a channel that hears only by rules is listed exactly when one leads to it, and no channel is listed twice", () => {
    holds((all, decision) => {
      const led = new Set(matched(all).flatMap(({ targets }) => targets.flatMap((each) => channelsOf(all, each))));
      const ids = decision.channels.map(({ channelId }) => channelId);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(all.channels.filter(({ id, onlyByRules }) => !onlyByRules || led.has(id)).map(({ id }) => id));
      for (const { channelId, via } of decision.channels) expect(via !== undefined).toBe(led.has(channelId));
    });
  });

  test("the way that is named is the first: of the first rule that leads there, its first target that does", () => {
    holds((all, decision) => {
      for (const { channelId, via } of decision.channels) {
        if (!via) continue;
        const first = matched(all).find(({ targets }) => targets.some((each) => channelsOf(all, each).includes(channelId)));
        const by = first?.targets.find((each) => channelsOf(all, each).includes(channelId));
        expect([via.rule, via.group?.id ?? null]).toEqual([{ id: first?.id, name: first?.name }, by?.groupId ?? null]);
        expect(via.contact?.id ?? null).toBe(by?.channelId ? null : all.channels.find(({ id }) => id === channelId)?.contactId);
      }
    });
  });

  test("what a rule leads to a channel still has to pass its filters and its owner's wishes, and then it is sent", () => {
    holds((all, decision) => {
      const expected = all.channels.filter((one) => {
        const listed = decision.channels.some(({ channelId }) => channelId === one.id);
        const who = all.contacts.find(({ id }) => id === one.contactId);
        const wanted = !who || (who.enabled && (who.categories.length === 0 || who.categories.includes(CATEGORY[all.event.type] as string)) && (who.severities.length === 0 || who.severities.includes(decision.severity)));
        return listed && wanted && SEVERITIES.indexOf(decision.severity) >= SEVERITIES.indexOf(one.minimumSeverity);
      });
      expect(sentTo(decision).sort()).toEqual(expected.map(({ id }) => id));
    });
  });

  test("rules change nothing for channels that hear of everything, but that the way is named", () => {
    holds((all, decision) => {
      const without = decide(all.event, makeSettings({ ...all, rules: [] }), emptyState(), NOW);
      const general = decision.channels.slice(0, without.channels.length);
      expect(general.map(({ via: _, ...verdict }) => verdict)).toEqual(without.channels);
    });
  });
});

describe("groups in groups", () => {
  const ids = Array.from({ length: 14 }, (_, at) => `g${at}`);
  /** Without cycles: each group holds only later ones. */
  const nesting = fc.tuple(...ids.map((_, at) => fc.subarray(ids.slice(at + 1), { maxLength: Math.min(2, ids.length - at - 1) }))).map((members) => new Map(ids.map((id, at) => [id, members[at] ?? []])));

  const deepest = (id: string, inner: ReadonlyMap<string, readonly string[]>): number => 1 + Math.max(0, ...(inner.get(id) ?? []).map((each) => deepest(each, inner)));
  const comesTo = (from: string, to: string, inner: ReadonlyMap<string, readonly string[]>): boolean => from === to || (inner.get(from) ?? []).some((each) => comesTo(each, to, inner));

  test("a member that leads back to its group is found, with the way; one that makes it too deep as well; nothing else is", () => {
    fc.assert(
      fc.property(nesting, fc.constantFrom(...ids), fc.subarray(ids, { maxLength: 2 }), (before, id, members) => {
        const after = new Map(before).set(id, members);
        const problem = nestingProblem(id, after);
        const cycle = members.some((member) => comesTo(member, id, new Map(before).set(id, [])));
        expect(problem?.fault === "CYCLE").toBe(cycle);
        for (const [at, one] of (problem?.way ?? []).slice(1).entries()) expect(after.get(problem?.way[at] as string)).toContain(one);
        if (problem?.fault === "CYCLE") expect([problem.way[0], problem.way[1], problem.way.at(-1)]).toEqual([id, problem.memberId, id]);
        if (problem?.fault === "TOO_DEEP") expect(problem.way.length).toBeGreaterThan(GROUP_LIMITS.depth);
        // As deep as allowed before, it is as deep as allowed after.
        if (!problem && Math.max(...ids.map((each) => deepest(each, before))) <= GROUP_LIMITS.depth) expect(Math.max(...ids.map((each) => deepest(each, after)))).toBeLessThanOrEqual(GROUP_LIMITS.depth);
      }),
      { numRuns: 500 },
    );
  });

  test("a chain may be as deep as the limit and no deeper", () => {
    const chain = new Map(ids.map((id, at) => [id, at > 0 && at < GROUP_LIMITS.depth ? [ids[at + 1] as string] : []]));
    expect(nestingProblem("g1", chain)).toBeNull();
    expect(nestingProblem("g0", new Map(chain).set("g0", ["g2"]))).toBeNull();
    expect(nestingProblem("g0", new Map(chain).set("g0", ["g1"]))).toMatchObject({ fault: "TOO_DEEP", memberId: "g1", way: ids.slice(0, 11) });
    expect(nestingProblem("g10", new Map(chain).set("g10", ["g11"]))).toMatchObject({ fault: "TOO_DEEP", memberId: "g11" });
    expect(nestingProblem("g10", new Map(chain).set("g10", ["g1"]))).toMatchObject({ fault: "CYCLE", way: ["g10", ...ids.slice(1, 11)] });
  });
});
