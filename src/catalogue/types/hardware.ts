import type { EventType } from "../eventType.ts";

export const HARDWARE_TYPES: readonly EventType[] = [
  {
    name: "gpu.mode_switch",
    title: "GPU mode switched",
    description: "A GPU has been switched between the host and passthrough.",
    category: "hardware", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.gpu_pci", "details.new_mode"],
    template: "A GPU of {{source}} was switched to {{details.new_mode}}.",
    aliases: ["gpu_mode_switch"],
  },
  {
    name: "gpu.passthrough_blocked",
    title: "GPU passthrough blocked",
    description: "A guest was kept from starting because its GPU is in use.",
    category: "hardware", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.guest_id"],
    template: "Guest {{details.guest_id}} on {{source}} was kept from starting: its GPU is in use.",
    aliases: ["gpu_passthrough_blocked"],
  },
  {
    name: "pci.passthrough_conflict",
    title: "PCI passthrough conflict",
    description: "One PCI device is assigned to several guests.",
    category: "hardware", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.device_pci"],
    template: "PCI device {{details.device_pci}} on {{source}} is assigned to several guests.",
    aliases: ["pci_passthrough_conflict"],
  },
  {
    name: "ai.model_migrated",
    title: "AI model replaced",
    description: "The language model set for rewriting was withdrawn and another took its place.",
    category: "hardware", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.provider", "details.new_model"],
    template: "The AI model is now {{details.new_model}}.",
    aliases: ["ai_model_migrated"],
  },
];
