import type * as z from "zod";

interface Login {
  user?: string | undefined;
  password?: string | undefined;
}

/** A rule of configs, for `superRefine`: a user and a password come together. */
export function wholeLogin({ user, password }: Login, context: z.RefinementCtx): void {
  if (user && !password) context.addIssue({ code: "custom", path: ["password"], message: "must be given along with the user" });
  if (password && !user) context.addIssue({ code: "custom", path: ["user"], message: "must be given along with the password" });
}

/** The value of an Authorization header: https://www.rfc-editor.org/rfc/rfc7617 */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
