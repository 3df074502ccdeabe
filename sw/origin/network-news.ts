import type { NoticeMessage } from '../../src/shared/worker-messages';
import { coalesce } from '../util/coalesce';
import type { Pages } from '../pages/pages';

/** Milliseconds for which changes collect. Reports of tiles from before a change reach the pages first. */
const COLLECT_MS = 250;
/** Milliseconds between two reports: a network that comes and goes has maps request their failed tiles each time. */
const PAUSE_MS = 5000;

/**
 * Returns the function that tells pages of changes of the layers' networks: the newest state of each layer, after a
 * pause of five seconds at most. Browsers stop no worker within that time.
 */
export function createNetworkNews(
  tell: Pages['tell'],
  sleep: (ms: number) => Promise<void>,
): (layer: string, offline: boolean) => void {
  const news = new Map<string, NoticeMessage>();
  const report = coalesce(async () => {
    await sleep(COLLECT_MS);
    const told = tell(...news.values());
    news.clear();
    await told;
    await sleep(PAUSE_MS);
  });
  return (layer, offline) => {
    news.set(layer, { type: 'TILE_NOTICE', notice: offline ? 'offline' : 'online', layer });
    void report();
  };
}
