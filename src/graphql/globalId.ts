/** A row's id as the API shows it: opaque, and of one type. */
export function globalIdOf(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}

/** @returns what globalIdOf made an id of; null when it did not make it */
export function readGlobalId(globalId: string): { typename: string; id: string } | null {
  const [, typename, id] = /^(\w+):(.+)$/s.exec(Buffer.from(globalId, "base64").toString("utf8")) ?? [];
  return typename && id ? { typename, id } : null;
}
