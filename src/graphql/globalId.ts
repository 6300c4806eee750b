/** A row's id as the API shows it: opaque, and of one type. */
export function globalIdOf(type: "AlertRule" | "Channel" | "Condition" | "Contact" | "ContactGroup" | "Event" | "InhibitionRule" | "ProviderAccount", id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}
