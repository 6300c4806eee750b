-- By hand: the schema language knows no partial indexes. What is not in an index costs nothing when it is stored.
CREATE INDEX "Event_source_idx" ON "Event"("source", "id") WHERE "source" IS NOT NULL;
