import type { SearchTable } from "../db/search.ts";

/** What the audit log can be searched by. */
export const AUDIT_ENTRIES: SearchTable = {
  name: "AuditEntry",
  time: "at",
  indexed: { subjectId: {}, tokenId: {}, customer: {}, action: {}, subjectType: {} },
};
