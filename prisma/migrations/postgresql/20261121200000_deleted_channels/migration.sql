-- AlterTable
ALTER TABLE "Channel" ADD COLUMN "deletedAt" TIMESTAMP(3);

-- By hand: the schema language knows no partial indexes.
CREATE INDEX "Channel_deleted_idx" ON "Channel"("id") WHERE "deletedAt" IS NOT NULL;
