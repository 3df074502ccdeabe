import { createChannel } from './channel';
import { browserEnv, hash, listen, type Env } from './env';
import { createEmitter } from './events';
import { failure } from './failure';
import { readOptions, type Settings } from './options';
import type { TileUse, WorkerMessage, WorkerStatus } from './shared/protocol';
import { createStatusBoard } from './status';
import type { ClientEvents, ClientState, TileCacheClient, TileCacheClientOptions } from './types';
import { createVersionBook } from './version-book';
import type { VersionWatch } from './version-watch';
import { createWorkerLink } from './worker-link';

/** Milliseconds after which the client is handed out whatever the worker does. */
const PATIENCE = 3000;

/**
 * Creates the page's side of the tile cache: registers the worker, watches the versions, tells both sides of changes.
 * The map need not wait for it. Rejects with `TileCacheError` INVALID_OPTION for bad options, naming the field, and for
 * nothing else; resolves within 3 seconds, whether or not there is a worker. `env` is for tests.
 */
export async function createTileCacheClient(options: TileCacheClientOptions = {}, env: Env = browserEnv()): Promise<TileCacheClient> {
  const settings = readOptions(options, env.href);
  const closing = new AbortController();
  const closed = closing.signal;
  const { on, emit, close } = createEmitter<ClientEvents>();
  let state: ClientState = 'pending';
  let workerOffline = false;
  let checkedAt: number | undefined;
  let failures = 0;
  let watching: Promise<void> | undefined;
  let watch: VersionWatch | undefined;

  const link = createWorkerLink(env, settings, () => {
    const previous = state;
    state = link.state;
    watch?.workerChanged();
    if (state !== previous) emit('statechange', { state, previous, ...(link.error !== undefined && { error: link.error }) });
  });
  const channel = createChannel(env, link, settings.timeout, closed);
  const book = createVersionBook((change) => emit('versionchange', change));
  const versions = () => Object.fromEntries(book.entries().map(([layer, { version }]) => [layer, version]));
  const board = createStatusBoard(
    env,
    () => ({ state, offline: workerOffline || !env.onLine(), checkedAt, failures, versions: versions() }),
    (status) => emit('status', status),
    closed,
  );

  function onMessage({ data, source }: MessageEvent<WorkerMessage | null>): void {
    if (!data || !link.owns(source)) return;
    switch (data.type) {
      case 'VERSION_CHANGED':
        return book.heard(data);
      case 'TILES_UPDATED':
        return emit('tilesupdated', { layer: data.layer, tiles: data.tiles });
      case 'TILES_INVALIDATED': {
        const { type: _, ...detail } = data;
        return emit('invalidated', detail);
      }
      case 'TILES_USED':
        return emit('used', { uses: data.uses });
      case 'TILE_NOTICE': {
        const { type: _, ...detail } = data;
        if (/line$/.test(detail.notice)) workerOffline = detail.notice === 'offline';
        return emit('notice', detail);
      }
      default:
        // Another package's message, or a newer worker's.
        data satisfies never;
    }
  }

  on('versionchange', ({ layer }) => board.updating(layer));
  on('invalidated', ({ layer }) => board.updating(layer));
  on('used', ({ uses }) => board.used(uses));
  on('versioncheck', (outcome) => {
    failures = outcome.ok ? 0 : outcome.failures;
    if (outcome.ok) ({ checkedAt } = outcome);
    board.touch();
  });
  on('statechange', board.touch);
  on('notice', board.touch);
  const undo = [
    listen(env.window, 'online', () => void startWatch().then(board.touch)),
    listen(env.window, 'offline', board.touch),
  ];
  if (env.container) {
    undo.push(listen(env.container, 'message', onMessage as (event: Event) => void));
    // Messages to a page that is still loading are held back until then.
    env.container.startMessages();
  }
  if (settings.rum && env.random() < (settings.rum.sample ?? 1)) measure(settings.rum).catch(() => {});

  async function measure(rum: NonNullable<Settings['rum']>): Promise<void> {
    const early: TileUse[] = [];
    const stop = on('used', ({ uses }) => void early.push(...uses));
    const { startRum } = await import('./rum/index').finally(stop);
    if (!closed.aborted) startRum({ env, options: rum, early, on, versions, closed });
  }

  async function meetWorker(): Promise<void> {
    await link.settled;
    if (!link.active()) return;
    const status = await channel.send<WorkerStatus>({ type: 'TILE_STATUS' });
    book.sync(status);
    workerOffline = status.offline;
    board.touch();
  }

  /** Loads the watch of the versions, once; when that fails (offline, not precached), the next occasion tries again. */
  function startWatch(): Promise<void> {
    const begin = async () => {
      if (!settings.versions && !env.href.includes('tileVersion=')) return;
      try {
        const loading = import('./version-watch');
        await Promise.allSettled([met, loading]);
        const { startVersionWatch } = await loading;
        if (!closed.aborted) watch = startVersionWatch({ env, channel, link, book, settings: settings.versions, name: nameOf(settings), emit, closed });
      } catch (cause) {
        watching = undefined;
        emit('versioncheck', { ok: false, failures: ++failures, error: failure('NETWORK_FAILED', 'A script failed to load.', 'Precache it.', cause) });
      }
    };
    return (watching ??= begin());
  }

  const met = patience(env, meetWorker());
  await patience(env, startWatch());

  return {
    get state() {
      return state;
    },
    on,
    version: (layer) => book.get(layer)?.version,
    async check() {
      await startWatch();
      await watch?.check();
    },
    status: board.status,
    invalidate: (invalidation, { signal } = {}) => channel.send({ ...invalidation, type: 'CACHE_INVALIDATE' }, signal),
    clear: async (which) => void (await channel.send({ ...which, type: 'TILE_CLEAR' })),
    workerStatus: () => channel.send({ type: 'TILE_STATUS' }),
    usage: () => channel.send({ type: 'TILE_USAGE' }),
    viewport: (view) => channel.post({ ...view, type: 'TILE_VIEWPORT' }),
    close() {
      closing.abort();
      link.close();
      close();
      for (const run of undo) run();
    },
  };
}

/** Pages with the same worker and endpoint share checks. Hashed: an address may hold a secret. */
function nameOf({ serviceWorker, registration, versions }: Settings): string {
  return `tile-cache:${hash([versions?.url, serviceWorker, registration?.scope].join(' '))}`;
}

/** Waits for `work`, failed or not, but not for long. */
function patience(env: Env, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = env.setTimeout(resolve, PATIENCE);
    const end = () => {
      env.clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}
