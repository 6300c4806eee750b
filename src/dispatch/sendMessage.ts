import type { Clock } from "../clock.ts";
import { DeliveryError } from "../providers/provider.ts";
import type { FailureOutcome, Provider, Receipt } from "../providers/provider.ts";
import type { Log } from "../log.ts";
import type { Message } from "../render/message.ts";
import type { OutsideWorld } from "./outside.ts";

/** What one try came to. */
export type TryResult<Answer = Receipt> = { durationMs: number } & (
  | { outcome: "DELIVERED"; receipt: Answer }
  | {
      outcome: FailureOutcome;
      status: string | null;
      error: string;
      hint: string | null;
      retryAfterMs: number | undefined;
      disableChannel: boolean;
    }
);

export type SendResult = TryResult & { text: string };

export interface SendInput {
  provider: Provider;
  channelId: string;
  /** Whose channel it is; null: the server's own. */
  customer: string | null;
  config: Record<string, unknown>;
  message: Message;
  timeoutMs: number;
}

/** One try: renders and sends. Never throws. */
export async function sendMessage({ provider, channelId, customer, config, message, timeoutMs }: SendInput, world: OutsideWorld, clock: Clock, log: Log): Promise<SendResult> {
  let text = `${message.title}\n${message.body}`;
  const result = await tryOut(provider.kind, timeoutMs, clock, log, (signal) => {
    const { http, mail, checkMail, run, print, inbox } = world.of(customer);
    const rendered = provider.render(message, config);
    text = rendered.text;
    const ownInbox = (stored: Message) => inbox(channelId, stored);
    return provider.send(rendered.payload, { http, mail, checkMail, run, print, inbox: ownInbox, config, message, signal, now: clock.now() });
  });
  return Object.assign(result, { text });
}

/**
 * Whatever asks a provider something, within a time. Never throws; a fault of ours is a PERMANENT failure and logged.
 * @param kind of the channel or account, for the log
 */
export async function tryOut<Answer>(kind: string, timeoutMs: number, clock: Clock, log: Log, work: (signal: AbortSignal) => Promise<Answer>): Promise<TryResult<Answer>> {
  const startedAt = performance.now();
  const abort = new AbortController();
  const cancelTimeout = clock.after(timeoutMs, () => abort.abort(new DOMException("the try's time is up", "TimeoutError")));
  const spent = () => Math.round(performance.now() - startedAt);
  try {
    const receipt = await work(abort.signal);
    return { outcome: "DELIVERED", receipt, durationMs: spent() };
  } catch (error) {
    return { ...failureOf(error, kind, log), durationMs: spent() };
  } finally {
    cancelTimeout();
  }
}

function failureOf(error: unknown, kind: string, log: Log) {
  if (error instanceof DeliveryError) {
    const { outcome, message, hint, status, retryAfterMs, disableChannel } = error.failure;
    return { outcome, error: message, hint: hint ?? null, status: status ?? null, retryAfterMs, disableChannel: disableChannel ?? false };
  }
  log.error({ err: error, kind }, "a channel kind failed by a fault of its own");
  return {
    outcome: "PERMANENT" as const,
    error: "The message could not be made ready for this channel.",
    hint: "This is a fault of the server; its log has the details.",
    status: null,
    retryAfterMs: undefined,
    disableChannel: false,
  };
}
