import * as z from "zod";
import { nameField } from "../channels/channel.model.ts";

/** So many policies the server may have, and each customer. */
export const MOST_POLICIES = 500;
export const MOST_STEPS = 20;
export const MOST_TARGETS = 50;

const LONGEST_SECONDS = 30 * 86_400;
/** A policy that repeats its steps without end must leave people time between two rounds. */
const SHORTEST_ROUND_SECONDS = 60;

const targetIds = z.array(z.string()).nullish().transform((ids) => ids ?? []);

const step = z
  .object({
    delay: z.int("must be whole seconds").min(0, "must be PT0S or more").max(LONGEST_SECONDS, "must be at most P30D"),
    channelIds: targetIds,
    contactIds: targetIds,
    groupIds: targetIds,
  })
  .superRefine(({ channelIds, contactIds, groupIds }, context) => {
    const all = [...channelIds, ...contactIds, ...groupIds];
    if (all.length === 0) context.addIssue({ code: "custom", message: "must have at least one target: a channel, a contact or a group" });
    if (all.length > MOST_TARGETS) context.addIssue({ code: "custom", message: `must have at most ${MOST_TARGETS} targets` });
    if ([channelIds, contactIds, groupIds].some((ids) => new Set(ids).size < ids.length)) context.addIssue({ code: "custom", message: "must name each target once" });
  });

const fields = {
  name: nameField,
  enabled: z.boolean(),
  rounds: z.int("must be a whole number").min(1, "must be from 1 to 100").max(100, "must be from 1 to 100").nullable(),
  reminder: z.int("must be whole seconds").min(60, "must be from PT1M to P30D").max(LONGEST_SECONDS, "must be from PT1M to P30D").nullable(),
  steps: z.array(step).min(1, "must have at least one step").max(MOST_STEPS, `must have at most ${MOST_STEPS} steps`),
};

export const policyInput = z.object({
  ...fields,
  enabled: fields.enabled.nullish().transform((value) => value ?? true),
  rounds: fields.rounds.optional().transform((value) => value ?? null),
  reminder: fields.reminder.optional().transform((value) => value ?? null),
});

/** What of a policy may change; whatever is left out stays. */
export const policyChange = z.object({ ...fields }).partial();

export type PolicyInput = z.input<typeof policyInput>;
export type PolicyChange = z.input<typeof policyChange>;
export type GivenStep = z.output<typeof step>;

/** What is wrong with how often the steps come; null when nothing is. */
export function paceProblem({ rounds, steps }: { rounds: number | null; steps: readonly { delaySeconds: number }[] }): string | null {
  const seconds = steps.reduce((sum, { delaySeconds }) => sum + delaySeconds, 0);
  return rounds === 1 || seconds >= SHORTEST_ROUND_SECONDS ? null : "must take at least a minute together, since they are repeated; or set rounds to 1";
}
