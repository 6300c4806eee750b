-- CreateTable
CREATE TABLE "Event" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "receivedAt" DATETIME NOT NULL,
    "occurredAt" DATETIME NOT NULL,
    "type" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "status" TEXT,
    "source" TEXT,
    "service" TEXT,
    "customer" TEXT,
    "title" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "details" JSONB NOT NULL,
    "value" REAL,
    "dedupKey" TEXT,
    "fingerprint" TEXT NOT NULL,
    "conditionId" TEXT,
    "fate" TEXT NOT NULL,
    "decision" JSONB NOT NULL,
    CONSTRAINT "Event_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "inputHash" TEXT NOT NULL,
    "eventId" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("scope", "key")
);

-- CreateTable
CREATE TABLE "Condition" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "fingerprint" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "source" TEXT,
    "service" TEXT,
    "customer" TEXT,
    "openedAt" DATETIME NOT NULL,
    "lastSeenAt" DATETIME NOT NULL,
    "closedAt" DATETIME,
    "count" INTEGER NOT NULL,
    "lastNotifiedAt" DATETIME,
    "step" REAL,
    "told" JSONB NOT NULL
);

-- CreateTable
CREATE TABLE "Cooldown" (
    "fingerprint" TEXT NOT NULL PRIMARY KEY,
    "notifiedAt" DATETIME NOT NULL,
    "severity" TEXT NOT NULL,
    "suppressed" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Channel" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "customer" TEXT,
    "enabled" BOOLEAN NOT NULL,
    "config" JSONB NOT NULL,
    "secrets" TEXT,
    "secretsSet" JSONB NOT NULL,
    "rich" BOOLEAN NOT NULL,
    "displayName" TEXT,
    "minimumSeverity" TEXT NOT NULL,
    "customers" JSONB NOT NULL,
    "services" JSONB NOT NULL,
    "sources" JSONB NOT NULL,
    "disabledReason" TEXT,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "ChannelOverride" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "channelId" TEXT NOT NULL,
    "eventType" TEXT,
    "category" TEXT,
    "enabled" BOOLEAN NOT NULL,
    CONSTRAINT "ChannelOverride_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "CustomEventType" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "condition" BOOLEAN NOT NULL,
    "fingerprint" JSONB NOT NULL,
    "aliases" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Trigger" (
    "eventType" TEXT NOT NULL PRIMARY KEY,
    "enabled" BOOLEAN,
    "severity" TEXT,
    "cooldownSeconds" INTEGER,
    "steps" JSONB,
    "restricted" BOOLEAN NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "TriggerChannel" (
    "eventType" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,

    PRIMARY KEY ("eventType", "channelId"),
    CONSTRAINT "TriggerChannel_eventType_fkey" FOREIGN KEY ("eventType") REFERENCES "Trigger" ("eventType") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "TriggerChannel_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Delivery" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "eventId" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "conditionId" TEXT,
    "customer" TEXT,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "context" JSONB NOT NULL,
    "tries" INTEGER NOT NULL,
    "dueAt" DATETIME NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "finishedAt" DATETIME,
    "reference" TEXT,
    CONSTRAINT "Delivery_eventId_fkey" FOREIGN KEY ("eventId") REFERENCES "Event" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Delivery_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Delivery_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Attempt" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "at" DATETIME NOT NULL,
    "deliveryId" TEXT,
    "eventId" TEXT,
    "channelId" TEXT NOT NULL,
    "channelName" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "customer" TEXT,
    "reason" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "status" TEXT,
    "error" TEXT,
    "hint" TEXT,
    "durationMs" INTEGER NOT NULL,
    "tryNumber" INTEGER NOT NULL,
    "nextTryAt" DATETIME
);

-- CreateTable
CREATE TABLE "InboxItem" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "channelId" TEXT NOT NULL,
    "eventId" TEXT,
    "customer" TEXT,
    "type" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "readAt" DATETIME,
    CONSTRAINT "InboxItem_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AccessToken" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "customer" TEXT,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME,
    "lastUsedAt" DATETIME,
    "revokedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" JSONB NOT NULL,
    "updatedAt" DATETIME NOT NULL
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
CREATE INDEX "Condition_fingerprint_idx" ON "Condition"("fingerprint");

-- CreateIndex
CREATE INDEX "Condition_status_id_idx" ON "Condition"("status", "id");

-- CreateIndex
CREATE INDEX "Condition_customer_id_idx" ON "Condition"("customer", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Channel_name_key" ON "Channel"("name");

-- CreateIndex
CREATE INDEX "Channel_customer_idx" ON "Channel"("customer");

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

-- What the schema language cannot say: at most one open condition per fingerprint, and the dispatcher's view of the queue.
CREATE UNIQUE INDEX "Condition_open_fingerprint_key" ON "Condition"("fingerprint") WHERE "closedAt" IS NULL;
CREATE INDEX "Delivery_unfinished_idx" ON "Delivery"("channelId", "id") WHERE "state" IN ('PENDING', 'RETRY');
