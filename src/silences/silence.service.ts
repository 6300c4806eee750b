import { isCustomers, ownedBy } from "../access/principal.ts";
import type { Owner, Principal } from "../access/principal.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { CompiledSilence } from "../decide/settings.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import { compileOnce } from "../matchers/compileOnce.ts";
import { canonicalMatchers } from "../matchers/matcher.ts";
import { MOST_SILENCES, MOST_SILENCES_OF_CUSTOMER, compileSilence, periodOf, silenceChange, silenceInput, stateOf } from "./silence.model.ts";
import type { Silence, SilenceChange, SilenceInput } from "./silence.model.ts";
import type { SilenceRow, SilenceStore } from "./silence.store.ts";

export interface SilenceService {
  /** Every silence that has not ended, for the settings snapshot. */
  load(): Promise<CompiledSilence[]>;
  create(input: SilenceInput, by: Principal): Promise<SilenceRow>;
  /** @throws {ConflictError} when it has ended */
  update(id: string, input: SilenceChange, by: Principal): Promise<SilenceRow>;
  /** Ends it now. @throws {ConflictError} when it has ended */
  end(id: string, by: Principal): Promise<SilenceRow>;
}

export interface SilenceServiceDeps {
  store: SilenceStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
  /** The event types that there are for whoever asks. */
  catalogue(by: Owner): Catalogue;
}

export function createSilenceService({ store, clock, ids, changed, catalogue }: SilenceServiceDeps): SilenceService {
  const compile = compileOnce((row: SilenceRow) => compileSilence(silenceOf(row)));

  async function findUnended(id: string, by: Principal): Promise<Silence> {
    const row = await store.find(id, ownedBy(by));
    if (!row) throw new NotFoundError("This silence");
    if (stateOf(row, clock.now()) === "ENDED") throw hasEnded();
    return silenceOf(row);
  }

  async function save(id: string, changes: Partial<Silence>): Promise<SilenceRow> {
    const now = clock.now();
    const row = await store.updateUnended(id, { ...(changes as Record<string, unknown>), updatedAt: now }, now);
    if (!row) throw hasEnded();
    await changed();
    return row;
  }

  return {
    load: async () => compile(await store.unended(clock.now())),

    async create(input, by) {
      const { matchers, reason, ...given } = parseInput(silenceInput, input);
      const now = clock.now();
      const silence: Silence = { id: ids.next(), reason, author: by.name, customer: by.customer, matchers: canonicalMatchers(matchers, catalogue(by)), ...periodOf(given, null, now) };
      const row = { ...silence, createdAt: now, updatedAt: now } as unknown as SilenceRow;
      const most = isCustomers(by) ? MOST_SILENCES_OF_CUSTOMER : MOST_SILENCES;
      if (!(await store.insert(row, most, now))) throw new ConflictError(`There are already ${most} silences that have not ended. End some first.`);
      await changed();
      return row;
    },

    async update(id, input, by) {
      const before = await findUnended(id, by);
      // Null takes away what a silence can be without; of the rest it changes nothing.
      const { matchers, reason, ...given } = parseInput(silenceChange, { ...input, matchers: input.matchers ?? undefined, reason: input.reason ?? undefined });
      return save(id, {
        ...(reason === undefined ? {} : { reason }),
        ...(matchers === undefined ? {} : { matchers: canonicalMatchers(matchers, catalogue(by)) }),
        ...periodOf(given, before, clock.now()),
      });
    },

    async end(id, by) {
      await findUnended(id, by);
      return save(id, { endsAt: clock.now() });
    },
  };
}

/** A row with its JSON columns as what they hold. */
export function silenceOf(row: SilenceRow): Silence {
  return row as unknown as Silence;
}

function hasEnded(): ConflictError {
  return new ConflictError("The silence has ended, and is kept as it was. Create a new one.");
}
