/** A row's id as the API shows it: opaque, and of one type. */
export function globalIdOf(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}
