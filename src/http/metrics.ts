import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Attempt } from "../history/attempt.model.ts";
import type { StoredEvent } from "../events/event.model.ts";

export interface Metrics {
  received(events: StoredEvent[]): void;
  attempted(attempts: Attempt[]): void;
  /** Prometheus' text format. */
  render(): Promise<string>;
  contentType: string;
}

/** @param gauges read when the metrics are asked for */
export function createMetrics(gauges: { queued: () => number; subscribers: () => number; connections: () => number }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const events = new Counter({ name: "carillon_events_total", help: "Events taken in, by what became of them.", labelNames: ["because"], registers });
  const attempts = new Counter({ name: "carillon_attempts_total", help: "Tries at deliveries, by channel kind and outcome.", labelNames: ["kind", "outcome"], registers });
  const duration = new Histogram({ name: "carillon_attempt_seconds", help: "How long tries took.", labelNames: ["kind"], buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60], registers });
  new Gauge({ name: "carillon_deliveries_queued", help: "Deliveries in memory that are not done.", registers, collect() { this.set(gauges.queued()); } });
  new Gauge({ name: "carillon_live_subscribers", help: "Subscriptions to the live feed.", registers, collect() { this.set(gauges.subscribers()); } });
  new Gauge({ name: "carillon_websocket_connections", help: "Open WebSocket connections.", registers, collect() { this.set(gauges.connections()); } });

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
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
