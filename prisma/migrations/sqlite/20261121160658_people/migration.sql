-- DropIndex
DROP INDEX "ProviderAccount_customer_idx";

-- DropIndex
DROP INDEX "ProviderAccount_name_key";

-- AlterTable
ALTER TABLE "Attempt" ADD COLUMN "channelCustomer" TEXT;

-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "acknowledgedAt" DATETIME;
ALTER TABLE "Condition" ADD COLUMN "acknowledgedBy" TEXT;
ALTER TABLE "Condition" ADD COLUMN "acknowledgementNote" TEXT;

-- AlterTable
ALTER TABLE "Delivery" ADD COLUMN "insteadOf" TEXT;

-- CreateTable
CREATE TABLE "Contact" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "customer" TEXT,
    "enabled" BOOLEAN NOT NULL,
    "customers" JSONB NOT NULL,
    "categories" JSONB NOT NULL,
    "severities" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "ContactGroup" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "customer" TEXT,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "ContactGroupMember" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "groupId" TEXT NOT NULL,
    "contactId" TEXT,
    "memberId" TEXT,
    CONSTRAINT "ContactGroupMember_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "ContactGroupMember_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "ContactGroupMember_memberId_fkey" FOREIGN KEY ("memberId") REFERENCES "ContactGroup" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertRule" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "customer" TEXT,
    "enabled" BOOLEAN NOT NULL,
    "position" INTEGER NOT NULL,
    "stop" BOOLEAN NOT NULL,
    "matchers" JSONB NOT NULL,
    "escalationPolicyId" TEXT,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "AlertRule_escalationPolicyId_fkey" FOREIGN KEY ("escalationPolicyId") REFERENCES "EscalationPolicy" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AlertRuleTarget" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "ruleId" TEXT NOT NULL,
    "contactId" TEXT,
    "groupId" TEXT,
    "channelId" TEXT,
    CONSTRAINT "AlertRuleTarget_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "AlertRule" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "AlertRuleTarget_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "AlertRuleTarget_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "AlertRuleTarget_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "EscalationPolicy" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "customer" TEXT,
    "enabled" BOOLEAN NOT NULL,
    "rounds" INTEGER,
    "reminderSeconds" INTEGER,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "EscalationStep" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "policyId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "delaySeconds" INTEGER NOT NULL,
    CONSTRAINT "EscalationStep_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "EscalationPolicy" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "EscalationTarget" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "stepId" TEXT NOT NULL,
    "contactId" TEXT,
    "groupId" TEXT,
    "channelId" TEXT,
    CONSTRAINT "EscalationTarget_stepId_fkey" FOREIGN KEY ("stepId") REFERENCES "EscalationStep" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "EscalationTarget_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "EscalationTarget_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "EscalationTarget_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Escalation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "conditionId" TEXT NOT NULL,
    "policyId" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "step" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "nextAt" DATETIME,
    CONSTRAINT "Escalation_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Escalation_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "EscalationPolicy" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "EscalationNotice" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "escalationId" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "step" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "reminder" BOOLEAN NOT NULL,
    "channelId" TEXT NOT NULL,
    "channelName" TEXT NOT NULL,
    "contactName" TEXT,
    "deliveryId" TEXT,
    CONSTRAINT "EscalationNotice_escalationId_fkey" FOREIGN KEY ("escalationId") REFERENCES "Escalation" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AcknowledgeLinkUse" (
    "deliveryId" TEXT NOT NULL PRIMARY KEY,
    "conditionId" TEXT NOT NULL,
    "usedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "AuditEntry" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "at" DATETIME NOT NULL,
    "tokenId" TEXT,
    "actorName" TEXT NOT NULL,
    "address" TEXT,
    "customer" TEXT,
    "action" TEXT NOT NULL,
    "subjectType" TEXT NOT NULL,
    "subjectId" TEXT,
    "subjectName" TEXT,
    "before" JSONB,
    "after" JSONB
);

-- AlterTable
-- Added by hand rather than by making the tables anew: dropping the old ones would take along what refers to them.
ALTER TABLE "AccessToken" ADD COLUMN "scopes" JSONB;
ALTER TABLE "AccessToken" ADD COLUMN "contactId" TEXT REFERENCES "Contact" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "AccessToken" ADD COLUMN "requestsPerMinute" INTEGER;
ALTER TABLE "Channel" ADD COLUMN "contactId" TEXT REFERENCES "Contact" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Channel" ADD COLUMN "onlyByRules" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Channel" ADD COLUMN "fallbackId" TEXT REFERENCES "Channel" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "Channel" ADD COLUMN "failingSince" DATETIME;

-- DropIndex
DROP INDEX "Channel_customer_idx";

-- DropIndex
DROP INDEX "Channel_name_key";

