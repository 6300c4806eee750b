import type { EventType } from "../eventType.ts";

export const CUSTOM_TYPES: readonly EventType[] = [
  {
    name: "custom",
    title: "Custom event",
    description: "A producer has sent something of its own.",
    category: "custom", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: [],
    template: "Custom event from {{source}}.",
    aliases: [],
  },
];
