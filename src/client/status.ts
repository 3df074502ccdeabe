import type { Env } from './env';
import type { TileStatus, TileUse } from '../shared/protocol';
import type { ClientStatus } from './types';

/** Derives the status of a page from what happens. */
export interface StatusBoard {
  status(): ClientStatus;
  used(uses: readonly TileUse[]): void;
  /** The layer's tiles are being exchanged. */
  updating(layer: string): void;
  /** Something else of the status may have changed. */
  touch(): void;
}

/** Distinct tiles of a layer that count as used lately. */
const LATELY = 128;
/** Milliseconds that a layer counts as updating at most. */
const UPDATE_TIME = 30_000;
/** Milliseconds in which changes are gathered to one event. */
const BATCH = 250;

interface LayerBoard {
  tiles: Map<string, { status: TileStatus; age: number; at: number }>;
  updatingUntil: number;
}

/** Creates a board; `rest` gives what is known elsewhere, `emit` hears each change, gathered. */
export function createStatusBoard(
  env: Pick<Env, 'now' | 'setTimeout'>,
  rest: () => Omit<ClientStatus, 'layers'> & { versions: Record<string, string> },
  emit: (status: ClientStatus) => void,
): StatusBoard {
  const boards = new Map<string, LayerBoard>();
  let timer: unknown;
  let last = '';

  function board(layer: string): LayerBoard {
    const found = boards.get(layer) ?? { tiles: new Map(), updatingUntil: 0 };
    boards.set(layer, found);
    return found;
  }

  function layerStatus(
    version: string | undefined,
    { tiles, updatingUntil }: LayerBoard,
  ): ClientStatus['layers'][string] {
    const counts = { hit: 0, stale: 0, miss: 0, revalidated: 0, error: 0 };
    const ages: number[] = [];
    for (const { status, age, at } of tiles.values()) {
      counts[status] += 1;
      // What stays on screen grows older there.
      if (status !== 'error') ages.push(age + Math.max(0, Math.floor((env.now() - at) / 1000)));
    }
    ages.sort((a, b) => a - b);
    return {
      version,
      counts,
      oldest: ages.at(-1),
      median: ages[ages.length >> 1],
      updating: updatingUntil > env.now(),
    };
  }

  function status(): ClientStatus {
    const { versions, ...others } = rest();
    const names = new Set([...Object.keys(versions), ...boards.keys()]);
    names.delete('*');
    const entries = [...names].map(
      (name) => [name, layerStatus(versions[name] ?? versions['*'], board(name))] as const,
    );
    return { ...others, layers: Object.fromEntries(entries) };
  }

  function tell(): void {
    timer = undefined;
    const now = status();
    const text = JSON.stringify(now);
    if (text === last) return;
    last = text;
    emit(now);
  }

  function touch(): void {
    timer ??= env.setTimeout(tell, BATCH);
  }

  return {
    status,
    touch,
    used(uses) {
      for (const { layer, tile, status, age } of uses) {
        if (!tile) continue;
        const { tiles } = board(layer);
        const key = `${tile.z}/${tile.x}/${tile.y}`;
        tiles.delete(key);
        tiles.set(key, { status, age, at: env.now() });
        if (tiles.size > LATELY) tiles.delete(tiles.keys().next().value as string);
        if (status !== 'stale' && status !== 'error') board(layer).updatingUntil = 0;
      }
      touch();
    },
    updating(layer) {
      board(layer).updatingUntil = env.now() + UPDATE_TIME;
      touch();
      env.setTimeout(touch, UPDATE_TIME);
    },
  };
}
