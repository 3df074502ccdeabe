import { TileCacheError } from '../../src/shared/errors';
import { nearest } from '../../src/shared/nearest';

/** The most names to list in an error. */
const LISTED = 20;

/**
 * Refuses a layer that a closed configuration does not have: otherwise the worker would acknowledge a misspelt name as
 * done. `closed` is `undefined` if any name may be a layer's. Throws `INVALID_MESSAGE`, which suggests the right name.
 */
export function refuseUnknownLayer(layer: string, closed: readonly string[] | undefined): void {
  if (!closed || closed.includes(layer)) return;
  const near = /* @__PURE__ */ nearest(layer, closed);
  throw new TileCacheError({
    code: 'INVALID_MESSAGE',
    field: 'layer',
    message: `layer: this worker has no layer ${layer}.`,
    remedy: near
      ? `Did you mean ${near}?`
      : closed.length
        ? `Use ${listed(closed)}.`
        : 'Configure it in createTileCache().',
  });
}

const listed = (names: readonly string[]) => names.slice(0, LISTED).join(', ') + (names.length > LISTED ? ', ...' : '');
