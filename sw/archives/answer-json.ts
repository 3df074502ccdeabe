import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Editions } from './editions';
import { confirmed, onEdition } from './in-force';
import { headersFrom } from './tile-answer';
import { tileJson } from './tile-json';

/** Answers a request for the TileJSON of a layer's archive. */
export const answerTileJson = (
  editions: Editions,
  url: string,
  layer: ResolvedLayer,
  now: () => number,
): Promise<Response> =>
  onEdition(editions, layer, async (given) => {
    const archive = await confirmed(editions, layer, given);
    const headers = headersFrom(archive, layer, now());
    headers.set('content-type', 'application/json');
    headers.set('etag', `"${archive.version}"`);
    return new Response(JSON.stringify(tileJson(url, layer, archive.header, await archive.metadata())), { headers });
  });

/** Answers a page's version watch with a manifest of all archives. Rejects if none of them can be read. */
export async function answerVersions(editions: Editions, asked: readonly ResolvedLayer[]): Promise<Response> {
  const layers: Record<string, { version: string }> = {};
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
}
