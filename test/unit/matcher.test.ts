import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it, test } from "vitest";
import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import type { MatchSubject } from "../../src/decide/settings.ts";
import { compileOnce } from "../../src/matchers/compileOnce.ts";
import { MATCH_OPERATORS, canonicalMatchers, compileMatchers, matchersSchema } from "../../src/matchers/matcher.ts";
import type { MatchOperator, Matcher } from "../../src/matchers/matcher.ts";
import { matcherWarnings } from "../../src/matchers/matcherWarnings.ts";
import { patternOf, patternProblem } from "../../src/matchers/pattern.ts";

const EVENT: MatchSubject = { type: "deploy.failure", category: "deploys", severity: "CRITICAL", source: "pve1", service: "web-1", customer: null, title: "web-1 failed (exit 1)", details: {} };
const matcher = (field: string, operator: MatchOperator, value: string): Matcher => ({ field, operator, value });
const holds = (one: Matcher, event: Partial<MatchSubject> = {}): boolean => compileMatchers([one])({ ...EVENT, ...event });
const issuesOf = (given: unknown) => matchersSchema.safeParse(given).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
/** The best of three, in milliseconds, so that a busy machine does not count. */
const timeOf = (work: () => unknown): number =>
  Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is in use once garbage is gone. */
function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("a matcher", () => {
  it.each<[field: string, operator: MatchOperator, value: string, expected: boolean]>([
    ["type", "EQUALS", "deploy.failure", true],
    ["type", "EQUALS", "deploy_failure", false],
    ["type", "NOT_EQUALS", "deploy.failure", false],
    ["type", "MATCHES", "deploy\\..*", true],
    ["category", "EQUALS", "deploys", true],
    ["severity", "NOT_EQUALS", "CRITICAL", false],
    ["severity", "MATCHES", "INFO|WARNING", false],
    ["source", "EQUALS", "pve1", true],
    ["source", "EQUALS", "PVE1", false],
    ["source", "MATCHES", "(?i)PVE\\d", true],
    ["service", "MATCHES", "web-[12]", true],
    ["service", "NOT_MATCHES", "web-[12]", false],
    ["service", "NOT_MATCHES", "db-.*", true],
    ["title", "EQUALS", "web-1 failed (exit 1)", true],
    ["title", "MATCHES", ".*\\(exit \\d+\\)", true],
  ])("%s %s %s: %s", (field, operator, value, expected) => {
    expect(holds(matcher(field, operator, value))).toBe(expected);
  });

  it.each(["__proto__", "constructor", "toString", "details.", "Type", ""])("has no field named %j", (field) => {
    expect(issuesOf([matcher(field, "EQUALS", "x")])).toEqual([expect.stringMatching(/^0\.field: must be one of/)]);
  });

  it("takes in the whole text", () => {
    for (const value of ["web", "eb-1", "web-|1", "b-1|web", "^web", "1$"]) expect([value, holds(matcher("service", "MATCHES", value))]).toEqual([value, false]);
    for (const value of ["web-1", "web.*", ".*1", "web|web-1", "^web-1$", "(web|db)-\\d"]) expect([value, holds(matcher("service", "MATCHES", value))]).toEqual([value, true]);
    expect(holds(matcher("title", "MATCHES", "first"), { title: "first\nsecond" })).toBe(false);
    expect(holds(matcher("title", "MATCHES", "first.*"), { title: "first\nsecond" })).toBe(true);
    expect(holds(matcher("title", "MATCHES", "first$"), { title: "first\n" })).toBe(false);
  });

  it("takes a field that an event lacks for an empty one", () => {
    for (const field of ["customer", "details.rack"]) {
      expect([holds(matcher(field, "EQUALS", "")), holds(matcher(field, "NOT_EQUALS", "")), holds(matcher(field, "EQUALS", "a")), holds(matcher(field, "NOT_EQUALS", "a"))]).toEqual([true, false, false, true]);
      expect([holds(matcher(field, "MATCHES", "")), holds(matcher(field, "MATCHES", ".*")), holds(matcher(field, "MATCHES", ".+")), holds(matcher(field, "NOT_MATCHES", ".+"))]).toEqual([true, true, false, true]);
    }
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) expect([name, holds(matcher(`details.${name}`, "EQUALS", ""))]).toEqual([name, true]);
  });

  it("compares a detail as it stands when it is text, else as JSON", () => {
    const details = { rack: "r1", port: 443, up: false, none: null, list: [1, "a"], deep: { a: 1 } };
    for (const [name, value] of [["rack", "r1"], ["port", "443"], ["up", "false"], ["none", "null"], ["list", '[1,"a"]'], ["deep", '{"a":1}']] as const) {
      expect([name, holds(matcher(`details.${name}`, "EQUALS", value), { details })]).toEqual([name, true]);
    }
    expect(holds(matcher("details.rack", "EQUALS", '"r1"'), { details })).toBe(false);
    expect(holds(matcher("details.port", "MATCHES", "4\\d\\d"), { details })).toBe(true);
  });

  it("sees the first 1,000 characters of a text by a pattern, and all of it when it compares", () => {
    const details = { text: `${"a".repeat(1000)}b` };
    expect(holds(matcher("details.text", "MATCHES", "a+"), { details })).toBe(true);
    expect(holds(matcher("details.text", "MATCHES", "a+b"), { details })).toBe(false);
    expect(holds(matcher("details.text", "EQUALS", "a".repeat(200)), { details: { text: "a".repeat(201) } })).toBe(false);
  });

  it("holds with all the others", () => {
    const both = compileMatchers([matcher("service", "MATCHES", "web.*"), matcher("severity", "EQUALS", "INFO")]);
    expect([both(EVENT), both({ ...EVENT, severity: "INFO" }), both({ ...EVENT, severity: "INFO", service: "db" })]).toEqual([false, true, false]);
  });
});

