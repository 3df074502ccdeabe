import type { LayerOptions } from './layer-options';

/**
 * Windows from published practice, in seconds; spread one into a layer's options.
 * `base`: backgrounds, old beats nothing. `vector`: base data that is republished daily.
 * `poi`: places that change within the hour. `alerts`: nothing beats stale.
 */
export const presets = {
  base: { maxAge: 86400, staleWhileRevalidate: 604800, staleIfError: Infinity },
  vector: { maxAge: 86400, staleWhileRevalidate: 86400, staleIfError: Infinity },
  poi: { maxAge: 60, staleWhileRevalidate: 30, staleIfError: 86400 },
  alerts: { maxAge: 10, staleWhileRevalidate: 5, staleIfError: 0, versionPolicy: 'discard' },
} as const satisfies Record<string, LayerOptions>;
