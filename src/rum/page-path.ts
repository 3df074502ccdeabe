import { RUM_LIMITS } from '../shared/rum-schema';

/**
 * Returns the path of an address as beacons contain it: without query and fragment, and with `:id` in place of each
 * segment that looks like an identifier or a secret (long, an e-mail address, or a mixture of letters and digits).
 */
export function pagePath(href: string): string {
  const path = new URL(href).pathname
    .split('/')
    .map((part) => (isTelling(part) ? ':id' : part))
    .join('/');
  return path.slice(0, RUM_LIMITS.page);
}

function isTelling(segment: string): boolean {
  if (segment.length > 40 || /@|%40|%[01]|%7f/i.test(segment)) return true;
  const digits = segment.replace(/\D/g, '').length;
  return (segment.length >= 12 && digits >= 3 && /[a-z]/i.test(segment)) || digits >= 7;
}
