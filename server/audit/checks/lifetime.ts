import { directives, seconds } from '../cache-control';
import type { Check } from '../finding';

const TEN_YEARS = 315_360_000;
const DAY = 86_400;

const said = (headers: Headers) => directives(headers.get('cache-control'));
const quote = (headers: Headers) => `Cache-Control: ${headers.get('cache-control') ?? '(none)'}`;
const isVersioned = ({ search, pathname }: URL, headers: Headers) =>
  headers.has('x-tile-version') || /[?&]v=|[0-9a-f]{8,}/.test(search + pathname);

export const noStore: Check = ({ first: { headers } }) =>
  said(headers).has('no-store')
    ? {
        code: 'no-store',
        level: 'error',
        seen: quote(headers),
        happens: 'Edge, browser and worker store nothing: each pan asks the origin, and offline there is no map.',
        cure: 'Say no-cache with an ETag where each use must be validated, else max-age.',
      }
    : undefined;

export const isPrivate: Check = ({ first: { headers } }) =>
  said(headers).has('private') && !said(headers).has('no-store')
    ? {
        code: 'private',
        level: 'warning',
        seen: quote(headers),
        happens: 'No edge stores the tile: every browser asks the origin.',
        cure: 'Say public, unless each user sees other tiles.',
      }
    : undefined;

export const noLifetime: Check = ({ first: { headers } }) =>
  headers.has('cache-control') || headers.has('expires')
    ? undefined
    : {
        code: 'no-lifetime',
        level: 'warning',
        seen: 'neither Cache-Control nor Expires',
        happens:
          'Each cache guesses for how long the tile is fresh (RFC 9111 section 4.2.2): days for old data, nothing for new.',
        cure: 'Say Cache-Control: public, max-age=60, stale-while-revalidate=30, or what the data bears.',
      };

export const absurdLifetime: Check = ({ first: { headers } }) => {
  const longest = Math.max(...['max-age', 's-maxage'].map((name) => seconds(said(headers), name) ?? 0));
  return longest > TEN_YEARS
    ? {
        code: 'lifetime-absurd',
        level: 'error',
        seen: quote(headers),
        happens:
          'The tile stays for decades where it is not purged. Lifetimes are in seconds: these may be milliseconds.',
        cure: `Divide by 1000: max-age=${Math.round(longest / 1000)}.`,
      }
    : undefined;
};

export const longWithoutVersion: Check = ({ first: { headers }, url }) => {
  const maxAge = seconds(said(headers), 'max-age') ?? 0;
  if (isVersioned(url, headers) || maxAge > TEN_YEARS) return undefined;
  if (!(maxAge > 7 * DAY || said(headers).has('immutable'))) return undefined;
  return {
    code: 'long-without-version',
    level: 'error',
    seen: quote(headers),
    happens: 'Browsers keep the old tile that long after the data changed: no purge of an edge reaches them.',
    cure: 'Name the version in the URL (?v=) or in X-Tile-Version, or say a shorter max-age, with s-maxage for the edge.',
  };
};

export const staleAtEdge: Check = ({ second: { headers } }) => {
  const found = said(headers);
  const lifetime = seconds(found, 's-maxage') ?? seconds(found, 'max-age');
  const age = Number(headers.get('age') ?? 0);
  const window = seconds(found, 'stale-while-revalidate') ?? 0;
  return lifetime !== undefined && age > lifetime + window
    ? {
        code: 'stale-at-edge',
        level: 'error',
        seen: `Age: ${age}, ${quote(headers)}`,
        happens: 'The edge answers tiles that are past their lifetime, and browsers cannot store them as fresh.',
        cure: "Let the edge obey the origin's Cache-Control; look for a lifetime of its own in its configuration.",
      }
    : undefined;
};

/** From an instant to a span of time; 0 within. */
const distance = (at: number, from: number, to: number) => Math.max(0, from - at, at - to);

export const clockSkew: Check = ({ first: { headers }, askedAt, answeredAt }) => {
  const date = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0) * 1000;
  // Date is the origin's, of when it made the tile; some edges write their own.
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
