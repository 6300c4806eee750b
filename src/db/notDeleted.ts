import { byDialect, raw } from "./sql.ts";

/** Picks what is there, of channels and escalation policies. */
export const NOT_DELETED = { deletedAt: null };

/** Who has some of the rows just now is not waited for: it might wait for others of them. */
export const PASSING_OVER = byDialect({ sqlite: raw(""), postgresql: raw("FOR UPDATE SKIP LOCKED") });
