/** True in the development build: it explains itself on the console. The production build says `false` here (scripts/terse.mjs). */
export const DEVELOPMENT: boolean = true;
