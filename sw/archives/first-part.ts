import type { Edition } from './edition';
import type { FirstBytes } from './first-bytes';

/**
 * Returns the headers with which the beginning of an archive is kept: they contain what the host said of the edition.
 */
export function headersOf({ edition, cacheControl, whole, far }: FirstBytes): Headers {
  const { etag, modified, length, mark, unsteady, shortened } = edition;
  const headers = new Headers({ 'x-archive-mark': mark });
  const set = (name: string, value: string) => value && headers.set(name, value);
  set('x-archive-etag', etag);
  set('x-archive-modified', modified);
  set('x-archive-length', length === undefined ? '' : String(length));
  set('x-archive-cache-control', cacheControl);
  set('x-archive-whole', whole ? '1' : '');
  set('x-archive-far', far ? '1' : '');
  set('x-archive-unsteady', unsteady ? '1' : '');
  set('x-archive-shortened', shortened ? '1' : '');
  return headers;
}

/** True if the archive is kept as a whole. */
export const isWhole = (headers: Headers) => headers.has('x-archive-whole');

/** Restores the kept beginning, without `whole`. No host vouches for it: `confirmedAt` is 0. */
export function firstOf(version: string, headers: Headers, bytes: Uint8Array<ArrayBuffer>): FirstBytes {
  const get = (name: string) => headers.get(`x-archive-${name}`) ?? '';
  const length = get('length');
  const edition: Edition = {
    version,
    etag: get('etag'),
    modified: get('modified'),
    length: length === '' ? undefined : Number(length),
    mark: get('mark'),
    unsteady: get('unsteady') !== '',
    shortened: get('shortened') !== '',
  };
  return { edition, bytes, far: get('far') !== '', cacheControl: get('cache-control'), confirmedAt: 0 };
}
