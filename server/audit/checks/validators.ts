import type { Check } from '../finding';
import type { Seen } from '../probe';

const etagOf = ({ headers }: Seen) => headers.get('etag');
const bare = (tag: string | null) => tag?.replace(/^W\//, '').replace(/[-;](gzip|br|zstd)"$/, '"');
const sameBytes = (a: Seen, b: Seen) =>
  a.body.length === b.body.length && a.body.every((byte, i) => byte === b.body[i]);

export const noValidator: Check = ({ first: { headers } }) =>
  headers.has('etag') || headers.has('last-modified')
    ? undefined
    : {
        code: 'no-validator',
        level: 'warning',
        seen: 'neither ETag nor Last-Modified',
        happens: 'Each validation sends the whole tile again, although it has not changed.',
        cure: 'Send an ETag made of a digest of the tile, or of the data’s version.',
      };

export const changingTag: Check = ({ first, second }) =>
  etagOf(first) !== null && bare(etagOf(first)) !== bare(etagOf(second)) && sameBytes(first, second)
    ? {
        code: 'etag-changes',
        level: 'error',
        seen: `ETag: ${etagOf(first)}, then ${etagOf(second)}, for the same bytes`,
        happens: 'No validation ever gets a 304: edge and browser download all tiles again.',
        cure: 'Compute the tag from the contents; servers behind one load balancer must agree (Apache: FileETag MTime Size).',
      }
    : undefined;

/** Reports an invalid tag: RFC 9110 section 8.8.3 requires quotes, and an upper-case `W/` before them. */
export const badTag: Check = ({ first }) => {
  const tag = etagOf(first);
  return tag === null || /^(W\/)?"[\x21\x23-\x7e\x80-\xff]+"$/.test(tag)
    ? undefined
    : {
        code: 'etag-malformed',
        level: 'warning',
        seen: `ETag: ${tag || '(empty)'}`,
        happens: 'Some caches drop it, others never match it: validations send the whole tile again.',
        cure: 'Put the tag into double quotes; send one tag per response, and never an empty one.',
      };
};

/** Reports a tag that stays the same although the bytes differ. */
export const tagStays: Check = ({ first, second }) =>
  first.status === 200 &&
  second.status === 200 &&
  etagOf(first) !== null &&
  etagOf(first) === etagOf(second) &&
  !/^W\//.test(etagOf(first)!) &&
  !sameBytes(first, second)
    ? {
        code: 'etag-stays',
        level: 'error',
        seen: `ETag: ${etagOf(first)} for two responses with different bytes`,
        happens: 'Validations get a 304 although the tile has changed: the old one stays everywhere.',
        cure: 'Compute the tag from the contents, not from the address or the start time.',
      }
    : undefined;

export const bytesChange: Check = ({ first, second }) =>
  first.status === 200 &&
  second.status === 200 &&
  (etagOf(first) === null || bare(etagOf(first)) !== bare(etagOf(second))) &&
  first.headers.get('x-tile-version') === second.headers.get('x-tile-version') &&
  !sameBytes(first, second)
    ? {
        code: 'bytes-change',
        level: 'warning',
        seen: 'the same tile has different bytes a moment later',
        happens: 'No validation gets a 304, and every digest differs: the tile contains a time or a random order.',
        cure: 'Sort features and omit times when making tiles. Data that changes every second has the same effect.',
      }
    : undefined;

/** Reports a 304 for a tag that was never issued. */
export const always304: Check = ({ stranger }) =>
  stranger?.status === 304
    ? {
        code: 'always-304',
        level: 'error',
        seen: 'If-None-Match with a tag that never existed gets a 304',
        happens: 'Each validation confirms an old tile as current: it stays for ever.',
        cure: 'Compare the tag with that of the current tile.',
      }
    : undefined;

export const conditionsFail: Check = ({ conditional }) =>
  conditional && conditional.status >= 400
    ? {
        code: 'conditions-fail',
        level: 'error',
        seen: `a conditional request is answered with ${conditional.status}`,
        happens: 'Each validation fails: stored tiles count as stale although the origin works.',
        cure: 'Answer If-None-Match (If-Modified-Since) with 304 or 200; 412 is for unsafe methods (RFC 9110 section 13.1).',
      }
    : undefined;

export const ignoresConditions: Check = ({ first, second, conditional }) => {
  if (!conditional || conditional.status !== 200) return undefined;
  if (bare(etagOf(first)) !== bare(etagOf(second)) || !sameBytes(first, conditional)) return undefined;
  const coded = /[-;](gzip|br|zstd)"$/.test(etagOf(first) ?? '');
  return coded
    ? {
        code: 'etag-of-coding',
        level: 'warning',
        seen: `If-None-Match: ${etagOf(first)} is answered with 200 and the same bytes`,
        happens: 'The server adds the coding to the tag, and does not recognise its own tag: no validation gets a 304.',
        cure: 'Apache: DeflateAlterETag NoChange, or RequestHeader edit If-None-Match -gzip.',
      }
    : {
        code: 'conditions-ignored',
        level: 'warning',
        seen: 'a conditional request is answered with 200 and the same bytes',
        happens: 'Each validation sends the whole tile again.',
        cure: 'Answer If-None-Match (If-Modified-Since) with 304; a proxy in front may strip it.',
      };
};
