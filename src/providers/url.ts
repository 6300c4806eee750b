import * as z from "zod";

const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\s]/u;

/**
 * A config field that is an http or https URL, with any host.
 * @param problem says what else is wrong with the URL, and what would be right; its words must not quote the URL, which may be secret
 */
export function httpUrl(problem: (url: URL) => string | undefined = () => undefined) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(2000, "must be at most 2000 characters")
    .superRefine((text, context) => {
      // URL silently drops line breaks and replaces broken Unicode: what is then contacted is not what was given.
      const url = !UNPRINTABLE.test(text) && URL.canParse(text) ? new URL(text) : undefined;
      const message =
        url && /^https?:$/.test(url.protocol) ? problem(url) : "must be a whole URL that starts with https:// or http://";
      if (message !== undefined) context.addIssue({ code: "custom", message });
    });
}

/**
 * The same for URLs that are shown to whoever may see the channel: without a user and password.
 * @param problem as for `httpUrl`
 */
export function publicUrl(problem: (url: URL) => string | undefined = () => undefined) {
  return httpUrl((url) => (url.username !== "" || url.password !== "" ? "must not hold a user and password, which would be shown" : problem(url)));
}

/** A path below a base URL that may or may not end in a slash. */
export function joinUrl(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}${path}`;
}
