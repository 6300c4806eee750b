import { cutEscaped } from "./escape.ts";

/** What a text takes within a JSON string in UTF-8, without the quotes. */
export const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The text of which `inJson` made this. */
export const fromJson = (text: string): string => JSON.parse(`"${text}"`) as string;

/**
 * Escapes `text` and cuts it so that it takes at most `limit` bytes within a JSON document: for providers that limit the size of the whole message.
 * @param limit at least 3
 */
export function cutInJson(text: string, limit: number, escape: (text: string) => string): string {
  return fromJson(cutEscaped(text, limit, "BYTES", (part) => inJson(escape(part))));
}

/** Bytes of a value as a JSON document. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
