import type { EventType } from "../eventType.ts";

export const SECURITY_TYPES: readonly EventType[] = [
  {
    name: "auth.failure",
    title: "Authentication failed",
    description: "Somebody has failed to log in.",
    category: "security", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.ip", "details.user"],
    // Somebody who tries passwords does it by the hundred.
    burst: { count: 5, seconds: 120 },
    template: "Failed login on {{source}} as {{details.user}} from {{details.ip}}.",
    aliases: ["auth_fail", "Authentication failure", "login.failed"],
  },
  {
    name: "ip.block",
    title: "IP address blocked",
    description: "An address has been banned.",
    category: "security", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.ip", "details.jail"],
    // An attack from many addresses bans them one after the other.
    burst: { count: 5, seconds: 120 },
    template: "{{source}} has blocked {{details.ip}}.",
    aliases: ["ip_block", "IP blocked"],
  },
  {
    name: "firewall.issue",
    title: "Firewall issue",
    description: "A firewall is off or its rules are in disorder.",
    category: "security", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.reason"],
    template: "Firewall issue on {{source}}: {{details.reason}}",
    aliases: ["firewall_issue"],
  },
  {
    name: "user.permission_change",
    title: "User permissions changed",
    description: "A user's permissions have been changed.",
    category: "security", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.user", "details.change"],
    template: "Permissions of {{details.user}} on {{source}} were changed.",
    aliases: ["user_permission_change"],
  },
  {
    name: "login.new_ip",
    title: "Login from a new address",
    description: "A user has logged in from an address not seen before.",
    category: "security", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["details.user", "details.ip"],
    template: "{{details.user}} logged in from a new address: {{details.ip}}",
    aliases: ["login_new_ip", "Login from new IP"],
  },
  {
    name: "malware.found",
    title: "Malware found",
    description: "A scan has found malware.",
    category: "security", severity: "CRITICAL", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "customer", "details.path"],
    // One scan finds every file of an infection.
    burst: { count: 5, seconds: 300 },
    template: "Malware found on {{source}}: {{details.path}}",
    aliases: ["malware_found"],
  },
  {
    name: "compliance.issue",
    title: "Compliance issue",
    description: "A host or service breaks a compliance rule.",
    category: "security", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "service", "customer", "details.rule"],
    // A finding is repeated by every scan: once a day is enough.
    cooldownSeconds: 86_400,
    template: "{{source}} breaks a compliance rule: {{details.rule}}",
    aliases: ["compliance_issue"],
  },
  {
    name: "cve.detected",
    title: "Vulnerability detected",
    description: "A known vulnerability affects an installed package.",
    category: "security", severity: "WARNING", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "service", "customer", "details.cve"],
    // A finding is repeated by every scan: once a day is enough.
    cooldownSeconds: 86_400,
    // One scan finds them by the dozen.
    burst: { count: 5, seconds: 300 },
    template: "{{source}} is affected by {{details.cve}}.",
    aliases: ["cve_detected", "CVE detected"],
  },
];
