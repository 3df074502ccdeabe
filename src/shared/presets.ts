import { TileCacheError } from './errors';
import type { LayerOptions } from './layer-options';
import { nearest } from './nearest';

const known = {
  base: { maxAge: 86400, staleWhileRevalidate: 604800, staleIfError: Infinity },
  vector: { maxAge: 86400, staleWhileRevalidate: 86400, staleIfError: Infinity },
  poi: { maxAge: 60, staleWhileRevalidate: 30, staleIfError: 86400 },
  assets: { maxAge: 3600, staleWhileRevalidate: 2592000, staleIfError: Infinity },
  alerts: { maxAge: 10, staleWhileRevalidate: 5, staleIfError: 0, versionPolicy: 'discard' },
} as const satisfies Record<string, LayerOptions>;

/** Names that engines and loaders ask any object for. */
const ASKED_OF_ANY: ReadonlySet<string> = new Set(['then', 'toJSON', '$$typeof', 'nodeType', 'asymmetricMatch']);

/**
 * Windows from published practice, in seconds; spread one into a layer's options.
 * `base`: backgrounds, old beats nothing. `vector`: base data that is republished daily.
 * `poi`: places that change within the hour. `alerts`: nothing beats stale.
 * `assets`: what a map needs besides tiles (style, TileJSON, sprites, glyphs): `template: 'https://maps.example/*'`.
 * Spreading a name that is none of these would make a layer without windows: it throws `INVALID_OPTION` instead.
 */
export const presets: typeof known = new Proxy(known, {
  get(target, name, receiver) {
    if (typeof name === 'string' && !(name in target) && !ASKED_OF_ANY.has(name)) refusePreset(name);
    return Reflect.get(target, name, receiver) as unknown;
  },
});

function refusePreset(name: string): never {
  const names = Object.keys(known);
  const near = /* @__PURE__ */ nearest(name, names);
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: `presets.${name}`.slice(0, 256),
    message: `presets.${name.slice(0, 64)} is unknown`,
    remedy: near ? `Did you mean presets.${near}?` : `Use one of ${names.join(', ')}.`,
  });
}
