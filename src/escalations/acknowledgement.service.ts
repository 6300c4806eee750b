import * as z from "zod";
import { ownEvents } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import { isId } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import { takenByFor } from "./acknowledgement.model.ts";
import { claimOf } from "./acknowledgeLink.ts";
import type { AcknowledgeLinks } from "./acknowledgeLink.ts";
import type { AcknowledgementStore, ConditionRow, LinkedDelivery } from "./acknowledgement.store.ts";

/** What a link in a message is good for. */
export type LinkState =
  | { state: "READY"; condition: ConditionRow; by: string; takenBy: string | null }
  | { state: "DONE"; condition: ConditionRow; by: string }
  /** Used before. */
  | { state: "USED"; condition: ConditionRow; takenBy: string | null }
  /** The problem is over. */
  | { state: "OVER"; condition: ConditionRow }
  | { state: "EXPIRED" }
  /** None of ours, changed, or about what is not kept any more. */
  | { state: "UNKNOWN" };

export interface AcknowledgementService {
  /** Takes an open problem on, or takes it over. @throws {NotFoundError} @throws {ConflictError} when it is over @throws {ValidationError} */
  acknowledge(id: string, note: string | null, principal: Principal): Promise<ConditionRow>;
  /** Gives it back. @throws {NotFoundError} @throws {ConflictError} when nobody has taken it on, or it is over */
  unacknowledge(id: string, principal: Principal): Promise<ConditionRow>;
  /** Looks at a link, changing nothing. */
  look(link: string): Promise<LinkState>;
  /** Takes the problem on by a link, once. */
  use(link: string): Promise<LinkState>;
}

const noteInput = z.object({
  note: z.string().trim().max(500, "must be at most 500 characters").regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters").nullable().transform((text) => text || null),
});

const over = () => new ConflictError("This condition is closed already.");

/** @param changed called after every change: what is due of escalations is another by then */
export function createAcknowledgementService({ store, links, clock, changed }: { store: AcknowledgementStore; links: AcknowledgeLinks; clock: Clock; changed(): void }): AcknowledgementService {
  async function find(id: string, principal: Principal): Promise<ConditionRow> {
    const condition = await store.find(id, ownEvents(principal));
    if (!condition) throw new NotFoundError("This condition");
    return condition;
  }

  /** The signature is looked at before anything is said about what the link is for. */
  async function read(link: string): Promise<{ state: LinkState; linked?: LinkedDelivery }> {
    const claim = claimOf(link);
    if (!claim || !isId(claim.deliveryId)) return { state: { state: "UNKNOWN" } };
    const linked = await store.findLinked(claim.deliveryId);
    if (!linked || !links.isGenuine(link, linked.condition.id)) return { state: { state: "UNKNOWN" } };
    const { condition } = linked;
    const takenBy = condition.acknowledgedAt && takenByFor(linked, condition);
    if (claim.expiresAt <= clock.now()) return { state: { state: "EXPIRED" } };
    if (linked.usedAt) return { state: { state: "USED", condition, takenBy } };
    if (condition.status === "CLOSED") return { state: { state: "OVER", condition } };
    return { state: { state: "READY", condition, by: linked.contactName ?? linked.channelName, takenBy }, linked };
  }

  return {
    async acknowledge(id, note, principal) {
      const given = parseInput(noteInput, { note });
      const condition = await find(id, principal);
      const now = clock.now();
      const after = await store.set(condition, { at: now, by: principal.name, note: given.note, customer: principal.customer }, now);
      if (!after) throw over();
      changed();
      return after;
    },

    async unacknowledge(id, principal) {
      const condition = await find(id, principal);
      if (condition.status === "CLOSED") throw over();
      if (!condition.acknowledgedAt) throw new ConflictError("Nobody has taken this condition on.");
      const after = await store.set(condition, null, clock.now());
      if (!after) throw over();
      changed();
      return after;
    },

    look: async (link) => (await read(link)).state,

    async use(link) {
      const { state, linked } = await read(link);
      if (!linked || state.state !== "READY") return state;
      const condition = await store.setByLink(linked, { at: clock.now(), by: `${state.by} by link`, note: null, customer: linked.customer });
      if (!condition) return (await read(link)).state;
      changed();
      return { state: "DONE", condition, by: state.by };
    },
  };
}
