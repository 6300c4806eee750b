import { CATEGORIES } from "../catalogue/category.ts";
import type { StoredEvent } from "../events/event.model.ts";
import { withAcknowledgeLine } from "../render/acknowledgeLink.ts";
import { durationText } from "../render/duration.ts";
import type { Fact, Json, Message, MessageReason } from "../render/message.ts";
import type { Delivery, DeliveryContext } from "./delivery.model.ts";

const EMOJIS = new Map(CATEGORIES.map((category) => [category.name, category.emoji]));

/** More facts than this make a message a table. */
const MOST_FACTS = 20;

export interface ComposeInput {
  delivery: Pick<Delivery, "id" | "reason" | "context">;
  event: StoredEvent;
  displayName: string;
  rich: boolean;
  thread: string | null;
  acknowledgeUrl: string | null;
}

/** The finished message of one delivery: the same for every try, and for every kind. Pure. */
export function composeMessage({ delivery: { id, reason, context }, event, displayName, rich, thread, acknowledgeUrl }: ComposeInput): Message {
  const openedAt = context.openedAt === undefined ? null : new Date(context.openedAt);
  return {
    id,
    reason,
    title: titleOf(event, reason),
    body: withAcknowledgeLine([event.message, remark(reason, context, openedAt, event), covered(context), standInRemark(context)].filter(Boolean).join("\n\n"), acknowledgeUrl),
    facts: factsOf(event),
    severity: event.severity,
    recovered: reason === "RECOVERY",
    emoji: EMOJIS.get(event.category) ?? "🔔",
    displayName,
    rich,
    event: {
      id: event.id,
      type: event.type,
      category: event.category,
      status: event.status,
      source: event.source,
      service: event.service,
      customer: event.customer,
      message: event.message,
      details: event.details,
      occurredAt: event.occurredAt,
    },
    condition: event.conditionId && openedAt ? { id: event.conditionId, openedAt, count: context.count ?? 1 } : null,
    thread,
    acknowledgeUrl,
  };
}

function titleOf(event: StoredEvent, reason: MessageReason): string {
  if (reason === "TEST") return `Test: ${event.title}`;
  if (reason === "ONGOING") return `Still going on: ${event.title}`;
  if (reason === "ESCALATED") return `Worse: ${event.title}`;
  if (reason === "FLAPPING") return `Flapping: ${event.title}`;
  if (reason === "ESCALATION") return `Nobody has it: ${event.title}`;
  if (reason === "REMINDER") return `Not over yet: ${event.title}`;
  // A recovery type has a title that says so; RESOLVED on the problem's own type does not.
  const saysSo = event.status !== "RESOLVED" && /recover|resolved|reconnect/.test(event.type);
  return reason === "RECOVERY" && !saysSo ? `Resolved: ${event.title}` : event.title;
}

function remark(reason: MessageReason, context: DeliveryContext, openedAt: Date | null, event: StoredEvent): string {
  if (context.heldBack) return `${times(context.heldBack, "repeat was", "repeats were")} held back before this one.`;
  if (!openedAt) return "";
  if (context.escalation) return escalationRemark(context.escalation, openedAt);
  if (context.flapping) return flappingRemark(reason, context.flapping, event);
  const span = durationText(event.receivedAt.getTime() - openedAt.getTime());
  const seen = `seen ${times(context.count ?? 1, "time", "times")}`;
  if (reason === "RECOVERY") return `It lasted ${span} (${seen}).`;
  if (reason === "ONGOING" || reason === "ESCALATED") return `Going on since ${utc(openedAt)}, for ${span} (${seen}).`;
  return "";
}

/** By the clock too: times are those of the step. */
function escalationRemark({ at, policy, step, round, takenBy, takenAt }: NonNullable<DeliveryContext["escalation"]>, openedAt: Date): string {
  const span = durationText(new Date(at).getTime() - openedAt.getTime());
  if (takenBy !== undefined && takenAt !== undefined) return `${takenBy} took it on at ${utc(new Date(takenAt))}. It has been going on since ${utc(openedAt)}, for ${span}.`;
  return `Going on since ${utc(openedAt)}, for ${span}, and nobody has taken it on (${policy === undefined ? "" : `${policy}, `}step ${step}${round > 1 ? `, round ${round}` : ""}).`;
}

/** The end is told of when it has been steady for a while, by the clock and not by an event: so it says since when, and not for how long. */
function flappingRemark(reason: MessageReason, { since, times: openings }: NonNullable<DeliveryContext["flapping"]>, event: StoredEvent): string {
  const began = new Date(since);
  if (openings !== undefined) return `It has opened ${openings} times in ${durationText(event.receivedAt.getTime() - began.getTime())}. There will be word when it is steady.`;
  const now = reason === "RECOVERY" ? "is over" : "goes on";
  return `It was flapping since ${utc(began)}. It is steady now, and ${now}: the last change was at ${utc(event.receivedAt)}.`;
}

function covered({ covers = 0 }: DeliveryContext): string {
  return covers === 0 ? "" : `${times(covers, "other was", "others were")} not sent because of this.`;
}

/** Why the channel gets what was meant for another one; empty for what is its own. */
export function standInRemark({ standIn }: DeliveryContext): string {
  if (!standIn) return "";
  return standIn.unknown ? `Whether it reached ${standIn.for} is not known.` : `Could not be delivered to ${standIn.for}.`;
}

function times(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function utc(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function factsOf(event: StoredEvent): Fact[] {
  const named: [string, Json][] = [
    ["Severity", event.severity],
    ["Service", event.service],
    ["Source", event.source],
    ["Customer", event.customer],
    ["Value", event.value],
    ...Object.entries(event.details),
  ];
  return named
    .filter(([, value]) => value !== null && value !== "")
    .slice(0, MOST_FACTS)
    .map(([label, value]) => ({ label, value: typeof value === "string" ? value : JSON.stringify(value) }));
}