-- CreateIndex
CREATE INDEX "AccessToken_contactId_idx" ON "AccessToken"("contactId");

-- CreateIndex
CREATE INDEX "Channel_contactId_idx" ON "Channel"("contactId");

-- CreateIndex
CREATE INDEX "Channel_fallbackId_idx" ON "Channel"("fallbackId");

-- CreateIndex
CREATE UNIQUE INDEX "Channel_customer_name_key" ON "Channel"("customer", "name");

-- CreateIndex
CREATE UNIQUE INDEX "Contact_customer_name_key" ON "Contact"("customer", "name");

-- CreateIndex
CREATE UNIQUE INDEX "ContactGroup_customer_name_key" ON "ContactGroup"("customer", "name");

-- CreateIndex
CREATE INDEX "ContactGroupMember_contactId_idx" ON "ContactGroupMember"("contactId");

-- CreateIndex
CREATE INDEX "ContactGroupMember_memberId_idx" ON "ContactGroupMember"("memberId");

-- CreateIndex
CREATE UNIQUE INDEX "ContactGroupMember_groupId_contactId_key" ON "ContactGroupMember"("groupId", "contactId");

-- CreateIndex
CREATE UNIQUE INDEX "ContactGroupMember_groupId_memberId_key" ON "ContactGroupMember"("groupId", "memberId");

-- CreateIndex
CREATE INDEX "AlertRule_escalationPolicyId_idx" ON "AlertRule"("escalationPolicyId");

-- CreateIndex
CREATE UNIQUE INDEX "AlertRule_customer_name_key" ON "AlertRule"("customer", "name");

-- CreateIndex
CREATE INDEX "AlertRuleTarget_ruleId_idx" ON "AlertRuleTarget"("ruleId");

-- CreateIndex
CREATE INDEX "AlertRuleTarget_contactId_idx" ON "AlertRuleTarget"("contactId");

-- CreateIndex
CREATE INDEX "AlertRuleTarget_groupId_idx" ON "AlertRuleTarget"("groupId");

-- CreateIndex
CREATE INDEX "AlertRuleTarget_channelId_idx" ON "AlertRuleTarget"("channelId");

-- CreateIndex
CREATE UNIQUE INDEX "EscalationPolicy_customer_name_key" ON "EscalationPolicy"("customer", "name");

-- CreateIndex
CREATE UNIQUE INDEX "EscalationStep_policyId_position_key" ON "EscalationStep"("policyId", "position");

-- CreateIndex
CREATE INDEX "EscalationTarget_stepId_idx" ON "EscalationTarget"("stepId");

-- CreateIndex
CREATE INDEX "EscalationTarget_contactId_idx" ON "EscalationTarget"("contactId");

-- CreateIndex
CREATE INDEX "EscalationTarget_groupId_idx" ON "EscalationTarget"("groupId");

-- CreateIndex
CREATE INDEX "EscalationTarget_channelId_idx" ON "EscalationTarget"("channelId");

-- CreateIndex
CREATE INDEX "Escalation_policyId_idx" ON "Escalation"("policyId");

-- CreateIndex
CREATE UNIQUE INDEX "Escalation_conditionId_policyId_key" ON "Escalation"("conditionId", "policyId");

-- CreateIndex
CREATE INDEX "EscalationNotice_escalationId_id_idx" ON "EscalationNotice"("escalationId", "id");

-- CreateIndex
CREATE INDEX "AcknowledgeLinkUse_usedAt_idx" ON "AcknowledgeLinkUse"("usedAt");

-- CreateIndex
CREATE INDEX "AuditEntry_subjectType_id_idx" ON "AuditEntry"("subjectType", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_subjectId_id_idx" ON "AuditEntry"("subjectId", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_tokenId_id_idx" ON "AuditEntry"("tokenId", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_customer_id_idx" ON "AuditEntry"("customer", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_action_id_idx" ON "AuditEntry"("action", "id");

-- CreateIndex
CREATE UNIQUE INDEX "ProviderAccount_customer_name_key" ON "ProviderAccount"("customer", "name");

-- By hand: the schema language knows no partial indexes.
CREATE UNIQUE INDEX "Channel_name_key" ON "Channel"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "ProviderAccount_name_key" ON "ProviderAccount"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "Contact_name_key" ON "Contact"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "ContactGroup_name_key" ON "ContactGroup"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "AlertRule_name_key" ON "AlertRule"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "EscalationPolicy_name_key" ON "EscalationPolicy"("name") WHERE "customer" IS NULL;
CREATE INDEX "Attempt_channelCustomer_idx" ON "Attempt"("channelCustomer", "id") WHERE "channelCustomer" IS NOT NULL;
CREATE INDEX "Escalation_nextAt_idx" ON "Escalation"("nextAt") WHERE "nextAt" IS NOT NULL;
