import { ownerOf } from "../access/owner.ts";
import { ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import type { EscalationPolicy } from "./escalation.model.ts";
import { MOST_POLICIES, paceProblem, policyChange, policyInput } from "./escalationPolicy.model.ts";
import type { GivenStep, PolicyChange, PolicyInput } from "./escalationPolicy.model.ts";
import type { EscalationPolicyStore, NewStep, PolicyRow } from "./escalationPolicy.store.ts";

export interface EscalationPolicyService {
  /** Every policy that is switched on, for the settings snapshot. */
  load(): Promise<EscalationPolicy[]>;
  create(input: PolicyInput & { customer?: string | null | undefined }, by: Principal): Promise<PolicyRow>;
  update(id: string, input: PolicyChange, by: Principal): Promise<PolicyRow>;
  /** @returns on how many problems it was at work, counted up to 10,000: they are escalated no further */
  delete(id: string, by: Principal): Promise<number>;
}

export interface EscalationPolicyServiceDeps {
  store: EscalationPolicyStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
}

export function createEscalationPolicyService({ store, clock, ids, changed }: EscalationPolicyServiceDeps): EscalationPolicyService {
  async function find(id: string, by: Principal) {
    const policy = await store.find(id, ownedBy(by));
    if (!policy) throw new NotFoundError("This escalation policy");
    return policy;
  }

  function stepsOf(policyId: string, steps: readonly GivenStep[]): NewStep[] {
    return steps.map(({ delay, channelIds, contactIds, groupIds }, position) => {
      const stepId = ids.next();
      const target = (of: { channelId?: string; contactId?: string; groupId?: string }) => ({ id: ids.next(), stepId, channelId: null, contactId: null, groupId: null, ...of });
      const targets = [...contactIds.map((contactId) => target({ contactId })), ...groupIds.map((groupId) => target({ groupId })), ...channelIds.map((channelId) => target({ channelId }))];
      return { id: stepId, policyId, position, delaySeconds: delay, targets };
    });
  }

  function checkPace(policy: { rounds: number | null; steps: readonly { delaySeconds: number }[] }): void {
    const problem = paceProblem(policy);
    if (problem) throw ValidationError.of("steps", problem, "too_small");
  }

  return {
    load: () => store.enabled(),

    async create({ customer: owner, ...input }, by) {
      const { steps: given, reminder, ...rest } = parseInput(policyInput, input);
      const customer = ownerOf(by, owner);
      const now = clock.now();
      const row: PolicyRow = { id: ids.next(), customer, ...rest, reminderSeconds: reminder, createdAt: now, updatedAt: now, deletedAt: null };
      const steps = stepsOf(row.id, given);
      checkPace({ rounds: row.rounds, steps });
      if (!(await store.insert(row, steps, MOST_POLICIES))) throw new ConflictError(`There are already ${MOST_POLICIES} escalation policies. Delete some first.`);
      await changed();
      return row;
    },

    async update(id, input, by) {
      const before = await find(id, by);
      // Null takes away what a policy can be without; of the rest it changes nothing.
      const { steps: given, reminder, ...rest } = parseInput(policyChange, { ...input, name: input.name ?? undefined, enabled: input.enabled ?? undefined, steps: input.steps ?? undefined });
      const steps = given ? stepsOf(id, given) : null;
      const changes = { ...withoutUndefined(rest), ...(reminder === undefined ? {} : { reminderSeconds: reminder }), updatedAt: clock.now() };
      checkPace({ rounds: before.rounds, ...changes, steps: steps ?? before.steps });
      const row = await store.update(id, before.customer, changes, steps);
      await changed();
      return row;
    },

    async delete(id, by) {
      await find(id, by);
      const count = await store.delete(id, clock.now());
      await changed();
      return count;
    },
  };
}

function withoutUndefined<Given extends object>(given: Given): { [Key in keyof Given]?: Exclude<Given[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
