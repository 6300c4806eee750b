/** A row's id as the API shows it: opaque, and of one type. */
<<<<<<< HEAD
export function globalIdOf(type: string, id: string): string {
=======
export function globalIdOf(type: "AlertRule" | "Channel" | "Condition" | "Contact" | "ContactGroup" | "Event" | "InhibitionRule" | "ProviderAccount", id: string): string {
>>>>>>> people
  return Buffer.from(`${type}:${id}`).toString("base64");
}
