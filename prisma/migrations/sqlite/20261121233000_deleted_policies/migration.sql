-- AlterTable
ALTER TABLE "EscalationPolicy" ADD COLUMN "deletedAt" DATETIME;
