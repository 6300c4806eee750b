import type { EventType } from "../eventType.ts";

export const QUOTA_TYPES: readonly EventType[] = [
  {
    name: "quota.warning",
    title: "Quota nearly used up",
    description: "A customer or service has used most of a quota.",
    category: "quotas", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["customer", "service", "source", "details.quota"],
    threshold: { direction: "AT_LEAST", steps: [80], unit: "%" },
    template: "{{customer}} has used {{value}} % of its quota.",
    aliases: ["quota_warning"],
  },
  {
    name: "quota.exceeded",
    title: "Quota exceeded",
    description: "A customer or service has used all of a quota.",
    category: "quotas", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["customer", "service", "source", "details.quota"],
    threshold: { direction: "AT_LEAST", steps: [100], unit: "%" },
    template: "{{customer}} has used {{value}} % of its quota.",
    aliases: ["quota_exceeded"],
  },
];
