import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, FakeHttp } from "../channels/fakeHttp.ts";

/** A webhook receiver that keeps book. */
export interface Receiver extends AsyncDisposable {
  url: string;
  /** What came, in order, whatever was answered. */
  receipts: Receipt[];
  /** How it answers from now on. */
  mood: () => Answer;
}

export interface Receipt {
  /** The webhook-id, by which a receiver knows a repeat. */
  id: string;
  title: string;
  /** Name of the event's type. */
  event: string;
  conditionId: string | null;
  /** The body as it came. */
  bytes: string;
  /** By `performance.now()`. */
  at: number;
  /** True when the answer said that it was taken, and was not lost on the way. */
  taken: boolean;
}

export const TAKE = (): Answer => ({ status: 200 });

export async function startReceiver(mood: () => Answer = TAKE, port = 0): Promise<Receiver> {
  const receipts: Receipt[] = [];
  const receiver = { receipts, mood };
  const fake: FakeHttp = await startFakeHttp(({ headers, body }) => {
    const answer = receiver.mood();
    const bytes = body.toString();
    const { title, event, conditionId } = JSON.parse(bytes) as Pick<Receipt, "title" | "event" | "conditionId">;
    const taken = typeof answer === "object" && !answer.hang && answer.status < 300;
    receipts.push({ id: headers["webhook-id"] as string, title, event, conditionId, bytes, at: performance.now(), taken });
    return answer;
  }, port);
  return Object.assign(receiver, { url: fake.url, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() });
}

/** Receipts of one message that came more than once, as pairs of one and the next. */
export function repeatsOf(receipts: readonly Receipt[]): { before: Receipt; after: Receipt }[] {
  const last = new Map<string, Receipt>();
  const repeats = [];
  for (const after of receipts) {
    const before = last.get(after.id);
    if (before) repeats.push({ before, after });
    last.set(after.id, after);
  }
  return repeats;
}

/** What was told of each condition, in order and without repeats: names of event types by the condition's id. */
export function toldOfConditions(receipts: readonly Receipt[]): Map<string, string[]> {
  const seen = new Set<string>();
  const told = new Map<string, string[]>();
  for (const { id, event, conditionId } of receipts) {
    if (conditionId === null || seen.has(id)) continue;
    seen.add(id);
    told.set(conditionId, [...(told.get(conditionId) ?? []), event]);
  }
  return told;
}
