-- By hand: the schema language knows no partial indexes. What is not in an index costs nothing when it is stored: these fates mean that nobody was told.
CREATE INDEX "Event_occurrence_idx" ON "Event"("fingerprint", "id") WHERE "customer" IS NOT NULL AND "conditionId" IS NULL AND "fate" NOT IN ('TRIGGER_OFF', 'COOLDOWN', 'NO_CHANNEL');
