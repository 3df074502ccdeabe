/** Everything succeeded. */
export const OK = 0;
/** The version is out, but a step failed. */
export const STEP_FAILED = 1;
/** The command was not understood. */
export const USAGE_ERROR = 2;
/** The origin refused. */
export const REFUSED = 3;
/** Nothing is known to be published. */
export const FAILED = 4;
