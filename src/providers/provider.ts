import type * as z from "zod";
import type { Message } from "../render/message.ts";
import type { Http } from "./http.ts";
import type { CheckMail, Mail } from "./mail.ts";
import type { RunProgram } from "./program.ts";

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

/** The ways out, and how long they may take. Nothing else: no fetch, environment, clock, log, sleep or retry. */
export interface Ways {
  http: Http;
  mail: Mail;
  checkMail: CheckMail;
  /** Runs a program that is installed on this machine. */
  run: RunProgram;
  /** Aborts when the try's time is up. */
  signal: AbortSignal;
  now: Date;
}

/** Everything a kind may touch while sending. */
export interface SendContext<Config> extends Ways {
  config: Config;
  message: Message;
  /** Stores the message in the server's own inbox. */
  inbox: (message: Message) => Promise<void>;
  /** Writes one line to standard output. */
  print: (line: string) => void;
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
  format?: "url" | "email" | "host" | "port" | "phone" | "multiline";
  /** What each value of an enum means, as a sentence. */
  values?: Record<string, string>;
  /** A value to show greyed out, which the field would take: e.g. "smtp.example.com"; of a list, one entry. */
  example?: string;
}

/** Credentials that many channels can share, e.g. a Telegram bot. Its fields are among those of the kinds that use it. */
export interface Account<Schema extends z.ZodObject = z.ZodObject> {
  /** UPPER_SNAKE, as in the API's ProviderAccountKind. Several channel kinds may share one. */
  kind: string;
  /** What it is to people, e.g. "Telegram bot". */
  title: string;
  config: Schema;
  /**
   * Asks the provider whether it takes the credentials, and sends nothing to anyone.
   * @throws {DeliveryError} when it does not, or cannot be asked
   */
  check(context: Ways & { config: z.output<Schema> }): Promise<Receipt>;
}

/** Gives an account its types. */
export function defineAccount<Schema extends z.ZodObject>(account: Account<Schema>): Account<Schema> {
  return account;
}

/**
 * How those who were told of a problem hear of its end.
 * - RESOLVES: the provider closes the incident that the problem opened.
 * - REPLIES: an answer to, or a message in the thread of, the first one.
 * - REPLACES: takes the place of the first one.
 * - FOLLOWS: a second message.
 */
export const RECOVERY_FORMS = ["RESOLVES", "REPLIES", "REPLACES", "FOLLOWS"] as const;
export type RecoveryForm = (typeof RECOVERY_FORMS)[number];

export interface Provider<Schema extends z.ZodObject = z.ZodObject, Payload = unknown> {
  /** UPPER_SNAKE, as in the API's ChannelKind. */
  kind: string;
  /** The provider's name as people know it. */
  title: string;
  /** The provider's own documentation. */
  docs: string;
  config: Schema;
  /** The account that can give some of the config, for kinds that have one. */
  account?: Account;
  /** Names of config fields that a trigger may set for its events: who gets them. None of them is secret. */
  recipientFields?: readonly string[];
  recovery: RecoveryForm;
  pace: Pace;
  /** True when the provider recognises a repeated message by its id, so that an unknown outcome may be tried again. */
  idempotent: boolean;
  /** False for a kind that uses the server's machine itself. */
  forCustomers?: false;
  /** True where what it is sent can be read by others than it is meant for, or is spoken: such messages have no links that count as secrets. */
  withoutLinks?: boolean;
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
