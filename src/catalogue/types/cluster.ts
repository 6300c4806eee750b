import type { EventType } from "../eventType.ts";

export const CLUSTER_TYPES: readonly EventType[] = [
  {
    name: "cluster.split_brain",
    title: "Split brain",
    description: "A cluster has split and may have lost its quorum.",
    category: "cluster", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source"],
    template: "Split brain in the cluster, seen by {{source}}.",
    aliases: ["split_brain"],
  },
  {
    name: "node.disconnect",
    title: "Node offline",
    description: "A node has left the cluster unexpectedly.",
    category: "cluster", severity: "CRITICAL", enabled: true, kind: "CONDITION", live: false,
    fingerprint: ["source", "details.node_name"],
    template: "Node {{details.node_name}} is offline.",
    aliases: ["node_disconnect", "Node disconnected"],
  },
  {
    name: "node.reconnect",
    title: "Node back online",
    description: "A node that was offline has rejoined the cluster.",
    category: "cluster", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: ["source", "details.node_name"],
    recovers: "node.disconnect",
    template: "Node {{details.node_name}} is back online.",
    aliases: ["node_reconnect", "Node reconnected", "node.online"],
  },
];
