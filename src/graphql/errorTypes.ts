import { CallerError, ConflictError, IdempotencyConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Issue } from "../errors.ts";
import { builder } from "./builder.ts";
import { ErrorCodeEnum } from "./enums.ts";

/** What every error that comes back as data has, so that one fragment always works. */
const ErrorInterface = builder.interfaceRef<CallerError>("Error").implement({
  description: "An error that a program can act on. Every mutation's result is its payload or one of these.",
  fields: (t) => ({
    code: t.expose("code", { type: ErrorCodeEnum, description: "What went wrong, for programs." }),
    message: t.exposeString("message", { description: "What went wrong and what would be right, for people." }),
  }),
});

const IssueType = builder.objectRef<Issue>("ValidationIssue").implement({
  description: "One thing wrong with an input.",
  fields: (t) => ({
    path: t.exposeString("path", { description: "Where, from the input's root, e.g. config.email.to.0." }),
    message: t.exposeString("message", { description: "What would be right." }),
    code: t.exposeString("code", { description: "The kind of fault: required, invalid_type, invalid_format, invalid_value, too_small, too_big, unrecognized_keys, not_found or another word; invalid where there is no closer one." }),
  }),
});

builder.objectType(ValidationError, {
  name: "ValidationError",
  description: "Some input is not as it must be. Nothing was changed.",
  interfaces: [ErrorInterface],
  fields: (t) => ({
    issues: t.expose("issues", { type: [IssueType], description: "Everything that is wrong, field by field." }),
  }),
});

builder.objectType(NotFoundError, {
  name: "NotFoundError",
  description: "There is nothing with this id or name, or the token may not see it.",
  interfaces: [ErrorInterface],
});

builder.objectType(ConflictError, {
  name: "ConflictError",
  description: "It clashes with what is there already.",
  interfaces: [ErrorInterface],
});

builder.objectType(IdempotencyConflictError, {
  name: "IdempotencyConflictError",
  description: "The idempotency key was used within 24 hours for another input. Nothing was stored.",
  interfaces: [ErrorInterface],
});

/** An error that needs no fields of its own, e.g. UNKNOWN_EVENT_TYPE or UNAVAILABLE. */
export const OtherErrorType = builder.objectRef<CallerError>("OtherError").implement({
  description: "An error that its code and message say all about.",
  interfaces: [ErrorInterface],
  isTypeOf: (value) => value instanceof CallerError && value.constructor === CallerError,
});
