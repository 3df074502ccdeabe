import type { Env } from '../page/env';
import type { NetworkMode } from '../shared/page-messages';

/**
 * Tracks whether the user lets page and worker use the network. Calls `switched` after each change, also one of the
 * connection, except for a mode learnt from the worker.
 */
export function createNetworkSwitch(
  { metered, connection }: Pick<Env, 'metered' | 'connection'>,
  closed: AbortSignal,
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
  let was = false;
  const isOff = () => now === 'off' || (now === 'unmetered' && !!metered?.());
  const learn = (mode: NetworkMode) => {
    now = mode;
    was = isOff();
  };
  // The event also tells of each new estimate of the bandwidth.
  connection?.addEventListener('change', () => was !== (was = isOff()) && switched(), { signal: closed });
  return [
    () => now,
    isOff,
    (mode) => {
      if (mode === now) return;
      learn(mode);
      switched();
    },
    learn,
  ];
}