describe("comparing", () => {
  const text = fc.oneof(fc.string({ maxLength: 20 }), fc.stringMatching(/^[.*+?()[\]{}|\\^$a]{0,10}$/));

  test("never takes a text for a pattern", () => {
    fc.assert(
      fc.property(text, text, (value, service) => {
        expect(holds(matcher("service", "EQUALS", value), { service })).toBe(service === value);
        expect(holds(matcher("service", "NOT_EQUALS", value), { service })).toBe(service !== value);
        expect(holds(matcher("service", "EQUALS", value), { service: value })).toBe(true);
      }),
    );
  });

  test("by a pattern agrees with JavaScript's own where both know it", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "(a|ab)", "(?:b|ba)", "\\d", "\\w");
    const piece = fc.tuple(atom, fc.constantFrom("", "*", "+", "?", "{2}", "{1,3}")).map((parts) => parts.join(""));
    const source = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(source, fc.stringMatching(/^[ab1\n]{0,8}$/), (pattern, given) => {
        expect(patternOf(pattern).matches(given)).toBe(new RegExp(`^(?:${pattern})$`, "su").test(given));
        expect(holds(matcher("service", "NOT_MATCHES", pattern), { service: given })).toBe(!holds(matcher("service", "MATCHES", pattern), { service: given }));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("patterns", () => {
  it.each([
    ["(?=web)web", /look ahead or behind/],
    ["web(?!-1)", /look ahead or behind/],
    ["(?<=a)b", /look ahead or behind/],
    ["(?<!a)b", /look ahead or behind/],
    ["(a)\\1", /refer back/],
    ["(?P<n>a)\\k<n>", /refer back/],
    ["(", /RE2 takes them: missing closing \)/],
    ["web)", /RE2 takes them: unexpected \)/],
    ["[z-a]", /RE2 takes them/],
    ["a**", /RE2 takes them/],
    ["((a{1,100}){1,100}){1,100}", /smaller/],
    ["(a{1,1000}){1,1000}", /smaller/],
    ["a{1,1000}", /smaller/],
    ["(.{0,200}){2}", /smaller/],
    ["x{2000}", /smaller/],
    ["((((((((((a?){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}", /smaller/],
  ])("%s is refused", (pattern, message) => {
    expect(patternProblem(pattern)).toMatch(message);
    expect(issuesOf([matcher("service", "MATCHES", pattern)])).toEqual([`0.value: ${patternProblem(pattern)}`]);
    // It is but a text where texts are compared.
    expect(issuesOf([matcher("service", "EQUALS", pattern)])).toEqual([]);
  });

  it.each(["", ".*", "(?i)web", "[[:alpha:]]+", "\\p{Greek}+", "\\d{1,3}(\\.\\d{1,3}){3}", "[0-9a-f]{64}", "(?P<n>a)|b", "a".repeat(200), "(".repeat(100) + ")".repeat(100)])("%s is taken", (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
  });

  // Hostile ones would take from minutes to for ever by an engine that tries one way after the other.
  it.each(["(x+x+)+y", "(x*)*y", "(x|x)*y", "(x|xx|xxx)+y", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x?y", "(?:x?){90}x{100}y", "(?:.*x.{90})y", "([x-z]+)*([x-z]+)*([x-z]+)*1"])("%s takes little time for any text", (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
    const texts = ["x".repeat(20_000), `${"x".repeat(19_999)}!`, "xyz".repeat(7000), "x".repeat(32_768)];
    expect(timeOf(() => texts.map((given) => patternOf(pattern).matches(given)))).toBeLessThan(500);
  });

  it("are checked in little time and memory, however they would grow", () => {
    const sources = ["((a{1,100}){1,100}){1,100}", "(\\pL{1,1000})", `${"(".repeat(66)}${"){9}".repeat(33)}`, "(?i:\\pL{333})", "(a?){1000}", "[\\pL\\pN]{1000}", "(((((a{10}){10}){10}){10}){10}){10}", `(${"a|".repeat(90)}a)*`];
    for (const source of sources) expect([source, timeOf(() => patternProblem(source)) < 500]).toEqual([source, true]);
    const before = heapBytes();
    const compiled = sources.filter((source) => patternProblem(source) === null).map(patternOf);
    for (const pattern of compiled) pattern.matches("");
    expect(heapBytes() - before).toBeLessThan(20_000_000);
  });

  it("remember little of the texts that they have met", () => {
    const texts = Array.from({ length: 15 }, (_, seed) => Array.from({ length: 1000 }, (_unused, index) => ((seed + 1) * (index + 7) ** 2) % 31 % 2 === 0 ? "a" : "b").join(""));
    const before = heapBytes();
    const patterns = Array.from({ length: 10 }, (_, index) => patternOf(`(.*a.{${100 + index}})|(.*b.{140})`));
    for (const pattern of patterns) for (const given of texts) pattern.matches(given);
    expect((heapBytes() - before) / patterns.length).toBeLessThan(500_000);
    expect(patterns).toHaveLength(10);
  });
});

describe("what is accepted", () => {
  const good = matcher("service", "EQUALS", "web");

  it.each<[given: unknown, issues: string[]]>([
    [[good], []],
    [[matcher("details.node_name-1", "EQUALS", "")], []],
    [[], [": must hold at least one matcher"]],
    [Array.from({ length: 21 }, () => good), [": must hold at most 20 matchers"]],
    [[good, { ...good, field: "fate" }], ["1.field: must be one of type, category, severity, service, source, customer, title or details.<name>"]],
    [[{ ...good, field: "details." }], ["0.field: must be one of type, category, severity, service, source, customer, title or details.<name>"]],
    [[{ ...good, field: "details.a.b" }], ["0.field: must be one of type, category, severity, service, source, customer, title or details.<name>"]],
    [[{ ...good, value: "a".repeat(201) }], ["0.value: must be at most 200 characters"]],
    [[{ ...good, value: "a\nb" }], ["0.value: must be one line without control characters"]],
    [[matcher("severity", "EQUALS", "critical")], ["0.value: must be one of INFO, WARNING, CRITICAL"]],
    [[matcher("severity", "NOT_EQUALS", "")], ["0.value: must be one of INFO, WARNING, CRITICAL"]],
    [[matcher("severity", "MATCHES", "critical")], []],
    [[matcher("category", "EQUALS", "deploy")], [expect.stringMatching(/^0\.value: must be one of deploys, services, /) as unknown as string]],
  ])("%j", (given, issues) => {
    expect(issuesOf(given)).toEqual(issues);
  });

  test("any name of an event type, kept as its canonical one", () => {
    const catalogue = createCatalogue(EVENT_TYPES);
    const given = [matcher("type", "EQUALS", "backup_fail"), matcher("type", "NOT_EQUALS", "Node offline"), matcher("type", "MATCHES", "backup_fail"), matcher("service", "EQUALS", "backup_fail")];
    expect(canonicalMatchers(given, catalogue).map(({ value }) => value)).toEqual([catalogue.resolve("backup_fail")?.name, "node.disconnect", "backup_fail", "backup_fail"]);
    expect(() => canonicalMatchers([given[0] as Matcher, matcher("type", "EQUALS", "deploy.failre")], catalogue)).toThrow(/^matchers\.1\.value: must be an event type; near to it are deploy\.failure/);
  });
});

describe("warnings", () => {
  const ALL = "The matchers leave out hardly anything: nearly every event matches.";
  const NONE = "No event can match: the matchers contradict each other.";

  it.each<[given: Matcher[], warnings: string[]]>([
    [[matcher("service", "NOT_EQUALS", "web")], [ALL]],
    [[matcher("title", "MATCHES", ".*")], [ALL]],
    [[matcher("type", "MATCHES", ".+"), matcher("service", "NOT_MATCHES", "web.*")], [ALL]],
    [[matcher("severity", "MATCHES", "INFO|WARNING|CRITICAL")], [ALL]],
    [[matcher("service", "MATCHES", ".+")], []],
    [[matcher("service", "NOT_EQUALS", "")], []],
    [[matcher("severity", "NOT_EQUALS", "CRITICAL")], []],
    [[matcher("service", "NOT_EQUALS", "web"), matcher("source", "EQUALS", "pve1")], []],
    [[matcher("service", "EQUALS", "web"), matcher("service", "EQUALS", "db")], [NONE]],
    [[matcher("service", "EQUALS", "web"), matcher("service", "NOT_MATCHES", "w.*")], [NONE]],
    [[matcher("severity", "MATCHES", "critical")], [NONE]],
    [[matcher("category", "MATCHES", "deploy")], [NONE]],
    [[matcher("service", "NOT_MATCHES", ".*")], [NONE]],
    [[matcher("service", "MATCHES", "web.*"), matcher("service", "NOT_EQUALS", "web")], []],
  ])("%j", (given, warnings) => {
    expect(matcherWarnings(given)).toEqual(warnings);
  });

  test("no operator is forgotten", () => {
    for (const operator of MATCH_OPERATORS) expect(typeof holds(matcher("service", operator, "web"))).toBe("boolean");
  });
});

it("rows that stay are compiled once", () => {
  const compile = compileOnce(({ id }: { id: string; value: number }) => ({ id }));
  const [first, second] = compile([{ id: "a", value: 1 }, { id: "b", value: 1 }]);
  const [again, changed] = compile([{ id: "a", value: 1 }, { id: "b", value: 2 }]);
  expect(again).toBe(first);
  expect(changed).not.toBe(second);
});

test("a pattern's fixed beginning decides nothing that the pattern would not", () => {
  const sources = ["web-[0-9]+", "we?b", "web", "(?i)web.*", "web|db", "^web$", "(web)-1", ".*b", "", "\\Qa.b\\E.*", "🔔[x]*", "w{2,3}x"];
  const texts = ["web", "web-1", "WEB-1", "wb", "db", "", "xweb-1", "a.b", "a.bc", "axb", "🔔", "🔔xx", "wwx", "wx", "wwww"];
  for (const source of sources) for (const text of texts) expect([source, text, patternOf(source).matches(text)]).toEqual([source, text, RE2JS.compile(source, RE2JS.DOTALL).matches(text)]);
});

test("rows that are the same are compiled once, and each is given at its place", () => {
  let count = 0;
  const compile = compileOnce((row: string) => ({ row, number: (count += 1) }));
  expect(compile(["a", "b", "a"])).toEqual([{ row: "a", number: 1 }, { row: "b", number: 2 }, { row: "a", number: 1 }]);
});
