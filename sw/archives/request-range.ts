import { ArchiveError, damaged } from './archive-error';
import { askHost, type HostTools } from './ask-host';
import { isSame, type Edition, type Told } from './edition';
import type { Span } from '../util/join-spans';

/** A host's answer to a range. */
export type HostAnswer =
  /** The part, of the requested edition. `unsure`: the host does not say of which edition. */
  | { kind: 'part'; response: Response; told: Told; end: number; unsure: boolean }
  /** The whole file: the host does not support ranges, or sends it compressed. */
  | { kind: 'whole'; response: Response; told: Told; coded: boolean }
  /** A part of a file that the host has compressed: of no use. */
  | { kind: 'coded'; told: Told }
  /** Nothing has changed (304). */
  | { kind: 'same' }
  /** The file is another one. */
  | { kind: 'replaced' };

/** One request for a part of the file, of `edition` if one is known. */
export interface RangeRequest extends Span {
  edition?: Edition | undefined;
  /** The tag to check: the request only asks whether it still holds. */
  unlessTag?: string | undefined;
}

/** The tools that send the requests. */
export interface RangeTools extends HostTools {
  /** True on our own origin. Across origins, header fields set by hand cause a preflight. */
  sameOrigin: boolean;
  /** True if the host's ETag says nothing. */
  unsteady?: boolean | undefined;
  /** True if the host tells a smaller length than the file has, so that its length says nothing. */
  shortened?: boolean | undefined;
}

/** Returns the header fields of the request. */
function fieldsOf(
  { start, end, edition, unlessTag }: RangeRequest,
  { sameOrigin }: RangeTools,
): Record<string, string> {
  const { etag = '' } = edition ?? {};
  return {
    range: `bytes=${start}-${end - 1}`,
    ...(sameOrigin && unlessTag && { 'if-none-match': unlessTag }),
    // RFC 9110 section 13.1.1: If-Match compares strongly, a weak tag never matches.
    ...(sameOrigin && etag && !etag.startsWith('W/') && { 'if-match': etag }),
  };
}

/** Requests a part, and judges the head of the answer. Rejects with the network, and with `ArchiveError`. */
export async function requestRange(wanted: RangeRequest, tools: RangeTools): Promise<HostAnswer> {
  const { start, edition } = wanted;
  const response = await askHost(fieldsOf(wanted, tools), tools);
  const toldBy = (headers: Headers, length: number | undefined) => told(headers, length, tools);
  const { status, headers } = response;
  const leave = () => void response.body?.cancel().catch(() => {});
  if (status === 206) return part(wanted, response, leave, toldBy, tools);
  if (status === 304 && wanted.unlessTag) return { kind: 'same' };
  if (status === 200) {
    const coded = isCoded(headers);
    const told = toldBy(headers, coded ? undefined : number(headers.get('content-length')));
    if (edition && isSame(edition, told) === false) {
      leave();
      return { kind: 'replaced' };
    }
    return { kind: 'whole', response, told, coded };
  }
  leave();
  // Some hosts refuse the tag that they have sent: without the condition, the answer itself tells to which file it
  // belongs.
  if (status === 412 && edition && tools.sameOrigin) return requestRange(wanted, { ...tools, sameOrigin: false });
  if (status === 412) return { kind: 'replaced' };
  if (status === 416) {
    // Some hosts refuse a range that ends behind the file's end (RFC 9110 section 15.5.17).
    const length = number(/^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]);
    if (length !== undefined && length > start && length < wanted.end && !edition)
      return requestRange({ ...wanted, end: length }, tools);
    if (edition && isSame(edition, toldBy(headers, length))) throw damaged('it points beyond its own end');
    return { kind: 'replaced' };
  }
  const retryable = status === 429 || status >= 500;
  throw new ArchiveError(
    `The archive's host answers ${status}.`,
    retryable ? status : 502,
    retryable ? { retryAfter: headers.get('retry-after') || undefined } : { received: status },
  );
}

function part(
  { start, end, edition }: RangeRequest,
  response: Response,
  leave: () => void,
  toldBy: (headers: Headers, length: number | undefined) => Told,
  { shortened }: RangeTools,
): HostAnswer {
  const { headers } = response;
  if (isCoded(headers)) {
    leave();
    return { kind: 'coded', told: toldBy(headers, undefined) };
  }
  // RFC 9110 section 14.4; across origins it may be hidden.
  const range = headers.get('content-range');
  const several = /^multipart\/byteranges\b/i.test(headers.get('content-type') ?? '');
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(range ?? '') ?? [];
  const length = shortened ? undefined : number(total);
  const told = toldBy(headers, length);
  if (edition && isSame(edition, told) === false) {
    leave();
    return { kind: 'replaced' };
  }
  // A host that does not know the length sends what there is of the file.
  const known = total === '*' && edition === undefined ? Number(last) + 1 : length;
  const wantedEnd = Math.min(end, known ?? end);
  const said = range !== null && (Number(first) !== start || Number(last) < wantedEnd - 1);
  // If CORS hides the range, it does not hide the length.
  const sent = number(headers.get('content-length'));
  const longer = range === null && edition !== undefined && sent !== undefined && sent !== end - start;
  if (several || said || longer) {
    leave();
    throw new ArchiveError('The host answers with another part of the archive than the requested one.');
  }
  return { kind: 'part', response, told, end: wantedEnd, unsure: edition !== undefined && !isSame(edition, told) };
}

const isCoded = (headers: Headers) => !/^(identity)?$/i.test(headers.get('content-encoding') ?? '');

const number = (text: string | null | undefined) =>
  text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

const told = (headers: Headers, length: number | undefined, { unsteady, shortened }: RangeTools): Told => ({
  etag: unsteady ? '' : (headers.get('etag') ?? ''),
  modified: headers.get('last-modified') ?? '',
  length: shortened ? undefined : length,
});
