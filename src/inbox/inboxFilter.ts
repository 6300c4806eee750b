import type { SearchFilter, SearchTable } from "../db/search.ts";

export const INBOX_ITEMS: SearchTable = { name: "InboxItem", time: "createdAt", indexed: { readAt: {}, customer: { but: null } } };

/** @param customers null: of any or none */
export function inboxSearch({ unreadOnly }: { unreadOnly: boolean }, customers: readonly string[] | null): SearchFilter {
  return { oneOf: { readAt: unreadOnly ? [null] : null, customer: customers } };
}
