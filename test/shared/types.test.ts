import { expect, expectTypeOf, it } from 'vitest';
import type { CacheStatusEntry } from '../../src/shared/cache-status';
import type { LayerOptions } from '../../src/shared/layer-options';
import { presets } from '../../src/shared/presets';
import type { Invalidation } from '../../src/shared/invalidation';
import type { PageMessage } from '../../src/shared/page-messages';
import type { TileRange } from '../../src/shared/range';
import { resolveLayer } from '../../src/shared/resolve-layer';
import type { BBox, TileId } from '../../src/shared/tile';

// Code that must compile, and code that must not: `tsc -p test` checks both.

export const good: LayerOptions[] = [
  {},
  { ...presets.base, template: '/tiles/base/*' },
  { ...presets.alerts, versionPolicy: 'revalidate' },
  { template: ['/a/{z}/{x}/{y}', '/a.json'], accept: ['image/*'] as const, staleIfError: Infinity },
  { partition: (request) => request.headers.get('X-User') ?? undefined },
];

export const bad: LayerOptions[] = [
  // @ts-expect-error an option that does not exist
  { ttl: 60 },
  // @ts-expect-error seconds, no text
  { maxAge: '1d' },
  // @ts-expect-error no such scheme
  { scheme: 'wmts' },
  // @ts-expect-error a word, no flag
  { freshness: true },
  // @ts-expect-error no such policy
  { versionPolicy: 'purge' },
  // @ts-expect-error a pattern would be the user's own regular expression
  { template: /tiles/ },
  // @ts-expect-error the partition is read synchronously
  { partition: async () => 'user' },
  // @ts-expect-error a list
  { secretParams: 'token' },
  // @ts-expect-error leave it out instead
  { maxAge: undefined },
];

export const invalidations: Invalidation[] = [
  { layer: 'roads' },
  { layer: 'roads', bbox: [1, 2, 3, 4], zooms: [0, 5], mode: 'stale' },
  // @ts-expect-error the layer must be named
  { version: '1' },
  // @ts-expect-error three numbers are no box
  { layer: 'roads', bbox: [1, 2, 3] },
  // @ts-expect-error no such mode
  { layer: 'roads', mode: 'soft' },
];

export const messages: PageMessage[] = [
  { type: 'CACHE_INVALIDATE', layer: 'roads' },
  // @ts-expect-error no such message
  { type: 'CACHE_PURGE', layer: 'roads' },
];

export const statuses: CacheStatusEntry[] = [
  { hit: true, ttl: 5 },
  { fwd: 'miss', stored: true },
  // @ts-expect-error hit never beside fwd (RFC 9211 section 2.1)
  { hit: true, fwd: 'miss' },
  // @ts-expect-error no such reason
  { fwd: 'because' },
];

// @ts-expect-error a tile is an object, never a tuple
export const tile: TileId = [3, 4, 5];
// @ts-expect-error boxes are not changed
export const change = (bbox: BBox) => (bbox[0] = 5);
// @ts-expect-error presets are not changed
export const edit = () => (presets.base.maxAge = 5);

it('exports precise types', () => {
  expectTypeOf(resolveLayer('a').maxAge).toEqualTypeOf<number | undefined>();
  expectTypeOf<Pick<Invalidation, 'bbox' | 'zooms' | 'buffer' | 'scope'>>().toExtend<TileRange>();
  expectTypeOf<keyof typeof presets>().toEqualTypeOf<'base' | 'vector' | 'poi' | 'alerts' | 'assets'>();
  for (const options of good) expect(() => resolveLayer('a', options)).not.toThrow();
});
