import { isNamed } from '../../src/shared/secrets';

/** Headers of requests by which servers tell who asks, beside Authorization. */
const NAMES =
  /^(x-)?key$|(^|-)((api|app|application|client|subscription|functions|access|license)-?key|auth(orization)?|token|secret|session(-?id)?|jwt|credentials?)$/;
/** What guards a form changes with each session and tells nobody from another. */
const GUARDS = /[cx]srf/;

/** The credentials in a request's headers, '' for none; `ignored` are names that change nothing. Only their hash may be stored. */
export function credentialsIn(headers: Headers, ignored: readonly string[] = []): string {
  let found = '';
  headers.forEach((value, name) => {
    if (NAMES.test(name) && !GUARDS.test(name) && !isNamed(ignored, name)) found += `\n${name}=${value}`;
  });
  return found;
}
