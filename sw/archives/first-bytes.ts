import { FIRST_BYTES } from '../../src/shared/pmtiles-header';
import { ageValue } from '../http/freshness';
import { ArchiveError, noArchive } from './archive-error';
import { askHost } from './ask-host';
import { type Edition, isSame, nameEdition, type Told } from './edition';
import { declaredLength, looksLikeArchive } from './read-header';
import { readPart } from './read-part';
import { requestRange, type RangeTools } from './request-range';

/** The beginning of an archive, and its edition. */
export interface FirstBytes {
  edition: Edition;
  bytes: Uint8Array<ArrayBuffer>;
  /** The whole file, if the host does not support ranges. */
  whole?: Blob;
  /**
   * True if our own origin redirects the archive to another one, where conditions set by hand would cause a preflight.
   */
  far?: boolean;
  /** The response's Cache-Control, as far as tiles inherit it. */
  cacheControl: string;
  /** Epoch milliseconds at which the host vouched for the edition. */
  confirmedAt: number;
}

/** The tools for requesting the beginning, besides the network. */
export interface FirstTools extends RangeTools {
  now: () => number;
  /** Resolves with a digest in hexadecimal digits. */
  hash: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  /** Reports what is wrong with the host. */
  notice: (detail: string) => void;
  /** True if pages read the file by themselves: it need not be a PMTiles archive. */
  anyFile?: boolean;
}

/** The most bytes of an archive that the worker fetches whole from a host without ranges. */
const MAX_WHOLE = 64 * 1024 * 1024;

/**
 * Returns the epoch milliseconds since which an answer vouches for the edition: its Age counts (RFC 9111 section 5.1).
 */
export function vouchedFrom(requestAt: number, headers: Headers): number {
  return requestAt - ageValue(headers) * 1000;
}

/**
 * Fetches header and root directory. With `known`, asks whether the host still has that edition; `same` is the time, in
 * epoch milliseconds, at which it surely did. Rejects with `ArchiveError`, or as the network does.
 */
export function fetchFirst(known: undefined, tools: FirstTools): Promise<FirstBytes>;
export function fetchFirst(known: FirstBytes | undefined, tools: FirstTools): Promise<FirstBytes | { same: number }>;
export async function fetchFirst(
  known: FirstBytes | undefined,
  given: FirstTools,
): Promise<FirstBytes | { same: number }> {
  // Each beginning shows anew whether the host tells the right length.
  const tools = { ...given, shortened: false };
  const requestAt = tools.now();
  const beginning = { start: 0, end: FIRST_BYTES };
  const answer = await requestRange({ ...beginning, unlessTag: known?.edition.etag }, tools).catch(
    async (error: unknown) => {
      // The browser does not carry a condition to another origin, to which our own may redirect by now.
      if (error instanceof TypeError && tools.sameOrigin && known?.edition.etag && !known.whole)
        return requestRange(beginning, tools);
      // Chromium rejects a part of a compressed file just as it rejects when the network is down: fetching the whole
      // file tells them apart.
      const all = error instanceof TypeError && (!known || known.whole) ? await fetchWhole(tools) : undefined;
      if (!all) throw error;
      return all;
    },
  );
  if (!('kind' in answer)) return answer;
  if (answer.kind === 'same') return { same: requestAt };
  if (answer.kind === 'replaced') throw new ArchiveError('The host does not answer with the beginning of the archive.');
  // Reuse the whole file from before if the host says that it is the same.
  const again = known?.whole && answer.kind !== 'part' && isSame(known.edition, answer.told);
  if (again && known.edition.etag) {
    if (answer.kind === 'whole') void answer.response.body?.cancel().catch(() => {});
    return { same: requestAt };
  }
  if (answer.kind === 'coded') {
    const all = await fetchWhole(tools);
    if (!all) throw noArchive();
    return all;
  }
  const { response } = answer;
  const from = {
    confirmedAt: vouchedFrom(requestAt, response.headers),
    cacheControl: response.headers.get('cache-control') ?? '',
    far: response.redirected && new URL(response.url).origin !== new URL(tools.url).origin,
  };
  if (answer.kind === 'whole') return takeWhole(response, answer.told, from, tools, answer.coded);
  const bytes = await readPart(response, FIRST_BYTES, { timers: tools.timers, exact: false }).catch(
    (error: unknown) => {
      // The browser tried to decompress parts of a compressed file.
      if (error instanceof TypeError) return new Uint8Array();
      throw error;
    },
  );
  // Other formats have no magic bytes to check: only a beginning that the browser cannot decompress shows that the host
  // compressed the file.
  if (tools.anyFile ? bytes.byteLength === 0 : !looksLikeArchive(bytes)) {
    const all = await fetchWhole(tools);
    if (all) return all;
  }
  if (answer.told.length !== undefined && bytes.byteLength < Math.min(FIRST_BYTES, answer.told.length))
    throw new ArchiveError('The host sends less of the archive than it says.');
  tellHidden(answer.told, response, tools);
  if (!(await tellsTooLittle(answer.told, bytes, tools)))
    return { edition: await editionOf(answer.told, bytes, tools), bytes, ...from };
  tools.notice('The host tells a smaller length than the archive has: let it send the right one in Content-Range.');
  const edition = await editionOf({ ...answer.told, length: undefined }, bytes, tools);
  return { edition: { ...edition, shortened: true }, bytes, ...from };
}

