import { RE2JS } from "re2js";

/** As far as patterns see a text: some details are long, and every event may meet thousands of patterns. */
export const LONGEST_TEXT = 1000;

/** Steps of a compiled pattern. One of so many takes some milliseconds for a text that is meant to be hard. */
const MOST_STEPS = 300;

/** What a compiled pattern may remember of the texts that it has met, to be faster next time. Patterns are many, and RE2JS would take 8 MiB for each. */
const MEMORY_BYTES = 65_536;

/** A pattern compiled once, at its first use: most events are told apart before any pattern is asked. */
export interface Pattern {
  /** Whether the whole text, as far as patterns see it, is as the pattern says. */
  matches(text: string): boolean;
}

export function patternOf(source: string): Pattern {
  let compiled: RE2JS | null = null;
  return {
    matches(text) {
      compiled ??= compile(source);
      // Comparing a fixed beginning is a hundred times as fast, and most of many patterns have one: "web-.*", "pve[12]".
      return text.startsWith(beginningOf(compiled)) && compiled.testExact(text.slice(0, LONGEST_TEXT));
    },
  };
}

/** The fixed text that everything begins with which the pattern takes; empty when there is none. */
function beginningOf(compiled: RE2JS): string {
  return (compiled.re2() as unknown as { prefix: string }).prefix;
}

/** What is wrong with a pattern, and what would be right; null when nothing is. */
export function patternProblem(source: string): string | null {
  try {
    return compile(source).programSize() > MOST_STEPS ? "must be a smaller regular expression: it repeats too much" : null;
  } catch (error) {
    return problemOf(error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error), source);
  }
}

/** RE2 takes time in proportion to the text, whatever the pattern. A dot stands for a line break too. */
function compile(source: string): RE2JS {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL);
  const { dfa } = compiled.re2();
  dfa.stateBudget = MEMORY_BYTES;
  dfa.memBudget = MEMORY_BYTES;
  return compiled;
}

function problemOf(detail: string, source: string): string {
  if (/\(\?<?[=!]/.test(source)) return "must not look ahead or behind, as (?=…), (?!…), (?<=…) and (?<!…) do: RE2 has none of these";
  if (/^invalid escape sequence: `\\[1-9k]/.test(detail)) return "must not refer back to a group, as \\1 does: RE2 has no backreferences";
  if (/^(expression too large|invalid repeat count|expression nests too deeply)/.test(detail)) return "must be a smaller regular expression: it repeats or nests too much";
  return `must be a regular expression as RE2 takes them: ${detail}`;
}
