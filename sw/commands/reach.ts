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
  /** Keys of a layer that were asked for in this worker's life. */
  seen: (layer: string) => Iterable<string>;
}

/** Stored keys that are looked at. */
const SAMPLE = 512;
/** What belongs to a layer and lies nowhere: styles, sprites, glyphs, what a server says of itself. */
const METADATA =
  /(\.(json|xml|html?|txt|js|css)|\/sprites?[^/]*|\/\d+-\d+\.pbf)(\?|$)|GetCapabilities|GetLegendGraphic|GetFeatureInfo/i;

/** True where some URL of the templates can say where it lies. */
function mayPlace({ templates }: Pick<ResolvedLayer, 'templates'>): boolean {
  return templates.some(
    (template) =>
      /\*$|\?/.test(template) ||
      [...template.matchAll(/\{([^{}]*)\}/g)].some(([, name]) => /^(z|q|bbox)$/.test(slotOf(name!) ?? '')),
  );
}

/** True for evidence of tiles that no box reaches, and of none that one does. */
function unreadable(keys: readonly string[]): boolean {
  const places = keys.map(keyPlace);
  // A map in a grid that is not known: its old images would be answered after a purge that was called applied.
  if (places.includes('unplaced')) return true;
  return !places.includes('placed') && keys.some((key) => !METADATA.test(key));
}

/** Tells whether a rule about a box or zooms reaches a layer's tiles: by its templates, and by what was stored and asked for. */
export function createReach({ layer, index, seen }: ReachTools): (name: string) => Promise<boolean> {
  return async (name) => {
    const known = layer(name);
    if (known && !mayPlace(known)) return false;
    // The tiles of an archive lie where it says.
    if (known?.archive !== undefined) return true;
    await index.flush();
    const rows = await index.oldest({ layer: name }, SAMPLE);
    return !unreadable([...rows.map((row) => row.key), ...seen(name)]);
  };
}

/** Rejects with `UNREACHABLE_TILES` for a purge that would be called applied and reach nothing; nothing is changed. */
export async function refuseUnreachable(
  reaches: (name: string) => Promise<boolean>,
  { layer, bbox, zooms, scope }: Invalidation,
): Promise<void> {
  if ((!bbox && !zooms) || scope === 'metadata' || (await reaches(layer))) return;
  throw new TileCacheError({
    code: 'UNREACHABLE_TILES',
    field: bbox ? 'bbox' : 'zooms',
    message: `No coordinates can be read from the URLs of ${layer}: a rule about a box or zooms would reach none of its tiles.`,
    remedy:
      'Invalidate the whole layer, or give it a template that says where a tile is: {z}/{x}/{y}, {-y}, {quadkey}, {bbox-epsg-3857}, or WMS and WMTS parameters in EPSG:3857 or EPSG:4326.',
  });
}

/** The manifest, with changes of parts that cannot be reached taken as changes of the whole layer. */
export async function wholly(
  manifest: NormalManifest,
  reaches: (name: string) => Promise<boolean>,
): Promise<NormalManifest> {
  // Without a prototype: any name is just a name.
  const layers: NormalManifest['layers'] = Object.assign(Object.create(null), manifest.layers);
  for (const [name, entry] of Object.entries(layers)) {
    const parts = entry.changes?.some(({ bbox, zooms, tiles }) => bbox || zooms || tiles);
    if (!parts || (await reaches(name))) continue;
    const { changes: _, ...rest } = entry;
    layers[name] = rest;
  }
  return { ...manifest, layers };
}
