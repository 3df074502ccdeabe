/**
 * True in the development build, which logs to the console. The production build sets it to `false`
 * (scripts/terse.mjs).
 */
export const DEVELOPMENT: boolean = true;
