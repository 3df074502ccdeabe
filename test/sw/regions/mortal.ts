import type { TileCacheOptions } from '../../../sw/options';
import { regions } from '../../../sw/regions';
import type { RegionWorld } from './world';

const never = new Promise<never>(() => {});

/** Starts a worker that is stopped at its n-th storage or network step. */
export function mortal(world: RegionWorld, steps: number): Promise<void> {
  let left = steps;
  return mortalWhen(world, () => {
    left -= 1;
    return left < 0;
  });
}

/**
 * Starts a worker that is stopped at the first storage or network step at which `ends` returns true. From then on, no step
 * has an effect or settles. Resolves when it is stopped.
 */
export function mortalWhen(
  world: RegionWorld,
  ends: () => boolean,
  options: TileCacheOptions = { layers: { roads: { maxAge: 60 } } },
): Promise<void> {
  let over = false;
  let die = () => {};
  const dead = new Promise<void>((resolve) => (die = resolve));
  const step = async () => {
    over ||= ends();
    if (!over) return;
    die();
    await never;
  };
  const guarded = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const value = Reflect.get(of, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          await step();
          const result = (await (value as (...given: unknown[]) => unknown).apply(of, given)) as object;
          return name === 'open' ? guarded(result) : result;
        };
      },
    });
  const { answer } = world;
  world.worker = world.start(
    { ...options, regions: regions() },
    {
      caches: guarded(world.caches) as never,
      fetch: async (request) => {
        await step();
        const { url, method, headers, cache } = request;
        world.asked.push({ url, method, headers, cache });
        return answer(request);
      },
      estimate: async () => ({ usage: 0, quota: 1e9 }),
    },
  );
  return dead;
}
