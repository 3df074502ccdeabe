import type { NetworkMode } from '../../src/shared/page-messages';
import { type Addresses, createAddresses } from '../addresses';
import type { VaryEnvironment } from '../http/vary';
import { resolveOptions, type ResolvedOptions, type TileCacheOptions } from '../options';
import { withinMode } from '../origin/within-mode';
import { type Background, createBackground } from '../util/background';
import type { Timers } from '../util/deadline';
import type { Surroundings } from './surroundings';

/** The tools that every part of the cache may use. */
export interface Base extends Addresses, Background {
  /** The surroundings, with the network limited to the mode that the user has chosen (`client.network`). */
  around: Surroundings & Required<Pick<Surroundings, 'onLine'>>;
  resolved: ResolvedOptions;
  timers: Timers;
  env: VaryEnvironment;
  /** Resolves after `ms` milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Milliseconds of a monotonic timer. */
  monotonic: () => number;
}

/** Throws `TileCacheError` for bad options. */
export function createBase(
  options: TileCacheOptions,
  surroundings: Surroundings,
  mode: () => NetworkMode | undefined,
): Base {
  const around = { ...surroundings, ...withinMode(surroundings, mode) };
  const { languages, userAgent, origin, saveData = () => false, setTimeout, clearTimeout } = around;
  const resolved = resolveOptions(options);
  return {
    around,
    resolved,
    timers: { setTimeout, clearTimeout },
    env: { languages, userAgent, origin, saveData },
    sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    monotonic: around.monotonic ?? around.now,
    ...createBackground(),
    ...createAddresses(resolved, around),
  };
}
