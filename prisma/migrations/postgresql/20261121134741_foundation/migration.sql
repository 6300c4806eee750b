-- CreateEnum
CREATE TYPE "Severity" AS ENUM ('INFO', 'WARNING', 'CRITICAL');

-- CreateEnum
CREATE TYPE "EventStatus" AS ENUM ('FIRING', 'RESOLVED');

-- CreateEnum
CREATE TYPE "ConditionStatus" AS ENUM ('OPEN', 'CLOSED');

-- CreateEnum
CREATE TYPE "DeliveryState" AS ENUM ('HELD', 'PENDING', 'RETRY', 'SENT', 'FAILED', 'UNKNOWN', 'DROPPED');

-- CreateEnum
CREATE TYPE "AttemptOutcome" AS ENUM ('DELIVERED', 'PERMANENT', 'TRANSIENT', 'RATE_LIMITED', 'UNKNOWN', 'DROPPED');

-- CreateEnum
CREATE TYPE "MessageReason" AS ENUM ('FIRST', 'ONGOING', 'ESCALATED', 'FLAPPING', 'RECOVERY', 'SUMMARY', 'TEST');

-- CreateEnum
CREATE TYPE "HoldReason" AS ENUM ('DIGEST', 'QUIET_HOURS', 'BURST', 'RATE_LIMIT');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('ADMIN', 'OPERATOR', 'PRODUCER', 'VIEWER');

-- CreateTable
CREATE TABLE "Event" (
    "id" TEXT COLLATE "C" NOT NULL,
    "receivedAt" TIMESTAMP(3) NOT NULL,
    "occurredAt" TIMESTAMP(3) NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "category" TEXT COLLATE "C" NOT NULL,
    "severity" "Severity" NOT NULL,
    "status" "EventStatus",
    "source" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "title" TEXT COLLATE "C" NOT NULL,
    "message" TEXT COLLATE "C" NOT NULL,
    "details" JSON NOT NULL,
    "value" DOUBLE PRECISION,
    "dedupKey" TEXT COLLATE "C",
    "fingerprint" TEXT COLLATE "C" NOT NULL,
    "conditionId" TEXT COLLATE "C",
    "fate" TEXT COLLATE "C" NOT NULL,
    "decision" JSON NOT NULL,

    CONSTRAINT "Event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "scope" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "inputHash" TEXT COLLATE "C" NOT NULL,
    "eventId" TEXT COLLATE "C" NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "IdempotencyKey_pkey" PRIMARY KEY ("scope","key")
);

