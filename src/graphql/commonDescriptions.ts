import { isInterfaceType, isObjectType } from "graphql";
import type { GraphQLSchema } from "graphql";

/** Fields that plugins add to many types without a way to describe them. */
const COMMON: Record<string, string> = {
  id: "Its id: opaque, the same for ever.",
  totalCount: "How many there are in all. Counted only when asked for.",
};

/** Describes the common fields where nothing has described them. */
export function describeCommonFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) field.description ??= COMMON[field.name];
  }
  return schema;
}
