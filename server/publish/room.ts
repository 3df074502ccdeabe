import { TileCacheError } from '../../src/shared/errors';
import { MAX_MANIFEST_LAYERS } from '../../src/shared/parse-manifest';
import type { OriginState } from '../versions/state';
import { manifestOf } from '../versions/state';
import { MAX_MANIFEST_BYTES } from '../versions/tiles-room';

/**
 * Refuses a state whose manifest no client would read: it would stop every layer, not only this one.
 * Throws `LIMIT_EXCEEDED`, naming `layer`.
 */
export function checkRoom(state: OriginState, layer: string): void {
  const count = Object.keys(state.layers).length;
  if (count > MAX_MANIFEST_LAYERS) throw full(layer, `the manifest holds ${MAX_MANIFEST_LAYERS} layers already`);
  const bytes = new TextEncoder().encode(JSON.stringify(manifestOf(state))).byteLength;
  if (bytes > MAX_MANIFEST_BYTES)
    throw full(layer, `the manifest would have ${bytes} bytes, ${MAX_MANIFEST_BYTES} at most`);
}

function full(layer: string, why: string): TileCacheError {
  return new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'layer',
    message: `layer ${layer} cannot be published: ${why}.`,
    remedy: 'Retire layers that no longer exist, or serve this group of layers from another origin.',
  });
}
