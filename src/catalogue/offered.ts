import { createCatalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { CATEGORIES } from "./category.ts";
import type { EventType } from "./eventType.ts";
import { EVENT_TYPES } from "./eventTypes.ts";

const CONCERN_SERVICES = new Set(CATEGORIES.filter(({ concernsServices }) => concernsServices).map(({ name }) => name));
const BUILT_IN = new Set(EVENT_TYPES.map(({ name }) => name));

/** Whether events of this category are for customers at all. */
export function concernsServices(category: string): boolean {
  return CONCERN_SERVICES.has(category);
}

/**
 * What customers are shown of the catalogue. Registered types in the category custom are left out: they may have registered
 * themselves by an event about another customer. A registered type is offered by giving it the category that it belongs to.
 */
export function isOffered({ name, category }: Pick<EventType, "name" | "category">): boolean {
  return concernsServices(category) && (category !== "custom" || BUILT_IN.has(name));
}

export function offeredCatalogue({ types }: Catalogue): Catalogue {
  return createCatalogue(types.filter(isOffered));
}
