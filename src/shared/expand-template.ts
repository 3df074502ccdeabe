import { mercatorBox } from './mercator-box';
import { quadkey } from './quadkey';
import { badTemplate } from './template';
import { slotOf } from './template-slots';
import type { TileCrs, TileId } from './tile';
import { flipRow } from './tile-math';

/** Slots whose values take more than a look. */
const PLACED: Partial<Record<string, (tile: TileId) => string>> = { q: quadkey, bbox: mercatorBox };

/** The values that fill a template's slots. */
export interface TemplateValues {
  layer?: string;
  /** The tile, in XYZ numbering. */
  tile?: TileId;
  /** The version, for `{version}`. If the template has no such slot, it becomes the parameter `versionParam`. */
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

/** Returns the URL of a tile. It is relative if the template is. Throws `INVALID_TEMPLATE` if a slot has no value. */
export function expandTemplate(template: string, values: TemplateValues): string {
  const { tile, version, layer, scheme, crs = 'EPSG:3857', subdomain, ratio = '', versionParam = 'v' } = values;
  const south = tile && flipRow(crs, tile.z, tile.y);
  const y = scheme === 'tms' ? south : tile?.y;
  const fill = new Map<string, string | number | undefined>([
    ['z', tile?.z],
    ['x', tile?.x],
    ['y', y],
    ['-y', south],
    ['r', ratio],
    ['layer', layer && encodeURIComponent(layer)],
    ['version', version && encodeURIComponent(version)],
    ['*', values.rest ?? (tile ? `${tile.z}/${tile.x}/${y}` : '')],
  ]);
  const url = template
    .replace(/\?\*$/, '')
    // Without a version, leave a parameter out. A path segment cannot be left out, and throws.
    .replace(/([?&])[^?&=]+=\{version\}(&|$)/, (param, before, after) => (version ? param : after && before))
    .replace(/\{([^{}]*)\}|\*$/g, (found, name = '*') => {
      const slot = name === '*' ? name : (slotOf(name) ?? '');
      if (slot === 's') return subdomain ?? (name === 's' ? 'a' : name[0]);
      const value = tile && PLACED[slot] ? PLACED[slot](tile) : fill.get(slot);
      return String(value ?? badTemplate('template', template, `needs a value for ${found}`));
    });
  if (!version || template.includes('{version}')) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${encodeURIComponent(versionParam)}=${fill.get('version')}`;
}
