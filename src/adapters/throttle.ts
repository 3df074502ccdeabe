/** A throttled function: it runs at once, and again at the end of each interval in which it was called. */
export interface Throttled {
  (): void;
  cancel(): void;
}

/** Runs `run` at most once in `interval` milliseconds. The last call always takes effect. */
export function throttle(run: () => void, interval: number): Throttled {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const tick = () => {
    timer = again ? setTimeout(tick, interval) : undefined;
    if (again) run();
    again = false;
  };
  const throttled = () => {
    if (timer !== undefined) return void (again = true);
    timer = setTimeout(tick, interval);
    run();
  };
  return Object.assign(throttled, {
    cancel() {
      clearTimeout(timer);
      timer = undefined;
      again = false;
    },
  });
}
