import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";

/** Encrypts what must not be readable in the database file. */
export interface SecretBox {
  /**
   * AES-256-GCM with a fresh nonce.
   * @param row names the row it belongs to: the ciphertext opens nowhere else
   * @returns `v1.<key id>.<nonce>.<ciphertext>.<tag>`, the last three in base64url
   */
  seal(plain: string, row: string): string;
  /** @throws {Error} when it was sealed with another key, for another row, or changed */
  open(sealed: string, row: string): string;
  /** Names the key without telling it. */
  keyId: string;
  /** Another key of 32 bytes, which tells nothing of this one. @param purpose what it is for: each has a key of its own */
  keyFor(purpose: string): Buffer;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param key 32 bytes */
export function createSecretBox(key: Buffer): SecretBox {
  const keyId = createHash("sha256").update("carillon key id").update(key).digest("hex").slice(0, 8);
  return {
    keyId,
    keyFor: (purpose) => createHmac("sha256", key).update(`carillon ${purpose}`).digest(),
    seal(plain, row) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(row));
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return ["v1", keyId, ...[nonce, text, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(".");
    },
    open(sealed, row) {
      const [version, sealedWith, nonce = "", text = "", tag = ""] = sealed.split(".");
      if (version !== "v1") throw new Error(`secrets of ${row} have an unknown form`);
      if (sealedWith !== keyId) throw new Error(`secrets of ${row} were encrypted with the key ${sealedWith}, not with ${keyId}`);
      // Without the length, a tag cut to 4 bytes would pass, which can be guessed.
      const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64url"), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(row));
      decipher.setAuthTag(Buffer.from(tag, "base64url"));
      return Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString("utf8");
    },
  };
}
