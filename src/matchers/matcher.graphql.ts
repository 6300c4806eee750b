import { builder } from "../graphql/builder.ts";
import type { Matcher } from "./matcher.ts";

const FIELD = "The event's field: type, category, severity, service, source, customer, title or details.<name>. One that an event lacks is empty; a detail that is no text is its JSON.";

export const MatchOperatorEnum = builder.enumType("MatchOperator", {
  description: "How a field is compared. Regular expressions are those of RE2, without lookaround and backreferences; they must take in the whole text, of which they see the first 1,000 characters.",
  values: {
    EQUALS: { value: "EQUALS" as const, description: "It is this text." },
    NOT_EQUALS: { value: "NOT_EQUALS" as const, description: "It is not this text." },
    MATCHES: { value: "MATCHES" as const, description: "This regular expression takes in the whole of it." },
    NOT_MATCHES: { value: "NOT_MATCHES" as const, description: "This regular expression does not take in the whole of it." },
  },
});

export const MatcherType = builder.objectRef<Matcher>("Matcher").implement({
  description: "What one field of an event must be like.",
  fields: (t) => ({
    field: t.exposeString("field", { description: FIELD }),
    operator: t.expose("operator", { type: MatchOperatorEnum, description: "How it is compared." }),
    value: t.exposeString("value", { description: "What it is compared with; an event type by its canonical name." }),
  }),
});

export const MatcherInput = builder.inputType("MatcherInput", {
  description: "What one field of an event must be like.",
  fields: (t) => ({
    field: t.string({ required: true, description: FIELD }),
    operator: t.field({ type: MatchOperatorEnum, required: true, description: "How it is compared." }),
    value: t.string({ required: true, description: "A text or a regular expression, at most 200 characters. EQUALS takes an event type by any of its names." }),
  }),
});
