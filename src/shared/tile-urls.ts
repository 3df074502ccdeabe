import { expandTemplate } from './expand-template';
import type { LayerOptions } from './layer-options';
import { isInGrid } from './read-place';
import { DEFAULT_TEMPLATE } from './resolve-layer';
import { slotOf } from './template-slots';
import { MAX_ZOOM, type TileId } from './tile';

/** What determines the URLs of a layer: the worker's own options, and the values of the slots. */
export interface UrlOptions extends Pick<LayerOptions, 'template' | 'scheme' | 'crs' | 'maxZoom' | 'versionParam'> {
  /** The layer's name, for `{layer}`. */
  layer: string;
  /** Values of `{s}`. @default those of a range such as `{a-c}`; else 'a', 'b', 'c' */
  subdomains?: readonly string[];
  /** Pixel ratios, for `{r}`. @default '' and '@2x' */
  ratios?: readonly string[];
  /**
   * Versions, for `{version}` or the version's parameter. `undefined` stands for the URL without one.
   * @default [undefined]
   */
  versions?: ReadonlyArray<string | undefined>;
  /** Queries that pages add, such as `?style=night`. @default only the URL itself */
  queries?: readonly string[];
}

/** All URLs of a tile, or why they cannot be listed. */
export type TileUrls = { urls: string[] } | { urls?: undefined; why: string };

const variables = (template: string) => [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);

function subdomainsOf(template: string, given: readonly string[] | undefined): readonly (string | undefined)[] {
  const names = variables(template).filter((name) => slotOf(name) === 's');
  if (!names.length) return [undefined];
  if (given) return given;
  const [from, to] = names[0]!.split('-');
  if (!to) return ['a', 'b', 'c'];
  const [first, last] = [from!.charCodeAt(0), to.charCodeAt(0)];
  return Array.from({ length: Math.max(0, last - first) + 1 }, (_, i) => String.fromCharCode(first + i));
}

/** Returns why the URLs of a template cannot all be listed; `undefined` if they can. */
export function unlistable(template: string): string | undefined {
  if (template.endsWith('*')) return `'*' of ${template} stands for any rest: name {z}, {x}, {y} and the format.`;
  const slots = variables(template).map(slotOf);
  if (slots.some((slot) => slot === 'z' || slot === 'q' || slot === 'bbox')) return undefined;
  return `${template} does not locate a tile: it needs {z}, {x} and {y}, or {quadkey}, or {bbox-epsg-3857}.`;
}

/**
 * Returns every URL of a tile that the layer's templates, subdomains, pixel ratios and versions produce. If the
 * templates leave something open, it returns `why`, and a purge has to go by tag or by layer. Throws `INVALID_TEMPLATE`
 * if a slot has no value, such as `{version}` in a path without versions.
 */
export function tileUrls(options: UrlOptions, tile: TileId): TileUrls {
  const { template = DEFAULT_TEMPLATE, layer, versions = [undefined], queries = [''] } = options;
  const { scheme = 'xyz', crs = 'EPSG:3857', maxZoom = MAX_ZOOM, versionParam = 'v' } = options;
  if (!isInGrid(tile, crs, maxZoom)) return { why: `${tile.z}/${tile.x}/${tile.y} is no tile of ${crs}.` };
  const urls = new Set<string>();
  for (const each of typeof template === 'string' ? [template] : template) {
    const why = unlistable(each);
    // Skip templates of metadata: they have no tile.
    if (why && !each.endsWith('*') && !each.includes('?') && typeof template !== 'string') continue;
    if (why) return { why };
    const slots = variables(each).map(slotOf);
    const ratios = slots.includes('r') ? (options.ratios ?? ['', '@2x']) : [''];
    for (const version of versions)
      for (const subdomain of subdomainsOf(each, options.subdomains))
        for (const ratio of ratios) {
          const values = { layer, tile, scheme, crs, versionParam, version, ratio };
          const url = expandTemplate(each, { ...values, ...(subdomain !== undefined && { subdomain }) });
          for (const query of queries) urls.add(query && url.includes('?') ? `${url}&${query.slice(1)}` : url + query);
        }
  }
  return urls.size ? { urls: [...urls] } : { why: 'No template locates a tile.' };
}
