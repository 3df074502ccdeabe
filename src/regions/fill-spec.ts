import type { TileCacheError } from '../shared/errors';
import type { CoverageQuery, RegionSpec } from '../shared/regions';

/** The pixel ratio that maps request on a screen with more than one device pixel per CSS pixel. */
const FINE = ['@2x'];
const isFine = () => ((globalThis as { devicePixelRatio?: number }).devicePixelRatio ?? 1) > 1;

function addressOf(style: string, base: string, Failure: typeof TileCacheError): string {
  try {
    return new URL(style, base).href;
  } catch (cause) {
    const message = 'style must be a URL.';
    const remedy = 'Give the address of a style document.';
    throw new Failure({ code: 'INVALID_OPTION', field: 'style', message, remedy }, { cause });
  }
}

/** Adds this screen's pixel ratio to a layer that names none. */
function withRatios(layer: unknown): unknown {
  if (typeof layer === 'string') return { layer, ratios: FINE };
  return typeof layer === 'object' && layer && !('ratios' in layer) ? { ...layer, ratios: FINE } : layer;
}

/**
 * Adds to a specification what only the page knows: the screen's pixel ratio, and absolute URLs, by its address `base`.
 * Leaves an invalid specification as it is, because the worker reports what is wrong. Throws `INVALID_OPTION` for a
 * style without a URL.
 */
export function fillSpec(spec: RegionSpec, base: string, Failure: typeof TileCacheError): RegionSpec {
  const layers = Array.isArray(spec?.layers) && isFine() ? spec.layers.map(withRatios) : spec?.layers;
  return {
    ...spec,
    layers: layers as RegionSpec['layers'],
    ...(typeof spec?.style === 'string' && { style: addressOf(spec.style, base, Failure) }),
  };
}

/** Adds this screen's pixel ratio to a query about coverage. */
export const fillQuery = (query: CoverageQuery): CoverageQuery => (isFine() ? { ratios: FINE, ...query } : query);
