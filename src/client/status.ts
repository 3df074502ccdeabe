import type { Env } from '../page/env';
import { describeScreen } from '../screen/describe';
import { factsOf, recordUse, recordValidation, type TileRecord } from '../screen/tile-facts';
import type { TileUse, TileValidation } from '../shared/tile-use';
import type { TileId } from '../shared/tile';
import type { ClientStatus } from '../page/types';
import { onScreen } from './on-screen';
import type { PageView } from './views';

/** Derives the status of a page from its events. */
export interface StatusBoard {
  status(): ClientStatus;
  used(uses: readonly TileUse[], validations?: readonly TileValidation[]): void;
  /** Notes where the layer's map looks: only tiles there are on the screen. */
  viewport(view: PageView): void;
  /** Notes that the layer's tiles are being replaced. */
  updating(layer: string): void;
  /** Notes that another part of the status may have changed. */
  touch(): void;
}

/** The most distinct tiles of a layer to remember, on the screen or not, and the most that count as used lately. */
const REMEMBERED = 1000;
const LATELY = 128;
/** Seconds: the badge's threshold if it has none of its own. */
const HOUR = 3600;
/** Milliseconds that a layer counts as updating at most. */
const UPDATE_TIME = 30_000;
/** Milliseconds for which changes are gathered into one event. */
const BATCH = 250;

/** Fields that grow by themselves. */
const TICKS: ReadonlySet<string> = new Set(['since', 'age', 'ttl', 'checked']);

interface LayerBoard {
  tiles: Map<string, { tile: TileId; record: TileRecord }>;
  updatingUntil: number;
  /** Where each of the page's maps looks. */
  views: Map<string, PageView>;
}

/** Creates a board; `rest` returns the facts known elsewhere, `emit` gets the gathered changes. */
export function createStatusBoard(
  env: Pick<Env, 'now' | 'monotonic' | 'setTimeout'>,
  rest: () => Omit<ClientStatus, 'layers'> & { versions: Record<string, string> },
  emit: (status: ClientStatus) => void,
): StatusBoard {
  const boards = new Map<string, LayerBoard>();
  let timer: unknown;
  let last = '';

  function board(layer: string): LayerBoard {
    const found = boards.get(layer) ?? { tiles: new Map(), updatingUntil: 0, views: new Map() };
    boards.set(layer, found);
    return found;
  }

  function layerStatus(version: string | undefined, layer: LayerBoard): ClientStatus['layers'][string] {
    const counts = { hit: 0, stale: 0, miss: 0, revalidated: 0, error: 0 };
    const lately = [...layer.tiles.values()].slice(-LATELY);
    const all = [...layer.tiles.values()];
    const shown = layer.views.size
      ? [...new Set([...layer.views.values()].flatMap((view) => onScreen(all, view)))]
      : lately;
    for (const { record } of lately) counts[record.status] += 1;
    const tiles = shown.map(({ tile, record }) => ({ tile, ...factsOf(record, env) }));
    // Tiles that stay on the screen grow older there.
    const ages = tiles.flatMap(({ age }) => (age === undefined ? [] : [Math.floor(age)])).sort((a, b) => a - b);
    return {
      version,
      counts,
      oldest: ages.at(-1),
      median: ages[ages.length >> 1],
      updating: layer.updatingUntil > env.now(),
      shown: tiles,
    };
  }

  function status(): ClientStatus {
    const { versions, ...others } = rest();
    const names = new Set([...Object.keys(versions), ...boards.keys()]);
    names.delete('*');
    const entries = [...names].map(
      (name) => [name, layerStatus(versions[name] ?? versions['*'], board(name))] as const,
    );
    const layers = Object.fromEntries(entries);
    const screens = Object.values(layers).map(({ shown: tiles = [], version, updating }) => ({
      tiles,
      version,
      updating,
    }));
    const { offline, checkedAt, failures } = others;
    const now = env.now();
    const summary = describeScreen({ layers: screens, offline, checkedAt, failures, now, threshold: HOUR });
    return { ...others, summary, layers };
  }

  function tell(): void {
    timer = undefined;
    const now = status();
    // A field that only ticks is no change to report.
    const text = JSON.stringify(now, (key, value: unknown) => (TICKS.has(key) ? undefined : value));
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
    used(uses, validations = []) {
      for (const use of uses) {
        const { layer, tile, status } = use;
        if (!tile) continue;
        const { tiles } = board(layer);
        const key = `${tile.z}/${tile.x}/${tile.y}`;
        const before = tiles.get(key)?.record;
        tiles.delete(key);
        tiles.set(key, { tile, record: recordUse(before, use, env) });
        if (tiles.size > REMEMBERED) tiles.delete(tiles.keys().next().value as string);
        if (status !== 'stale' && status !== 'error') board(layer).updatingUntil = 0;
      }
      for (const validation of validations) {
        const { layer, tile } = validation;
        const entry = tile && boards.get(layer)?.tiles.get(`${tile.z}/${tile.x}/${tile.y}`);
        if (entry) entry.record = recordValidation(entry.record, validation, env);
      }
      touch();
    },
    viewport(view) {
      const { views } = board(view.layer);
      // In another grid than Web Mercator, nothing tells which tiles a view holds.
      if (view.closed || view.crs) views.delete(view.map ?? '');
      else views.set(view.map ?? '', view);
      touch();
    },
    updating(layer) {
      board(layer).updatingUntil = env.now() + UPDATE_TIME;
      touch();
      env.setTimeout(touch, UPDATE_TIME);
    },
  };
}
