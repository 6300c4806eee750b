import type { SearchFilter, SearchTable } from "../db/search.ts";

export const INBOX_ITEMS: SearchTable = { name: "InboxItem", time: "createdAt", indexed: { readAt: {}, channelId: {} } };

/** @param listed the channels whose messages are listed; null: all @param along see SearchFilter */
export function inboxSearch({ unreadOnly }: { unreadOnly: boolean }, listed: readonly string[] | null, along?: "channelId"): SearchFilter {
  return { oneOf: { readAt: unreadOnly ? [null] : null, channelId: listed }, along };
}
