import { directives, lifetime, seconds } from '../cache-control';
import type { Check } from '../finding';
import { kindOf } from '../tile-bytes';

const HOUR = 3600;

export const missingFails: Check = ({ missing }) =>
  missing && missing.status >= 500
    ? {
        code: 'missing-fails',
        level: 'error',
        seen: `a tile that cannot exist is answered with ${missing.status}`,
        happens: 'Caches treat it as an outage: they try again, and show old tiles in gaps of the data.',
        cure: 'Answer 404 or 204 for tiles that do not exist.',
      }
    : undefined;

export const missingStays: Check = ({ missing }) => {
  if (!missing || ![404, 410, 204].includes(missing.status)) return undefined;
  const found = directives(missing.headers.get('cache-control'));
  if (found.has('no-store') || found.has('no-cache')) return undefined;
  const longest = Math.max(lifetime(missing.headers) ?? 0, seconds(found, 's-maxage') ?? 0);
  return longest > HOUR
    ? {
        code: 'missing-stays',
        level: 'error',
        seen: `${missing.status} with ${found.size > 0 ? `Cache-Control: ${missing.headers.get('cache-control')}` : `Expires: ${missing.headers.get('expires')}`}`,
        happens: 'One 404 during a rebuild leaves a gap in the map for that long, at the edge and in browsers.',
        cure: 'Send max-age=60 with responses that say there is no tile. The worker keeps them for at most 60 s if it has stored a tile.',
      }
    : undefined;
};

export const missingLooksFound: Check = ({ missing, first }) => {
  if (missing?.status !== 200 || !['html', 'json', 'xml', 'text'].includes(kindOf(missing.body))) return undefined;
  // If every tile has this fault, other checks report it for the first one.
  if (kindOf(missing.body) === kindOf(first.body)) return undefined;
  return {
    code: 'missing-is-200',
    level: 'error',
    seen: `a tile that cannot exist is answered with 200 and ${kindOf(missing.body)}`,
    happens: 'Caches store the text as a tile.',
    cure: 'Answer 404 or 204.',
  };
};

export const missingForbidden: Check = ({ missing }) =>
  missing && (missing.status === 401 || missing.status === 403)
    ? {
        code: 'missing-forbidden',
        level: 'warning',
        seen: `a tile that cannot exist is answered with ${missing.status}`,
        happens:
          'Missing tiles look like denied access: no cache stores their absence, and each pan requests them again. Buckets answer so to clients that may not list them.',
        cure: 'Answer 404 or 204; S3: allow s3:ListBucket, or map 403 to 404 at the edge.',
      }
    : undefined;
