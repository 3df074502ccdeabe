import { keyPlace } from '../../src/shared/address-key';
import { TileCacheError } from '../../src/shared/errors';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { NormalManifest } from '../../src/shared/parse-manifest';
import type { Invalidation } from '../../src/shared/invalidation';
import { slotOf } from '../../src/shared/template-slots';
import type { TileIndex } from '../index/tile-index';

interface ReachTools {
  layer: (name: string) => ResolvedLayer | undefined;
  index: Pick<TileIndex, 'flush' | 'oldest'>;
  /** The keys of a layer that pages have requested since this worker started. */
  keysOf: (layer: string) => Iterable<string>;
}

/** The most stored keys to examine. */
const SAMPLE = 512;
/** Resources of a layer that have no place on the map: styles, sprites, glyphs, a server's capabilities. */
const METADATA =
  /(\.(json|xml|html?|txt|js|css)|\/sprites?[^/]*|\/\d+-\d+\.pbf)(\?|$)|GetCapabilities|GetLegendGraphic|GetFeatureInfo/i;

/** True if URLs of at least one template can tell a tile's place. */
function mayPlace({ templates }: Pick<ResolvedLayer, 'templates'>): boolean {
  return templates.some(
    (template) =>
      /\*$|\?/.test(template) ||
      [...template.matchAll(/\{([^{}]*)\}/g)].some(([, name]) => /^(z|q|bbox)$/.test(slotOf(name!) ?? '')),
  );
}

/** True if the keys show tiles that no box reaches, and no tile that a box reaches. */
function unreadable(keys: readonly string[]): boolean {
  const places = keys.map(keyPlace);
  // The map uses an unknown grid: the worker would still serve its old images after it had acknowledged a purge.
  if (places.includes('unplaced')) return true;
  return !places.includes('placed') && keys.some((key) => !METADATA.test(key));
}

/**
 * Creates the function that tells whether a rule with a box or zooms reaches a layer's tiles. It judges by the layer's
 * templates and by the keys of stored and requested tiles.
 */
export function createReach({ layer, index, keysOf }: ReachTools): (name: string) => Promise<boolean> {
  return async (name) => {
    const known = layer(name);
    if (known && !mayPlace(known)) return false;
    // The archive itself tells the places of its tiles.
    if (known?.archive !== undefined) return true;
    await index.flush();
    const rows = await index.oldest({ layer: name }, SAMPLE);
    return !unreadable([...rows.map((row) => row.key), ...keysOf(name)]);
  };
}

/** Rejects with `UNREACHABLE_TILES`, and changes nothing, for a purge that would reach no tile. */
export async function refuseUnreachable(
  reaches: (name: string) => Promise<boolean>,
  { layer, bbox, zooms, scope }: Invalidation,
): Promise<void> {
  if ((!bbox && !zooms) || scope === 'metadata' || (await reaches(layer))) return;
  throw new TileCacheError({
    code: 'UNREACHABLE_TILES',
    field: bbox ? 'bbox' : 'zooms',
    message: `The URLs of ${layer} contain no coordinates: a rule for a box or zooms would reach none of its tiles.`,
    remedy:
      'Invalidate the whole layer, or give it a template with coordinates: {z}/{x}/{y}, {-y}, {quadkey}, {bbox-epsg-3857}, or WMS and WMTS parameters in EPSG:3857 or EPSG:4326.',
  });
}

/** Resolves with the manifest, with partial changes that reach no tile turned into changes of the whole layer. */
export async function wholly(
  manifest: NormalManifest,
  reaches: (name: string) => Promise<boolean>,
): Promise<NormalManifest> {
  // Without a prototype, because any name may be a layer's.
  const layers: NormalManifest['layers'] = Object.assign(Object.create(null), manifest.layers);
  for (const [name, entry] of Object.entries(layers)) {
    const parts = entry.changes?.some(({ bbox, zooms, tiles }) => bbox || zooms || tiles);
    if (!parts || (await reaches(name))) continue;
    const { changes: _, ...rest } = entry;
    layers[name] = rest;
  }
  return { ...manifest, layers };
}