/**
 * Tells whether the file is longer than its host says: then the host also has the last byte that the archive's header
 * counts. A host that does not has only a part of the archive.
 */
async function tellsTooLittle({ length }: Told, bytes: Uint8Array<ArrayBuffer>, tools: FirstTools): Promise<boolean> {
  const end = declaredLength(bytes);
  if (length === undefined || end === undefined || end <= length) return false;
  const last = await requestRange({ start: end - 1, end }, { ...tools, shortened: true });
  if (last.kind === 'part') return (await readPart(last.response, 1, { ...tools, exact: false })).byteLength === 1;
  if (last.kind === 'whole') void last.response.body?.cancel().catch(() => {});
  return false;
}

/** Reports facts that the host hides, because they cannot be compared. */
function tellHidden({ etag, modified, length }: Told, { type }: Response, { notice, unsteady }: FirstTools) {
  const expose = 'let it send Access-Control-Expose-Headers: ETag, Content-Range';
  if (unsteady)
    notice("The archive's host sends another ETag with each answer for the same file: let it send the same one.");
  else if (type === 'cors' && (!etag || length === undefined))
    notice(`The archive's host hides its ETag or Content-Range: ${expose}.`);
  else if (!etag && modified)
    notice("The archive's host sends no ETag: the version is its Last-Modified, to the second.");
  else if (!etag && !modified)
    notice("The archive's host sends neither ETag nor Last-Modified: the worker checks each read twice.");
}

async function editionOf(
  told: Told,
  bytes: Uint8Array<ArrayBuffer>,
  { hash, unsteady = false }: FirstTools,
): Promise<Edition> {
  const mark = await hash(bytes.slice(0, FIRST_BYTES));
  return {
    ...told,
    mark,
    unsteady,
    version: await nameEdition(told, mark, (text) => hash(new TextEncoder().encode(text))),
  };
}

async function takeWhole(
  response: Response,
  told: Told,
  from: Pick<FirstBytes, 'confirmedAt' | 'cacheControl' | 'far'>,
  tools: FirstTools,
  coded: boolean,
): Promise<FirstBytes> {
  const advice = coded
    ? 'The host compresses the archive: switch compression off for it.'
    : 'The host answers a range request with the whole archive: switch range requests on.';
  const { length } = told;
  const leave = (why: string): never => {
    void response.body?.cancel().catch(() => {});
    throw new ArchiveError(why, 502, { received: 200 });
  };
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? ''))
    leave('The host answers with a page in place of the archive.');
  if (length !== undefined && length > MAX_WHOLE) leave(advice);
  const all = await readPart(response, length ?? MAX_WHOLE + 1, {
    timers: tools.timers,
    exact: length !== undefined && !coded,
  });
  if (all.byteLength > MAX_WHOLE) leave(advice);
  // A file no longer than the requested range may come unchanged.
  if (coded || all.byteLength > FIRST_BYTES) tools.notice(advice);
  const bytes = all.slice(0, FIRST_BYTES);
  return {
    edition: await editionOf({ ...told, length: all.byteLength }, bytes, tools),
    bytes,
    whole: new Blob([all]),
    ...from,
  };
}

/**
 * Fetches the whole file: without a range the browser unpacks what the host has packed. Resolves with undefined if that
 * is no archive either, or too large.
 */
async function fetchWhole(tools: FirstTools): Promise<FirstBytes | undefined> {
  const requestAt = tools.now();
  const response = await askHost({}, tools);
  if (response.status !== 200) {
    void response.body?.cancel().catch(() => {});
    return undefined;
  }
  const { headers } = response;
  if (Number(headers.get('content-length')) > MAX_WHOLE && !headers.has('content-encoding')) {
    void response.body?.cancel().catch(() => {});
    return undefined;
  }
  const etag = tools.unsteady ? '' : (headers.get('etag') ?? '');
  const told = { etag, modified: headers.get('last-modified') ?? '', length: undefined };
  const from = { confirmedAt: vouchedFrom(requestAt, headers), cacheControl: headers.get('cache-control') ?? '' };
  const first = await takeWhole(response, told, from, tools, true);
  return tools.anyFile || looksLikeArchive(first.bytes) ? first : undefined;
}
