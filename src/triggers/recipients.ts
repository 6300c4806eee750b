import { checkConfig, chosenConfig, configKey } from "../channels/channelConfig.ts";
import type { GivenConfig } from "../channels/channelConfig.ts";
import type { Channel } from "../channels/channel.model.ts";
import { RECIPIENT_CONFIGS } from "../channels/recipientConfig.ts";
import { ValidationError } from "../errors.ts";
import { providerOf } from "../providers/registry.ts";
import type { Trigger } from "./trigger.model.ts";

/**
 * The recipients that a trigger names, by channel.
 * @param channelOf gives the channel with this id; undefined when there is none
 * @throws {ValidationError} naming the first that is wrong
 */
export function checkedRecipients(given: { channelId: string; config: GivenConfig }[], channelOf: (id: string) => Channel | undefined): Trigger["recipients"] {
  const checked = given.map(({ channelId, config }, at): [string, Record<string, unknown>] => {
    const path = `recipients.${at}`;
    const channel = channelOf(channelId);
    if (!channel) throw ValidationError.of(`${path}.channelId`, "must be the id of a channel", "not_found");
    const { owner, config: fields } = chosenConfig(RECIPIENT_CONFIGS, config);
    if (owner.kind !== channel.kind) throw ValidationError.of(`${path}.config`, wrongKind(channel.kind));
    const recipient = withoutUndefined(underPath(path, () => checkConfig(owner, fields)));
    if (Object.keys(recipient).length === 0) throw ValidationError.of(`${path}.config`, "must name at least one recipient");
    // Some kinds have rules between fields, which hold for the whole.
    underPath(path, () => checkConfig(providerOf(channel.kind), { ...channel.config, ...recipient }));
    return [channelId, recipient];
  });
  const repeated = checked.findIndex(([id], at) => checked.findIndex(([other]) => other === id) < at);
  if (repeated >= 0) throw ValidationError.of(`recipients.${repeated}.channelId`, "must name each channel once");
  return Object.fromEntries(checked);
}

function wrongKind(kind: Channel["kind"]): string {
  const right = `must be "${configKey(kind)}", the kind of that channel`;
  return RECIPIENT_CONFIGS.some((one) => one.kind === kind) ? right : `${right}; but channels of that kind name no recipient that could be changed`;
}

function withoutUndefined(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function underPath<Result>(path: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    throw error instanceof ValidationError ? new ValidationError(error.issues.map((issue) => ({ ...issue, path: `${path}.${issue.path}` }))) : error;
  }
}
