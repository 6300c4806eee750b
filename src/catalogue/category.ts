/** A subject that event types are grouped by: toggled, overridden and summarised together. */
export interface Category {
  /** Stable name, as event types and overrides refer to it. */
  name: string;
  title: string;
  /** One sentence: what its types are about. */
  description: string;
  /** Put before the title of a rich message. */
  emoji: string;
  /** Cooldown of its types where they have none of their own; without it the general one by severity holds. */
  cooldownSeconds?: number;
}

/** Every built-in category, in the order it is shown. */
export const CATEGORIES: readonly Category[] = [
  {
    name: "deploys", title: "Deploys", emoji: "🚀",
    description: "Deployments that succeeded or failed.",
  },
  {
    name: "services", title: "Services", emoji: "⚙️",
    description: "Services and the hosts they run on: health, failures, starts and stops.",
  },
  {
    name: "backups", title: "Backups", emoji: "💾",
    description: "Backups and snapshots: started, done, failed.",
  },
  {
    name: "quotas", title: "Quotas", emoji: "📏",
    description: "Quotas that are nearly or wholly used up.",
  },
  {
    name: "certificates", title: "Certificates", emoji: "📜",
    description: "TLS certificates that are about to expire.",
  },
  {
    name: "monitors", title: "Monitors", emoji: "📡",
    description: "Uptime monitors, heartbeats, agents, alerts and tasks.",
  },
  {
    name: "vm_ct", title: "VMs and containers", emoji: "🖥️",
    description: "Virtual machines and containers: life cycle, migration, replication.",
  },
  {
    name: "resources", title: "Resources", emoji: "📈", cooldownSeconds: 900,
    description: "CPU, memory, temperature and load of a host.",
  },
  {
    name: "storage", title: "Storage", emoji: "💽",
    description: "Disks and storage: space, errors, SMART tests.",
  },
  {
    name: "network", title: "Network", emoji: "🌐",
    description: "Connectivity and latency of a host.",
  },
  {
    name: "security", title: "Security", emoji: "🔒",
    description: "Logins, bans, permissions, malware and vulnerabilities.",
  },
  {
    name: "cluster", title: "Cluster", emoji: "🧩",
    description: "Cluster nodes and quorum.",
  },
  {
    name: "health", title: "Health", emoji: "🩺",
    description: "Findings of a host's own health checks.",
  },
  {
    name: "updates", title: "Updates", emoji: "🔄", cooldownSeconds: 86_400,
    description: "Updates that are available or done.",
  },
  {
    name: "hardware", title: "Hardware", emoji: "🔧",
    description: "GPU and PCI passthrough, and other changes to a host's set-up.",
  },
  {
    name: "custom", title: "Custom", emoji: "🔔",
    description: "Event types of your own, and those nobody has described yet.",
  },
];
