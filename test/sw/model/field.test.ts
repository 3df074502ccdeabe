import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { explore, FIXED_SEED, FRESH_SEED, LIMIT, RUNS, SEED } from './explore';
import { USER } from './network-model';
import { TILES } from './origin-model';
import { clock, invalidate, publish, weather } from './random-steps';
import type { Databases, Step } from './run-model';

// Plays what the first model leaves out: versions in URLs, variants, users, answers that say nothing about the tile, and the
// real ledger and index on databases that may hang.

const steps = (styles: readonly string[]): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        do: fc.constant('get' as const),
        tile: fc.constantFrom(0, 0, 0, 1, TILES.length - 1),
        token: fc.constantFrom('none' as const, 'current' as const, 'current' as const, 'older' as const),
        style: fc.constantFrom(...styles),
        user: fc.constantFrom('ann', 'ann', 'ann', 'bob'),
      }),
    },
    {
      weight: 3,
      arbitrary: publish,
    },
    { weight: 1, arbitrary: fc.constant({ do: 'rollback' as const }) },
    { weight: 3, arbitrary: fc.constant({ do: 'manifest' as const }) },
    {
      weight: 4,
      arbitrary: invalidate,
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('clear' as const), user: fc.constantFrom('ann', 'bob') }) },
    {
      weight: 3,
      arbitrary: weather('ok', 'ok', '500', '503', '404', 'network', 'truncated'),
    },
    {
      weight: 3,
      arbitrary: clock(1, 6, 12, 25, 70, -30),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'lose-ledger' as const }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('hang' as const), hangs: fc.boolean() }) },
    { weight: 5, arbitrary: fc.constant({ do: 'settle' as const }) },
  );

const partition = (request: Request) => request.headers.get(USER) ?? undefined;
/** `styles`: the values of the request header by which the origin's tiles vary. */
const worlds: Record<string, { layer: LayerOptions; styles: string[]; oneKey?: boolean }> = {
  'zero configuration': { layer: { partition }, styles: ['light'], oneKey: true },
  variants: { layer: { partition }, styles: ['light', 'light', 'dark'] },
  'a version parameter, discard': {
    layer: { partition, versionParam: 'v', versionPolicy: 'discard' },
    styles: ['light'],
    oneKey: true,
  },
  'a version parameter, serve-stale': {
    layer: { partition, versionParam: 'v', versionPolicy: 'serve-stale', freshness: 'version', maxAge: 30 },
    styles: ['light'],
    oneKey: true,
  },
};
/** The share of runs. With real databases, a run takes several times as long. */
const share: Record<Databases, number> = { modelled: 1 / 24, real: 1 / 20 };

/** Real databases and new seeds are only for long runs by hand: `MODEL_RUNS=20000`. */
const BY_HAND = process.env['MODEL_RUNS'] !== undefined || SEED !== undefined;

describe.each(BY_HAND ? (['modelled', 'real'] as const) : (['modelled'] as const))(
  'P1 to P7 in the field, a %s ledger',
  (databases) => {
    for (const [name, { layer, styles, oneKey = false }] of Object.entries(worlds)) {
      const step = steps(styles);
      const runs = RUNS * share[databases];
      it.skipIf(SEED !== undefined)(`${name}, with a fixed seed`, { timeout: LIMIT }, async () => {
        const { hits } = await explore({
          layer,
          step,
          seed: FIXED_SEED,
          runs,
          databases,
          scheduledHashes: true,
          oneKey: oneKey && databases === 'modelled',
        });
        // A model in which nothing is ever cached proves nothing. A short run may have too few hits to tell.
        if (runs > 200) expect(hits).toBeGreaterThan(runs / 20);
      });
      it.runIf(BY_HAND)(`${name}, with a new seed`, { timeout: LIMIT }, async () => {
        await explore({
          layer,
          step,
          seed: FRESH_SEED,
          runs: SEED === undefined ? runs / 5 : RUNS,
          databases,
          scheduledHashes: true,
          oneKey: oneKey && databases === 'modelled',
        });
      });
    }
  },
);
