import type { Channel } from '../worker/channel';
import { browserEnv, patience, untilClosed, type Env } from '../page/env';
import { createEmitter } from '../page/events';
import { connect } from './connect';
import { linkWorker } from './link-worker';
import { onDemand } from './load-on-demand';
import { createHolding } from './holding';
import { createObeying, readNoted } from './obeying';
import { createReachability } from './reachability';
import { measure } from './measuring';
import { meetWorker } from './meet-worker';
import { createNetworkSwitch } from './network-mode';
import { publicClient } from './public-client';
import { regionLoader } from './region-methods';
import { readOptions } from '../page/options';
import { createStatusBoard } from './status';
import type { ClientEvents, TileCacheClient, TileCacheClientOptions } from '../page/types';
import { createViews } from './views';
import { createWatching } from './watching';
import { createVersionBook } from '../versions/version-book';

/** Milliseconds after which `createTileCacheClient` resolves, whatever the worker does. */
const PATIENCE = 3000;

/**
 * Creates the client, the page's side of the tile cache: it registers the worker, checks the versions, and reports changes to
 * the worker and the page. The map need not wait for it. Resolves within 3 seconds, whether or not there is a worker. Rejects
 * only if an option is wrong, with a `TileCacheError` `INVALID_OPTION` that names the field. `browser` is for tests.
 */
export async function createTileCacheClient(
  options: TileCacheClientOptions = {},
  browser: Env = browserEnv(),
): Promise<TileCacheClient> {
  const settings = readOptions(options, browser.href);
  const closing = new AbortController();
  const closed = closing.signal;
  const { on, emit, close } = createEmitter<ClientEvents>();
  const [mode, isOff, switchTo, learn] = createNetworkSwitch(browser, closed, () => {
    watching.current()?.networkChanged();
    // With the network back, let maps request tiles again that the worker answered without it.
    if (!isOff()) emit('notice', { notice: 'online' });
    board.touch();
  });
  const env: Env = { ...untilClosed(browser, closed), onLine: () => !isOff() && browser.onLine() };
  const base = { env, settings, on, emit, closed };

  const noted = await readNoted(env, settings.serviceWorker);
  const [link, state] = linkWorker(base, noted.off, () => watching.current()?.workerChanged());
  const book = createVersionBook((change) => emit('versionchange', change));
  const views = createViews((view) => link.active()?.postMessage({ ...view, type: 'TILE_VIEWPORT' }));
  const [reach, confirmed, workerTold] = createReachability(env, on);
  const board = createStatusBoard(
    env,
    () => ({
      ...{ state: state(), ...reach(), network: mode(), checks: !!settings.versions && !isOff() },
      ...{ versions: book.versions(), ...orders.message() },
    }),
    (status) => emit('status', status),
  );
  const orders = createObeying(base, link, noted, board.touch);
  const letGo = createHolding(base, link);
  const channel = async (): Promise<Channel> => (await onDemand()).createChannel(env, link, settings.timeout, closed);
  const regions = regionLoader({ env, scope: () => link.scope, channel, on, closed });

  const meeting = meetWorker(link, channel, regions, (status) => {
    book.sync(status);
    if (status.network) learn(status.network);
    workerTold(status.offline);
    board.touch();
  });
  const met = patience(env, meeting, PATIENCE);
  const checked = (at: number) => {
    confirmed(at);
    board.touch();
  };
  const parts = { ...base, link, state, book, views, board, channel, regions, letGo, switchTo };
  const watching = createWatching({ ...parts, ...orders, checked, isOff, met, reach });
  connect(parts, watching);
  void measure({ ...base, versions: book.versions, offline: () => reach().offline });

  // The watch also reads what earlier pages knew.
  await patience(env, Promise.all([met, watching.start()]), PATIENCE);
  return publicClient(parts, watching, () => {
    closing.abort();
    close();
  });
}
