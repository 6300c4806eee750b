import { defaultFieldResolver } from "graphql";
import type { GraphQLSchema } from "graphql";
import { AUDITED_MUTATIONS, SERVER } from "../audit/audit.ts";
import { asChange } from "../audit/auditedDatabase.ts";
import type { Context } from "./context.ts";

/** Every mutation that changes settings is a change by whoever sent it, so that the audit log has it without a word in the resolver. */
export function noteChanges(schema: GraphQLSchema): GraphQLSchema {
  for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
    if (!(name in AUDITED_MUTATIONS)) continue;
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (root, args, context: Context, info) => {
      const { principal, address } = context;
      return asChange(principal ? { tokenId: principal.tokenId, name: principal.name, address } : SERVER, name, async () => resolve(root, args, context, info));
    };
  }
  return schema;
}
