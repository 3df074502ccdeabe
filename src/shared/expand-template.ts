import { mercatorBox } from './mercator-box';
import { quadkey } from './quadkey';
import { badTemplate } from './template';
import { slotOf } from './template-slots';
import type { TileCrs, TileId } from './tile';
import { flipRow } from './tile-math';

/** The values that fill a template's slots. */
export interface TemplateValues {
  layer?: string;
  /** In XYZ numbering. */
  tile?: TileId;
  /** Goes to `{version}`, or else becomes the parameter `versionParam`. */
  version?: string | undefined;
  /** @default 'xyz' */
  scheme?: 'xyz' | 'tms';
  /** @default 'EPSG:3857' */
  crs?: TileCrs;
  /** @default 'v' */
  versionParam?: string;
  /** For `{s}`. @default 'a', or the first of a range such as `{1-4}` */
  subdomain?: string;
  /** For `{r}`, such as `@2x`. @default '' */
  ratio?: string;
  /** For `*`. @default `z/x/y` of the tile */
  rest?: string;
}

/**
 * The URL of a tile by its template, still relative where the template is.
 * Throws `TileCacheError` INVALID_TEMPLATE when a slot has no value.
 */
export function expandTemplate(template: string, values: TemplateValues): string {
  const { tile, version, layer, scheme, crs = 'EPSG:3857', subdomain, ratio = '', versionParam = 'v' } = values;
  const south = tile && flipRow(crs, tile.z, tile.y);
  const y = scheme === 'tms' ? south : tile?.y;
  const fill = new Map<string, string | number | undefined>([
    ['z', tile?.z],
    ['x', tile?.x],
    ['y', y],
    ['-y', south],
    ['q', tile && quadkey(tile)],
    ['bbox', tile && mercatorBox(tile)],
    ['r', ratio],
    ['layer', layer && encodeURIComponent(layer)],
    ['version', version && encodeURIComponent(version)],
    ['*', values.rest ?? (tile ? `${tile.z}/${tile.x}/${y}` : '')],
  ]);
  const url = template
    .replace(/\?\*$/, '')
    // A parameter waits for its version; a segment of a path cannot.
    .replace(/([?&])[^?&=]+=\{version\}(&|$)/, (param, before, after) => (version ? param : after && before))
    .replace(/\{([^{}]*)\}|\*$/g, (found, name = '*') => {
      const slot = name === '*' ? name : (slotOf(name) ?? '');
      if (slot === 's') return subdomain ?? (name === 's' ? 'a' : name[0]);
      return String(fill.get(slot) ?? badTemplate('template', template, `needs a value for ${found}`));
    });
  if (!version || template.includes('{version}')) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${encodeURIComponent(versionParam)}=${fill.get('version')}`;
}
