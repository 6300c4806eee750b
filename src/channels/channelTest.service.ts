import type { Owner } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import { attemptOf } from "../dispatch/attemptOf.ts";
import { displayNameOf } from "../dispatch/displayName.ts";
import type { Recorder } from "../dispatch/recorder.ts";
import { composeMessage } from "../dispatch/composeMessage.ts";
import type { OutsideWorld } from "../dispatch/outside.ts";
import { sendMessage } from "../dispatch/sendMessage.ts";
import type { SendResult } from "../dispatch/sendMessage.ts";
import type { StoredEvent } from "../events/event.model.ts";
import type { Attempt } from "../history/attempt.model.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import { providerOf } from "../providers/registry.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import type { ChannelService } from "./channel.service.ts";
import type { GivenConfig } from "./channelConfig.ts";

export interface ChannelTester {
  /** Sends a test message by a saved channel, switched on or not, and records it in the history. @throws {NotFoundError} */
  testSaved(id: string, by: Owner): Promise<Attempt>;
  /** Sends a test message by a config that is not saved. @throws {ValidationError} */
  testUnsaved(given: GivenConfig, options: { baseId: string | null; accountId: string | null; rich: boolean }, by: Owner): Promise<SendResult>;
}

export interface ChannelTesterDeps {
  channels: ChannelService;
  recorder: Recorder;
  snapshot: SnapshotHolder;
  outside: OutsideWorld;
  clock: Clock;
  ids: Ids;
  log: Log;
  hostName: string;
}

export function createChannelTester(deps: ChannelTesterDeps): ChannelTester {
  const { channels, snapshot, clock, ids } = deps;

  function testMessage(channel: { displayName: string | null; rich: boolean }) {
    const displayName = displayNameOf(channel, snapshot, deps.hostName);
    return composeMessage({ delivery: { id: ids.next(), reason: "TEST", context: {} }, event: testEvent(ids.next(), displayName, clock.now()), displayName, rich: channel.rich, thread: null, acknowledgeUrl: null });
  }

  return {
    async testSaved(id, by) {
      const channel = await channels.get(id, by);
      const message = testMessage(channel);
      const provider = providerOf(channel.kind);
      const result = await sendMessage({ provider, channelId: id, customer: channel.customer, config: channel.config, message, timeoutMs: channel.pace.timeoutMs }, deps.outside, clock, deps.log);
      const healthy = result.outcome === "DELIVERED" && channel.failingSince !== null ? { failingSince: null } : {};
      return deps.recorder.record({ attempt: attemptOf(channel, message, result, { delivery: null, at: clock.now() }), delivery: null, ...healthy });
    },
    async testUnsaved(given, { baseId, accountId, rich }, by) {
      const base = baseId === null ? null : await channels.get(baseId, by);
      const { provider, config } = await channels.checkUnsaved(given, base, accountId ?? base?.accountId ?? null, by);
      const message = testMessage({ displayName: base?.displayName ?? null, rich });
      return sendMessage({ provider, channelId: base?.id ?? "", customer: base?.customer ?? by?.customer ?? null, config, message, timeoutMs: provider.pace.timeoutMs }, deps.outside, clock, deps.log);
    },
  };
}

function testEvent(id: string, displayName: string, now: Date): StoredEvent {
  const title = "Carillon test message";
  return {
    id,
    receivedAt: now,
    occurredAt: now,
    type: "test",
    category: "custom",
    severity: "INFO",
    status: null,
    source: null,
    service: null,
    customer: null,
    title,
    message: `This is a test from ${displayName}. If you can read it, this channel works.`,
    details: {},
    value: null,
    dedupKey: null,
    fingerprint: "",
    conditionId: null,
    fate: "MATCHED",
    decision: { verdict: { action: "SEND", because: "MATCHED", until: null }, channels: [], reason: "TEST" },
  };
}
