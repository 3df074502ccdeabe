import { nearest } from './nearest';

/** The slots that a template may contain, by the names that the map libraries use. */
export const SLOTS = ['layer', 's', 'z', 'x', 'y', 'r', 'version', '-y', 'q', 'bbox'] as const;
export type Slot = (typeof SLOTS)[number];

/** The groups of slots that locate a tile. A template must have all slots of exactly one group. */
export const PLACES: ReadonlyArray<readonly Slot[]> = [['z', 'x', 'y'], ['z', 'x', '-y'], ['q'], ['bbox']];

const ALIASES: Readonly<Record<string, Slot>> = { quadkey: 'q', 'bbox-epsg-3857': 'bbox', ratio: 'r' };

/** Returns the slot that a template variable names. `{a-c}` and `{0-3}` are OpenLayers' subdomains. */
export function slotOf(name: string): Slot | undefined {
  if (/^([a-z]-[a-z]|\d-\d)$/.test(name)) return 's';
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name];
  return name === 'bbox' ? undefined : SLOTS.find((slot) => slot === name);
}

/** Template variables of other programs, by the one that they mean here. */
const MEANT: ReadonlyArray<readonly [meant: string, words: string]> = [
  ['{-y}', 'tms y- invy inverty invertedy inverted_y reversey reverse_y flipy flippedy yt tmsy tms_y y_tms ytms'],
  ['{z}', 'zoom level lod tilematrix tile_matrix zoomlevel zl'],
  ['{x}', 'col column tilecol tile_col tilecolumn longitude lon lng'],
  ['{y}', 'row tilerow tile_row latitude lat'],
  ['{s}', 'subdomain subdomains sub switch shard server host domain abc'],
  ['{r}', 'retina scale dpr dppx hidpi pixelratio pixel_ratio @2x 2x'],
  ['{quadkey}', 'quad quadkeys qk tilekey tileid'],
  [
    '{bbox-epsg-3857}',
    'bbox bounds extent bbox-epsg-4326 bbox-epsg-900913 bbox3857 proj-bbox west south east north minx miny maxx maxy xmin ymin xmax ymax',
  ],
  ['{layer}', 'name id layername layer_name layers tileset dataset source'],
  ['{version}', 'v ver rev revision hash build etag timestamp'],
  ["'*' at the end", 'rest path * ** any file filename fontstack range'],
];

/** Template variables of other programs for a value that is the same for the whole layer: the template must contain the value. */
const FIXED =
  /^(ext|format|fileformat|variant|style|styleid|theme|type|tilematrixset|size|tilesize|lang|language|culture|time|width|height|crs|srs|prefix)$/i;
const SECRET = /key|token|secret|session|^(appid|app_id|app_code|tk|ak|sku)$/i;

/** Returns the remedy for an unknown template variable. It names the right one if it can tell. */
export function meantBy(name: string): string {
  // Also understand `{ z }`, and `{z:02}` of printf.
  const lower = name.toLowerCase().split(':', 1)[0]!.trim();
  const meant =
    MEANT.find(([, words]) => words.split(' ').includes(lower))?.[0] ?? (slotOf(lower) ? `{${lower}}` : undefined);
  if (meant) return `Did you mean ${meant}?`;
  if (SECRET.test(name)) return `Leave the parameter out: a URL may have parameters that the template does not name.`;
  if (FIXED.test(name)) return `Write the value itself in place of {${name}}.`;
  const near = nearest(name, ['layer', 'version', 'quadkey', 'bbox-epsg-3857', 'ratio']);
  return near ? `Did you mean {${near}}?` : '';
}
