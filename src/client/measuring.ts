import type { Env } from '../page/env';
import type { ClientEvents, TileCacheClient } from '../page/types';
import type { Settings } from '../page/options';

/** What measuring needs of the client. */
export interface MeasuringParts {
  env: Env;
  settings: Settings;
  on: TileCacheClient['on'];
  versions: () => Record<string, string>;
  closed: AbortSignal;
}

/** Measures the share of pages that `rum.sample` names. What is used before the script is there is kept for it. Never rejects. */
export async function measure({ env, settings: { rum }, on, versions, closed }: MeasuringParts): Promise<void> {
  if (!rum || env.random() >= (rum.sample ?? 1)) return;
  const early: ClientEvents['used'][] = [];
  const stop = on('used', (batch) => void early.push(batch));
  try {
    const { startRum } = await import('../rum/index').finally(stop);
    if (!closed.aborted) startRum({ env, options: rum, early, on, versions, closed });
  } catch {
    // A page without its measurements is a page.
  }
}
