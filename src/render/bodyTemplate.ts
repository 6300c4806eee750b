import { CaptureTag, type Context, defaultOperators, type FilterImplOptions, Liquid, LiquidError, type Operators, RenderError, type Template, toValue } from "liquidjs";
import { cleanJson } from "./clean.ts";
import { escapeHtml } from "./escape.ts";
import type { Json } from "./message.ts";

/** The values that a template may name. */
export interface BodyValues {
  [name: string]: Json;
}

/** Why a template gives no body, in words that fit after a colon. Quotes neither the template nor what it was filled with. */
export class TemplateProblem extends Error {
  override readonly name = "TemplateProblem";
}

/** How what stands between `{{` and `}}` is written. */
type Form = "JSON" | "URL_ENCODED" | "MARKUP" | "TEXT";

const LONGEST_TEMPLATE = 20_000;
/** Well above what a message needs, and little enough that a loop is stopped before anybody waits for it. */
const RENDER_MS = 50;
/**
 * Characters and values, in all, that one rendering may read and make. The library counts less than it uses (arrays within arrays,
 * captured text, searches), so filters, outputs and captures are counted here too.
 */
const MOST_MEMORY = 1_000_000;
const PER_VALUE = 8;
const LONGEST_BODY = 1_000_000;
/** Letters of all templates that are kept parsed. */
const MOST_PARSED = 500_000;

function formOf(contentType: string): Form {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (type === "application/json" || type.endsWith("+json")) return "JSON";
  if (type === "application/x-www-form-urlencoded") return "URL_ENCODED";
  if (type === "text/html" || type === "text/xml" || type === "application/xml" || type.endsWith("+xml")) return "MARKUP";
  return "TEXT";
}

/** Parts of a message that a template has cut in two must not break the receiver's parser either. */
function asJson(value: unknown, space?: number): string {
  return JSON.stringify(cleanJson((toValue(value) ?? null) as Json), null, space);
}

function asText(value: unknown): string {
  const plain: unknown = toValue(value) ?? "";
  return typeof plain === "string" ? (cleanJson(plain) as string) : asJson(plain);
}

const WRITERS: Record<Form, (value: unknown) => string> = {
  JSON: (value) => (typeof toValue(value) === "string" ? asJson(value).slice(1, -1) : asJson(value)),
  URL_ENCODED: (value) => new URLSearchParams([["", asText(value)]]).toString().slice(1),
  // XML has no form at all for control characters.
  MARKUP: (value) => escapeHtml(asText(value).replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")).replaceAll("'", "&#39;"),
  TEXT: asText,
};

/** The size of a value, or some number above `most`. An array that holds another one twice counts it twice, as whoever writes it out would. */
function sizeOf(value: unknown, most: number): number {
  const waiting = [value];
  let size = PER_VALUE;
  while (waiting.length > 0 && size <= most) {
    const one = waiting.pop();
    if (typeof one === "string") size += one.length;
    if (typeof one !== "object" || one === null) continue;
    const inner: unknown[] = Array.isArray(one) ? one : Object.entries(one).flat();
    size += inner.length * PER_VALUE;
    if (size <= most) for (const item of inner) waiting.push(item);
  }
  return size;
}

function count(context: Context, value: unknown): void {
  context.memoryLimit.use(sizeOf(value, MOST_MEMORY));
}

/** Searching for a long text in a long text takes the product of their lengths, and nothing can interrupt it. */
function countSearch(context: Context, text: unknown, pattern: unknown): void {
  if (typeof text === "string" && typeof pattern === "string") context.memoryLimit.use((text.length * pattern.length) / 250);
}

function counted(filter: FilterImplOptions): FilterImplOptions {
  const { handler, raw } = typeof filter === "function" ? { handler: filter, raw: false } : filter;
  return {
    raw,
    *handler(value: unknown, ...given: unknown[]): Generator<unknown, unknown, unknown> {
      count(this.context, value);
      count(this.context, given);
      countSearch(this.context, value, given[0]);
      const result: unknown = yield handler.call(this, value, ...given);
      count(this.context, result);
      return result;
    },
  };
}

class CountedCapture extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    yield* super.render(context);
    count(context, (context.bottom() as Record<string, unknown>)[this.variable]);
  }
}

const OPERATORS: Operators = {
  ...defaultOperators,
  *contains(whole: unknown, part: unknown, context: Context): Generator<unknown, boolean, boolean> {
    countSearch(context, toValue(whole), toValue(part));
    return yield defaultOperators["contains"]?.(whole, part, context);
  },
};

/** There are no other templates, and what looks for files is not even there. */
const NO_FILES = ["include", "render", "layout", "block"];

function engineFor(form: Form): Liquid {
  const write = WRITERS[form];
  const engine = new Liquid({
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    parseLimit: LONGEST_TEMPLATE,
    renderLimit: RENDER_MS,
    memoryLimit: MOST_MEMORY,
    operators: OPERATORS,
    // The same text wherever the server stands.
    timezoneOffset: 0,
    locale: "en-US",
    outputEscape(this: { context: Context } | void, value: unknown) {
      if (this) count(this.context, value);
      return write(value);
    },
  });
  for (const tag of NO_FILES) delete engine.tags[tag];
  engine.registerTag("capture", CountedCapture);
  if (form === "JSON") {
    // What is JSON already is not to be escaped once more: so `{{ service | json }}` gives a text in quotes, or null.
    for (const name of ["json", "jsonify"]) engine.registerFilter(name, { raw: true, handler: (value: unknown, space?: number) => asJson(value, space) });
  }
  for (const [name, filter] of Object.entries(engine.filters)) engine.registerFilter(name, counted(filter));
  return engine;
}

