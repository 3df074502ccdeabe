import type { TileTurns } from './turns';

/** The most messages to process before a pause for tiles. */
const SLICE = 1000;
/** With more waiting messages than this, it is a flood. */
const FEW = 50;
/** Milliseconds between two slices of a flood. */
const REST_MS = 25;

/**
 * Processes pages' messages in the order of arrival and refuses none. It starts a single message at once, and a flood
 * in slices. Between slices the worker answers the requests for tiles that queue behind the messages, beginning with
 * those whose answers the messages have superseded.
 */
export function createInbox(
  sleep: (ms: number) => Promise<void>,
  turns?: Pick<TileTurns, 'free'>,
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
