import type { failure } from '../page/failure';
import type { TileCacheError } from '../shared/errors';
import type { RegionInfo } from '../shared/regions';
import type { KnownRegions } from './known-regions';

const ENDED: ReadonlySet<string> = new Set(['complete', 'incomplete', 'failed']);

/** Resolves once the region is complete. Rejects with the reason if it cannot become so. */
export function untilComplete(
  { get, on }: KnownRegions,
  id: string,
  own: { failure: typeof failure; TileCacheError: typeof TileCacheError },
): Promise<RegionInfo> {
  return new Promise((resolve, reject) => {
    const gone = () => {
      reject(own.failure('ABORTED', `The region ${id} was removed.`, 'Save it again.'));
      stop();
    };
    const look = (info: RegionInfo) => {
      if (info.id !== id) return;
      if (info.state === 'complete') resolve(info);
      else if (info.error) reject(new own.TileCacheError(info.error));
      else if (info.state === 'incomplete') {
        const message = `${info.failed} of ${info.total} tiles of ${id} failed.`;
        reject(own.failure('NETWORK_FAILED', message, 'Resume the region.'));
      } else return;
      stop();
    };
    const stops = [on('progress', look), on('removed', (info) => info.id === id && gone())];
    const stop = () => stops.forEach((each) => each());
    const info = get(id);
    if (info) look(info);
    else gone();
  });
}

/** Calls `cancel` if the signal aborts while the region is being saved. Later, the signal has no effect. */
export function cancelOn({ get, on }: KnownRegions, signal: AbortSignal, id: string, cancel: () => void): void {
  const abort = () => {
    stop();
    cancel();
  };
  const stops = [
    on('statechange', (info) => info.id === id && ENDED.has(info.state) && stop()),
    on('removed', (info) => info.id === id && stop()),
  ];
  const stop = () => {
    for (const each of stops) each();
    signal.removeEventListener('abort', abort);
  };
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  else if (ENDED.has(get(id)?.state ?? '')) stop();
}
