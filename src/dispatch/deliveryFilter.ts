import type { SearchFilter, SearchTable } from "../db/search.ts";
import type { DeliveryState } from "./delivery.model.ts";

/** Which deliveries are wanted; what is left out does not matter. */
export interface DeliveryFilter {
  states?: readonly DeliveryState[] | null | undefined;
  channelIds?: readonly string[] | null | undefined;
}

export const DELIVERIES: SearchTable = { name: "Delivery", time: "createdAt", indexed: { state: { but: "SENT" }, customer: { but: null }, channelId: {} } };

/** @param customers null: of any or none */
export function deliverySearch({ states, channelIds }: DeliveryFilter, customers: readonly string[] | null): SearchFilter {
  return { oneOf: { state: states, channelId: channelIds, customer: customers }, closed: ["state"] };
}
