import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Handled } from '../request/handle-tile';
import { letBrowserLoad } from '../request/left-alone';
import { ArchiveReplaced } from './archive-error';
import { isSame } from './edition';
import type { Editions } from './editions';
import { createFileAnswers } from './file-answer';
import { createFileEditions } from './file-editions';
import type { ArchiveTools } from './types';
import { isPast, mayAnswer, resolvePart, wantedBy } from './wanted-part';

/** Answers requests for parts of archives that pages read by themselves: `pmtiles://`, or any reader of ranges. */
export interface PageRanges {
  /** Returns the address of an archive's own file; undefined for other URLs. */
  match(url: string): TileAddress | undefined;
  /** True for an address that `match` returned. */
  isFile(address: TileAddress): boolean;
  handle(request: Request, layer: ResolvedLayer): Handled;
}

export function createPageRanges(tools: ArchiveTools, editions: Editions): PageRanges {
  const from = createFileEditions(editions);
  const answers = createFileAnswers(tools.now, editions.ruledAt);
  const files = new Map<string, TileAddress>();
  // A layer from the `layers` function becomes known with the first request for one of its tiles.
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

  /**
   * Passes a request to the host. Notes what the host says of the file before the page gets the answer: a page that
   * requests the file's head first, or several parts, gets no parts of the earlier file.
   */
  const passed = async (request: Request, layer: ResolvedLayer): Promise<Response> => {
    const response = await tools.fetch(request).catch(async (error: unknown) => {
      const head =
        request.method === 'HEAD' && !isPast(request)
          ? answers.head(await from.whileAway(layer, error), layer)
          : undefined;
      if (head) return head;
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
    if (!wanted) return passed(request, layer);
    if (!(tools.ledger.state ?? (await tools.ledger.load()))) {
      const passing = passed(request, layer);
      // The host is unreachable: wait for a ledger that takes longer than usual.
      const read = await passing.catch(() => tools.ledger.load('patiently'));
      if (!read || read instanceof Response) return passing;
    }
    const fromEnd = wanted.first === undefined || wanted.last === undefined;
    try {
      let archive = await (fromEnd ? from.checked(layer) : from.current(layer, later));
      for (let met = 0; met < 3; met += 1) {
        const { etag, length } = archive.first.edition;
        const part = resolvePart(wanted, length);
        if (!part || !mayAnswer(request, etag)) break;
        try {
          return await answers.part(archive, layer, part);
        } catch (error) {
          if (!(error instanceof ArchiveReplaced)) throw error;
          archive = await editions.check(layer, true);
        }
      }
    } catch {
      // A file that is no archive, or cannot be read, is between the page and its host.
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
          // The browser may load the file although the worker may not.
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
