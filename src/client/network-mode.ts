import type { Env } from '../page/env';
import type { NetworkMode } from '../shared/page-messages';

/**
 * Tracks whether the user lets page and worker use the network. Calls `switched` after each change, except for a mode
 * learnt from the worker.
 */
export function createNetworkSwitch(
  browser: Pick<Env, 'metered'>,
  switched: () => void,
): [
  mode: () => NetworkMode,
  /** True if the network may not be used: it is switched off, or metered where only unmetered networks are allowed. */
  isOff: () => boolean,
  /** Switches the mode of the page. Other code tells the worker, which keeps the mode. */
  switchTo: (mode: NetworkMode) => void,
  /** Takes over the mode that the worker kept. */
  learn: (mode: NetworkMode) => void,
] {
  let now: NetworkMode = 'on';
  return [
    () => now,
    () => now === 'off' || (now === 'unmetered' && browser.metered?.() === true),
    (mode) => {
      if (mode === now) return;
      now = mode;
      switched();
    },
    (mode) => void (now = mode),
  ];
}
