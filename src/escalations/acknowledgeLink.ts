import { createHmac, timingSafeEqual } from "node:crypto";

/** What a link in a message is about, as far as it says so itself. */
export interface LinkClaim {
  /** Of the message that the link is in. */
  deliveryId: string;
  expiresAt: Date;
}

/** Makes links that take a problem on, and tells them from others. */
export interface AcknowledgeLinks {
  /** The whole URL; null where the server does not know under which URL it is reached. The same for every try of a delivery. */
  urlOf(delivery: { id: string; conditionId: string; createdAt: Date }): string | null;
  /** Whether a link is ours, for this problem, and unchanged. @param text what follows the last slash of its URL */
  isGenuine(text: string, conditionId: string): boolean;
}

export const LINK_PATH = "/acknowledge/";
export const LINK_DAYS = 7;

/** 128 bits, written as base64url. */
const MAC_LENGTH = 22;
const FORM = /^([A-Za-z0-9_-]{22})\.([0-9a-z]{6,8})\.([A-Za-z0-9_-]{22})$/;

/** @param key derived from the secret key for this alone @param publicUrl without a slash at its end */
export function createAcknowledgeLinks(key: Buffer, publicUrl: string | null): AcknowledgeLinks {
  const sign = (claim: string, conditionId: string) => createHmac("sha256", key).update(`${claim}.${conditionId}`).digest("base64url").slice(0, MAC_LENGTH);
  return {
    urlOf({ id, conditionId, createdAt }) {
      if (publicUrl === null) return null;
      const claim = `${shortId(id)}.${Math.ceil(createdAt.getTime() / 1000 + LINK_DAYS * 86_400).toString(36)}`;
      return `${publicUrl}${LINK_PATH}${claim}.${sign(claim, conditionId)}`;
    },
    isGenuine(text, conditionId) {
      const [, id, expiry, mac = ""] = FORM.exec(text) ?? [];
      return mac !== "" && timingSafeEqual(Buffer.from(mac), Buffer.from(sign(`${id}.${expiry}`, conditionId)));
    },
  };
}

/** What a link says of itself, be it true or not; null when it has not the form of one. */
export function claimOf(text: string): LinkClaim | null {
  const [, id, expiry] = FORM.exec(text) ?? [];
  return id && expiry ? { deliveryId: longId(id), expiresAt: new Date(Number.parseInt(expiry, 36) * 1000) } : null;
}

function shortId(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

function longId(short: string): string {
  const hex = Buffer.from(short, "base64url").toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
