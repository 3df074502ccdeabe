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
        happens: 'Each validation sends the whole tile again, though it did not change.',
        cure: 'Send an ETag: a digest of the tile, or of the data set’s version.',
      };

export const changingTag: Check = ({ first, second }) =>
  etagOf(first) !== null && bare(etagOf(first)) !== bare(etagOf(second)) && sameBytes(first, second)
    ? {
        code: 'etag-changes',
        level: 'error',
        seen: `ETag: ${etagOf(first)}, then ${etagOf(second)}, for the same bytes`,
        happens: 'No validation ever ends as 304: edge and browser fetch all tiles again.',
        cure: 'Make the tag of the contents; servers behind one balancer must agree (Apache: FileETag MTime Size).',
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
        happens: 'The server marks the coding in the tag and does not know its own tag again: no validation is a 304.',
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
