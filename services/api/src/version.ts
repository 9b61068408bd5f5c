/** Version of the API, as the capability statement names it. */
export const version = '0.1.0';

/** When what the capability statement says last changed. */
export const versionDate = '2026-11-21';
