import type { EventType } from "../catalogue/eventType.ts";
import { createBatch } from "../db/batch.ts";
import { storageErrorOf } from "../db/databaseErrors.ts";
import { decide } from "../decide/decide.ts";
import type { Decision } from "../decide/decision.ts";
import type { Settings } from "../decide/settings.ts";
import { CallerError, ValidationError } from "../errors.ts";
import { eventInput, incomingEvent, occurredAtProblem } from "../events/event.model.ts";
import type { EventInput, StoredEvent } from "../events/event.model.ts";
import { plainEventInput } from "../events/plainEventInput.ts";
import { parseInput } from "../parseInput.ts";
import { withType } from "../triggers/compileSettings.ts";
import { canonicalName, eventTypeOf, unknownType } from "../triggers/trigger.model.ts";
import { loadState } from "./loadState.ts";
import { storeBatch } from "./storeBatch.ts";
import type { StoreBatchDeps, Stored, Waiting } from "./storeBatch.ts";

/** What became of one event that was sent in. */
export interface Accepted {
  event: StoredEvent;
  /** True when its idempotency key answered with the result of an earlier one. */
  deduplicated: boolean;
  /** Known types near to a type that nobody knew and that was registered now; null for known types. */
  nearestTypes: string[] | null;
}

/** The one door behind all doors. */
export interface Intake {
  /**
   * Takes events in: checked, decided, stored durably. Answers for each at its place.
   * @param scope whose idempotency keys they carry
   * @param customer whose they all must be, of types that are offered to customers; null: of anybody and any type
   */
  emit(inputs: readonly unknown[], scope: string, customer?: string | null): Promise<(Accepted | CallerError)[]>;
  /** Decides an event without storing or sending anything. @throws {CallerError} when the input is wrong */
  simulate(input: unknown, at: Date | null, customer: string | null): Promise<Decision>;
  /** Why the last events could not be stored, and when; null when they could. */
  readonly refused: { error: unknown; at: Date } | null;
  /** Resolves when everything that was taken in is stored. */
  idle(): Promise<void>;
}

export interface IntakeDeps extends StoreBatchDeps {
  /** Registers a type that was sent without being known. */
  registerUnknown(given: string): Promise<void>;
  /** Hears how long it took, in milliseconds, to store so many events. */
  stored(events: number, ms: number): void;
}

/** More of several calls would make one transaction hold up the others: what is sent meanwhile waits for it to be recorded. */
const LARGEST_BATCH = 100;
/** So many of one call are stored together. */
const LARGEST_PART = 500;

export const NEAR_NAMES = 3;

