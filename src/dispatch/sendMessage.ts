import type { Clock } from "../clock.ts";
import { DeliveryError } from "../providers/provider.ts";
import type { FailureOutcome, Provider, Receipt, Ways } from "../providers/provider.ts";
import type { Log } from "../log.ts";
import type { Message } from "../render/message.ts";

/** The outside world, as channel kinds reach it. */
export interface Outside extends Omit<Ways, "signal" | "now"> {
  /** Stores the message in the inbox of this channel. */
  inbox(channelId: string, message: Message): Promise<void>;
  print(line: string): void;
}

/** What one try came to. */
export type SendResult = { text: string; durationMs: number } & (
  | { outcome: "DELIVERED"; receipt: Receipt }
  | {
      outcome: FailureOutcome;
      status: string | null;
      error: string;
      hint: string | null;
      retryAfterMs: number | undefined;
      disableChannel: boolean;
    }
);

export interface SendInput {
  provider: Provider;
  channelId: string;
  config: Record<string, unknown>;
  message: Message;
}

/** One try: renders and sends within the kind's time. Never throws; a fault of ours is a PERMANENT failure and logged. */
export async function sendMessage({ provider, channelId, config, message }: SendInput, outside: Outside, clock: Clock, log: Log): Promise<SendResult> {
  const startedAt = performance.now();
  const abort = new AbortController();
  const cancelTimeout = clock.after(provider.pace.timeoutMs, () => abort.abort(new DOMException("the try's time is up", "TimeoutError")));
  let text = `${message.title}\n${message.body}`;
  const spent = () => Math.round(performance.now() - startedAt);
  try {
    const rendered = provider.render(message, config);
    text = rendered.text;
    const context = {
      config,
      message,
      http: outside.http,
      mail: outside.mail,
      checkMail: outside.checkMail,
      run: outside.run,
      inbox: (stored: Message) => outside.inbox(channelId, stored),
      print: outside.print,
      signal: abort.signal,
      now: clock.now(),
    };
    const receipt = await provider.send(rendered.payload, context);
    return { outcome: "DELIVERED", text, receipt, durationMs: spent() };
  } catch (error) {
    return { ...failureOf(error, provider, log), text, durationMs: spent() };
  } finally {
    cancelTimeout();
  }
}

function failureOf(error: unknown, provider: Provider, log: Log) {
  if (error instanceof DeliveryError) {
    const { outcome, message, hint, status, retryAfterMs, disableChannel } = error.failure;
    return { outcome, error: message, hint: hint ?? null, status: status ?? null, retryAfterMs, disableChannel: disableChannel ?? false };
  }
  log.error({ err: error, kind: provider.kind }, "a channel kind failed by a fault of its own");
  return {
    outcome: "PERMANENT" as const,
    error: "The message could not be made ready for this channel.",
    hint: "This is a fault of the server; its log has the details.",
    status: null,
    retryAfterMs: undefined,
    disableChannel: false,
  };
}
