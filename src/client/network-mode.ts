import type { Env } from '../page/env';
import type { NetworkMode } from '../shared/page-messages';

/** Whether people let page and worker use the network. */
export interface NetworkSwitch {
  mode(): NetworkMode;
  /** The network may not be used: switched off, or metered where only unmetered ones may be. */
  isOff(): boolean;
  /** The worker, which keeps the mode, is told elsewhere. */
  switchTo(mode: NetworkMode): void;
  /** Takes over what the worker kept. */
  learn(mode: NetworkMode): void;
}

/** `switched` is called after each change that was not just learnt. */
export function createNetworkSwitch(browser: Pick<Env, 'metered'>, switched: () => void): NetworkSwitch {
  let now: NetworkMode = 'on';
  return {
    mode: () => now,
    isOff: () => now === 'off' || (now === 'unmetered' && browser.metered?.() === true),
    switchTo(mode) {
      if (mode === now) return;
      now = mode;
      switched();
    },
    learn: (mode) => void (now = mode),
  };
}
