-- CreateTable
CREATE TABLE "ProviderAccount" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "customer" TEXT,
    "config" JSONB NOT NULL,
    "secrets" TEXT,
    "secretsSet" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "TriggerRecipient" (
    "eventType" TEXT NOT NULL,
    "channelId" TEXT NOT NULL,
    "config" JSONB NOT NULL,

    PRIMARY KEY ("eventType", "channelId"),
    CONSTRAINT "TriggerRecipient_eventType_fkey" FOREIGN KEY ("eventType") REFERENCES "Trigger" ("eventType") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "TriggerRecipient_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- AlterTable
-- Added by hand rather than by making the table anew: dropping the old one would take along what refers to it.
ALTER TABLE "Channel" ADD COLUMN "accountId" TEXT REFERENCES "ProviderAccount" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "Channel" ADD COLUMN "pace" JSONB;

-- CreateIndex
CREATE INDEX "Channel_accountId_idx" ON "Channel"("accountId");

-- CreateIndex
CREATE UNIQUE INDEX "ProviderAccount_name_key" ON "ProviderAccount"("name");

-- CreateIndex
CREATE INDEX "ProviderAccount_customer_idx" ON "ProviderAccount"("customer");
