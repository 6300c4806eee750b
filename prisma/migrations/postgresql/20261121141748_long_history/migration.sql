-- DropIndex
DROP INDEX "Attempt_eventId_idx";

-- DropIndex
DROP INDEX "Attempt_customer_id_idx";

-- DropIndex
DROP INDEX "Attempt_outcome_id_idx";

-- DropIndex
DROP INDEX "Event_customer_id_idx";

-- CreateIndex
CREATE INDEX "Attempt_kind_id_idx" ON "Attempt"("kind", "id");

-- CreateIndex
CREATE INDEX "Attempt_category_id_idx" ON "Attempt"("category", "id");

-- CreateIndex
CREATE INDEX "Condition_type_id_idx" ON "Condition"("type", "id");

-- CreateIndex
CREATE INDEX "Event_category_id_idx" ON "Event"("category", "id");

-- By hand: the schema language knows no partial indexes. What is usual is found soon without one.
CREATE INDEX "Attempt_customer_idx" ON "Attempt"("customer", "id") WHERE "customer" IS NOT NULL;
CREATE INDEX "Attempt_severity_idx" ON "Attempt"("severity", "id") WHERE "severity" <> 'INFO';
CREATE INDEX "Attempt_outcome_idx" ON "Attempt"("outcome", "id") WHERE "outcome" <> 'DELIVERED';
CREATE INDEX "Event_customer_idx" ON "Event"("customer", "id") WHERE "customer" IS NOT NULL;
CREATE INDEX "Event_service_idx" ON "Event"("service", "id") WHERE "service" IS NOT NULL;
CREATE INDEX "Event_severity_idx" ON "Event"("severity", "id") WHERE "severity" <> 'INFO';
CREATE INDEX "Event_fate_idx" ON "Event"("fate", "id") WHERE "fate" <> 'MATCHED';
CREATE INDEX "Delivery_state_idx" ON "Delivery"("state", "id") WHERE "state" <> 'SENT';
