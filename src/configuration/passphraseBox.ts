import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { ValidationError } from "../errors.ts";

/** Encrypts secrets for a document that leaves the server. */
export interface PassphraseBox {
  /** Goes into the document. */
  salt: string;
  /** AES-256-GCM with a fresh nonce. @returns nonce, ciphertext and tag in base64url, by dots */
  seal(plain: string, item: string): string;
  /** @throws {ValidationError} at `passphrase`, when it is not the one that it was sealed with, or the text was changed */
  open(sealed: string, item: string): string;
}

const SHORTEST = 12;
const LONGEST = 1000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Scrypt's cost: about 64 MiB and a tenth of a second for each guess. */
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };

const derive = promisify<string, string, number, object, Buffer>(scrypt);

/** @param salt of the document; left out: a new one @throws {ValidationError} when the passphrase is too short or too long */
export async function createPassphraseBox(passphrase: string, salt = randomBytes(16).toString("base64url")): Promise<PassphraseBox> {
  if (passphrase.length < SHORTEST || passphrase.length > LONGEST) throw ValidationError.of("passphrase", `must be ${SHORTEST} to ${LONGEST} characters`, "too_small");
  const key = await derive(passphrase.normalize("NFC"), salt, KEY_BYTES, COST);
  return {
    salt,
    seal(plain, item) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(item));
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return [nonce, text, cipher.getAuthTag()].map((part) => part.toString("base64url")).join(".");
    },
    open(sealed, item) {
      try {
        const [nonce = "", text = "", tag = ""] = sealed.split(".");
        const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64url"), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(item));
        decipher.setAuthTag(Buffer.from(tag, "base64url"));
        return Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString("utf8");
      } catch {
        throw ValidationError.of("passphrase", "must be the one that the document was exported with, and its secrets must not have been changed or moved");
      }
    },
  };
}
