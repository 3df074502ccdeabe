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
  /** Work behind an ack. */
  later: (work: Promise<unknown>) => void;
}

/** Caches that no tile is looked up in any more: a stop between a rule and its effects leaves them behind. */
export const unreachableBy =
  (ledger: Pick<Ledger, 'state'>): WhichCaches =>
  ({ layer, version }) => {
    const { state } = ledger;
    if (!state) return false;
    const { cache, kept } = recordOf(state, layer);
    return version !== cache && !kept.includes(version);
  };

/** Makes the function that carries out what a change of the ledger entails: caches go, then pages hear of it. */
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
