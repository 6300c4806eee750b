import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { isoOfSeconds, secondsOfIso, WRONG_DURATION } from "../isoDuration.ts";
import { builder } from "./builder.ts";

/** Seconds inside, ISO 8601 outside. */
const GraphQLDuration = new GraphQLScalarType<number, string>({
  name: "Duration",
  description: "A span of time as ISO 8601, without years and months: PT15M is 15 minutes, P1D is 24 hours. Whole seconds.",
  specifiedByURL: "https://en.wikipedia.org/wiki/ISO_8601#Durations",
  serialize: (seconds) => isoOfSeconds(Number(seconds)),
  parseValue: secondsOf,
  parseLiteral: (node) => secondsOf(node.kind === Kind.STRING ? node.value : null),
});

function secondsOf(text: unknown): number {
  const seconds = typeof text === "string" ? secondsOfIso(text) : null;
  if (seconds === null) throw new GraphQLError(`Duration ${WRONG_DURATION}.`, { extensions: { code: "BAD_REQUEST" } });
  return seconds;
}


/** The library's own message says only that a time is wrong. */
function dateTimeOf(value: unknown): Date {
  try {
    if (typeof value === "string") return GraphQLDateTime.parseValue(value);
  } catch {
    // Said below.
  }
  throw new GraphQLError("DateTime must be a moment as ISO 8601 with an offset, e.g. 2026-01-31T12:00:00Z.", { extensions: { code: "BAD_REQUEST" } });
}

const GraphQLMoment = new GraphQLScalarType<Date, Date>({
  ...GraphQLDateTime.toConfig(),
  description: "A moment as ISO 8601 with an offset, e.g. 2026-01-31T12:00:00Z.",
  parseValue: dateTimeOf,
  parseLiteral: (node) => dateTimeOf(node.kind === Kind.STRING ? node.value : null),
});

builder.addScalarType("DateTime", GraphQLMoment);
builder.addScalarType("JSONObject", GraphQLJSONObject, { description: "A JSON object of any shape." });
builder.addScalarType("Duration", GraphQLDuration);
