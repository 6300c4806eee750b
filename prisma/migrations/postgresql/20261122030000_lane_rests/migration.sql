-- How the process has left a lane that gave it back: its pause and its rate go on with whoever has it next.
ALTER TABLE "Lane" ADD COLUMN "pausedUntil" TIMESTAMP(3), ADD COLUMN "refilledAt" TIMESTAMP(3);
