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

/** Names that engines and loaders look up on any object. They must not throw. */
const ASKED_OF_ANY: ReadonlySet<string> = new Set(['then', 'toJSON', '$$typeof', 'nodeType', 'asymmetricMatch']);

/**
 * Ready-made policies, with times in seconds. Spread one into a layer's options. `base`: backgrounds, where an old tile is
 * better than none. `vector`: base data that is published daily. `poi`: places that change within the hour. `alerts`:
 * warnings, where no tile is better than an old one. `assets`: the other files of a map (style, TileJSON, sprites,
 * glyphs), with `template: 'https://maps.example/*'`. An unknown name throws `INVALID_OPTION`, because spreading `undefined`
 * would make a layer without windows.
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
