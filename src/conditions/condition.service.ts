import type { Principal } from "../access/principal.ts";
import { ownEvents } from "../access/principal.ts";
import type { Database } from "../db/database.ts";
import { CallerError, ConflictError, NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { Intake } from "../intake/intake.ts";

export interface ConditionService {
  /**
   * Ends an open condition by hand: a RESOLVED event goes in by the same door as every other, so that those who were
   * told of the problem are told of its end.
   * @throws {NotFoundError} @throws {ConflictError} when it is closed already
   */
  resolve(id: string, message: string | null, principal: Principal): Promise<StoredEvent>;
}

export function createConditionService(db: Database, intake: Pick<Intake, "emit">): ConditionService {
  return {
    async resolve(id, message, principal) {
      const condition = await db.read.condition.findFirst({ where: { id, ...ownEvents(principal) } });
      if (!condition) throw new NotFoundError("This condition");
      if (condition.status === "CLOSED") throw new ConflictError("This condition is closed already.");
      const opening = await db.read.event.findUnique({ where: { id } });
      if (!opening) throw new ConflictError("The event that opened this condition has been deleted: send its recovery instead.");
      const [answer] = await intake.emit(
        [
          {
            type: condition.type,
            status: "RESOLVED",
            source: opening.source,
            service: opening.service,
            customer: opening.customer,
            details: opening.details,
            dedupKey: opening.dedupKey,
            title: condition.title,
            message: message ?? `Resolved by hand (${principal.name}).`,
          },
        ],
        principal.tokenId,
        principal.customer,
      );
      if (answer instanceof CallerError) throw answer;
      if (!answer) throw new Error("intake gave no answer");
      return answer.event;
    },
  };
}
