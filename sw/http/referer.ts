import { hostOf } from '../../src/shared/host-of';

/**
 * The `Referer` that the browser will send with a request (Referrer Policy section 8.3), or `null` for none. The worker
 * compares requests by it.
 */
export function refererOf({ referrer, referrerPolicy, url }: Pick<Request, 'referrer' | 'referrerPolicy' | 'url'>) {
  if (!referrer || referrer === 'about:client') return null;
  const full = referrer.replace(/#.*/, '');
  const origin = `${hostOf(full)}/`;
  const same = url.startsWith(origin);
  const downgrade = full.startsWith('https:') && !url.startsWith('https:');
  switch (referrerPolicy) {
    case 'no-referrer':
      return null;
    case 'unsafe-url':
      return full;
    case 'origin':
      return origin;
    case 'same-origin':
      return same ? full : null;
    case 'origin-when-cross-origin':
      return same ? full : origin;
    case 'no-referrer-when-downgrade':
      return downgrade ? null : full;
    case 'strict-origin':
      return downgrade ? null : origin;
    default:
      // strict-origin-when-cross-origin
      return same ? full : downgrade ? null : origin;
  }
}
