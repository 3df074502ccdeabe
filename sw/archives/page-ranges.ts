import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Handled } from '../request/handle-tile';
import { letBrowserLoad } from '../request/left-alone';
import { ArchiveReplaced } from './archive-error';
import { isSame } from './edition';
import type { Editions } from './editions';
import { createFileAnswers, type FileAnswers } from './file-answer';
import { createFileEditions, type FileEditions } from './file-editions';
import type { Opened } from './opened';
import type { ArchiveTools } from './types';
import { isPast, mayAnswer, resolvePart, type WantedPart, wantedBy } from './wanted-part';

/** Answers requests for parts of archives that pages read by themselves: `pmtiles://`, or any reader of ranges. */
export interface PageRanges {
  /** Returns the address of an archive's own file; undefined for other URLs. */
  match(url: string): TileAddress | undefined;
  /** True for an address that `match` returned. */
  isFile(address: TileAddress): boolean;
  handle(request: Request, layer: ResolvedLayer): Handled;
}

/** The tools that answer pages' own requests. */
interface PageRangeTools {
  tools: ArchiveTools;
  editions: Editions;
  from: FileEditions;
  answers: FileAnswers;
}

export function createPageRanges(tools: ArchiveTools, editions: Editions): PageRanges {
  const parts: PageRangeTools = {
    tools,
    editions,
    from: createFileEditions(editions),
    answers: createFileAnswers(tools.now, editions.ruledAt),
  };
  const files = createFiles(tools);
  return {
    match: files.match,
    isFile: (address) => address.key === '',
    handle(request, layer) {
      const behind: Array<Promise<unknown>> = [];
      const response = answer(request, layer, (work) => void behind.push(work.catch(() => {})), parts).catch(
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

/** Knows the URLs of the layers' files. */
function createFiles(tools: Pick<ArchiveTools, 'layers' | 'scope'>): Pick<PageRanges, 'match'> {
  const files = new Map<string, TileAddress>();
  // A layer from the `layers` function becomes known with the first request for one of its tiles.
  let count = 0;
  const learn = () => {
    const layers = tools.layers();
    if (layers.length === count) return;
    count = layers.length;
    for (const layer of layers) {
      const url = new URL(layer.archive!, tools.scope).href;
      if (!files.has(url)) files.set(url, { layer, token: '', key: '', hidden: '', secrets: '' });
    }
  };
  return {
    match(url) {
      learn();
      return files.get(url);
    },
  };
}

async function answer(
  request: Request,
  layer: ResolvedLayer,
  later: (work: Promise<unknown>) => void,
  parts: PageRangeTools,
): Promise<Response> {
  const { tools, from } = parts;
  const wanted = wantedBy(request);
  if (!wanted) return passed(request, layer, parts);
  if (!(tools.ledger.state ?? (await tools.ledger.load()))) {
    const passing = passed(request, layer, parts);
    // The host is unreachable: wait for a ledger that takes longer than usual.
    const read = await passing.catch(() => tools.ledger.load('patiently'));
    if (!read || read instanceof Response) return passing;
  }
  const fromEnd = wanted.first === undefined || wanted.last === undefined;
  try {
    const archive = await (fromEnd ? from.checked(layer) : from.current(layer, later));
    const found = await partOf(archive, wanted, request, layer, parts);
    if (found) return found;
  } catch {
    // Leave a file that cannot be read to the page and its host.
  }
  return tools.fetch(request);
}

/** Resolves with a part of a file, also if the file is replaced meanwhile; undefined if its host has to answer. */
async function partOf(
  archive: Opened,
  wanted: WantedPart,
  request: Request,
  layer: ResolvedLayer,
  { editions, answers }: PageRangeTools,
): Promise<Response | undefined> {
  let current = archive;
  for (let met = 0; met < 3; met += 1) {
    const { etag, length } = current.first.edition;
    const part = resolvePart(wanted, length);
    if (!part || !mayAnswer(request, etag)) return undefined;
    try {
      return await answers.part(current, layer, part);
    } catch (error) {
      if (!(error instanceof ArchiveReplaced)) throw error;
      current = await editions.check(layer, true);
    }
  }
  return undefined;
}

/**
 * Passes a request to the host. Notes what the host says of the file before the page gets the answer: a page that
 * requests the file's head first, or several parts, gets no parts of the earlier file.
 */
async function passed(
  request: Request,
  layer: ResolvedLayer,
  { tools, editions, from, answers }: PageRangeTools,
): Promise<Response> {
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
}
