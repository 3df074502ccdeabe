import type { Turns } from './turns';

/** The members of a tile that matter for loading. MapLibre writes the loaded data onto the tile. */
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

/** Tells MapLibre that a load brought nothing new. */
const UNMODIFIED = { unmodified: true };

/** Loaded data that is not shown yet. */
export interface HeldLoads {
  /** True if a load failed. MapLibre would remove the tile if this were shown. */
  failed: boolean;
  show(): void;
  /** Discards the data; the tiles stay as they are. */
  forget(): void;
}

/** Holds the loads of a source back from the screen. */
export interface LoadGate {
  /** Refreshes tiles. Resolves with their new data once all of it is loaded. */
  collect(refresh: () => void): Promise<HeldLoads>;
  /** Restores the source's own `loadTile`. */
  release(): void;
}

/**
 * Wraps the source's `loadTile`. Data that is collected, or loaded while other tiles wait, appears when it is its turn.
 */
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
        // MapLibre starts loading before this call returns.
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

/**
 * Loads into a shadow object of the tile, which receives everything that MapLibre writes. MapLibre draws the tile as
 * before until `show` copies all of it at once.
 */
function hold(source: LoadingSource, load: LoadingSource['loadTile'], tile: LoadingTile): Held {
  const hidden = { writable: true, configurable: true };
  const shadow = Object.create(tile, {
    // Keep the drawn data.
    unloadVectorData: { ...hidden, value() {} },
    reloadPromise: { ...hidden, value: null },
    // Share the abort controller: MapLibre must still be able to abort the load of a tile that leaves the map.
    abortController: {
      configurable: true,
      get: () => tile.abortController,
      set: (controller: AbortController) => void (tile.abortController = controller),
    },
  }) as LoadingTile;
  // Fix the state: MapLibre's handling of the response depends on it.
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
        // Unload the drawn vector data before the new data replaces them.
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