export function createIntake(deps: IntakeDeps): Intake {
  const { clock, snapshot } = deps;
  let refused: Intake["refused"] = null;
  const batch = createBatch(async (parts: Waiting[][]) => {
    const startedAt = performance.now();
    const waiting = parts.flat();
    try {
      const stored = await storeBatch(waiting, deps);
      refused = null;
      deps.stored(waiting.length, performance.now() - startedAt);
      return parts.map(({ length }) => stored.splice(0, length));
    } catch (error) {
      if (storageErrorOf(error) !== error) refused = { error, at: clock.now() };
      throw error;
    }
  }, LARGEST_BATCH, undefined, ({ length }) => length);

  async function emit(inputs: readonly unknown[], scope: string, customer: string | null = null): Promise<(Accepted | CallerError)[]> {
    const checked = await Promise.all(inputs.map((given) => check(given, scope, customer).catch(callerErrorOf)));
    const waiting = checked.flatMap((one) => (one instanceof CallerError ? [] : one.waiting));
    const stored = await store(waiting);
    let next = 0;
    return checked.map((one) => {
      if (one instanceof CallerError) return one;
      const result = stored[next++] as Stored | CallerError;
      return result instanceof CallerError ? result : { ...result, nearestTypes: one.nearestTypes };
    });
  }

  async function check(given: unknown, scope: string, customer: string | null): Promise<{ waiting: Waiting; nearestTypes: string[] | null }> {
    const input = checkInput(given, clock.now(), customer);
    const known = knownType(input.type, customer);
    const { type, nearestTypes } = known ? { type: known.name, nearestTypes: null } : await registerType(input.type);
    return { waiting: { input, type, scope }, nearestTypes };
  }

  async function store(waiting: Waiting[]): Promise<(Stored | CallerError)[]> {
    const parts: Promise<(Stored | CallerError)[]>[] = [];
    for (let from = 0; from < waiting.length; from += LARGEST_PART) {
      const part = waiting.slice(from, from + LARGEST_PART);
      parts.push(batch.add(part).catch((error: unknown) => Array<CallerError>(part.length).fill(callerErrorOf(error))));
    }
    return (await Promise.all(parts)).flat();
  }

  /** Undefined when nobody knows it. @throws {CallerError} when it is not offered to customers: they register none, for all would see it */
  function knownType(given: string, customer: string | null): EventType | undefined {
    const { catalogue, offered } = snapshot.current;
    if (customer === null) return catalogue.resolve(given);
    const type = offered.resolve(given);
    if (type) return type;
    throw unknownTypeError(given, offered.nearest(given, NEAR_NAMES));
  }

  async function registerType(given: string): Promise<{ type: string; nearestTypes: string[] }> {
    const { catalogue, server } = snapshot.current;
    const nearestTypes = catalogue.nearest(given, NEAR_NAMES);
    if (server.unknownEventTypes === "REFUSE") throw unknownTypeError(given, nearestTypes);
    await deps.registerUnknown(given);
    const registered = snapshot.current.catalogue.resolve(canonicalName(given));
    if (!registered) throw unknownTypeError(given, nearestTypes);
    return { type: registered.name, nearestTypes };
  }

  /** An unknown type is simulated as the one that sending it would register. */
  function simulatedType(given: string, customer: string | null, now: Date): { type: EventType; settings: Settings } {
    const { catalogue, channels, server, settings } = snapshot.current;
    const known = knownType(given, customer);
    if (known) return { type: known, settings };
    if (server.unknownEventTypes === "REFUSE") throw unknownTypeError(given, catalogue.nearest(given, NEAR_NAMES));
    const type = eventTypeOf(unknownType(given, now));
    return { type, settings: withType(settings, type, channels, server) };
  }

  return {
    emit,

    async simulate(given, at, customer) {
      const now = at ?? clock.now();
      const input = checkInput(given, clock.now(), customer);
      const { type, settings } = simulatedType(input.type, customer, now);
      const event = incomingEvent(input, type.name, deps.ids.next(), now);
      return decide(event, settings, await loadState(deps.db.read, [event], settings, now), now);
    },

    get refused() {
      return refused;
    },

    idle: () => batch.idle(),
  };
}

/** @throws what is no fault of the caller's, nor of the database's for a while */
function callerErrorOf(error: unknown): CallerError {
  const caller = storageErrorOf(error);
  if (caller instanceof CallerError) return caller;
  throw caller;
}

function checkInput(given: unknown, now: Date, customer: string | null): EventInput {
  const input = plainEventInput(given) ?? parseInput(eventInput, given);
  if (customer !== null) {
    if (input.customer !== null && input.customer !== customer) throw ValidationError.of("customer", `must be left out, or be "${customer}": the token belongs to that customer`);
    input.customer = customer;
  }
  const problem = occurredAtProblem(input.occurredAt, now);
  if (problem) throw ValidationError.of("occurredAt", problem, "out_of_range");
  return input;
}

function unknownTypeError(given: string, nearest: string[]): CallerError {
  const near = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
  return new CallerError("UNKNOWN_EVENT_TYPE", `type: there is no event type "${given}".${near} The eventTypes query lists all; registerEventType adds one.`);
}
