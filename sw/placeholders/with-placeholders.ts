import { appendCacheStatus } from '../../src/shared/cache-status';
import type { TileId } from '../../src/shared/tile';
import type { TileHandler, TileRequest } from '../request/handle-tile';
import { isFailure } from '../policy/decide';
import { ancestorOf, cutOf, urlOf } from './ancestor';
import type { PlaceholderSettings } from './options';
import type { ReadStored } from './read-stored';
import type { CutOut } from './scale';
import type { PlaceholderTools } from './types';

type Located = TileRequest & { tile: TileId };

/** Wraps a handler: if the tile takes longer than `afterMs`, or fails, the answer is a placeholder. */
export function withPlaceholders(
  handle: TileHandler,
  tools: Pick<PlaceholderTools, 'match' | 'sleep' | 'updated'>,
  { layers, afterMs, levels }: PlaceholderSettings,
  read: ReadStored,
  cutOut: CutOut,
): TileHandler {
  const find = async ({ request, address: { layer }, tile }: Located): Promise<Response | undefined> => {
    for (let up = 1; up <= levels; up += 1) {
      const ancestor = ancestorOf(tile, up);
      const url = ancestor && urlOf(request.url, tile, ancestor, layer, tools.match);
      const stored = url && (await read(url, request));
      if (stored) return answer(await cutOut(stored.blob, cutOf(tile, ancestor)), stored.age);
    }
    return undefined;
  };

  return (asked) => {
    const { request, address } = asked;
    const { layer, tile } = address;
    const handled = handle(asked);
    if (!tile || request.method !== 'GET' || request.headers.has('range') || !layers.has(layer.name)) return handled;

    let answered = false;
    const own = handled.response.finally(() => (answered = true));
    const make = () => find({ ...asked, tile }).catch(() => undefined);
    const failed = own.then(
      async (response) => (isFailure(response.status) ? ((await make()) ?? response) : response),
      async (error: unknown) => {
        const placed = await make();
        if (placed) return placed;
        throw error;
      },
    );
    let isPlaced = false;
    const slow = tools.sleep(afterMs).then(async () => {
      const placed = answered ? undefined : await make();
      // The tile itself may have come while the worker drew the placeholder.
      if (!placed || answered) return failed;
      isPlaced = true;
      return placed;
    });
    const response = Promise.race([failed, slow]);
    const done = (async () => {
      await response.catch(() => {});
      if (!isPlaced) return handled.done;
      // No page reads this body. Read it here, because an unread body may delay the stored copy.
      const late = await own.catch(() => undefined);
      await late?.arrayBuffer().catch(() => {});
      await handled.done;
      if (late && !isFailure(late.status)) await tools.updated(layer.name, tile);
    })();
    return { response, done };
  };
}

function answer(image: Blob, age: number): Response {
  return new Response(image, {
    headers: {
      'content-type': image.type,
      'cache-control': 'no-store',
      age: String(age),
      'cache-status': appendCacheStatus(null, { fwd: 'miss', detail: 'placeholder' }),
      'server-timing': `sw-tile-cache;desc=placeholder, tile-age;dur=${age}`,
    },
  });
}
