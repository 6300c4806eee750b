import type { z } from "zod";
import type { Message } from "../render/message.ts";
import type { Http } from "./http.ts";
import type { Mail } from "./mail.ts";

/**
 * What became of one try, as far as it failed.
 * - PERMANENT: trying again cannot help (bad credential, bad target, refused payload).
 * - TRANSIENT: trying later may help; it is certain that nothing was delivered.
 * - RATE_LIMITED: the provider asked to wait.
 * - UNKNOWN: the request was sent and the answer was lost; it may have been delivered.
 */
export type FailureOutcome = "PERMANENT" | "TRANSIENT" | "RATE_LIMITED" | "UNKNOWN";

export interface DeliveryFailure {
  outcome: FailureOutcome;
  /** The provider's own words, or the transport's. Never holds a secret: `http` and `mail` mask the URL and credentials. */
  message: string;
  /** What is wrong in plain words and what to do about it. */
  hint?: string | undefined;
  /** The provider's status, e.g. "404" or "550 5.1.1". */
  status?: string | undefined;
  /** Wait asked for by the provider, in milliseconds from now. */
  retryAfterMs?: number | undefined;
  /** The provider says that this target is gone for good: the channel is switched off. */
  disableChannel?: boolean | undefined;
}

/** A try that failed. Thrown by `http`, `mail` and `send`; anything else that `send` throws is a bug and counts as PERMANENT. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly failure: DeliveryFailure;

  constructor(failure: DeliveryFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What the provider said when it took the message. */
export interface Receipt {
  /** The provider's status, e.g. "200" or "250 OK queued as 12345". At most 200 characters are kept. */
  status: string;
  /** The provider's name of the message. The first one of a condition comes back as `Message.thread`. */
  reference?: string | undefined;
  /** Config fields that the provider has told to change, e.g. a migrated chat id; saved to the channel. */
  changedConfig?: Record<string, unknown> | undefined;
}

/** A message in the provider's own form. */
export interface Rendered<Payload> {
  /** The human-readable text as sent, for the history. No secrets: made from the message alone. */
  text: string;
  payload: Payload;
}

/** Everything a kind may touch while sending. Nothing else: no fetch, environment, clock, log, sleep or retry. */
export interface SendContext<Config> {
  config: Config;
  message: Message;
  http: Http;
  mail: Mail;
  /** Stores the message in the server's own inbox. */
  inbox: (message: Message) => Promise<void>;
  /** Writes one line to standard output. */
  print: (line: string) => void;
  /** Aborts when the try's time is up. */
  signal: AbortSignal;
  now: Date;
}

/** How fast a channel of this kind may be used: the provider's documented limits. */
export interface Pace {
  /** Requests under way at once. */
  concurrency: number;
  /** Messages per second on average; Infinity where the provider sets no limit. */
  perSecond: number;
  /** Messages that may go out at once before `perSecond` holds. */
  burst: number;
  /** One try's time in milliseconds, connecting included. */
  timeoutMs: number;
}

/** The zod metadata of a config field: from it come the GraphQL input and output, forms, masking and encryption. */
export interface FieldMeta {
  description: string;
  /** Shown above the field in a form, e.g. "Bot token". */
  title: string;
  /** Write-only: encrypted at rest, never in an answer. */
  secret?: true;
  /** Helps a form choose its control and check early. */
  format?: "url" | "email" | "host" | "port" | "multiline";
  /** A value to show greyed out, e.g. "smtp.example.com". */
  example?: string;
}

export interface Provider<Schema extends z.ZodObject = z.ZodObject, Payload = unknown> {
  /** UPPER_SNAKE, as in the API's ChannelKind. */
  kind: string;
  /** The provider's name as people know it. */
  title: string;
  /** The provider's own documentation. */
  docs: string;
  config: Schema;
  pace: Pace;
  /** True when the provider recognises a repeated message by its id, so that an unknown outcome may be tried again. */
  idempotent: boolean;
  /** Steps to get every credential, one sentence or two each, in order. */
  guide: string[];
  /** Pure: same message and config, same result. */
  render: (message: Message, config: z.output<Schema>) => Rendered<Payload>;
  /** @throws {DeliveryError} when it was not, or perhaps not, delivered */
  send: (payload: Payload, context: SendContext<z.output<Schema>>) => Promise<Receipt>;
}

/** Gives a channel kind its types; see the smallest kinds for the shape. */
export function defineProvider<Schema extends z.ZodObject, Payload>(
  provider: Provider<Schema, Payload>,
): Provider<Schema, Payload> {
  return provider;
}
