import { badTemplate } from './template';
import type { TileId } from './tile';
import { flipY } from './tile-math';

/** What fills a template's slots. */
export interface TemplateValues {
  layer?: string;
  /** In XYZ numbering. */
  tile?: TileId;
  /** Goes to `{version}`, or else becomes the parameter `versionParam`. */
  version?: string | undefined;
  /** @default 'xyz' */
  scheme?: 'xyz' | 'tms';
  /** @default 'v' */
  versionParam?: string;
  /** For `{s}`. @default 'a' */
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
  const { tile, version, layer, scheme, subdomain = 'a', ratio = '', versionParam = 'v' } = values;
  const y = tile && (scheme === 'tms' ? flipY(tile.z, tile.y) : tile.y);
  const fill = new Map<string, string | number | undefined>([
    ['z', tile?.z],
    ['x', tile?.x],
    ['y', y],
    ['s', subdomain],
    ['r', ratio],
    ['layer', layer && encodeURIComponent(layer)],
    ['version', version && encodeURIComponent(version)],
    ['*', values.rest ?? (tile ? `${tile.z}/${tile.x}/${y}` : '')],
  ]);
  const url = template
    .replace(/\?\*$/, '')
    // A parameter waits for its version; a segment of a path cannot.
    .replace(/([?&])[^?&=]+=\{version\}(&|$)/, (param, before, after) => (version ? param : after && before))
    .replace(/\{([^{}]*)\}|\*$/g, (slot, name = '*') =>
      String(fill.get(name) ?? badTemplate('template', template, `needs a value for ${slot}`)),
    );
  if (!version || template.includes('{version}')) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${encodeURIComponent(versionParam)}=${fill.get('version')}`;
}
