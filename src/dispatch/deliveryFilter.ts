import type { SearchFilter, SearchTable } from "../db/search.ts";
import type { DeliveryState } from "./delivery.model.ts";

/** Which deliveries are wanted; what is left out does not matter. */
export interface DeliveryFilter {
  states?: readonly DeliveryState[] | null | undefined;
  channelIds?: readonly string[] | null | undefined;
}

export const DELIVERIES: SearchTable = { name: "Delivery", time: "createdAt", indexed: { state: { but: "SENT" }, customer: { but: null }, channelId: {} } };

/** @param listed the channels whose deliveries are listed; null: all @param along see SearchFilter */
export function deliverySearch({ states, channelIds }: DeliveryFilter, listed: readonly string[] | null, along?: "channelId"): SearchFilter {
  const ids = listed && channelIds ? listed.filter((id) => channelIds.includes(id)) : (listed ?? channelIds);
  return { oneOf: { state: states, channelId: ids }, along, closed: ["state"] };
}
