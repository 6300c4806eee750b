import type { EventType } from "../eventType.ts";

export const CERTIFICATE_TYPES: readonly EventType[] = [
  {
    name: "ssl.expiring",
    title: "Certificate expiring",
    description: "A TLS certificate expires within the days set.",
    category: "certificates", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["service", "source", "customer", "details.domain"],
    threshold: { direction: "AT_MOST", steps: [7], unit: "days" },
    // A day's count is news once a day.
    cooldownSeconds: 86_400,
    template: "The certificate of {{source}} expires in {{value}} days.",
    aliases: ["ssl_expiring", "certificate.expiring", "SSL expiring"],
  },
];
