import type { Screen } from './screen';

/** Looks at the screen before each frame while something is going on. */
export interface Frames {
  /** Looks before the next frame. */
  wake(): void;
  /** Looks before every frame for a while, because something has happened. */
  happened(): void;
  /** Sleeps until the next call of `wake` or `happened`. */
  sleep(): void;
  /** Sleeps for good. */
  end(): void;
}

/** Milliseconds after an event during which every frame is examined. */
const AWAKE = 1000;

/** `busy`: returns whether the next frame is needed, although nothing has happened. */
export function createFrames(screen: Pick<Screen, 'now' | 'frame'>, look: () => void, busy: () => boolean): Frames {
  let awakeUntil = screen.now() + AWAKE;
  let cancel: (() => void) | undefined;
  let ended = false;

  const tick = () => {
    cancel = undefined;
    look();
    if (busy() || screen.now() < awakeUntil) wake();
  };
  const wake = () => {
    if (!ended) cancel ??= screen.frame(tick);
  };
  const sleep = () => {
    cancel?.();
    cancel = undefined;
  };
  return {
    wake,
    happened() {
      awakeUntil = screen.now() + AWAKE;
      wake();
    },
    sleep,
    end() {
      ended = true;
      sleep();
    },
  };
}
