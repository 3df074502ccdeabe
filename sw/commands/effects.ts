import type { WorkerMessage } from '../../src/shared/worker-messages';
import type { Ledger } from '../ledger/ledger';
import { recordOf } from '../ledger/state';
import { summed } from '../pages/news';
import type { Pages } from '../pages/pages';
import { coalesce } from '../util/coalesce';
import type { Effects } from './commands';
import type { TileCaches, WhichCaches } from './tile-caches';

interface EffectsTools {
  ledger: Pick<Ledger, 'state'>;
  pages: Pick<Pages, 'tell'>;
  /** Takes work that continues after an ack. */
  later: (work: Promise<unknown>) => void;
}

/** Selects caches that no lookup reads any more. They remain if the worker stops between a rule and its effects. */
export const unreachableBy =
  (ledger: Pick<Ledger, 'state'>): WhichCaches =>
  ({ layer, version }) => {
    const { state } = ledger;
    if (!state) return false;
    const { cache, kept } = recordOf(state, layer);
    return version !== cache && !kept.includes(version);
  };

/** Creates the function that carries out a ledger change's effects: it deletes caches, then informs the pages. */
export function createEffects(
  { ledger, pages, later }: EffectsTools,
  caches: Pick<TileCaches, 'drop'>,
): (effects: Effects) => Promise<void> {
  let news: WorkerMessage[] = [];
  const tellNews = coalesce(async () => {
    const messages = news;
    news = [];
    await pages.tell(...summed(messages));
  });

  return async ({ drop, tell }) => {
    if (drop.length > 0) {
      const layers = ledger.state?.layers;
      const isNamed = (cache: string, layer: string) => (layer === '*' ? !layers?.has(cache) : layer === cache);
      await caches.drop((cache) =>
        drop.some(({ layer, version }) => cache.version === version && isNamed(cache.layer, layer)),
      );
    }
    if (tell.length > 0) {
      news.push(...tell);
      later(tellNews());
    }
  };
}
