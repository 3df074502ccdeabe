import type { Timers } from '../util/deadline';
import { BACKGROUND } from './limiter';

/** Milliseconds after which the worker gives up a request that no page waits for. */
const UNWANTED_MS = 60_000;

/** The watch over one request. */
export interface Unwanted {
  begin(): void;
  end(): void;
  readonly gaveUp: boolean;
}

/**
 * Gives up a request that hangs while nobody waits for it; as long as a page does, it goes on as it would without us.
 */
export function watchUnwanted(
  urgency: () => number | undefined,
  giveUp: () => void,
  { setTimeout, clearTimeout }: Timers,
): Unwanted {
  let timer: unknown;
  let gaveUp = false;
  const look = () => {
    if ((urgency() ?? BACKGROUND) < BACKGROUND) return begin();
    gaveUp = true;
    giveUp();
  };
  const end = () => timer !== undefined && clearTimeout(timer as never);
  const begin = () => {
    end();
    timer = setTimeout(look, UNWANTED_MS);
  };
  return {
    begin,
    end,
    get gaveUp() {
      return gaveUp;
    },
  };
}
