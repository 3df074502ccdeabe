import type { Channel } from '../worker/channel';
import { browserEnv, patience, untilClosed, type Env } from '../page/env';
import { createEmitter } from '../page/events';
import type { Commands } from './commands';
import { lazyMethods } from './lazy-methods';
import { loaded } from './loaded';
import { createListener } from './messages';
import { createHolding } from './holding';
import { createObeying, readNoted } from './obeying';
import { createReachability } from './reachability';
import { measure } from './measuring';
import { createNetworkSwitch } from './network-mode';
import { regionLoader, regionMethods } from './region-methods';
import { stayAwake } from './stay-awake';
import { readOptions } from '../page/options';
import type { WorkerStatus } from '../shared/answers';
import type { ClientOrders } from '../shared/manifest';
import type { NetworkMode } from '../shared/page-messages';
import { createStatusBoard } from './status';
import type { ClientEvents, ClientState, TileCacheClient, TileCacheClientOptions } from '../page/types';
import { createViews } from './views';
import { createWatching } from './watching';
import { createVersionBook } from '../versions/version-book';
import { createWorkerLink } from '../worker/worker-link';

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
  const [mode, isOff, switchTo, learn] = createNetworkSwitch(browser, () => {
    watching.current()?.networkChanged();
    // With the network back, let maps request tiles again that the worker answered without it.
    if (!isOff()) emit('notice', { notice: 'online' });
    board.touch();
  });
  const env: Env = { ...untilClosed(browser, closed), onLine: () => !isOff() && browser.onLine() };
  let state: ClientState = 'pending';
  let message: string | undefined;

  function follow(): void {
    const previous = state;
    state = link.state;
    watching.current()?.workerChanged();
    if (state !== previous) emit('statechange', { state, previous, error: link.error });
  }

  const { serviceWorker, ...others } = settings;
  const { tokens, off } = await readNoted(env, serviceWorker);
  const link = createWorkerLink(env, off ? others : settings, follow, closed, (error) => {
    // Also warn on the console: the page may have no listener, and seems to work as if nothing were wrong.
    console.warn(`sw-tile-cache: ${error.message} ${error.remedy}`, error.cause ?? '');
    emit('updatefailed', { error });
  });
  const book = createVersionBook((change) => emit('versionchange', change));
  const views = createViews((view) => link.active()?.postMessage({ ...view, type: 'TILE_VIEWPORT' }));
  const versions = () => Object.fromEntries(book.entries().map(([layer, { version }]) => [layer, version]));
  const [reach, confirmed, workerTold] = createReachability(env, on);
  const board = createStatusBoard(
    env,
    () => ({
      ...{ state, ...reach(), network: mode(), checks: !!settings.versions && !isOff(), versions: versions() },
      ...(message && { message }),
    }),
    (status) => emit('status', status),
  );
  const [hold, letGo] = createHolding(env, link, on, closed);
  const channel = async (): Promise<Channel> =>
    (await loaded(import('./on-demand'))).createChannel(env, link, settings.timeout, closed);
  const commands = async () => (await loaded(import('./on-demand'))).workerCommands(channel, env.href);
  const recalled = (orders: ClientOrders | undefined) => {
    message = orders?.message;
    board.touch();
  };
  const act = createObeying({
    env,
    settings,
    scope: () => link.scope,
    failed: () => link.error !== undefined && !link.active(),
    told: (done) => emit('ordered', done),
    noted: tokens,
    off,
  });
  const obey = (orders: ClientOrders | undefined) => {
    recalled(orders);
    act(orders);
  };

  const regions = regionLoader({ env, scope: () => link.scope, channel, on, closed });

  async function meetWorker(): Promise<void> {
    await link.settled;
    if (!link.active()) return;
    hold();
    const status = await (await channel()).send<WorkerStatus>({ type: 'TILE_STATUS' });
    book.sync(status);
    if (status.network) learn(status.network);
    workerTold(status.offline);
    board.touch();
    if (status.regions) (await regions()).drive();
  }

  const met = patience(env, meetWorker(), PATIENCE);
  const checked = (at: number) => {
    confirmed(at);
    board.touch();
  };
  const failures = () => reach().failures;
  const watching = createWatching({
    env,
    link,
    book,
    settings,
    emit,
    checked,
    obey,
    recalled,
    isOff,
    closed,
    failures,
    met,
  });

  // If tiles bypass the worker, the page does not hear of them, and could not tell when the update is over.
  const updating = ({ layer }: { layer: string }) => void (state === 'active' && board.updating(layer));
  on('versionchange', updating);
  on('invalidated', updating);
  on('used', ({ uses, validations }) => board.used(uses, validations));
  on('versioncheck', board.touch);
  // Views told while there was no worker are lost: tell them again.
  on('statechange', views.again);
  on('statechange', hold);
  on('statechange', board.touch);
  on('notice', ({ notice, detail }) => {
    if (notice === 'network') switchTo(detail as NetworkMode);
    // The worker asks again only for tiles that a map shows, and a map that stands still tells its view once.
    if (notice === 'versionmismatch') views.again();
    board.touch();
  });
  stayAwake(env, link, on);
  const until = { signal: closed };
  env.window.addEventListener('online', () => void watching.start().then(board.touch), until);
  env.window.addEventListener('offline', board.touch, until);
  env.container?.addEventListener('message', createListener(link, book, views, emit), until);
  // The browser holds messages back while the page loads, unless the page starts them.
  env.container?.startMessages();
  void measure({ env, settings, on, versions, closed });

  // The watch also reads what earlier pages knew.
  await patience(env, Promise.all([met, watching.start()]), PATIENCE);

  return {
    ...regionMethods(regions),
    ...lazyMethods<Commands>('invalidate workerStatus usage inspect entries trace inspector moveIn', commands),
    get state() {
      return state;
    },
    get error() {
      return link.error;
    },
    on,
    version: (layer) => book.get(layer)?.version,
    async check() {
      await watching.start();
      await watching.current()?.check();
    },
    status: board.status,
    async clear(which) {
      letGo();
      await (await channel()).send({ ...which, type: 'TILE_CLEAR' });
    },
    network: async (mode) => {
      await (await channel()).send({ type: 'TILE_NETWORK', mode });
      switchTo(mode);
    },
    viewport(view) {
      board.viewport(view);
      views.set(view);
    },
    close() {
      closing.abort();
      close();
    },
  };
}
