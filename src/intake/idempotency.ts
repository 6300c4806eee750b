import { hash } from "node:crypto";
import { sorted } from "../decide/fingerprint.ts";
import type { EventInput } from "../events/event.model.ts";
import type { Json } from "../render/message.ts";

/** How long a key answers with the first result. */
export const IDEMPOTENCY_HOURS = 24;

/** Tells whether two inputs under one key are the same, without keeping the first. */
export function inputHash(input: EventInput): string {
  const { idempotencyKey: _, occurredAt, ...rest } = input;
  const plain = sorted({ ...rest, occurredAt: occurredAt?.toISOString() ?? null } as Json);
  return hash("sha256", JSON.stringify(plain), "base64url");
}
