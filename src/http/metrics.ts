import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.ts";
import type { Findings } from "../dispatch/auditor.ts";
import type { Queue } from "../dispatch/delivery.store.ts";
import type { Attempt } from "../history/attempt.model.ts";
import type { StoredEvent } from "../events/event.model.ts";

export interface Metrics {
  received(events: StoredEvent[]): void;
  attempted(attempts: Attempt[]): void;
  /** Hears of every batch of events that was stored, and how long that took. */
  stored(events: number, ms: number): void;
  audited(findings: Findings): void;
  /** Prometheus' text format. */
  render(): Promise<string>;
  contentType: string;
}

/** Read when the metrics are asked for. */
export interface Gauges {
  /** Deliveries in memory. */
  queued: () => number;
  subscribers: () => number;
  connections: () => number;
  failingChannels: () => number;
  /** Transactions under way or waiting. */
  writing: () => number;
  /** From the database. */
  queue: () => Promise<Queue>;
}

/** What was read from the database serves so long, however often it is asked for. */
const QUEUE_MS = 5_000;

const FINDINGS: Record<keyof Findings, string> = {
  missed: "missed_delivery",
  stale: "stale_delivery",
  overdueHeld: "overdue_held",
  orphaned: "orphaned_held",
  overdueConditions: "overdue_condition",
  overdueEscalations: "overdue_escalation",
};

export function createMetrics(gauges: Gauges, clock: Clock): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const events = new Counter({ name: "carillon_events_total", help: "Events taken in, by what became of them.", labelNames: ["because"], registers });
  const attempts = new Counter({ name: "carillon_attempts_total", help: "Tries at deliveries, by channel kind and outcome.", labelNames: ["kind", "outcome"], registers });
  const duration = new Histogram({ name: "carillon_attempt_seconds", help: "How long tries took.", labelNames: ["kind"], buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60], registers });
  const measured = (name: string, help: string, measure: () => number) => new Gauge({ name, help, registers, collect() { this.set(measure()); } });
  measured("carillon_deliveries_queued", "Deliveries in memory that are not done.", gauges.queued);
  measured("carillon_database_writes_pending", "Transactions that are under way or wait for their turn.", gauges.writing);
  measured("carillon_channels_failing", "Channels to which nothing can be delivered at present.", gauges.failingChannels);
  measured("carillon_live_subscribers", "Live subscriptions: to notifications and to channels' health.", gauges.subscribers);
  measured("carillon_websocket_connections", "Open WebSocket connections.", gauges.connections);
  const unfinished = new Gauge({ name: "carillon_deliveries_unfinished", help: "Deliveries in the database that are not done, by state, counted up to 100000 of each.", labelNames: ["state"], registers, async collect() { await readQueue(); } });
  const age = new Gauge({ name: "carillon_oldest_due_delivery_age_seconds", help: "For how long the oldest delivery that is due has been due; 0 when none is.", registers, async collect() { await readQueue(); } });
  const batchEvents = new Histogram({ name: "carillon_intake_batch_events", help: "Events stored by one transaction.", buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500], registers });
  const batchSeconds = new Histogram({ name: "carillon_intake_batch_seconds", help: "How long it took to decide and store a batch of events.", buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5], registers });
  const repairs = new Counter({ name: "carillon_audit_findings_total", help: "What audits found that should have been done before, and have seen to.", labelNames: ["finding"], registers });
  for (const finding of Object.values(FINDINGS)) repairs.inc({ finding }, 0);
  const audited = new Gauge({ name: "carillon_audit_last_timestamp_seconds", help: "When the last audit ended.", registers });
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  /** At most once in a while, and once for all who ask at the same time. A database that cannot be read leaves what was known. */
  function readQueue(): Promise<void> {
    const now = clock.now();
    if (Math.abs(now.getTime() - readAt) < QUEUE_MS) return Promise.resolve();
    reading ??= gauges.queue().then(
      ({ counts, oldestDueAt }) => {
        for (const [state, count] of Object.entries(counts)) unfinished.set({ state }, count);
        age.set(oldestDueAt === null ? 0 : Math.max(0, now.getTime() - oldestDueAt.getTime()) / 1000);
        readAt = now.getTime();
      },
      () => undefined,
    ).finally(() => (reading = null));
    return reading;
  }

  return {
    received(batch) {
      for (const { fate } of batch) events.inc({ because: fate });
    },
    attempted(batch) {
      for (const { kind, outcome, durationMs } of batch) {
        attempts.inc({ kind, outcome });
        if (outcome !== "DROPPED") duration.observe({ kind }, durationMs / 1000);
      }
    },
    stored(events, ms) {
      batchEvents.observe(events);
      batchSeconds.observe(ms / 1000);
    },
    audited(findings) {
      for (const [name, finding] of Object.entries(FINDINGS)) repairs.inc({ finding }, findings[name as keyof Findings]);
      audited.set(clock.now().getTime() / 1000);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
