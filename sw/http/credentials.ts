import { isNamed } from '../../src/shared/secrets';

/** Request headers, including Authorization, by which servers identify the user. */
const NAMES = /(^|-)(\w*key|auth(orization|entication)?|token|ticket|password|secret|session(-?id)?|jwt|credentials?)$/;
/** CSRF tokens change with each session, and these keys with each request: they identify nobody. */
const OTHERS = /[cx]srf|(cache|idempotency)-key/;

/**
 * The credentials in a request's headers; '' for none. `ignored`: names that do not affect the answer. The store may
 * keep only their hash.
 */
export function credentialsIn(headers: Headers, ignored: readonly string[] = []): string {
  let found = '';
  headers.forEach((value, name) => {
    if (NAMES.test(name) && !OTHERS.test(name) && !isNamed(ignored, name)) found += `\n${name}=${value}`;
  });
  return found;
}
