/**
 * Every error code that a caller can see, with what it means. The API's ErrorCode enum is made from this table.
 * Codes are stable: a program may act on them.
 */
export const ERROR_CODES = {
  VALIDATION_FAILED: "Some input is not as it must be; `issues` names each field and what would be right.",
  NOT_FOUND: "There is nothing with this id, or the token may not see it.",
  CONFLICT: "It clashes with what is there already, e.g. a name that is taken.",
  IDEMPOTENCY_CONFLICT: "This idempotency key was used within 24 hours for another input.",
  UNKNOWN_EVENT_TYPE: "The catalogue has no event type of this name and the server is set to refuse unknown ones.",
  CURSOR_EXPIRED: "History behind this cursor has been deleted: ask for liveCursor, read the history up to it, then subscribe after it.",
  UNAUTHENTICATED: "The token is missing, unknown, expired or revoked.",
  FORBIDDEN: "The token lacks the scope that this needs.",
  PORTAL_OFF: "The token belongs to a customer, and the customer portal is switched off.",
  RATE_LIMITED: "The token has made as many requests as it may in a minute; try again after `retryAfter` seconds.",
  BAD_REQUEST: "The request is not what this endpoint understands.",
  METHOD_NOT_ALLOWED: "The endpoint is there, but not for this HTTP method; the header `Allow` names those that it takes.",
  BODY_TOO_LARGE: "The request body is larger than the server takes.",
  QUERY_TOO_COSTLY: "The query is too deep, too wide or too costly; ask for less at a time.",
  TOO_MANY_CONNECTIONS: "The server has as many connections or subscriptions as it allows.",
  UNAVAILABLE: "The server cannot store anything at present, e.g. because the disk is full; nothing was accepted. Try again.",
  INTERNAL: "The server has a fault. The request id finds it in the log.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error meant for the caller: its message is safe to show. Everything else is masked at the edges. */
export class CallerError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One thing wrong with an input. */
export interface Issue {
  /** Where, from the input's root, e.g. "config.email.to.0". */
  path: string;
  message: string;
  /** What kind of fault, e.g. "required", "too_big" or "unknown_event_type"; "invalid" where there is no closer word. */
  code: string;
}

export class ValidationError extends CallerError {
  readonly issues: Issue[];

  constructor(issues: Issue[]) {
    super("VALIDATION_FAILED", issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message)).join("\n"));
    this.issues = issues;
  }

  static of(path: string, message: string, code = "invalid"): ValidationError {
    return new ValidationError([{ path, message, code }]);
  }
}

export class NotFoundError extends CallerError {
  constructor(what: string) {
    super("NOT_FOUND", `${what} was not found.`);
  }
}

export class ConflictError extends CallerError {
  constructor(message: string) {
    super("CONFLICT", message);
  }
}

export class IdempotencyConflictError extends CallerError {
  constructor(key: string) {
    super("IDEMPOTENCY_CONFLICT", `The idempotency key "${key}" was already used for another event within 24 hours. Use a new key for a new event.`);
  }
}

/** A path of ours that was asked with another HTTP method. */
export class MethodNotAllowedError extends CallerError {
  /** Those that it takes, as the header Allow has them. */
  readonly allow: string;

  constructor(path: string, allow: string) {
    super("METHOD_NOT_ALLOWED", `${path} takes ${allow} only.`);
    this.allow = allow;
  }
}

/** Too many requests of one token. */
export class RateLimitedError extends CallerError {
  /** Seconds until the next request is answered. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super("RATE_LIMITED", `${message} Try again in ${retryAfter} s.`);
    this.retryAfter = retryAfter;
  }
}

/** A fault of the surroundings at start (config, database, port): one clear line and a non-zero exit. */
export class StartError extends Error {}
