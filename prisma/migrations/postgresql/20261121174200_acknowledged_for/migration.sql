-- AlterTable
ALTER TABLE "Condition" ADD COLUMN "acknowledgedFor" TEXT COLLATE "C";
