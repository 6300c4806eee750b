import type { EventType } from "../eventType.ts";

export const NETWORK_TYPES: readonly EventType[] = [
  {
    name: "network.down",
    title: "Network down",
    description: "A host or one of its interfaces has lost its connection.",
    category: "network", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.interface"],
    template: "{{source}} has lost its network connection.",
    aliases: ["network_down"],
  },
  {
    name: "network.latency",
    title: "Network latency high",
    description: "A host's network answers slowly.",
    category: "network", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.interface"],
    template: "Network latency on {{source}} is {{value}} ms.",
    aliases: ["network_latency", "High network latency"],
  },
];
