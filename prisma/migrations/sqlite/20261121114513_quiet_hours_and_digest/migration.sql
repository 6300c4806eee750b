-- AlterTable
ALTER TABLE "Channel" ADD COLUMN "digest" JSONB;
ALTER TABLE "Channel" ADD COLUMN "quietHours" JSONB;

-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "held" JSONB;

-- AlterTable
ALTER TABLE "Delivery" ADD COLUMN "heldFor" TEXT;
ALTER TABLE "Delivery" ADD COLUMN "summaryId" TEXT;

-- CreateIndex
CREATE INDEX "Delivery_summaryId_idx" ON "Delivery"("summaryId");

-- What the schema language cannot say: the flusher's view of what is held.
CREATE INDEX "Delivery_held_idx" ON "Delivery"("channelId", "dueAt") WHERE "state" = 'HELD';
