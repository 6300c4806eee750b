-- AlterTable
ALTER TABLE "Trigger" ADD COLUMN "burst" JSONB;
ALTER TABLE "Trigger" ADD COLUMN "holdSeconds" INTEGER;

-- CreateTable
CREATE TABLE "Burst" (
    "channelId" TEXT NOT NULL,
    "eventType" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "count" INTEGER NOT NULL,
    "overflowing" BOOLEAN NOT NULL,

    PRIMARY KEY ("eventType", "channelId"),
    CONSTRAINT "Burst_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Silence" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "customer" TEXT,
    "matchers" JSONB NOT NULL,
    "startsAt" DATETIME NOT NULL,
    "endsAt" DATETIME,
    "schedule" JSONB,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "InhibitionRule" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "whileOpen" JSONB NOT NULL,
    "matchers" JSONB NOT NULL,
    "sameFields" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "kept" JSONB;
ALTER TABLE "Condition" ADD COLUMN "recheckAt" DATETIME;
ALTER TABLE "Condition" ADD COLUMN "inhibitedBy" TEXT;
ALTER TABLE "Condition" ADD COLUMN "covers" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Condition" ADD COLUMN "openings" JSONB;
ALTER TABLE "Condition" ADD COLUMN "flapping" JSONB;

-- The newest condition of a fingerprint is read with every event about it.
DROP INDEX "Condition_fingerprint_idx";
CREATE INDEX "Condition_fingerprint_id_idx" ON "Condition"("fingerprint", "id");

-- CreateIndex
CREATE INDEX "Silence_endsAt_idx" ON "Silence"("endsAt");

-- CreateIndex
CREATE INDEX "Silence_customer_idx" ON "Silence"("customer");

-- CreateIndex
CREATE UNIQUE INDEX "InhibitionRule_name_key" ON "InhibitionRule"("name");

-- What the schema language cannot say: conditions to decide about again, and those that another keeps from being sent.
CREATE INDEX "Condition_recheck_idx" ON "Condition"("recheckAt") WHERE "recheckAt" IS NOT NULL;
CREATE INDEX "Condition_inhibitedBy_idx" ON "Condition"("inhibitedBy") WHERE "inhibitedBy" IS NOT NULL;
