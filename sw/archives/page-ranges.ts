import { formatCacheStatus } from '../../src/shared/cache-status';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { recordOf } from '../ledger/state';
import type { Handled } from '../request/handle-tile';
import { letBrowserLoad } from '../request/left-alone';
import { ArchiveReplaced } from './archive-error';
import { isSame } from './edition';
import type { Editions, Opened } from './editions';
import { answerHeaders } from './tile-answer';
import type { ArchiveTools } from './types';

/** Parts of archives that pages ask for by themselves: `pmtiles://`, or any reader of ranges. */
export interface PageRanges {
  /** The address of an archive's own file; undefined for other URLs. */
  match(url: string): TileAddress | undefined;
  /** True for an address that `match` gave. */
  isFile(address: TileAddress): boolean;
  handle(request: Request, layer: ResolvedLayer): Handled;
}

/** Bytes of a part that is answered here; who wants more copies the file. */
const MAX_PART = 16 * 1024 * 1024;

/** First and last byte, as the request names them; undefined for what is left to the network. */
function partOf(request: Request): { first: number; last: number } | undefined {
  const { method, headers } = request;
  if (method !== 'GET' || headers.has('authorization') || request.cache === 'no-store' || request.cache === 'reload')
    return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(headers.get('range') ?? '') ?? [];
  const part = { first: Number(first), last: Number(last) };
  return part.last >= part.first && part.last - part.first < MAX_PART ? part : undefined;
}

/** RFC 9110 sections 13.1.1 and 13.1.5: a part of this edition is an answer. */
function mayAnswer({ headers }: Request, etag: string): boolean {
  const [ifMatch, ifRange] = [headers.get('if-match'), headers.get('if-range')];
  const strong = etag !== '' && !etag.startsWith('W/');
  const matches = ifMatch === null || ifMatch === '*' || (strong && ifMatch.split(/,\s*/).includes(etag));
  return matches && (ifRange === null || (strong && ifRange === etag));
}

export function createPageRanges(tools: ArchiveTools, editions: Editions): PageRanges {
  const files = new Map<string, TileAddress>();
  // Layers that a function names are known once one of their tiles was asked for.
  let count = 0;
  const known = () => {
    const layers = tools.layers();
    if (layers.length === count) return;
    count = layers.length;
    for (const layer of layers) {
      const url = new URL(layer.archive!, tools.scope).href;
      if (!files.has(url)) files.set(url, { layer, token: '', key: '', hidden: '', secrets: '' });
    }
  };
  /** The epoch of the last rule. No part says which tiles lie in it: a rule about some of them is one about all of it. */
  const ruledAt = ({ name }: ResolvedLayer) => {
    const { state } = tools.ledger;
    return Math.max(0, ...(state ? recordOf(state, name).rules : []).map(({ epoch }) => epoch));
  };
  const respond = async (archive: Opened, layer: ResolvedLayer, part: { first: number; last: number }) => {
    const { etag, modified, length } = archive.first.edition;
    const headers = answerHeaders({ layer, version: archive.version, cacheControl: '', now: tools.now() });
    if (etag) headers.set('etag', etag);
    if (modified) headers.set('last-modified', modified);
    headers.set('accept-ranges', 'bytes');
    if (length !== undefined && part.first >= length) {
      headers.set('content-range', `bytes */${length}`);
      return new Response(null, { status: 416, headers });
    }
    const end = Math.min(part.last + 1, length ?? Infinity);
    const { bytes, kept } = await archive.raw(part.first, end - part.first, ruledAt(layer));
    headers.set('content-type', 'application/octet-stream');
    headers.set('content-length', String(bytes.byteLength));
    headers.set('content-range', `bytes ${part.first}-${end - 1}/${length ?? '*'}`);
    headers.set(
      'cache-status',
      formatCacheStatus(kept ? { hit: true } : { fwd: 'uri-miss', fwdStatus: 206, stored: true }),
    );
    return new Response(bytes, { status: 206, headers });
  };

  /** The edition to answer from; one that nobody has confirmed lately is looked at, before the answer or behind it. */
  const editionFor = async (layer: ResolvedLayer, later: (work: Promise<unknown>) => void): Promise<Opened> => {
    const archive = await editions.current(layer);
    // Of an archive that is kept as a whole no part can be asked for again: the host has to say that it is the same.
    if (archive.first.whole && archive.epoch < ruledAt(layer)) return editions.check(layer);
    if (editions.isConfirmed(layer)) return archive;
    const checking = editions.check(layer);
    if (layer.versionPolicy !== 'discard' && (layer.staleWhileRevalidate ?? 0) > 0) {
      later(checking);
      return archive;
    }
    // Away, the host cannot say that there is another one: then the layer's policy does.
    return checking.catch((error: unknown) => {
      if ((layer.staleIfError ?? 0) > 0) return archive;
      throw error;
    });
  };

  /**
   * From the host. What it says of the file is noted before the page has it: who asks for the file's end first (as readers
   * of zip do), or for its head, gets no parts of the one before.
   */
  const passed = async (request: Request, layer: ResolvedLayer): Promise<Response> => {
    const response = await tools.fetch(request);
    const { status, headers } = response;
    const etag = headers.get('etag');
    if (etag && !request.headers.has('authorization') && (status === 200 || status === 206)) {
      const known = (await editions.known(layer).catch(() => undefined))?.first.edition;
      if (known && isSame(known, { etag, modified: '', length: undefined }) === false)
        await editions.check(layer).catch(() => {});
    }
    return response;
  };

  const answer = async (request: Request, layer: ResolvedLayer, later: (work: Promise<unknown>) => void) => {
    const part = partOf(request);
    if (!part || !(tools.ledger.state ?? (await tools.ledger.load()))) return passed(request, layer);
    try {
      let archive = await editionFor(layer, later);
      for (let met = 0; met < 3; met += 1) {
        if (!mayAnswer(request, archive.first.edition.etag)) break;
        try {
          return await respond(archive, layer, part);
        } catch (error) {
          if (!(error instanceof ArchiveReplaced)) throw error;
          archive = await editions.check(layer);
        }
      }
    } catch {
      // What is no archive, or cannot be read, is between the page and its host.
    }
    return tools.fetch(request);
  };

  return {
    match(url) {
      known();
      return files.get(url);
    },
    isFile: (address) => address.key === '',
    handle(request, layer) {
      const behind: Array<Promise<unknown>> = [];
      const response = answer(request, layer, (work) => void behind.push(work.catch(() => {}))).catch(
        async (error: unknown) => {
          // The browser may load it although the worker may not.
          if (await tools.isForbidden(request.url)) return letBrowserLoad(request);
          throw error;
        },
      );
      const done = response.then(
        async () => void (await Promise.all(behind)),
        () => {},
      );
      return { response, done };
    },
  };
}
