import type { Binding } from '../adapters/binding';
import { integer, refuse, refuseUnknown, rule } from '../shared/validate';
import { browserEnv } from './browser-env';
import { type PrefetchEnv, runPrefetch } from './run';
import type { Prefetch, PrefetchOptions, TimeSteps } from './types';

const CODE = 'INVALID_OPTION';

const DEFAULTS: Required<Omit<PrefetchOptions, 'signal'>> = {
  ring: 1,
  parents: 1,
  maxTiles: 200,
  maxBytes: 4_000_000,
  share: 0.25,
  concurrency: 2,
  bulk: [],
};

/** Returns the options with every default filled in. Throws `INVALID_OPTION`, which names the option. */
function readOptions({ signal: _, ...given }: PrefetchOptions) {
  refuseUnknown(given, DEFAULTS);
  const options = { ...DEFAULTS, ...given };
  integer(0, 4)(options.ring, 'ring', CODE);
  integer(0, 4)(options.parents, 'parents', CODE);
  integer(1)(options.maxTiles, 'maxTiles', CODE);
  integer(1)(options.maxBytes, 'maxBytes', CODE);
  rule((value) => typeof value === 'number' && value >= 0 && value <= 10, 'a number from 0 to 10')(
    options.share,
    'share',
    CODE,
  );
  integer(1, 6)(options.concurrency, 'concurrency', CODE);
  if (!Array.isArray(options.bulk)) refuse(CODE, 'bulk', 'a list of names of providers');
  return options;
}

/** Checks the steps. Throws `INVALID_OPTION`, which names the option. */
function checkSteps({ values, param, current }: TimeSteps): void {
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
    refuse(CODE, 'steps.values', 'a list of strings');
  if (values.length > 0 && !param && !current)
    refuse(CODE, 'steps.param', 'the parameter of the tile URL that the values are for', 'Pass param, or current.');
}

/**
 * Prefetches tiles that a bound layer will probably need, so that they are stored when the map shows them: tiles around
 * the view, tiles of the view zoomed out, and tiles that the app announces. It requests them at low priority, and only
 * while the view itself is complete, the page is visible, and neither data nor power has to be saved. Needs a worker
 * that controls the page. Throws `INVALID_OPTION`, which names the option.
 */
export function prefetchTiles(binding: Binding, options: PrefetchOptions = {}, env?: PrefetchEnv): Prefetch {
  const read = readOptions(options);
  const prefetch = runPrefetch(binding, read, env ?? browserEnv(binding.client));
  const { signal } = options;
  const stop = () => {
    signal?.removeEventListener('abort', stop);
    prefetch.stop();
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  return {
    ...prefetch,
    stop,
    steps(steps) {
      checkSteps(steps);
      prefetch.steps(steps);
    },
  };
}
