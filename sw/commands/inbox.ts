import type { Turns } from './turns';

/** Messages that are worked on without a rest for tiles in between. */
const SLICE = 1000;
/** So many at once are no flood. */
const FEW = 50;
/** Milliseconds between two slices of a flood. */
const REST_MS = 25;

/**
 * Takes what pages send. A single message is worked on at once; of a flood only a slice at a time, so that requests for
 * tiles, which queue behind the messages, are answered in between, those first that the messages have overtaken. In the
 * order of arrival; nothing is refused.
 */
export function createInbox(
  sleep: (ms: number) => Promise<void>,
  turns?: Pick<Turns, 'free'>,
): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = [];
  let working = false;

  const run = async () => {
    working = true;
    while (waiting.length > 0) {
      const slice = waiting.splice(0, SLICE);
      for (const start of slice) start();
      await sleep(waiting.length > FEW ? REST_MS : 0);
      if (waiting.length > FEW) await turns?.free();
    }
    working = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(() => void work().then(resolve, reject));
      if (!working) void run();
    });
}
