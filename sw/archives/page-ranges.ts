import { formatCacheStatus } from '../../src/shared/cache-status';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Handled } from '../request/handle-tile';
import { letBrowserLoad } from '../request/left-alone';
import { ArchiveReplaced } from './archive-error';
import { isSame } from './edition';
import type { Editions } from './editions';
import type { Opened } from './opened';
import { answerHeaders } from './tile-answer';
import type { ArchiveTools } from './types';
import { isPast, mayAnswer, type Part, placeOf, wantedBy } from './wanted-part';

/** Parts of archives that pages ask for by themselves: `pmtiles://`, or any reader of ranges. */
export interface PageRanges {
  /** The address of an archive's own file; undefined for other URLs. */
  match(url: string): TileAddress | undefined;
  /** True for an address that `match` gave. */
  isFile(address: TileAddress): boolean;
  handle(request: Request, layer: ResolvedLayer): Handled;
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
  const headersFor = (archive: Opened, layer: ResolvedLayer) => {
    const { etag, modified } = archive.first.edition;
    const headers = answerHeaders({ layer, version: archive.version, cacheControl: '', now: tools.now() });
    if (etag) headers.set('etag', etag);
    if (modified) headers.set('last-modified', modified);
    headers.set('accept-ranges', 'bytes');
    return headers;
  };
  const respond = async (archive: Opened, layer: ResolvedLayer, part: Part) => {
    const { length } = archive.first.edition;
    const headers = headersFor(archive, layer);
    if (length !== undefined && part.first >= length) {
      headers.set('content-range', `bytes */${length}`);
      return new Response(null, { status: 416, headers });
    }
    const end = Math.min(part.last + 1, length ?? Infinity);
    const { bytes, kept } = await archive.raw(part.first, end - part.first, editions.ruledAt(layer));
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
    const archive = await editions.current(layer, true);
    if (editions.isConfirmed(layer)) return archive;
    const checking = editions.check(layer, true);
    if (layer.versionPolicy !== 'discard' && (layer.staleWhileRevalidate ?? 0) > 0) {
      later(checking);
      return archive;
    }
    return checking.catch(orElse(archive, layer));
  };

  /** Away, the host cannot say that there is another file: then the layer's policy does. */
  const orElse = (archive: Opened, layer: ResolvedLayer) => (error: unknown) => {
    if ((layer.staleIfError ?? 0) > 0) return archive;
    throw error;
  };

  /** For a part that is told from the file's end. Who begins there, as readers of zip do, gets nothing of the file before. */
  const editionNow = async (layer: ResolvedLayer): Promise<Opened> => {
    const known = await editions.known(layer);
    return known ? editions.check(layer, true).catch(orElse(known, layer)) : editions.current(layer, true);
  };

  /** What a HEAD is answered while the host is away. Rejects with its failure where nothing is known. */
  const headOf = async (layer: ResolvedLayer, error: unknown): Promise<Response> => {
    const known = await editions.known(layer).catch(() => undefined);
    if (!known || orElse(known, layer)(error).first.edition.length === undefined) throw error;
    const headers = headersFor(known, layer);
    headers.set('content-length', String(known.first.edition.length));
    headers.set('cache-status', formatCacheStatus({ fwd: 'stale', detail: 'network' }));
    return new Response(null, { headers });
  };

  /**
   * From the host. What it says of the file is noted before the page has it: who asks for its head first, or for several
   * parts, gets no parts of the one before.
   */
  const passed = async (request: Request, layer: ResolvedLayer): Promise<Response> => {
    const response = await tools.fetch(request).catch((error: unknown) => {
      if (request.method === 'HEAD' && !isPast(request)) return headOf(layer, error);
      throw error;
    });
    const { status, headers } = response;
    const etag = headers.get('etag');
    if (etag && !request.headers.has('authorization') && (status === 200 || status === 206)) {
      const known = (await editions.known(layer).catch(() => undefined))?.first.edition;
      if (known && isSame(known, { etag, modified: '', length: undefined }) === false)
        await editions.check(layer, true).catch(() => {});
    }
    return response;
  };

  const answer = async (request: Request, layer: ResolvedLayer, later: (work: Promise<unknown>) => void) => {
    const wanted = wantedBy(request);
    if (!wanted || !(tools.ledger.state ?? (await tools.ledger.load()))) return passed(request, layer);
    const fromEnd = wanted.first === undefined || wanted.last === undefined;
    try {
      let archive = await (fromEnd ? editionNow(layer) : editionFor(layer, later));
      for (let met = 0; met < 3; met += 1) {
        const { etag, length } = archive.first.edition;
        const part = placeOf(wanted, length);
        if (!part || !mayAnswer(request, etag)) break;
        try {
          return await respond(archive, layer, part);
        } catch (error) {
          if (!(error instanceof ArchiveReplaced)) throw error;
          archive = await editions.check(layer, true);
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
