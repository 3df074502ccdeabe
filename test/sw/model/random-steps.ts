import fc from 'fast-check';
import type { Step } from './run-model';

type Of<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

const part = fc.constantFrom('all' as const, 'box' as const);

/** The origin publishes new data, for all tiles or for a box. */
export const publish: fc.Arbitrary<Of<'publish'>> = fc.record({ do: fc.constant('publish' as const), part });

/** A page invalidates tiles. `tell`: the command names the origin's version. */
export const invalidate: fc.Arbitrary<Of<'invalidate'>> = fc.record({
  do: fc.constant('invalidate' as const),
  part,
  mode: fc.constantFrom('purge' as const, 'stale' as const),
  tell: fc.boolean(),
});

/** The origin begins to answer in one of these ways. A way that is named twice comes twice as often. */
export const weather = (...ways: Of<'weather'>['weather'][]): fc.Arbitrary<Of<'weather'>> =>
  fc.record({ do: fc.constant('weather' as const), weather: fc.constantFrom(...ways) });

/** The device's clock moves by one of these numbers of seconds. */
export const clock = (...seconds: number[]): fc.Arbitrary<Of<'clock'>> =>
  fc.record({ do: fc.constant('clock' as const), seconds: fc.constantFrom(...seconds) });
