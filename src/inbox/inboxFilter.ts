import type { SearchFilter, SearchTable } from "../db/search.ts";

export const INBOX_ITEMS: SearchTable = { name: "InboxItem", time: "createdAt", indexed: { readAt: {}, channelId: {} } };

/** @param own the channels that may be known of; null: all */
export function inboxSearch({ unreadOnly }: { unreadOnly: boolean }, own: readonly string[] | null): SearchFilter {
  return { oneOf: { readAt: unreadOnly ? [null] : null, channelId: own }, along: own ? "channelId" : undefined };
}
