import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { Ids } from "../ids.ts";
import { AUDITED_MUTATIONS, SERVER } from "./audit.ts";
import type { Actor, AuditSubject } from "./audit.ts";
import { insertAuditEntries, readSubjects } from "./audit.store.ts";
import type { NewAuditEntry, SubjectRow, SubjectRows } from "./audit.store.ts";

/** A change of settings that is under way. */
interface Change {
  by: Actor;
  /** The API's name of it, e.g. updateChannel. */
  action: string;
  subjects: readonly AuditSubject[];
}

/** Which change what runs now belongs to: through all services and stores, so that none of them can forget to say so. */
const underWay = new AsyncLocalStorage<Change>();
let changesUnderWay = 0;

/** While it is in use, Node follows every promise of the process, which more than doubles what each costs: it is used for as long as settings change, and no longer. */
async function during<Result>(change: Change, work: () => Promise<Result>): Promise<Result> {
  changesUnderWay += 1;
  try {
    return await underWay.run(change, work);
  } finally {
    changesUnderWay -= 1;
    if (changesUnderWay === 0) underWay.disable();
  }
}

/** Runs a mutation of the API that changes settings: what it changes is noted as `by`'s. @param action one of `AUDITED_MUTATIONS` */
export function asChange<Result>(by: Actor, action: string, work: () => Promise<Result>): Promise<Result> {
  return during({ by, action, subjects: AUDITED_MUTATIONS[action] ?? [] }, work);
}

/** Runs what the server changes by itself. @param action in the words of the API, e.g. disableChannel */
export function asServersChange<Result>(action: string, subjects: readonly AuditSubject[], work: () => Promise<Result>): Promise<Result> {
  return during({ by: SERVER, action, subjects }, work);
}

/** The database, noting what changes of settings write: in the same transaction, so that neither is there without the other. */
export function auditedDatabase(db: Database, clock: Clock, ids: Ids): Database {
  return {
    ...db,
    get writing() {
      return db.writing;
    },
    write(work, locks) {
      const change = underWay.getStore();
      if (!change) return db.write(work, locks);
      return db.write(async (tx) => {
        const before = await readSubjects(tx, change.subjects);
        const result = await work(tx);
        await insertAuditEntries(tx, entriesOf(change, before, await readSubjects(tx, change.subjects), clock, ids));
        return result;
      }, locks);
    },
  };
}

function entriesOf({ by, action, subjects }: Change, before: SubjectRows, after: SubjectRows, clock: Clock, ids: Ids): NewAuditEntry[] {
  return subjects.flatMap((subject) => {
    const [was, is] = [before.get(subject), after.get(subject)];
    const keys = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
    return keys.flatMap((key) => {
      const [old, now] = [was?.get(key) ?? null, is?.get(key) ?? null];
      if (JSON.stringify(old) === JSON.stringify(now)) return [];
      const row = (now ?? old) as SubjectRow;
      const secretsChanged = old !== null && now !== null && old.secrets !== now.secrets;
      return [
        {
          id: ids.next(),
          at: clock.now(),
          tokenId: by.tokenId,
          actorName: by.name,
          address: by.address,
          customer: row.customer,
          action,
          subjectType: subject,
          subjectId: key,
          subjectName: row.name,
          before: old && { ...old.shown, ...(secretsChanged ? { secrets: "***" } : {}) },
          after: now && { ...now.shown, ...(secretsChanged ? { secrets: "*** (others)" } : {}) },
        },
      ];
    });
  });
}
