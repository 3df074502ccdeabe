import type { ClientEvents } from '../page/types';
import type { BindingClient } from './binding-client';
import type { Swapper } from './swapper';
import { throttle } from './throttle';

/** The result of an adapter's look at the screen. */
export interface ScreenState {
  /** Keys of the tiles that failed to load. */
  missing: string[];
  /** True while tiles are being loaded, which may still fail. */
  busy: boolean;
}

/** Looks at the screen for tiles that failed, until it is stopped. */
export interface MissingWatch {
  /** The library said something by which tiles may have failed, come or left. */
  look(): void;
  stop(): void;
}

/** True where the layer's origin has answered something. */
export function fetchedOf(layer: string, { uses, validations = [] }: ClientEvents['used']): boolean {
  const fetched = uses.some(
    ({ layer: of, status, originFailed }) =>
      of === layer && (status === 'miss' || status === 'revalidated') && !originFailed,
  );
  return fetched || validations.some(({ layer: of, failed }) => of === layer && !failed);
}

const LOOK_EVERY = 250;
const LOOK_AGAIN = 1000;

/**
 * Has the swapper ask again for tiles on the screen that failed, at once when the layer's origin answers anything or
 * the network or the page comes back. It looks when the library has news, and again while something loads or is missing:
 * no library tells of every failure.
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
