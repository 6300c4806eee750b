import { ALL_SCOPES, dottedName, ROLE_DESCRIPTIONS, SCOPES } from "../access/scope.ts";
import type { Role, Scope } from "../access/scope.ts";
import { VERDICT_REASONS } from "../decide/verdict.ts";
import type { VerdictReason } from "../decide/verdict.ts";
import { ERROR_CODES } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { builder } from "./builder.ts";

/** The enum values of a table of names and descriptions. */
export function valuesOf<Name extends string>(table: Readonly<Record<Name, string>>): { [Key in Name]: { value: Key; description: string } } {
  const entries = (Object.entries(table) as [Name, string][]).map(([value, description]) => [value, { value, description }]);
  return Object.fromEntries(entries) as { [Key in Name]: { value: Key; description: string } };
}

export const SeverityEnum = builder.enumType("Severity", {
  description: "How bad it is. They rank: INFO < WARNING < CRITICAL.",
  values: valuesOf({ INFO: "Good to know.", WARNING: "Needs a look soon.", CRITICAL: "Needs action now." }),
});

export const EventStatusEnum = builder.enumType("EventStatus", {
  description: "Whether an event opens or closes a condition. One-off events have none.",
  values: valuesOf({ FIRING: "The problem is there.", RESOLVED: "The problem is over." }),
});

export const MessageReasonEnum = builder.enumType("MessageReason", {
  description: "Why a message exists.",
  values: valuesOf({
    FIRST: "Seen for the first time.",
    ONGOING: "Still going on past the cooldown.",
    ESCALATED: "Worse than before: a higher severity or a further threshold step.",
    FLAPPING: "It comes and goes too often to tell of each time.",
    RECOVERY: "The problem is over.",
    SUMMARY: "Many events in one message: after quiet hours, once a day, of a burst, or of what a rate limit left over.",
    TEST: "A test by hand.",
    ESCALATION: "Nobody has taken it on yet, so a step of an escalation policy tells of it.",
    REMINDER: "Somebody took it on, and it is not over yet.",
  }),
});

export const AttemptOutcomeEnum = builder.enumType("AttemptOutcome", {
  description: "What one try at a delivery came to.",
  values: valuesOf({
    DELIVERED: "The provider has taken it.",
    PERMANENT: "It failed, and trying again cannot help.",
    TRANSIENT: "It failed for now; it is tried again.",
    RATE_LIMITED: "The provider asked to wait; it is tried again then.",
    UNKNOWN: "The request was sent and the answer was lost: it may have arrived. Tried again only where the provider recognises a repeat.",
    DROPPED: "Not tried any more: the recovery came first, or the channel was switched off.",
  }),
});

export const DeliveryStateEnum = builder.enumType("DeliveryState", {
  description: "How far a delivery has come.",
  values: valuesOf({
    HELD: "Waits for a summary that will carry it.",
    PENDING: "Waits for its first try.",
    RETRY: "Waits for its next try.",
    SENT: "Delivered.",
    FAILED: "Given up.",
    UNKNOWN: "Sent, but whether it arrived is not known.",
    DROPPED: "Not tried any more: the recovery came first, or the channel was switched off.",
  }),
});

export const HoldReasonEnum = builder.enumType("HoldReason", {
  description: "What holds a message back until a summary carries it.",
  values: valuesOf({
    DIGEST: "The channel's daily digest.",
    QUIET_HOURS: "The channel's quiet hours.",
    BURST: "A burst: many of one event type within a short time.",
    RATE_LIMIT: "More than the channel may be sent in a minute.",
  }),
});

export const ConditionStatusEnum = builder.enumType("ConditionStatus", {
  description: "Whether a condition goes on.",
  values: valuesOf({ OPEN: "It goes on.", CLOSED: "It is over." }),
});

export const VerdictReasonEnum = builder.enumType("VerdictReason", {
  description: "Why an event was sent or not.",
  values: valuesOf<VerdictReason>(VERDICT_REASONS),
});

export const VerdictActionEnum = builder.enumType("VerdictAction", {
  description: "What is done with an event.",
  values: valuesOf({ SEND: "It is sent.", HOLD: "It waits for a summary.", SUPPRESS: "It is not sent." }),
});

export const ErrorCodeEnum = builder.enumType("ErrorCode", {
  description: "What went wrong, for programs to act on. Stable.",
  values: valuesOf<ErrorCode>(ERROR_CODES),
});

export const RoleEnum = builder.enumType("Role", {
  description: "A set of scopes for a token.",
  values: valuesOf<Role>(ROLE_DESCRIPTIONS),
});

export const ScopeEnum = builder.enumType("Scope", {
  description: "One thing that a token may be allowed to do.",
  values: valuesOf<Scope>(Object.fromEntries(ALL_SCOPES.map((scope) => [scope, `${SCOPES[scope]} Its short name is ${dottedName(scope)}.`])) as Record<Scope, string>),
});
