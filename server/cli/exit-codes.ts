/** Everything succeeded. */
export const OK = 0;
/** The version was published, but a step failed. */
export const STEP_FAILED = 1;
/** The arguments are wrong. */
export const USAGE_ERROR = 2;
/** The origin refused the publication. */
export const REFUSED = 3;
/** The command failed, and as far as it knows nothing was published. */
export const FAILED = 4;
