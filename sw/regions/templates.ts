import { TileCacheError } from '../../src/shared/errors';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { RegionLayer } from '../../src/shared/regions';
import { refuse } from '../../src/shared/validate';
import { unlistable } from '../../src/shared/tile-urls';
import type { TileId } from '../../src/shared/tile';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { tileUrl } from './wanted';
import type { RegionTools } from './tools';

const CODE = 'INVALID_OPTION';
/** Returns a tile whose numbers no URL contains by chance. */
export const probeOf = ({ maxZoom }: ResolvedLayer): TileId => {
  const z = Math.min(13, maxZoom);
  return { z, x: 4242 % 2 ** z, y: 1717 % 2 ** z };
};

/** True if each pixel ratio has tiles of its own. */
export const hasRatio = (template: string): boolean => template.includes('{r}') || template.includes('{ratio}');

/**
 * Returns the template of a layer's tiles: the given one, the layer's own, or one inferred from URLs that pages have
 * requested.
 */
export function templateOf(
  given: Pick<RegionLayer, 'template'>,
  layer: ResolvedLayer,
  field: string,
  tools: Pick<RegionTools, 'match' | 'seen'>,
  origin: string,
): string {
  const template =
    given.template ??
    layer.templates.find((one) => unlistable(one) === undefined) ??
    inferTemplate(layer, tools.seen(), tools.match, origin);
  if (template === undefined) {
    throw new TileCacheError({
      code: CODE,
      field,
      message: `The worker does not know the URLs of layer ${layer.name}: it has no template, and no page has requested its tiles yet.`,
      remedy: `In layers, give { layer: '${layer.name}', template: '/tiles/${layer.name}/{z}/{x}/{y}.png' }, with the URL of its tiles.`,
    });
  }
  const saved = { layer: layer.name, template };
  if (!URL.canParse(template.replace(/\{[^{}]*\}/g, '0'), origin)) refuse(CODE, field, 'the URL of a tile');
  const address = tools.match(tileUrl(saved, layer, probeOf(layer), '', 'v1', origin));
  if (address?.layer.name !== layer.name || !isProbe(address, layer))
    refuse(
      CODE,
      field,
      `a layer whose template has ${template}`,
      'Correct the template, or that of the layer in the worker.',
    );
  return template;
}

function isProbe({ tile }: TileAddress, layer: ResolvedLayer): boolean {
  const { z, x, y } = probeOf(layer);
  return tile?.z === z && tile.x === x && tile.y === y;
}

/** Infers a template from a URL that a page has requested: the numbers that are its z, x and y become slots. */
function inferTemplate(
  layer: ResolvedLayer,
  seen: Iterable<readonly [string, TileAddress]>,
  match: (url: string) => TileAddress | undefined,
  origin: string,
): string | undefined {
  let tries = 0;
  for (const [url, { layer: own, tile, secrets, token }] of seen) {
    // A page whose URLs contain a secret has to name the template itself: an inferred one would write the secret down.
    if (own.name !== layer.name || !tile || secrets || layer.crs !== 'EPSG:3857') continue;
    if ((tries += 1) > 20) return undefined;
    const bare = token ? url.replace(encodeURIComponent(token), '{version}') : url;
    const start = bare.indexOf('/', bare.indexOf('//') + 2);
    const parts = bare.slice(start).split(/(\d+)/);
    const row = layer.scheme === 'tms' ? 2 ** tile.z - 1 - tile.y : tile.y;
    const places = (value: number) => parts.flatMap((part, i) => (i % 2 && Number(part) === value ? [i] : []));
    for (const y of places(row).reverse())
      for (const x of places(tile.x).reverse())
        for (const z of places(tile.z).reverse()) {
          if (x === y || x === z || y === z) continue;
          const filled = [...parts];
          [filled[z], filled[x], filled[y]] = ['{z}', '{x}', '{y}'];
          const template = bare.slice(0, start) + filled.join('');
          const found = match(tileUrl({ layer: layer.name, template }, layer, probeOf(layer), '', 'v1', origin));
          if (found?.layer.name === layer.name && isProbe(found, layer)) return template;
        }
  }
  return undefined;
}
