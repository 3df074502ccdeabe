import { SECRET_PARAMS, isSecretName } from '../../../src/shared/secrets';
import { contradiction, directives, lifetime, seconds, unreadable } from '../cache-control';
import type { Check } from '../finding';

const TEN_YEARS = 315_360_000;
const DAY = 86_400;

const said = (headers: Headers) => directives(headers.get('cache-control'));
const quote = (headers: Headers) => `Cache-Control: ${headers.get('cache-control') ?? '(none)'}`;

/** Matches parameters that name a version. A secret is none, even if it looks like a digest. */
const EDITION = /^(v|ver|version|rev|revision|build|hash|date|time|t|ts|timestamp|etag|edition|generation|gen)$/i;
const DIGEST = /[0-9a-f]{8,}|\d{4}-\d\d-\d\d/;

/**
 * Returns whether the URL names a version: by a parameter, a digest, a date, or `v3.2` right before the tile's numbers.
 */
function namesVersion({ pathname, searchParams }: URL): boolean {
  const params = [...searchParams].filter(([name]) => !isSecretName(SECRET_PARAMS, name.toLowerCase(), false));
  return (
    params.some(([name, value]) => value !== '' && (EDITION.test(name) || DIGEST.test(value))) ||
    DIGEST.test(pathname) ||
    /\/(v\d[\w.-]*|\d+\.[\d.]+|\d{4,})\/\d+\/\d+\/\d+/i.test(pathname)
  );
}

const isVersioned = (url: URL, headers: Headers) => headers.has('x-tile-version') || namesVersion(url);

export const noStore: Check = ({ first: { headers } }) =>
  said(headers).has('no-store')
    ? {
        code: 'no-store',
        level: 'error',
        seen: quote(headers),
        happens:
          'Edge, browser and worker store nothing: each pan sends requests to the origin, and the map does not work offline.',
        cure: 'Send no-cache with an ETag if each use must be validated, otherwise max-age.',
      }
    : undefined;

export const isPrivate: Check = ({ first: { headers } }) =>
  said(headers).has('private') && !said(headers).has('no-store')
    ? {
        code: 'private',
        level: 'warning',
        seen: quote(headers),
        happens: 'No edge stores the tile: every browser’s request goes to the origin.',
        cure: 'Send public, unless users get different tiles.',
      }
    : undefined;

export const noLifetime: Check = ({ first: { headers } }) => {
  const found = said(headers);
  if (lifetime(headers) !== undefined || found.has('no-cache') || found.has('no-store')) return undefined;
  // Another check reports unreadable directives, and says what was probably meant.
  if (unreadable(headers.get('cache-control')).length > 0) return undefined;
  const nothing = !headers.has('cache-control');
  return {
    code: 'no-lifetime',
    level: 'warning',
    seen: nothing ? 'neither Cache-Control nor Expires' : `${quote(headers)}, without max-age`,
    happens: `Each ${found.has('s-maxage') ? 'browser' : 'cache'} guesses how long the tile is fresh (RFC 9111 section 4.2.2): days for old data, nothing for new.`,
    cure: 'Send Cache-Control: public, max-age=60, stale-while-revalidate=30, or other times that suit the data.',
  };
};

export const lifetimeUnreadable: Check = ({ first: { headers } }) => {
  const lost = unreadable(headers.get('cache-control'));
  return lost.length > 0
    ? {
        code: 'lifetime-unreadable',
        level: 'error',
        seen: `${quote(headers)}; no cache understands ${lost.join(', ')}`,
        happens: 'Caches ignore what they cannot read: your lifetime has no effect, and each cache guesses.',
        cure: 'Write commas between directives, and whole seconds without quotes, units or spaces: public, max-age=60.',
      }
    : undefined;
};

export const contradicts: Check = ({ first: { headers } }) => {
  const both = contradiction(headers.get('cache-control'));
  return both
    ? {
        code: 'contradiction',
        level: 'warning',
        seen: `${quote(headers)}: ${both}`,
        happens: 'Each cache follows one of the two; most take the stricter.',
        cure: 'Send one Cache-Control with one meaning; a proxy that adds its own must hide the original (nginx: proxy_hide_header).',
      }
    : undefined;
};

