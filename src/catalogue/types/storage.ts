import type { EventType } from "../eventType.ts";

export const STORAGE_TYPES: readonly EventType[] = [
  {
    name: "disk.space_low",
    title: "Disk usage high",
    description: "A file system is nearly full.",
    category: "storage", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.mount"],
    threshold: { direction: "AT_LEAST", steps: [90], unit: "%" },
    template: "{{details.mount}} on {{source}} is {{value}} % full.",
    aliases: ["disk_space_low", "Low disk space", "disk.usage_high"],
  },
  {
    name: "disk.io_error",
    title: "Disk I/O error",
    description: "A disk reports read or write errors.",
    category: "storage", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.device"],
    // A controller or cable that fails takes all its disks along, each after its own time-out.
    burst: { count: 3, seconds: 300 },
    template: "Disk {{details.device}} on {{source}} reports I/O errors.",
    aliases: ["disk_io_error", "Disk error"],
  },
  {
    name: "storage.unavailable",
    title: "Storage unavailable",
    description: "A storage cannot be reached.",
    category: "storage", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.storage_name"],
    template: "Storage {{details.storage_name}} on {{source}} is unavailable.",
    aliases: ["storage_unavailable"],
  },
  {
    name: "smart.test_complete",
    title: "SMART test finished",
    description: "A disk's self-test has finished without an error.",
    category: "storage", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.device"],
    template: "SMART test of {{details.device}} on {{source}} has finished.",
    aliases: ["smart_test_complete", "SMART test completed"],
  },
  {
    name: "smart.test_failed",
    title: "SMART test failed",
    description: "A disk's self-test has failed.",
    category: "storage", severity: "CRITICAL", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.device"],
    template: "SMART test of {{details.device}} on {{source}} has failed.",
    aliases: ["smart_test_failed", "smart.test_failure"],
  },
];
