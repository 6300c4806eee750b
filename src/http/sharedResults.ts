import { execute, getOperationAST, Kind, visit } from "graphql";
import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from "graphql";
import type { Principal } from "../access/principal.ts";
import type { Context } from "../graphql/context.ts";

/** What a subscription selects of each item, and who asks. */
export interface Selection {
  schema: GraphQLSchema;
  document: DocumentNode;
  operationName: string | null | undefined;
  variables: { readonly [name: string]: unknown } | null | undefined;
  context: Context;
}

/** Makes the JSON text of an item's result, with the brace that closes the message around it. */
export type ResultOf = (item: object) => Buffer | Promise<Buffer>;

/**
 * Executes a selection once for each item, however many subscribers select the same with the same rights: they share the
 * bytes. Whether a subscriber may have the item at all is asked before.
 */
export function createSharedResults(mask: (error: unknown) => GraphQLError): (selection: Selection) => ResultOf {
  /** While a subscriber has one, equal ones find it. */
  const known = new Map<string, WeakRef<ResultOf>>();
  const forgotten = new FinalizationRegistry((key: string) => {
    if (!known.get(key)?.deref()) known.delete(key);
  });
  /** Documents are parsed once for each text. */
  const numbers = new WeakMap<DocumentNode, number>();
  let count = 0;

  function keyOf({ document, operationName, variables, context: { principal } }: Selection): string {
    const number = numbers.get(document) ?? (count += 1);
    numbers.set(document, number);
    // What is left out is not the same as null: it may have a default.
    const used = usedVariables(document, operationName).map((name) => (variables && Object.hasOwn(variables, name) ? [name, variables[name]] : [name]));
    return JSON.stringify([number, operationName ?? null, used, principal && rightsOf(principal)]);
  }

  return (selection) => {
    const key = keyOf(selection);
    const shared = known.get(key)?.deref();
    if (shared) return shared;
    const { services, principal } = selection.context;
    const context: Context = { services, principal: principal && { ...principal, ...NOBODYS }, address: null };
    const resultOf = remembering((item) => resultText({ ...selection, context }, item, mask));
    known.set(key, new WeakRef(resultOf));
    forgotten.register(resultOf, key);
    return resultOf;
  };
}

/** Of who asks, what no result may depend on: a selection is executed with these. */
const NOBODYS = { tokenId: "", expiresAt: null, requestsPerMinute: null } as const satisfies Partial<Principal>;

/** All else of who asks, for a result may depend on it: the customer, the role, what the token may, and whose it is. */
function rightsOf(principal: Principal): unknown {
  return { ...principal, ...NOBODYS, scopes: [...principal.scopes].sort() };
}

const usedBy = new WeakMap<DocumentNode, Map<string, string[]>>();

/** Variables of what is selected. Those of the field itself say which items are wanted, and not what is shown of them. */
function usedVariables(document: DocumentNode, operationName: string | null | undefined): string[] {
  const ofDocument = usedBy.get(document) ?? new Map<string, string[]>();
  usedBy.set(document, ofDocument);
  const known = ofDocument.get(operationName ?? "");
  if (known) return known;
  const names = new Set<string>();
  const look = { Variable: { enter: ({ name }: { name: { value: string } }) => void names.add(name.value) } };
  const operation = getOperationAST(document, operationName);
  for (const field of operation?.selectionSet.selections ?? []) {
    // A fragment may hold the field.
    if (field.kind !== Kind.FIELD) visit(field, look);
    else for (const part of [...(field.directives ?? []), ...(field.selectionSet ? [field.selectionSet] : [])]) visit(part, look);
  }
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, look);
  const used = [...names].sort();
  ofDocument.set(operationName ?? "", used);
  return used;
}

/** Keeps each result for as long as its item is kept. */
function remembering(make: ResultOf): ResultOf {
  const made = new WeakMap<object, Buffer | Promise<Buffer>>();
  return (item) => {
    const known = made.get(item);
    if (known) return known;
    const result = make(item);
    made.set(item, result);
    if (result instanceof Promise) result.then((text) => made.set(item, text), () => undefined);
    return result;
  };
}

/** With a context of its own: what it remembers is about this item. */
function resultText({ schema, document, operationName, variables, context }: Selection, item: object, mask: (error: unknown) => GraphQLError): Buffer | Promise<Buffer> {
  const result = execute({ schema, document, rootValue: item, contextValue: { ...context }, variableValues: variables ?? null, operationName: operationName ?? null });
  return result instanceof Promise ? result.then((done) => textOf(done, mask)) : textOf(result as ExecutionResult, mask);
}

function textOf({ errors, ...result }: ExecutionResult, mask: (error: unknown) => GraphQLError): Buffer {
  return Buffer.from(`${JSON.stringify(errors ? { ...result, errors: errors.map(mask) } : result)}}`);
}
