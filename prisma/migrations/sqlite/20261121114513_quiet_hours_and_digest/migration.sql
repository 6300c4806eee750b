-- AlterTable
ALTER TABLE "Channel" ADD COLUMN "digest" JSONB;
ALTER TABLE "Channel" ADD COLUMN "quietHours" JSONB;

-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "held" JSONB;

-- AlterTable
ALTER TABLE "Delivery" ADD COLUMN "heldFor" TEXT;
ALTER TABLE "Delivery" ADD COLUMN "summaryId" TEXT;

-- What the schema language cannot say: what waits for a summary to be made, and what is in one.
CREATE INDEX "Delivery_held_idx" ON "Delivery"("channelId", "dueAt") WHERE "state" = 'HELD' AND "summaryId" IS NULL;
CREATE INDEX "Delivery_summaryId_idx" ON "Delivery"("summaryId") WHERE "summaryId" IS NOT NULL;
