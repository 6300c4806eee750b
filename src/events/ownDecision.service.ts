import DataLoader from "dataloader";
import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import type { Database } from "../db/database.ts";
import { overallVerdict } from "../decide/overallVerdict.ts";
import type { Verdict } from "../decide/verdict.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import type { StoredDecision, StoredEvent } from "./event.model.ts";
import { findToldOf } from "./event.store.ts";

/** What an event is about, by which what was told before is found. */
export type About = Pick<StoredEvent, "fingerprint" | "conditionId">;

export interface OwnDecisions {
  /**
   * What of a decision its reader may know: a customer what became of the event on its own channels, as if there were no
   * others. Everybody else knows all of it.
   */
  read(decision: StoredDecision, about: About, by: Owner): Promise<StoredDecision>;
}

export function createOwnDecisions(db: Pick<Database, "read">, snapshot: Pick<SnapshotHolder, "current">): OwnDecisions {
  /** Whether any of the customer's channels has had a message about the same thing: asked for all events of a page at once. */
  const wasTold = new DataLoader(
    async (asked: readonly { about: About; customer: string }[]) => {
      const told = new Map<string, (about: About) => boolean>();
      for (const customer of new Set(asked.map((one) => one.customer))) told.set(customer, await findToldOf(db.read, asked.filter((one) => one.customer === customer).map(({ about }) => about), customer));
      return asked.map(({ about, customer }) => told.get(customer)?.(about) ?? false);
    },
    { cache: false },
  );

  return {
    async read(decision, about, by) {
      if (!isCustomers(by)) return decision;
      const { verdict, reason } = decision;
      const channels = decision.channels.filter(({ channelId }) => snapshot.current.channels.get(channelId)?.customer === by.customer).map(withoutNames);
      // Stopped before any channel was looked at: that is about the event itself, unless it is because somebody was told before.
      const isStopped = decision.channels.length === 0 && verdict.action === "SUPPRESS" && verdict.because !== "NO_CHANNEL" && verdict.because !== "NOBODY_TOLD";
      const toldOf = BECAUSE_TOLD.has(verdict.because) || reason === "ONGOING" ? await wasTold.load({ about, customer: by.customer }) : true;
      return {
        channels,
        verdict: isStopped && (toldOf || !BECAUSE_TOLD.has(verdict.because)) ? withoutNames(verdict) : overallVerdict(channels, reason),
        reason: toldOf || reason !== "ONGOING" ? reason : "FIRST",
      };
    },
  };
}

const BECAUSE_TOLD: ReadonlySet<Verdict["because"]> = new Set<Verdict["because"]>(["COOLDOWN", "STEP_ALREADY_FIRED"]);

const BECAUSE_OF_SOMEBODY: ReadonlySet<Verdict["because"]> = new Set<Verdict["because"]>(["SILENCED", "INHIBITED", "ACKNOWLEDGED"]);

/** Silences and inhibition rules may be the server's, and so may be who took a problem on: their words and authors are not for customers. */
function withoutNames<Given extends Verdict>(verdict: Given): Given {
  return BECAUSE_OF_SOMEBODY.has(verdict.because) ? { ...verdict, detail: undefined } : verdict;
}
