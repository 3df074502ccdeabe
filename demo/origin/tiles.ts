import type { TileId } from '../../src/shared/tile';
import type { DemoLayer } from './layers';
import type { Editions } from './editions';
import { digest } from './seed';

export interface Rendered {
  body: Uint8Array;
  etag: string;
  version: string;
}

const KEPT = 3000;

/** Reads `8/131/84.pbf`, or for images `8/131/84@2x.png`. */
export function parseTilePath(path: string, layer: DemoLayer): (TileId & { size: number }) | undefined {
  const match = /^(\d{1,2})\/(\d{1,6})\/(\d{1,6})(@2x)?\.(\w+)$/.exec(path);
  if (!match || match[5] !== layer.extension || (match[4] && layer.extension !== 'png')) return undefined;
  const [z, x, y] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (z > layer.maxZoom || x >= 2 ** z || y >= 2 ** z) return undefined;
  return { z, x, y, size: match[4] ? 512 : 256 };
}

/** Renders tiles on request, and keeps the last few thousand. */
export function createTiles(layers: Record<string, DemoLayer>, editions: Editions) {
  const kept = new Map<string, Rendered>();
  return (name: string, path: string): Rendered | undefined => {
    const layer = layers[name];
    const tile = layer && parseTilePath(path, layer);
    if (!tile) return undefined;
    const version = editions.version(name);
    const key = `${name}@${version}/${path}`;
    const known = kept.get(key);
    if (known) return known;
    const body = layer.render(tile, editions.edition(name), tile.size);
    const rendered = { body, etag: `W/"${digest(body, 16)}"`, version };
    kept.set(key, rendered);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return rendered;
  };
}
