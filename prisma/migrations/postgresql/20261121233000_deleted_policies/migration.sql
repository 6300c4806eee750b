-- AlterTable
ALTER TABLE "EscalationPolicy" ADD COLUMN "deletedAt" TIMESTAMP(3);
