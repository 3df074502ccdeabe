import type { TileAddress } from '../../src/shared/tile-matcher';
import { answerTileJson, answerVersions } from './answer-json';
import { answerKept, answerTile } from './answer-tile';
import { ArchiveError } from './archive-error';
import { createEditions } from './editions';
import { createPageRanges } from './page-ranges';
import { textAnswer } from './tile-answer';
import type { ArchiveOrigin, ArchiveTools } from './types';

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

  const answer = (request: Request, address: TileAddress): Promise<Response> => {
    const { layer, tile } = address;
    if (tile && /\bonly-if-cached\b/i.test(request.headers.get('cache-control') ?? ''))
      return answerKept(editions, layer, tile);
    if (tile) return answerTile(editions, request, address, tile, now);
    const url = request.url.replace(/[?#].*$/, '');
    if (url.endsWith('/version.json')) return answerVersions(editions, tools.layers());
    return url.endsWith('.json')
      ? answerTileJson(editions, url, layer, now)
      : Promise.resolve(textAnswer(404, 'The archive has only tiles and TileJSON: request /{z}/{x}/{y} or .json.'));
  };

  const pages = createPageRanges(tools, editions);

  return {
    file: pages.match,
    around: (handle) => (asked) =>
      pages.isFile(asked.address) ? pages.handle(asked.request, asked.address.layer) : handle(asked),
    async send(request, address) {
      if (!/^(GET|HEAD)$/.test(request.method)) return textAnswer(405, 'An archive is read-only: send GET or HEAD.');
      try {
        return await answer(request, address);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        notice(address.layer.name, error.message);
        const { status, message, retryAfter, received } = error;
        const refused = textAnswer(status, message);
        // RFC 9209 section 2.1.4.
        if (received !== undefined) refused.headers.set('proxy-status', `archive; received-status=${received}`);
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