const ENGINES: Record<Form, Liquid> = {
  JSON: engineFor("JSON"),
  URL_ENCODED: engineFor("URL_ENCODED"),
  MARKUP: engineFor("MARKUP"),
  TEXT: engineFor("TEXT"),
};

/** Parsed templates, the one used last at the end. */
const parsed = new Map<string, Template[]>();
let parsedLength = 0;

function parse(template: string, form: Form): Template[] {
  const key = `${form} ${template}`;
  const known = parsed.get(key);
  const templates = known ?? ENGINES[form].parse(template);
  if (known) parsed.delete(key);
  else parsedLength += key.length;
  parsed.set(key, templates);
  for (const oldest of parsed.keys()) {
    if (parsedLength <= MOST_PARSED) break;
    parsed.delete(oldest);
    parsedLength -= oldest.length;
  }
  return templates;
}

/**
 * Fills a Liquid template. Values are written so that they cannot break out of where they stand: for JSON a text is escaped and has no quotes
 * of its own, anything else is JSON; forms are URL-encoded, HTML and XML escaped, any other type is left as it is.
 * @throws {TemplateProblem}
 */
export function fillBodyTemplate(template: string, contentType: string, values: BodyValues): string {
  const form = formOf(contentType);
  const body = render(template, form, values);
  if (body.length > LONGEST_BODY) throw new TemplateProblem(`it makes a body of more than ${LONGEST_BODY} characters`);
  const clean = body.replace(/\p{Surrogate}/gu, "\uFFFD");
  if (form === "JSON") checkJson(clean);
  return clean;
}

function render(template: string, form: Form, values: BodyValues): string {
  try {
    const scope: BodyValues = Object.assign(Object.create(null), values);
    return ENGINES[form].renderSync(parse(template, form), scope) as string;
  } catch (error) {
    throw new TemplateProblem(problemOf(error));
  }
}

function checkJson(body: string): void {
  try {
    JSON.parse(body);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const where = position === undefined ? "" : ` (${placeIn(body, Number(position))} of the result)`;
    throw new TemplateProblem(`its result is not valid JSON${where}; write text as "{{ title }}" and everything else as {{ details }}`);
  }
}

function placeIn(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

function problemOf(error: unknown): string {
  if (!LiquidError.is(error)) return whatFailed(String(error)) ?? "it fails";
  const [line, column] = error.token.getPosition();
  const otherwise = RenderError.is(error) ? "what stands here cannot be worked out" : "something here is not Liquid as it should be";
  return `${whatFailed(error.message) ?? otherwise} (line ${line}, column ${column})`;
}

/** The library's messages repeat the template, which may hold a token: only short names of filters and tags are taken over. */
function whatFailed(message: string): string | undefined {
  const filter = /undefined filter: (\w{1,30})\b/.exec(message)?.[1];
  if (filter !== undefined) return `there is no filter "${filter}"`;
  const tag = /^tag "(\w{1,30})" not found/.exec(message)?.[1];
  if (tag !== undefined) return NO_FILES.includes(tag) ? `the tag "${tag}" cannot be used, for there are no other templates` : `there is no tag "${tag}"`;
  if (/memory alloc limit exceeded|Invalid string length|Invalid array length/.test(message)) return "it needs too much memory";
  if (/template render limit exceeded/.test(message)) return "it takes too long";
  if (/parse length limit exceeded/.test(message)) return `it has more than ${LONGEST_TEMPLATE} characters`;
  if (/Maximum call stack/.test(message)) return "it is nested too deeply";
  if (/^output ".*not closed/s.test(message)) return "{{ is not closed by }}";
  if (/^tag ".*not closed/s.test(message)) return "{% is not closed by %}";
  if (/^(tag|raw) .*not closed/s.test(message)) return "a tag has no end tag, e.g. endif or endfor";
  return undefined;
}

const SAMPLE: BodyValues = {
  event: "backup.failure",
  service: 'db "main"\\',
  customer: "Ann & Bob's <shop>",
  timestamp: "2026-01-31T12:00:00.000Z",
  message: 'The backup of "db" failed:\n\t<no space left> in C:\\backup & more 🔥',
  details: { path: 'C:\\"backup"', percent: 98.5, disks: ["a\nb", null, true], inner: { name: "ä" } },
  id: "0195f3c2-0000-7000-8000-000000000001",
  severity: "CRITICAL",
  status: "FIRING",
  title: 'Backup of "db" failed \\ <again>',
  category: "backup",
  displayName: 'Rack "7"',
  conditionId: "0195f3c2-0000-7000-8000-000000000002",
  count: 3,
  recovered: false,
  reason: "ONGOING",
};

/** Messages that a template has to take when it is saved: everything there, what may be missing missing, and the end of a problem. */
const SAMPLES: BodyValues[] = [
  SAMPLE,
  { ...SAMPLE, service: null, customer: null, status: null, conditionId: null, details: {}, severity: "INFO", count: 1, reason: "FIRST" },
  { ...SAMPLE, status: "RESOLVED", recovered: true, severity: "WARNING", reason: "RECOVERY" },
];

/**
 * Tries a template with samples.
 * @throws {TemplateProblem}
 */
export function checkBodyTemplate(template: string, contentType: string): void {
  for (const sample of SAMPLES) fillBodyTemplate(template, contentType, sample);
}
