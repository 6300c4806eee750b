/** A row's id as the API shows it: opaque, and of one type. */
export function globalIdOf(type: "Channel" | "Contact" | "Condition" | "Event" | "InhibitionRule" | "ProviderAccount", id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}
