import type { Env } from '../page/env';
import { onDemand } from './load-on-demand';
import type { ClientEvents, TileCacheClient } from '../page/types';
import type { Settings } from '../page/options';

/** The parts of the client that measuring needs. */
export interface MeasuringParts {
  env: Env;
  settings: Settings;
  on: TileCacheClient['on'];
  versions: () => Record<string, string>;
  offline: () => boolean;
  closed: AbortSignal;
}

/**
 * Measures the share of pages that `rum.sample` names. Keeps uses from before the script has loaded for it. Never
 * rejects.
 */
export async function measure({ settings: { rum }, ...parts }: MeasuringParts): Promise<void> {
  const { env, on, closed } = parts;
  if (!rum || env.random() >= (rum.sample ?? 1)) return;
  const early: ClientEvents['used'][] = [];
  const stop = on('used', (batch) => void early.push(batch));
  try {
    const [{ startRum }, tools] = await Promise.all([import('../rum/index'), onDemand()]).finally(stop);
    if (!closed.aborted) startRum({ ...parts, options: rum, early, tools });
  } catch {
    // The page works without its measurements.
  }
}
