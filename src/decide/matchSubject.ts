import type { Draft } from "./draft.ts";
import type { MatchSubject } from "./settings.ts";

/** What matchers see of an event. */
export function matchSubject({ event, trigger, severity }: Draft): MatchSubject {
  const { type, source, service, customer, details } = event;
  return { type, category: trigger.type.category, severity, source, service, customer, title: event.title ?? trigger.type.title, details };
}
