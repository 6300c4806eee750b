-- AlterTable
ALTER TABLE "Lane" ADD COLUMN "pausedUntil" DATETIME;
ALTER TABLE "Lane" ADD COLUMN "refilledAt" DATETIME;
