import { createArea } from '../../src/shared/area';
import { TileCacheError } from '../../src/shared/errors';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { readRegionSpec } from '../../src/shared/read-region';
import { MAX_REGION_TILES, type RegionSpec } from '../../src/shared/regions';
import { bulkForbidden } from '../../src/shared/bulk-forbidden';
import { refuse } from '../../src/shared/validate';
import type { CommandTools } from './command-tools';
import { recordOf } from '../ledger/state';
import { type Stratum, strataOf } from './strata';
import { packCacheName } from './pack-store';
import type { SavedLayer } from './records';
import { hasRatio, probeOf, templateOf } from './templates';
import { tileUrl, urlIfKnown, wantedOf } from './wanted';

const CODE = 'INVALID_OPTION';

/** A region's request, checked against the layers that there are. */
export interface Checked {
  spec: RegionSpec;
  layers: SavedLayer[];
  strata: Stratum[];
  /** Tiles of all layers and ratios. */
  total: number;
}

type CheckTools = Pick<CommandTools, 'layer' | 'match' | 'seen' | 'ledger' | 'digest' | 'nameOf' | 'bulk' | 'origin'>;

/** Checks a page's request. Rejects with the name of the wrong field, before it asks an origin for anything. */
export async function checkSpec(given: unknown, tools: CheckTools): Promise<Checked> {
  const spec = withAddress(readRegionSpec(given), tools.origin);
  const layers: SavedLayer[] = [];
  for (const i of spec.layers.keys()) layers.push(await checkLayer(spec, i, tools));
  const ratios = layers.map((layer) => layer.ratios.length);
  const strata = strataOf(createArea(spec.bounds), spec.zooms, ratios, MAX_REGION_TILES);
  const total = strata.reduce((sum, { count }) => sum + count, 0);
  if (total > MAX_REGION_TILES) {
    throw new TileCacheError({
      code: 'LIMIT_EXCEEDED',
      field: 'zooms',
      message: `The region has more than ${MAX_REGION_TILES} tiles (${total} or more).`,
      remedy: 'Use a lower highest zoom, or smaller bounds.',
    });
  }
  return { spec, layers, strata, total };
}

/** Makes the style's URL absolute: a message without the client has it as the page writes it. */
function withAddress(spec: RegionSpec, origin: string): RegionSpec {
  if (spec.style === undefined) return spec;
  if (!URL.canParse(spec.style, origin)) refuse(CODE, 'style', 'a URL', 'Give the address of a style document.');
  return { ...spec, style: new URL(spec.style, origin).href };
}

async function checkLayer(spec: RegionSpec, index: number, tools: CheckTools): Promise<SavedLayer> {
  const { origin, nameOf } = tools;
  const one = spec.layers[index]!;
  const isName = typeof one === 'string';
  const given = isName ? { layer: one } : one;
  const field = `layers[${index}]`;
  const nameField = isName ? field : `${field}.layer`;
  const layer = keepableLayer(given.layer, nameField, spec, tools);
  const template = templateOf(given, layer, isName ? field : `${field}.template`, tools, origin);
  const url = tileUrl({ layer: layer.name, template }, layer, probeOf(layer), '', 'v1', origin);
  if (spec.zooms[0] === 0 && template.includes('{quadkey}'))
    refuse(CODE, 'zooms[0]', `at least 1 for ${layer.name}: the one tile of zoom 0 has no quadkey`);
  // Some public services forbid what a region does.
  const provider = bulkForbidden(url);
  if (provider && !tools.bulk.includes(provider)) {
    throw new TileCacheError({
      code: CODE,
      field: nameField,
      message: `The terms of ${provider} forbid fetching areas in advance.`,
      remedy: `Use another service, or regions({ bulk: ['${provider}'] }) where your agreement allows it.`,
    });
  }
  const wanted = await wantedOf(url, tools);
  if (!wanted && tools.ledger.state)
    refuse(CODE, `${field}.template`, 'a URL that a page can request', 'Leave out its user and password.');
  const { state } = tools.ledger;
  const { version } = state ? recordOf(state, layer.name) : { version: 'v1' };
  if (urlIfKnown({ layer: layer.name, template }, layer, probeOf(layer), '', version, origin) === undefined)
    refuse(CODE, nameField, 'a layer whose version is known', `Announce a version of ${layer.name} first.`);
  const partition = wanted?.subject.partition ?? '';
  const ratios = hasRatio(template) ? [...(given.ratios ?? [''])] : [''];
  const cacheName = packCacheName(nameOf(layer.name, '', partition), spec.id);
  return { layer: layer.name, template, ratios, partition, cacheName };
}

function keepableLayer(name: string, field: string, spec: RegionSpec, tools: CheckTools): ResolvedLayer {
  const layer = tools.layer(name);
  if (!layer) refuse(CODE, field, 'a layer of the worker', `Add ${name} to the worker's layers.`);
  if (layer.crs !== 'EPSG:3857')
    refuse(CODE, field, 'a layer in Web Mercator', 'Leave it out: regions support only EPSG:3857.');
  if (spec.zooms[1] > layer.maxZoom) refuse(CODE, 'zooms[1]', `at most ${layer.maxZoom}, the maxZoom of ${layer.name}`);
  return layer;
}
