import type { Turns } from './turns';

/** The members of a tile that matter for its loading; MapLibre writes onto the tile what it has loaded. */
interface LoadingTile {
  state: string;
  aborted?: boolean;
  abortController?: AbortController;
  hasData(): boolean;
  unloadVectorData?(): void;
  reloadPromise?: { resolve(): void; reject(reason: unknown): void } | null;
}

/** The part of a source that loads tiles: the same since MapLibre 5.5. */
export interface LoadingSource {
  loadTile(tile: LoadingTile): Promise<unknown>;
}

/** The answer that tells MapLibre that a load brought nothing new. */
const UNMODIFIED = { unmodified: true };

/** The loaded data that is not shown yet. */
export interface HeldLoads {
  /** True where a load failed: shown, MapLibre would take the tile down. */
  failed: boolean;
  show(): void;
  /** The tiles stay as they are. */
  forget(): void;
}

/** A source whose loads can be kept from the screen. */
export interface LoadGate {
  /** Has tiles refreshed; resolves with what is new when all of it is loaded. */
  collect(refresh: () => void): Promise<HeldLoads>;
  /** Gives the source its own `loadTile` back. */
  release(): void;
}

/** Wraps the source's `loadTile`: what is collected, or asked for while others wait, is shown when it is its turn. */
export function gateLoads(source: LoadingSource, turns: Pick<Turns, 'holding' | 'guest'>): LoadGate {
  const original = source.loadTile;
  const own = Object.hasOwn(source, 'loadTile');
  let collected: Held[] | undefined;
  const diverted = (tile: LoadingTile) => {
    if (!collected && !turns.holding) return original.call(source, tile);
    const held = hold(source, original, tile);
    if (collected) collected.push(held);
    else {
      const turn = turns.guest();
      void held.loaded.then(() => turn(held.show));
    }
    return held.shown;
  };
  source.loadTile = diverted;

  return {
    async collect(refresh) {
      const loads: Held[] = (collected = []);
      try {
        // MapLibre begins to load before this returns.
        refresh();
      } finally {
        collected = undefined;
      }
      const outcomes = await Promise.all(loads.map(({ loaded }) => loaded));
      return {
        failed: outcomes.includes('failed'),
        show: () => loads.forEach(({ show }) => show()),
        forget: () => loads.forEach(({ forget }) => forget()),
      };
    },
    release() {
      if (source.loadTile !== diverted) return;
      if (own) source.loadTile = original;
      else delete (source as Partial<LoadingSource>).loadTile;
    },
  };
}

interface Held {
  loaded: Promise<'loaded' | 'failed'>;
  /** The promise that MapLibre waits for. */
  shown: Promise<unknown>;
  show(): void;
  forget(): void;
}

/** Loads into a shadow of the tile, which takes what is written; the tile is drawn as before until it gets all of it at once. */
function hold(source: LoadingSource, load: LoadingSource['loadTile'], tile: LoadingTile): Held {
  const hidden = { writable: true, configurable: true };
  const shadow = Object.create(tile, {
    // The drawn data must not be destroyed yet.
    unloadVectorData: { ...hidden, value() {} },
    reloadPromise: { ...hidden, value: null },
    // A tile that leaves the map is still to be aborted.
    abortController: {
      configurable: true,
      get: () => tile.abortController,
      set: (controller: AbortController) => void (tile.abortController = controller),
    },
  }) as LoadingTile;
  // MapLibre's handling of an answer depends on it, whatever happens to the tile meanwhile.
  shadow.state = tile.state;
  let settle!: { resolve(result: unknown): void; reject(reason: unknown): void };
  const shown = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }));
  let finish = () => {};
  const loaded = load.call(source, shadow).then(
    (result) => {
      finish = () => settle.resolve(result);
      return 'loaded' as const;
    },
    (reason: unknown) => {
      finish = () => settle.reject(reason);
      return 'failed' as const;
    },
  );
  const discard = (of: LoadingTile) => {
    delete (of as Partial<LoadingTile>).unloadVectorData;
    if (Object.hasOwn(of, 'buckets')) of.unloadVectorData?.();
  };
  return {
    loaded,
    shown,
    show() {
      if (tile.aborted) discard(shadow);
      else {
        // Loaded vector data take the place of those that were drawn.
        if (Object.hasOwn(shadow, 'collisionBoxArray') && tile.hasData()) tile.unloadVectorData?.();
        Object.assign(tile, shadow);
      }
      finish();
      const { reloadPromise } = tile;
      if (!reloadPromise) return;
      tile.reloadPromise = null;
      source.loadTile(tile).then(() => reloadPromise.resolve(), reloadPromise.reject);
    },
    forget() {
      discard(shadow);
      if (!tile.aborted && tile.hasData()) tile.state = 'loaded';
      settle.resolve(UNMODIFIED);
    },
  };
}
