import { isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from "graphql";
import type { GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, GraphQLInputType } from "graphql";
import fc from "fast-check";

/** What generated input may refer to: ids of what is there, as the API shows them. */
export interface Known {
  ids: readonly string[];
  /** Those of them that the field is probably about. */
  likely: readonly string[];
}

const STRANGE = [
  "", " ", "\t", "x".repeat(201), "x".repeat(100_001), "\u0000", "a\u0000b", "\ud800", "é\u0301", "👩‍👩‍👧‍👦", "\u202eabc", "line\nbreak", "\u0007",
  "' OR 1=1 --", '"; DROP TABLE "Event"; --', "%", "_", "\\", "../../etc/passwd", "{{ title }}", "{% for i in (1..1000000000) %}x{% endfor %}", "${7*7}", "<script>alert(1)</script>", "=1+1",
  "__proto__", "constructor", "toString", "null", "undefined", "NaN", "-1", "1e999", "(a+)+$", "[", "(?=a)", ".*", "\\p{L}", "a{1000}{1000}",
  "http://", "http://127.0.0.1:9", "https://user:pass@127.0.0.1:9/x?y#z", "ftp://127.0.0.1", "javascript:alert(1)", "http://[::1]:9", "http://169.254.169.254/",
  "a@b", "a@b.c", "+15551234567", "@channel", "-1001234567890", "2026-02-30", "25:00", "09:00", "Mars/Olympus", "Europe/Berlin", "UTC",
];

/** Texts that something is named by, so that some input is taken. */
const KNOWN_WORDS = ["service.health.down", "deploy.failure", "backup_fail", "services", "custom", "web", "acme", "severity", "type", "details.host", "CRITICAL", "smtp.example.org", "Ops", "taken"];

const text = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...STRANGE) }, { weight: 3, arbitrary: fc.constantFrom(...KNOWN_WORDS) }, { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) });

const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.dictionary(fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("__proto__", "constructor", "host")), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }),
  fc.integer({ min: 1, max: 60 }).map((depth) => JSON.parse('{"a":'.repeat(depth) + "1" + "}".repeat(depth)) as unknown),
  fc.constantFrom({ a: "x".repeat(40_000) }, { a: "\u0000" }, { a: "\ud800" }),
);

const SCALARS: Record<string, fc.Arbitrary<unknown>> = {
  String: text,
  Boolean: fc.boolean(),
  Int: fc.oneof(fc.constantFrom(0, 1, -1, 2_147_483_647, -2_147_483_648), fc.integer({ min: -5, max: 2000 })),
  Float: fc.oneof(fc.constantFrom(0, -0, 1e308, -1e308, 5e-324, 90), fc.double({ noNaN: true, noDefaultInfinity: true })),
  JSONObject: json,
  DateTime: mostly(fc.constantFrom("2026-03-01T12:00:00Z", "2026-03-02T12:00:00+01:00", "2026-06-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"), fc.constantFrom("2026-02-30T00:00:00Z", "+275760-09-13T00:00:00Z", "now", "")),
  Duration: mostly(fc.constantFrom("PT0S", "PT1S", "PT5M", "PT1H", "P1D", "P366D", "P1000000D", "-PT5M", "PT0.4S"), fc.constantFrom("P1Y", "PT1E9S", "five minutes", "")),
};

/** GraphQL refuses wrong scalars before anything else is looked at. */
function mostly<T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

/** Values that have no business where they stand: GraphQL itself refuses them. */
const MISFIT = fc.constantFrom<unknown[]>(null, 1.5, "x", true, {}, [], [[]], { __proto__: null, a: 1 });

/** Anything that a type takes, much of what it nearly takes, and now and then what it never does. */
export function anyOf(type: GraphQLInputType, known: Known, depth = 0): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return fc.oneof({ weight: 100, arbitrary: fitting(type.ofType, known, depth) }, { weight: 1, arbitrary: MISFIT });
  return fc.oneof({ weight: 100, arbitrary: fitting(type, known, depth) }, { weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: MISFIT });
}

function fitting(type: GraphQLInputType, known: Known, depth: number): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return fitting(type.ofType, known, depth);
  if (isListType(type)) return fc.array(anyOf(type.ofType, known, depth + 1), { maxLength: 3 });
  if (isEnumType(type)) return mostly(fc.constantFrom(...type.getValues().map(({ name }) => name)), fc.constant("NO_SUCH_VALUE"));
  if (isInputObjectType(type)) return type.isOneOf ? oneField(type, known, depth) : someFields(type, known, depth);
  if (isScalarType(type) && type.name === "ID") return anyId(known);
  return SCALARS[type.name] ?? text;
}

function anyId({ ids, likely }: Known): fc.Arbitrary<string> {
  const likelies = likely.length > 0 ? [{ weight: 12, arbitrary: fc.constantFrom(...likely) }] : [];
  return fc.oneof(...likelies, { weight: 2, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: wrongId() });
}

function wrongId(): fc.Arbitrary<string> {
  const encode = (plain: string) => Buffer.from(plain).toString("base64");
  return fc.constantFrom("", "x", encode("Channel:"), encode("Channel:nonsense"), encode("NoSuchType:1"), encode(":"), encode("Event:0190"), encode("Channel:\u0000"), encode(`Channel:${"x".repeat(10_000)}`), encode("Channel:00000000-0000-7000-8000-000000000009"));
}

function fieldsOf(type: GraphQLInputObjectType): GraphQLInputField[] {
  return Object.values(type.getFields());
}

function oneField(type: GraphQLInputObjectType, known: Known, depth: number): fc.Arbitrary<unknown> {
  const one = fc.constantFrom(...fieldsOf(type)).chain((field) => anyOf(field.type, known, depth + 1).map((value) => ({ [field.name]: value })));
  return fc.oneof({ weight: 60, arbitrary: one }, { weight: 1, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })) });
}

function someFields(type: GraphQLInputObjectType, known: Known, depth: number): fc.Arbitrary<unknown> {
  // Deep types refer to themselves or to many others: what is optional ends there.
  const fields = fieldsOf(type).filter((field) => depth < 5 || isNonNullType(field.type));
  return recordOf(fields, known, depth + 1);
}

/** Arguments or fields: those that must be given nearly always, the others now and then. */
export function recordOf(fields: readonly (GraphQLArgument | GraphQLInputField)[], known: Known, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const entries = fields.map((field) => {
    const given = isNonNullType(field.type) ? 30 : 1;
    const value = anyOf(field.type, known, depth).map((one) => [[field.name, one]] as [string, unknown][]);
    return fc.oneof({ weight: given, arbitrary: value }, { weight: isNonNullType(field.type) ? 1 : 2, arbitrary: fc.constant([] as [string, unknown][]) });
  });
  return fc.tuple(...entries).map((all) => Object.fromEntries(all.flat()));
}

/** JSON that somebody might post, from nearly right to nothing of the kind. */
export const ANY_JSON: fc.Arbitrary<unknown> = fc.oneof(json, fc.jsonValue(), fc.array(json, { maxLength: 3 }), text);
export const ANY_TEXT = text;
