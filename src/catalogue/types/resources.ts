import type { EventType } from "../eventType.ts";

export const RESOURCE_TYPES: readonly EventType[] = [
  {
    name: "cpu.high",
    title: "CPU usage high",
    description: "A host's CPU usage stays high.",
    category: "resources", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source"],
    threshold: { direction: "AT_LEAST", steps: [90], unit: "%" },
    template: "CPU usage on {{source}} is {{value}} %.",
    aliases: ["cpu_high", "High CPU usage"],
  },
  {
    name: "ram.high",
    title: "Memory usage high",
    description: "A host's memory usage stays high.",
    category: "resources", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source"],
    threshold: { direction: "AT_LEAST", steps: [90], unit: "%" },
    template: "Memory usage on {{source}} is {{value}} %.",
    aliases: ["ram_high", "memory.high", "High memory usage"],
  },
  {
    name: "temp.high",
    title: "Temperature high",
    description: "A host's temperature is too high.",
    category: "resources", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.sensor"],
    template: "Temperature on {{source}} is {{value}} °C.",
    aliases: ["temp_high", "temperature.high", "High temperature"],
  },
  {
    name: "load.high",
    title: "System load high",
    description: "A host's load average stays high.",
    category: "resources", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source"],
    template: "Load on {{source}} is {{value}}.",
    aliases: ["load_high", "High system load"],
  },
];
