import type { ClientEvents } from '../page/types';
import type { BindingClient } from './binding-client';
import type { Swapper } from './swapper';
import { isRefusedStatus } from '../shared/refused-status';
import { throttle } from './throttle';

/** The result of an adapter's look at the screen. */
export interface ScreenState {
  /** Keys of the tiles that failed to load. */
  missing: string[];
  /** True while tiles are being loaded, which may still fail. */
  busy: boolean;
}

/** Watches the screen for failed tiles until it is stopped. */
export interface MissingWatch {
  /** Call this when tiles may have failed, arrived or left. */
  look(): void;
  stop(): void;
}

/**
 * Returns true if these reports show that the layer's origin has answered. "Forbidden" does not count, nor a body that
 * turned out to be no tile after the worker had counted a `miss`: other tiles would get the same.
 */
export function fetchedOf(layer: string, { uses, validations = [] }: ClientEvents['used']): boolean {
  if (validations.some(({ layer: of, failed, status }) => of === layer && failed && status === 'miss')) return false;
  const fetched = uses.some(
    ({ layer: of, status, code, originFailed }) =>
      of === layer && (status === 'miss' || status === 'revalidated') && !originFailed && !isRefusedStatus(code),
  );
  return fetched || validations.some(({ layer: of, failed }) => of === layer && !failed);
}

const LOOK_EVERY = 250;
const LOOK_AGAIN = 1000;

/**
 * Watches for failed tiles on the screen and makes the swapper request them again; at once when the layer's origin
 * answers anything, or when the network or the page comes back. Looks when the library reports something, and again
 * while a tile is loading or missing, because no library reports every failure.
 */
export function watchMissing(
  client: Pick<BindingClient, 'on'>,
  layer: string,
  swapper: Pick<Swapper, 'missing' | 'answered' | 'retry'>,
  screen: () => ScreenState,
): MissingWatch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    clearTimeout(timer);
    const { missing, busy } = screen();
    swapper.missing(missing);
    timer = busy || missing.length ? setTimeout(run, LOOK_AGAIN) : undefined;
  };
  const look = throttle(run, LOOK_EVERY);
  const visible = () => {
    if (document.visibilityState !== 'visible') return;
    swapper.retry();
    look();
  };
  const stop = client.on('used', (news) => {
    if (fetchedOf(layer, news)) swapper.answered();
    if (news.uses.some(({ layer: of, status }) => of === layer && status === 'error')) look();
  });
  document.addEventListener('visibilitychange', visible);
  look();
  return {
    look,
    stop() {
      stop();
      look.cancel();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', visible);
    },
  };
}
