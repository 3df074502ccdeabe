import { beat } from '../versions/begun';
import type { Present } from './present';

/** Seconds between two signs of life of a publication. */
const BEAT = 5;

/** The recorded publications of this process. */
export interface UnderWay {
  /** Gives signs of life under this mark until the returned function is called. */
  start(mark: string): () => void;
  has(mark: string): boolean;
  close(): void;
}

/**
 * Creates the signs of life. Another process resumes a publication without them. A publication continues if its store
 * fails.
 */
export function createUnderWay({ update }: Pick<Present, 'update'>): UnderWay {
  const marks = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tell = () => void update((state) => beat(state, marks)).catch(() => undefined);

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    start(mark) {
      marks.add(mark);
      timer ??= setInterval(tell, BEAT * 1000);
      // Do not let the timer keep a Node process alive. Elsewhere, a timer is a number.
      (timer as { unref?(): void }).unref?.();
      return () => {
        marks.delete(mark);
        if (marks.size === 0) stop();
      };
    },
    has: (mark) => marks.has(mark),
    close: stop,
  };
}
