import { createNetworkHealth } from '../origin/health';
import { createNetworkNews } from '../origin/network-news';
import { createPages } from '../pages/pages';
import { createViewports } from '../origin/viewports';
import type { Base } from './base';

export type Showing = ReturnType<typeof createShowing>;

/** Creates the parts that track where pages look and that send messages to them. */
export function createShowing({ around, sleep, later }: Base) {
  const { now, random, clients, onLine } = around;
  const viewports = createViewports(now, async (id) => (await clients.get?.(id))?.type);
  const pages = createPages({ clients, now, sleep, shows: viewports.shows });
  const health = createNetworkHealth({
    now,
    random,
    onLine,
    onChange: createNetworkNews(pages.tell, sleep),
  });
  const onBroken = (error: unknown) =>
    later(pages.notice({ notice: 'storagefailed', detail: String((error as Error | undefined)?.name ?? 'unknown') }));
  return { viewports, pages, health, onBroken };
}
