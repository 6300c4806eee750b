import type { EventType } from "../eventType.ts";

export const DEPLOY_TYPES: readonly EventType[] = [
  {
    name: "deploy.success",
    title: "Deploy succeeded",
    description: "A deployment has finished without an error.",
    category: "deploys", severity: "INFO", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: [],
    template: "Deploy of {{service}} succeeded.",
    aliases: ["deploy_success"],
  },
  {
    name: "deploy.failure",
    title: "Deploy failed",
    description: "A deployment has failed.",
    category: "deploys", severity: "WARNING", enabled: true, kind: "OCCURRENCE", live: false,
    fingerprint: [],
    template: "Deploy of {{service}} failed.",
    aliases: ["deploy_fail"],
  },
];
