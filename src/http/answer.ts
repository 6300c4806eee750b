import type { ServerResponse } from "node:http";
import type { CallerError, ErrorCode } from "../errors.ts";
import { RateLimitedError, ValidationError } from "../errors.ts";

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  PORTAL_OFF: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  IDEMPOTENCY_CONFLICT: 409,
  BODY_TOO_LARGE: 413,
  VALIDATION_FAILED: 422,
  UNKNOWN_EVENT_TYPE: 422,
  TOO_MANY_CONNECTIONS: 429,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 400;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text), "cache-control": "no-store" });
  response.end(text);
}

/** An error as REST tells it: the same code and message as in GraphQL. */
export function errorBody(error: CallerError): { error: { code: ErrorCode; message: string; issues?: unknown; retryAfter?: number } } {
  return { error: { code: error.code, message: error.message, ...detailsOf(error) } };
}

/** What an error says for programs beside its code. */
export function detailsOf(error: CallerError): { issues?: unknown; retryAfter?: number } {
  if (error instanceof ValidationError) return { issues: error.issues };
  return error instanceof RateLimitedError ? { retryAfter: error.retryAfter } : {};
}
