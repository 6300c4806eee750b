import type { EventType } from "./eventType.ts";
import { BACKUP_TYPES } from "./types/backups.ts";
import { CERTIFICATE_TYPES } from "./types/certificates.ts";
import { CLUSTER_TYPES } from "./types/cluster.ts";
import { CUSTOM_TYPES } from "./types/custom.ts";
import { DEPLOY_TYPES } from "./types/deploys.ts";
import { HARDWARE_TYPES } from "./types/hardware.ts";
import { HEALTH_TYPES } from "./types/health.ts";
import { MONITOR_TYPES } from "./types/monitors.ts";
import { NETWORK_TYPES } from "./types/network.ts";
import { QUOTA_TYPES } from "./types/quotas.ts";
import { RESOURCE_TYPES } from "./types/resources.ts";
import { SECURITY_TYPES } from "./types/security.ts";
import { SERVICE_TYPES } from "./types/services.ts";
import { STORAGE_TYPES } from "./types/storage.ts";
import { UPDATE_TYPES } from "./types/updates.ts";
import { VM_CT_TYPES } from "./types/vm_ct.ts";

/** Every built-in event type, by category in the order categories are shown. */
export const EVENT_TYPES: readonly EventType[] = [
  ...DEPLOY_TYPES,
  ...SERVICE_TYPES,
  ...BACKUP_TYPES,
  ...QUOTA_TYPES,
  ...CERTIFICATE_TYPES,
  ...MONITOR_TYPES,
  ...VM_CT_TYPES,
  ...RESOURCE_TYPES,
  ...STORAGE_TYPES,
  ...NETWORK_TYPES,
  ...SECURITY_TYPES,
  ...CLUSTER_TYPES,
  ...HEALTH_TYPES,
  ...UPDATE_TYPES,
  ...HARDWARE_TYPES,
  ...CUSTOM_TYPES,
];
