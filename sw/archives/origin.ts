import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { ArchiveError, ArchiveReplaced } from './archive-error';
import { createEditions } from './editions';
import type { Opened } from './opened';
import { createPageRanges } from './page-ranges';
import { answerHeaders, contentTypeOf, tagOf, textAnswer } from './tile-answer';
import { tileJson } from './tile-json';
import type { ArchiveOrigin, ArchiveTools } from './types';

/** The most reads that one answer may take: the worker gives up a file that is replaced faster than it is read. */
const MAX_READS = 4;

/** Creates the origin that answers for layers with an archive, from that archive. */
export function createArchiveOrigin(tools: ArchiveTools): ArchiveOrigin {
  const { now } = tools;
  const noticed = new Set<string>();
  const notice = (layer: string, detail: string) => {
    const key = `${layer}\n${detail}`;
    if (noticed.has(key)) return;
    noticed.add(key);
    tools.notice(layer, detail);
  };
  const editions = createEditions({ ...tools, notice });

  /** Runs `read` on the edition in force, and again on the next one if the file was replaced meanwhile. */
  const onEdition = async (layer: ResolvedLayer, read: (archive: Opened) => Promise<Response>): Promise<Response> => {
    let archive = await editions.current(layer);
    const met = new Set<string>();
    for (let reads = 1; ; reads += 1) {
      try {
        return await read(archive);
      } catch (error) {
        if (!(error instanceof ArchiveReplaced)) throw error;
        met.add(archive.version);
        if (reads === MAX_READS) throw notRead(met.size);
        archive = await editions.check(layer);
      }
    }
  };

  const headersFor = (layer: ResolvedLayer, { version, first }: Opened) =>
    answerHeaders({ layer, version, cacheControl: first.cacheControl, now: now() });

  /**
   * Resolves with the edition in force: confirmed if the answer would not prove it by itself, unconfirmed if the host
   * is unreachable.
   */
  const confirmed = async (layer: ResolvedLayer, archive: Opened): Promise<Opened> => {
    if (editions.isConfirmed(layer)) return archive;
    return editions.check(layer).catch((error: unknown) => {
      if (error instanceof ArchiveError) throw error;
      return archive;
    });
  };

  const tileOf = async (request: Request, layer: ResolvedLayer, tile: TileId): Promise<Response> => {
    const tag = request.headers.get('if-none-match');
    // The version proves the page's tile; offline it does not, and the page hears of the network's failure.
    if (tag !== null && !editions.isConfirmed(layer)) await editions.check(layer);
    return onEdition(layer, async (given) => {
      let archive = given;
      let at = await whereIs(archive, tile);
      if (typeof at === 'number') {
        archive = await confirmed(layer, given);
        at = archive === given ? at : await whereIs(archive, tile);
      }
      const headers = headersFor(layer, archive);
      if (typeof at === 'number') return new Response(null, { status: at, headers });
      const own = tagOf(archive.version, at);
      headers.set('etag', own);
      if (tag?.split(/,\s*/).includes(own)) return new Response(null, { status: 304, headers });
      headers.set('content-type', contentTypeOf(archive.header));
      const bytes = await archive.tile(at);
      if (bytes.byteLength === 0) return new Response(null, { status: 204, headers: headersFor(layer, archive) });
      headers.set('content-length', String(bytes.byteLength));
      return new Response(request.method === 'HEAD' ? null : bytes, { headers });
    });
  };

  const jsonOf = (url: string, layer: ResolvedLayer) =>
    onEdition(layer, async (given) => {
      const archive = await confirmed(layer, given);
      const headers = headersFor(layer, archive);
      headers.set('content-type', 'application/json');
      headers.set('etag', `"${archive.version}"`);
      return new Response(JSON.stringify(tileJson(url, layer, archive.header, await archive.metadata())), { headers });
    });

  /** Answers a page's version watch with a manifest of all archives. */
  const versions = async (): Promise<Response> => {
    const layers: Record<string, { version: string }> = {};
    const asked = tools.layers();
    const failures: unknown[] = [];
    await Promise.all(
      asked.map(async (layer) => {
        try {
          layers[layer.name] = { version: (await editions.check(layer)).version };
        } catch (error) {
          failures.push(error);
        }
      }),
    );
    if (failures.length === asked.length) throw failures[0];
    return new Response(JSON.stringify({ layers }), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  };

  const answer = (request: Request, { layer, tile }: TileAddress): Promise<Response> => {
    if (tile) return tileOf(request, layer, tile);
    const url = request.url.replace(/[?#].*$/, '');
    if (url.endsWith('/version.json')) return versions();
    return url.endsWith('.json')
      ? jsonOf(url, layer)
      : Promise.resolve(textAnswer(404, 'The archive has tiles and TileJSON.'));
  };

  const pages = createPageRanges(tools, editions);

  return {
    file: pages.match,
    around: (handle) => (asked) =>
      pages.isFile(asked.address) ? pages.handle(asked.request, asked.address.layer) : handle(asked),
    async send(request, address) {
      if (!/^(GET|HEAD)$/.test(request.method)) return textAnswer(405, 'An archive is only read.');
      try {
        return await answer(request, address);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        notice(address.layer.name, error.message);
        const { status, message, retryAfter } = error;
        const refused = textAnswer(status, message);
        if (retryAfter !== undefined) refused.headers.set('retry-after', retryAfter);
        return refused;
      }
    },
    async check() {
      const due = tools.layers().filter((layer) => !editions.isConfirmed(layer));
      await Promise.all(due.map((layer) => editions.check(layer).catch(() => {})));
    },
  };
}

const notRead = (editions: number) =>
  editions > 1
    ? new ArchiveError('The archive is replaced faster than it can be read.', 503)
    : new ArchiveError("The archive's host answers the beginning of one file and parts of another.");

/**
 * Resolves with a tile's place, or with the status that says that there is none: above the highest zoom, maps stretch
 * the tile below.
 */
async function whereIs({ header, locate }: Opened, tile: TileId) {
  if (tile.z > header.maxZoom) return 404;
  if (tile.z < header.minZoom) return 204;
  return (await locate(tile)) ?? 204;
}
