-- AlterEnum
ALTER TYPE "MessageReason" ADD VALUE 'ESCALATION';
ALTER TYPE "MessageReason" ADD VALUE 'REMINDER';

-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'CUSTOMER';

-- DropIndex
DROP INDEX "ProviderAccount_customer_idx";

-- DropIndex
DROP INDEX "ProviderAccount_name_key";

-- AlterTable
ALTER TABLE "Attempt" ADD COLUMN "channelCustomer" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "acknowledgedAt" TIMESTAMP(3);
ALTER TABLE "Condition" ADD COLUMN "acknowledgedBy" TEXT COLLATE "C";
ALTER TABLE "Condition" ADD COLUMN "acknowledgementNote" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "Delivery" ADD COLUMN "insteadOf" TEXT COLLATE "C";

-- CreateTable
CREATE TABLE "Contact" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "enabled" BOOLEAN NOT NULL,
    "customers" JSON NOT NULL,
    "categories" JSON NOT NULL,
    "severities" JSON NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Contact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ContactGroup" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ContactGroup_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ContactGroupMember" (
    "id" TEXT COLLATE "C" NOT NULL,
    "groupId" TEXT COLLATE "C" NOT NULL,
    "contactId" TEXT COLLATE "C",
    "memberId" TEXT COLLATE "C",

    CONSTRAINT "ContactGroupMember_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AlertRule" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "enabled" BOOLEAN NOT NULL,
    "position" INTEGER NOT NULL,
    "stop" BOOLEAN NOT NULL,
    "matchers" JSON NOT NULL,
    "escalationPolicyId" TEXT COLLATE "C",
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "AlertRule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AlertRuleTarget" (
    "id" TEXT COLLATE "C" NOT NULL,
    "ruleId" TEXT COLLATE "C" NOT NULL,
    "contactId" TEXT COLLATE "C",
    "groupId" TEXT COLLATE "C",
    "channelId" TEXT COLLATE "C",

    CONSTRAINT "AlertRuleTarget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EscalationPolicy" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "customer" TEXT COLLATE "C",
    "enabled" BOOLEAN NOT NULL,
    "rounds" INTEGER,
    "reminderSeconds" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "EscalationPolicy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EscalationStep" (
    "id" TEXT COLLATE "C" NOT NULL,
    "policyId" TEXT COLLATE "C" NOT NULL,
    "position" INTEGER NOT NULL,
    "delaySeconds" INTEGER NOT NULL,

    CONSTRAINT "EscalationStep_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EscalationTarget" (
    "id" TEXT COLLATE "C" NOT NULL,
    "stepId" TEXT COLLATE "C" NOT NULL,
    "contactId" TEXT COLLATE "C",
    "groupId" TEXT COLLATE "C",
    "channelId" TEXT COLLATE "C",

    CONSTRAINT "EscalationTarget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Escalation" (
    "id" TEXT COLLATE "C" NOT NULL,
    "conditionId" TEXT COLLATE "C" NOT NULL,
    "policyId" TEXT COLLATE "C" NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "step" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "nextAt" TIMESTAMP(3),

    CONSTRAINT "Escalation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EscalationNotice" (
    "id" TEXT COLLATE "C" NOT NULL,
    "escalationId" TEXT COLLATE "C" NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "step" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "reminder" BOOLEAN NOT NULL,
    "channelId" TEXT COLLATE "C" NOT NULL,
    "channelName" TEXT COLLATE "C" NOT NULL,
    "contactName" TEXT COLLATE "C",
    "deliveryId" TEXT COLLATE "C",

    CONSTRAINT "EscalationNotice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AcknowledgeLinkUse" (
    "deliveryId" TEXT COLLATE "C" NOT NULL,
    "conditionId" TEXT COLLATE "C" NOT NULL,
    "usedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "AcknowledgeLinkUse_pkey" PRIMARY KEY ("deliveryId")
);

-- CreateTable
CREATE TABLE "AuditEntry" (
    "id" TEXT COLLATE "C" NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "tokenId" TEXT COLLATE "C",
    "actorName" TEXT COLLATE "C" NOT NULL,
    "address" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "action" TEXT COLLATE "C" NOT NULL,
    "subjectType" TEXT COLLATE "C" NOT NULL,
    "subjectId" TEXT COLLATE "C",
    "subjectName" TEXT COLLATE "C",
    "before" JSON,
    "after" JSON,

    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("id")
);

-- AlterTable
ALTER TABLE "AccessToken" ADD COLUMN "scopes" JSON;
ALTER TABLE "AccessToken" ADD COLUMN "contactId" TEXT COLLATE "C";
ALTER TABLE "AccessToken" ADD COLUMN "requestsPerMinute" INTEGER;
ALTER TABLE "Channel" ADD COLUMN "contactId" TEXT COLLATE "C";
ALTER TABLE "Channel" ADD COLUMN "onlyByRules" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Channel" ADD COLUMN "fallbackId" TEXT COLLATE "C";
ALTER TABLE "Channel" ADD COLUMN "failingSince" TIMESTAMP(3);

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

-- AddForeignKey
ALTER TABLE "ContactGroupMember" ADD CONSTRAINT "ContactGroupMember_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ContactGroupMember" ADD CONSTRAINT "ContactGroupMember_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ContactGroupMember" ADD CONSTRAINT "ContactGroupMember_memberId_fkey" FOREIGN KEY ("memberId") REFERENCES "ContactGroup"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertRule" ADD CONSTRAINT "AlertRule_escalationPolicyId_fkey" FOREIGN KEY ("escalationPolicyId") REFERENCES "EscalationPolicy"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertRuleTarget" ADD CONSTRAINT "AlertRuleTarget_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "AlertRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertRuleTarget" ADD CONSTRAINT "AlertRuleTarget_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertRuleTarget" ADD CONSTRAINT "AlertRuleTarget_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AlertRuleTarget" ADD CONSTRAINT "AlertRuleTarget_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationStep" ADD CONSTRAINT "EscalationStep_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "EscalationPolicy"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationTarget" ADD CONSTRAINT "EscalationTarget_stepId_fkey" FOREIGN KEY ("stepId") REFERENCES "EscalationStep"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationTarget" ADD CONSTRAINT "EscalationTarget_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationTarget" ADD CONSTRAINT "EscalationTarget_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "ContactGroup"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationTarget" ADD CONSTRAINT "EscalationTarget_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Escalation" ADD CONSTRAINT "Escalation_conditionId_fkey" FOREIGN KEY ("conditionId") REFERENCES "Condition"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Escalation" ADD CONSTRAINT "Escalation_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "EscalationPolicy"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EscalationNotice" ADD CONSTRAINT "EscalationNotice_escalationId_fkey" FOREIGN KEY ("escalationId") REFERENCES "Escalation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AccessToken" ADD CONSTRAINT "AccessToken_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Channel" ADD CONSTRAINT "Channel_contactId_fkey" FOREIGN KEY ("contactId") REFERENCES "Contact"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Channel" ADD CONSTRAINT "Channel_fallbackId_fkey" FOREIGN KEY ("fallbackId") REFERENCES "Channel"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- By hand: the schema language knows no partial indexes.
CREATE UNIQUE INDEX "Channel_name_key" ON "Channel"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "ProviderAccount_name_key" ON "ProviderAccount"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "Contact_name_key" ON "Contact"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "ContactGroup_name_key" ON "ContactGroup"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "AlertRule_name_key" ON "AlertRule"("name") WHERE "customer" IS NULL;
CREATE UNIQUE INDEX "EscalationPolicy_name_key" ON "EscalationPolicy"("name") WHERE "customer" IS NULL;
CREATE INDEX "Attempt_channelCustomer_idx" ON "Attempt"("channelCustomer", "id") WHERE "channelCustomer" IS NOT NULL;
CREATE INDEX "Escalation_nextAt_idx" ON "Escalation"("nextAt") WHERE "nextAt" IS NOT NULL;