-- CreateTable
CREATE TABLE "Condition" (
    "id" TEXT COLLATE "C" NOT NULL,
    "fingerprint" TEXT COLLATE "C" NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "category" TEXT COLLATE "C" NOT NULL,
    "severity" "Severity" NOT NULL,
    "status" "ConditionStatus" NOT NULL,
    "title" TEXT COLLATE "C" NOT NULL,
    "source" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "openedAt" TIMESTAMP(3) NOT NULL,
    "lastSeenAt" TIMESTAMP(3) NOT NULL,
    "closedAt" TIMESTAMP(3),
    "count" INTEGER NOT NULL,
    "lastNotifiedAt" TIMESTAMP(3),
    "step" DOUBLE PRECISION,
    "told" JSON NOT NULL,
    "held" JSON,
    "kept" JSON,
    "recheckAt" TIMESTAMP(3),
    "inhibitedBy" TEXT COLLATE "C",
    "covers" INTEGER NOT NULL DEFAULT 0,
    "openings" JSON,
    "flapping" JSON,

    CONSTRAINT "Condition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Cooldown" (
    "fingerprint" TEXT COLLATE "C" NOT NULL,
    "notifiedAt" TIMESTAMP(3) NOT NULL,
    "severity" "Severity" NOT NULL,
    "suppressed" INTEGER NOT NULL,

    CONSTRAINT "Cooldown_pkey" PRIMARY KEY ("fingerprint")
);

-- CreateTable
CREATE TABLE "Burst" (
    "channelId" TEXT COLLATE "C" NOT NULL,
    "eventType" TEXT COLLATE "C" NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "count" INTEGER NOT NULL,
    "overflowing" BOOLEAN NOT NULL,

    CONSTRAINT "Burst_pkey" PRIMARY KEY ("eventType","channelId")
);

-- CreateTable
CREATE TABLE "Silence" (
    "id" TEXT COLLATE "C" NOT NULL,
    "reason" TEXT COLLATE "C" NOT NULL,
    "author" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "matchers" JSON NOT NULL,
    "startsAt" TIMESTAMP(3) NOT NULL,
    "endsAt" TIMESTAMP(3),
    "schedule" JSON,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Silence_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InhibitionRule" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "whileOpen" JSON NOT NULL,
    "matchers" JSON NOT NULL,
    "sameFields" JSON NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "InhibitionRule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Channel" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "enabled" BOOLEAN NOT NULL,
    "accountId" TEXT COLLATE "C",
    "config" JSON NOT NULL,
    "secrets" TEXT COLLATE "C",
    "secretsSet" JSON NOT NULL,
    "rich" BOOLEAN NOT NULL,
    "pace" JSON,
    "quietHours" JSON,
    "digest" JSON,
    "displayName" TEXT COLLATE "C",
    "minimumSeverity" "Severity" NOT NULL,
    "customers" JSON NOT NULL,
    "services" JSON NOT NULL,
    "sources" JSON NOT NULL,
    "disabledReason" TEXT COLLATE "C",
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Channel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ProviderAccount" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "config" JSON NOT NULL,
    "secrets" TEXT COLLATE "C",
    "secretsSet" JSON NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ProviderAccount_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ChannelOverride" (
    "id" TEXT COLLATE "C" NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,
    "eventType" TEXT COLLATE "C",
    "category" TEXT COLLATE "C",
    "enabled" BOOLEAN NOT NULL,

    CONSTRAINT "ChannelOverride_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CustomEventType" (
    "name" TEXT COLLATE "C" NOT NULL,
    "title" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C" NOT NULL,
    "category" TEXT COLLATE "C" NOT NULL,
    "severity" "Severity" NOT NULL,
    "condition" BOOLEAN NOT NULL,
    "fingerprint" JSON NOT NULL,
    "aliases" JSON NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "CustomEventType_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "Trigger" (
    "eventType" TEXT COLLATE "C" NOT NULL,
    "enabled" BOOLEAN,
    "severity" "Severity",
    "cooldownSeconds" INTEGER,
    "holdSeconds" INTEGER,
    "burst" JSON,
    "steps" JSON,
    "restricted" BOOLEAN NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Trigger_pkey" PRIMARY KEY ("eventType")
);

-- CreateTable
CREATE TABLE "TriggerChannel" (
    "eventType" TEXT COLLATE "C" NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "TriggerChannel_pkey" PRIMARY KEY ("eventType","channelId")
);

-- CreateTable
CREATE TABLE "TriggerRecipient" (
    "eventType" TEXT COLLATE "C" NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,
    "config" JSON NOT NULL,

    CONSTRAINT "TriggerRecipient_pkey" PRIMARY KEY ("eventType","channelId")
);

-- CreateTable
CREATE TABLE "Delivery" (
    "id" TEXT COLLATE "C" NOT NULL,
    "eventId" TEXT COLLATE "C" NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,
    "conditionId" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "state" "DeliveryState" NOT NULL,
    "reason" "MessageReason" NOT NULL,
    "context" JSON NOT NULL,
    "tries" INTEGER NOT NULL,
    "dueAt" TIMESTAMP(3) NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "reference" TEXT COLLATE "C",
    "heldFor" "HoldReason",
    "summaryId" TEXT COLLATE "C",

    CONSTRAINT "Delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Attempt" (
    "id" TEXT COLLATE "C" NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "deliveryId" TEXT COLLATE "C",
    "eventId" TEXT COLLATE "C",
    "channelId" TEXT COLLATE "C" NOT NULL,
    "channelName" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "category" TEXT COLLATE "C" NOT NULL,
    "severity" "Severity" NOT NULL,
    "customer" TEXT COLLATE "C",
    "reason" "MessageReason" NOT NULL,
    "title" TEXT COLLATE "C" NOT NULL,
    "body" TEXT COLLATE "C" NOT NULL,
    "outcome" "AttemptOutcome" NOT NULL,
    "status" TEXT COLLATE "C",
    "error" TEXT COLLATE "C",
    "hint" TEXT COLLATE "C",
    "durationMs" INTEGER NOT NULL,
    "tryNumber" INTEGER NOT NULL,
    "nextTryAt" TIMESTAMP(3),

    CONSTRAINT "Attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InboxItem" (
    "id" TEXT COLLATE "C" NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,
    "eventId" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "type" TEXT COLLATE "C" NOT NULL,
    "severity" "Severity" NOT NULL,
    "title" TEXT COLLATE "C" NOT NULL,
    "body" TEXT COLLATE "C" NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "readAt" TIMESTAMP(3),

    CONSTRAINT "InboxItem_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AccessToken" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "role" "Role" NOT NULL,
    "hash" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3),
    "lastUsedAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "AccessToken_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT COLLATE "C" NOT NULL,
    "value" JSON NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "Event_type_id_idx" ON "Event"("type", "id");

-- CreateIndex
CREATE INDEX "Event_customer_id_idx" ON "Event"("customer", "id");

-- CreateIndex
CREATE INDEX "Event_conditionId_id_idx" ON "Event"("conditionId", "id");

-- CreateIndex
CREATE INDEX "IdempotencyKey_createdAt_idx" ON "IdempotencyKey"("createdAt");

-- CreateIndex
CREATE INDEX "Condition_fingerprint_id_idx" ON "Condition"("fingerprint", "id");

-- CreateIndex
CREATE INDEX "Condition_status_id_idx" ON "Condition"("status", "id");

-- CreateIndex
CREATE INDEX "Condition_customer_id_idx" ON "Condition"("customer", "id");

-- CreateIndex
CREATE INDEX "Silence_endsAt_idx" ON "Silence"("endsAt");

-- CreateIndex
CREATE INDEX "Silence_customer_idx" ON "Silence"("customer");

-- CreateIndex
CREATE UNIQUE INDEX "InhibitionRule_name_key" ON "InhibitionRule"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Channel_name_key" ON "Channel"("name");

-- CreateIndex
CREATE INDEX "Channel_customer_idx" ON "Channel"("customer");

-- CreateIndex
CREATE INDEX "Channel_accountId_idx" ON "Channel"("accountId");

-- CreateIndex
CREATE UNIQUE INDEX "ProviderAccount_name_key" ON "ProviderAccount"("name");

-- CreateIndex
CREATE INDEX "ProviderAccount_customer_idx" ON "ProviderAccount"("customer");

-- CreateIndex
CREATE UNIQUE INDEX "ChannelOverride_channelId_eventType_key" ON "ChannelOverride"("channelId", "eventType");

-- CreateIndex
CREATE UNIQUE INDEX "ChannelOverride_channelId_category_key" ON "ChannelOverride"("channelId", "category");

-- CreateIndex
CREATE INDEX "Delivery_eventId_idx" ON "Delivery"("eventId");

-- CreateIndex
CREATE INDEX "Delivery_channelId_id_idx" ON "Delivery"("channelId", "id");

-- CreateIndex
CREATE INDEX "Delivery_conditionId_channelId_idx" ON "Delivery"("conditionId", "channelId");

-- CreateIndex
CREATE INDEX "Attempt_channelId_id_idx" ON "Attempt"("channelId", "id");

-- CreateIndex
CREATE INDEX "Attempt_type_id_idx" ON "Attempt"("type", "id");

-- CreateIndex
CREATE INDEX "Attempt_outcome_id_idx" ON "Attempt"("outcome", "id");

-- CreateIndex
CREATE INDEX "Attempt_customer_id_idx" ON "Attempt"("customer", "id");

-- CreateIndex
CREATE INDEX "Attempt_eventId_idx" ON "Attempt"("eventId");

-- CreateIndex
CREATE INDEX "Attempt_deliveryId_idx" ON "Attempt"("deliveryId");

-- CreateIndex
CREATE INDEX "InboxItem_channelId_id_idx" ON "InboxItem"("channelId", "id");

-- CreateIndex
CREATE INDEX "InboxItem_readAt_id_idx" ON "InboxItem"("readAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "AccessToken_hash_key" ON "AccessToken"("hash");

-- AddForeignKey
ALTER TABLE "Event" ADD CONSTRAINT "Event_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Burst" ADD CONSTRAINT "Burst_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Channel" ADD CONSTRAINT "Channel_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "ProviderAccount"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ChannelOverride" ADD CONSTRAINT "ChannelOverride_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TriggerChannel" ADD CONSTRAINT "TriggerChannel_eventType_fkey" FOREIGN KEY ("eventType") REFERENCES "Trigger"("eventType") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TriggerChannel" ADD CONSTRAINT "TriggerChannel_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TriggerRecipient" ADD CONSTRAINT "TriggerRecipient_eventType_fkey" FOREIGN KEY ("eventType") REFERENCES "Trigger"("eventType") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TriggerRecipient" ADD CONSTRAINT "TriggerRecipient_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_eventId_fkey" FOREIGN KEY ("eventId") REFERENCES "Event"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "InboxItem" ADD CONSTRAINT "InboxItem_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the schema language cannot say: at most one open condition per fingerprint, conditions to decide about again and those that
-- another keeps from being sent, the queue, what waits for a summary to be made, and what is in one.
CREATE UNIQUE INDEX "Condition_open_fingerprint_key" ON "Condition"("fingerprint") WHERE "closedAt" IS NULL;
CREATE INDEX "Condition_recheck_idx" ON "Condition"("recheckAt") WHERE "recheckAt" IS NOT NULL;
CREATE INDEX "Condition_inhibitedBy_idx" ON "Condition"("inhibitedBy") WHERE "inhibitedBy" IS NOT NULL;
CREATE INDEX "Delivery_unfinished_idx" ON "Delivery"("channelId", "id") WHERE "state" IN ('PENDING', 'RETRY');
CREATE INDEX "Delivery_held_idx" ON "Delivery"("channelId", "dueAt") WHERE "state" = 'HELD' AND "summaryId" IS NULL;
CREATE INDEX "Delivery_summaryId_idx" ON "Delivery"("summaryId") WHERE "summaryId" IS NOT NULL;
