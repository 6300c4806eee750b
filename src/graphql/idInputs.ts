import SchemaBuilder, { BasePlugin, mapInputFields } from "@pothos/core";
import type { InputFieldMapping, InputFieldsMapping, InputTypeFieldsMapping, PothosInputFieldConfig, PothosOutputFieldConfig, SchemaTypes } from "@pothos/core";
import { isObjectType } from "graphql";
import type { GraphQLFieldResolver, GraphQLSchema } from "graphql";
import { CallerError, NotFoundError, ValidationError } from "../errors.ts";
import type { Issue } from "../errors.ts";
import { readGlobalId } from "./globalId.ts";

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      idInputs: IdInputsPlugin<Types>;
    }
  }
}

/** The plugin's name: for the builder's list behind what answers errors and checks scopes, and before Relay's. */
export const idInputs = "idInputs";

/** Names of the types whose ids a field takes; none: those of every node. */
type Wanted = readonly string[];

/**
 * Decodes the ids in arguments, once the caller is known to have the scope. A wrong one is told by its place and what would
 * be right: as a value where the field's result has one for it, else as an error of the request. Only `resolve` and `subscribe`
 * get decoded ids: the `query` of a relation and functions of `authScopes` and `complexity` have them as they came.
 */
class IdInputsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  private readonly seen = new Map<string, InputTypeFieldsMapping<Types, Wanted>>();

  /** Relay's own decoding would come before scopes are checked, and does not say where the id stands. */
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return { ...field, argMappers: [] };
  }

  override wrapResolve(resolve: GraphQLFieldResolver<unknown, Types["Context"], object>, field: PothosOutputFieldConfig<Types>): GraphQLFieldResolver<unknown, Types["Context"], object> {
    const ids = mapInputFields(field.args, this.buildCache, wantedOf, this.seen);
    return ids ? (parent, args, context, info) => resolve(parent, decoded(args, ids, info.schema, field), context, info) : resolve;
  }

  override wrapSubscribe(subscribe: GraphQLFieldResolver<unknown, Types["Context"], object> | undefined, field: PothosOutputFieldConfig<Types>): GraphQLFieldResolver<unknown, Types["Context"], object> | undefined {
    return subscribe && this.wrapResolve(subscribe, field);
  }
}

SchemaBuilder.registerPlugin(idInputs, IdInputsPlugin);

function wantedOf<Types extends SchemaTypes>({ extensions }: PothosInputFieldConfig<Types>): Wanted | null {
  if (extensions?.["isRelayGlobalID"] !== true) return null;
  return ((extensions["relayGlobalIDFor"] ?? []) as { typename: string }[]).map(({ typename }) => typename);
}

/** Enough to see what is wrong: an answer is not to be many times as long as its request. */
const MOST_ISSUES = 100;

/** @throws what the field's result has for wrong input, naming every wrong id */
function decoded<Types extends SchemaTypes>(args: object, ids: InputFieldsMapping<Types, Wanted>, schema: GraphQLSchema, field: PothosOutputFieldConfig<Types>): object {
  const issues: Issue[] = [];

  function fieldsOf(given: object, fields: InputFieldsMapping<Types, Wanted>, path: readonly string[]): object {
    const result: Record<string, unknown> = { ...given };
    // Paths begin at the input's root, as those of all other issues.
    for (const [name, inner] of fields) if (name in result) result[name] = valueOf(result[name], inner, path.length === 0 && name === "input" ? [] : [...path, name]);
    return result;
  }

  function valueOf(given: unknown, inner: InputFieldMapping<Types, Wanted>, path: readonly string[]): unknown {
    if (given === null || given === undefined) return given;
    if (Array.isArray(given)) return given.map((one, at) => valueOf(one, inner, [...path, String(at)]));
    if (inner.kind === "InputObject") return inner.fields.map ? fieldsOf(given, inner.fields.map, path) : given;
    const id = readGlobalId(String(given));
    if (id && isWanted(id.typename, inner.value, schema)) return id;
    if (issues.length < MOST_ISSUES) issues.push({ path: path.join("."), message: whatIsRight(inner.value), code: id ? "invalid_value" : "invalid_format" });
    return null;
  }

  const result = fieldsOf(args, ids, []);
  if (issues.length > 0) throw refusal(new ValidationError(issues), (field.extensions?.["pothosErrors"] ?? []) as unknown[]);
  return result;
}

function isWanted(typename: string, wanted: Wanted, schema: GraphQLSchema): boolean {
  if (wanted.length > 0) return wanted.includes(typename);
  const type = schema.getType(typename);
  return isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node");
}

function whatIsRight(wanted: Wanted): string {
  if (wanted.length === 0) return "must be an id that this server's queries give";
  return `must be the id of ${wanted.map((type) => `${/^[AEIOU]/.test(type) ? "an" : "a"} ${type}`).join(" or ")}, as its queries give it`;
}

/** @param known the errors that the field's result has as values */
function refusal(error: ValidationError, known: readonly unknown[]): CallerError {
  if (known.includes(ValidationError)) return error;
  if (known.includes(NotFoundError)) return new NotFoundError(`${error.message}; what was given`);
  return new CallerError("BAD_REQUEST", `${error.message}.`);
}