/** Reports a response that is already stale on arrival, although nothing demands validation on each use. */
export const expired: Check = ({ first: { headers } }) => {
  const found = said(headers);
  const meant = ['max-age', 's-maxage', 'no-cache', 'no-store', 'must-revalidate'].some((name) => found.has(name));
  return !meant && headers.has('expires') && lifetime(headers) === 0
    ? {
        code: 'expired',
        level: 'warning',
        seen: `Expires: ${headers.get('expires')}`,
        happens: 'The tile is stale on arrival: edge, browser and worker validate it with the origin at each use.',
        cure: 'Send Cache-Control: public, max-age=60, or no-cache if each use should be validated.',
      }
    : undefined;
};

export const absurdLifetime: Check = ({ first: { headers } }) => {
  const names = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'];
  const [name, longest] = names
    .map((each) => [each, seconds(said(headers), each) ?? 0] as const)
    .reduce((most, each) => (each[1] > most[1] ? each : most));
  return longest > TEN_YEARS
    ? {
        code: 'lifetime-absurd',
        level: 'error',
        seen: quote(headers),
        happens:
          'The tile stays for decades unless it is purged. Lifetimes are in seconds; this may be in milliseconds.',
        cure: `Divide by 1000: ${name}=${Math.round(longest / 1000)}.`,
      }
    : undefined;
};

export const longWithoutVersion: Check = ({ first: { headers }, url }) => {
  const fresh = lifetime(headers) ?? 0;
  const found = said(headers);
  const each = found.has('no-cache') || found.has('no-store');
  if (each || isVersioned(url, headers) || (seconds(found, 'max-age') ?? 0) > TEN_YEARS) return undefined;
  if (!(fresh > 7 * DAY || found.has('immutable'))) return undefined;
  return {
    code: 'long-without-version',
    level: 'error',
    seen: found.has('max-age') || found.has('immutable') ? quote(headers) : `Expires: ${headers.get('expires')}`,
    happens: 'Browsers keep the old tile that long after the data changes: a purge of the edge does not reach them.',
    cure: 'Put the version into the URL (?v=) or X-Tile-Version, or send a shorter max-age, with s-maxage for the edge.',
  };
};

export const staleAtEdge: Check = ({ second: { headers } }) => {
  const found = said(headers);
  const fresh = seconds(found, 's-maxage') ?? lifetime(headers);
  const age = Number(headers.get('age') ?? 0);
  const window = seconds(found, 'stale-while-revalidate') ?? 0;
  return fresh !== undefined && age > fresh + window
    ? {
        code: 'stale-at-edge',
        level: 'error',
        seen: `Age: ${age}, ${quote(headers)}`,
        happens: 'The edge sends tiles that are past their lifetime, and browsers cannot store them as fresh.',
        cure: "Let the edge obey the origin's Cache-Control; look for a lifetime in its own configuration.",
      }
    : undefined;
};

/** Returns the distance from an instant to a period; 0 within it. */
const distance = (at: number, from: number, to: number) => Math.max(0, from - at, at - to);

export const clockSkew: Check = ({ first: { headers }, askedAt, answeredAt }) => {
  const date = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0) * 1000;
  // `Date` is usually the time at which the origin made the tile. Some edges write their own time.
  const off = Math.min(distance(date + age, askedAt, answeredAt), distance(date, askedAt, answeredAt));
  return headers.has('date') && off > 120_000
    ? {
        code: 'clock-skew',
        level: 'error',
        seen: `Date: ${headers.get('date')}, ${Math.round(off / 1000)} s off`,
        happens: 'Tiles arrive aged, or stay fresh for too long: caches compare Date with their own clock.',
        cure: "Set the server's clock by NTP (and this machine's, if it is the one that is wrong).",
      }
    : undefined;
};
