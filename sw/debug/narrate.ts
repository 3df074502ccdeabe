import type { TileHandler } from '../request/handle-tile';
import { way, type Seen } from './way';

/** The console that receives the log, and the clock for it. */
export interface Narrator {
  console: Pick<Console, 'groupCollapsed' | 'groupEnd' | 'log'>;
  /** Milliseconds. */
  now: () => number;
}

/**
 * Logs to the console how the worker answered each tile: one group per tile, after the background work for its answer
 * has ended. A group names the tile by its key, which holds no secret, and never by its URL.
 */
export function narrate(handle: TileHandler, { console, now }: Narrator): TileHandler {
  return (wanted) => {
    const begun = now();
    const { response, done } = handle(wanted);
    const seen: Seen = { address: wanted.address, request: wanted.request };
    const answered = response.then(
      ({ status, headers, type }) => Object.assign(seen, { status, headers, type, answeredMs: now() - begun }),
      () => Object.assign(seen, { failed: true, answeredMs: now() - begun }),
    );
    const told = Promise.all([answered, done]).then(() => {
      const [title, ...lines] = way({ ...seen, endedMs: now() - begun });
      console.groupCollapsed(title);
      for (const line of lines) console.log(line);
      console.groupEnd();
    });
    return { response, done: told };
  };
}
