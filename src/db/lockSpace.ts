/** Of PostgreSQL's advisory locks, those with this first key are Carillon's. */
export const LOCK_SPACE = 0x0ca1;

/** Held by who makes or fills the tables. */
export const MIGRATION_LOCK = 0;

/** Shared by all processes that send. */
export const PRESENCE_LOCK = 900;

/** Shared by all who use the secret key, held alone by who changes it. */
export const KEY_LOCK = 901;
