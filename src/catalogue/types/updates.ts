import type { EventType } from "../eventType.ts";

export const UPDATE_TYPES: readonly EventType[] = [
  {
    name: "update.summary",
    title: "Update summary",
    description: "A host's pending updates, counted.",
    category: "updates", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source"],
    template: "Updates are available for {{source}}.",
    aliases: ["update_summary"],
  },
  {
    name: "update.available",
    title: "Update available",
    description: "A newer version of a package or application is available.",
    category: "updates", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.package", "details.new_version"],
    // One look for updates finds many packages.
    burst: { count: 3, seconds: 300 },
    template: "An update is available for {{source}}.",
    aliases: ["update_available"],
  },
  {
    name: "pve.update",
    title: "Proxmox VE update available",
    description: "A newer version of Proxmox VE is available.",
    category: "updates", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.new_version"],
    template: "A Proxmox VE update is available for {{source}}.",
    aliases: ["pve_update"],
  },
  {
    name: "update.complete",
    title: "Update finished",
    description: "A host's packages have been updated.",
    category: "updates", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source"],
    // A thing done, not a reminder: the category's day would swallow the second update of a day.
    cooldownSeconds: 900,
    template: "{{source}} has been updated.",
    aliases: ["update_complete", "update.success"],
  },
  {
    name: "proxmenux.update",
    title: "ProxMenux update available",
    description: "A newer version of ProxMenux is available.",
    category: "updates", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.new_version"],
    template: "A ProxMenux update is available for {{source}}.",
    aliases: ["proxmenux_update"],
  },
];
