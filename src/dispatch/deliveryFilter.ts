import type { SearchFilter, SearchTable } from "../db/search.ts";
import type { DeliveryState } from "./delivery.model.ts";

/** Which deliveries are wanted; what is left out does not matter. */
export interface DeliveryFilter {
  states?: readonly DeliveryState[] | null | undefined;
  channelIds?: readonly string[] | null | undefined;
}

export const DELIVERIES: SearchTable = { name: "Delivery", time: "createdAt", indexed: { state: { but: "SENT" }, customer: { but: null }, channelId: {} } };

/** @param own the channels that may be known of; null: all */
export function deliverySearch({ states, channelIds }: DeliveryFilter, own: readonly string[] | null): SearchFilter {
  const ids = own && channelIds ? own.filter((id) => channelIds.includes(id)) : (own ?? channelIds);
  return { oneOf: { state: states, channelId: ids }, along: own ? "channelId" : undefined, closed: ["state"] };
}
