import { TileCacheError } from '../../src/shared/errors';
import { MAX_MANIFEST_LAYERS } from '../../src/shared/parse-manifest';
import type { OriginState } from '../versions/state';
import { manifestOf } from '../versions/manifest-of';
import { MAX_MANIFEST_BYTES } from '../versions/tiles-room';

/**
 * Refuses a state whose manifest would be too large for clients, because that would stop every layer. Throws
 * `LIMIT_EXCEEDED`, which names `layer`.
 */
export function checkRoom(state: OriginState, layer: string): void {
  if (state.revision > Number.MAX_SAFE_INTEGER)
    throw full(layer, 'its revision would be higher than clients can represent', LOWER);
  const count = Object.keys(state.layers).length;
  if (count > MAX_MANIFEST_LAYERS) throw full(layer, `the manifest holds ${MAX_MANIFEST_LAYERS} layers already`);
  const bytes = new TextEncoder().encode(JSON.stringify(manifestOf(state))).byteLength;
  if (bytes > MAX_MANIFEST_BYTES)
    throw full(layer, `the manifest would have ${bytes} bytes, ${MAX_MANIFEST_BYTES} at most`);
}

const RETIRE = 'Retire layers that no longer exist, or serve this group of layers from another origin.';
const LOWER = "Lower the revisions in the version store, and give the origin's option versions.epoch a new name.";

function full(layer: string, why: string, remedy = RETIRE): TileCacheError {
  return new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'layer',
    message: `layer ${layer} cannot be published: ${why}.`,
    remedy,
  });
}
