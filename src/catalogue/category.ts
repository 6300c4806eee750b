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
  /** True: its events may be about a customer's services, so they are offered to customers. False: they are about the machines of whoever runs the server. */
  concernsServices: boolean;
}

/**
 * Every built-in category, in the order it is shown. Customers are offered what is theirs: what they deploy, run, back up,
 * rent and have monitored, and what others send of it under `custom`. Hosts, disks, networks, clusters, the security and the
 * updates of machines that customers share are not.
 */
export const CATEGORIES: readonly Category[] = [
  {
    name: "deploys", title: "Deploys", emoji: "🚀", concernsServices: true,
    description: "Deployments that succeeded or failed.",
  },
  {
    name: "services", title: "Services", emoji: "⚙️", concernsServices: true,
    description: "Services and the hosts they run on: health, failures, starts and stops.",
  },
  {
    name: "backups", title: "Backups", emoji: "💾", concernsServices: true,
    description: "Backups and snapshots: started, done, failed.",
  },
  {
    name: "quotas", title: "Quotas", emoji: "📏", concernsServices: true,
    description: "Quotas that are nearly or wholly used up.",
  },
  {
    name: "certificates", title: "Certificates", emoji: "📜", concernsServices: true,
    description: "TLS certificates that are about to expire.",
  },
  {
    name: "monitors", title: "Monitors", emoji: "📡", concernsServices: true,
    description: "Uptime monitors, heartbeats, agents, alerts and tasks.",
  },
  {
    name: "vm_ct", title: "VMs and containers", emoji: "🖥️", concernsServices: true,
    description: "Virtual machines and containers: life cycle, migration, replication.",
  },
  {
    name: "resources", title: "Resources", emoji: "📈", cooldownSeconds: 900, concernsServices: false,
    description: "CPU, memory, temperature and load of a host.",
  },
  {
    name: "storage", title: "Storage", emoji: "💽", concernsServices: false,
    description: "Disks and storage: space, errors, SMART tests.",
  },
  {
    name: "network", title: "Network", emoji: "🌐", concernsServices: false,
    description: "Connectivity and latency of a host.",
  },
  {
    name: "security", title: "Security", emoji: "🔒", concernsServices: false,
    description: "Logins, bans, permissions, malware and vulnerabilities.",
  },
  {
    name: "cluster", title: "Cluster", emoji: "🧩", concernsServices: false,
    description: "Cluster nodes and quorum.",
  },
  {
    name: "health", title: "Health", emoji: "🩺", concernsServices: false,
    description: "Findings of a host's own health checks.",
  },
  {
    name: "updates", title: "Updates", emoji: "🔄", cooldownSeconds: 86_400, concernsServices: false,
    description: "Updates that are available or done.",
  },
  {
    name: "hardware", title: "Hardware", emoji: "🔧", concernsServices: false,
    description: "GPU and PCI passthrough, and other changes to a host's set-up.",
  },
  {
    name: "custom", title: "Custom", emoji: "🔔", concernsServices: true,
    description: "Event types of your own, and those nobody has described yet.",
  },
];
