import type { Env } from '../page/env';
import { describeScreen } from '../screen/describe';
import type { TileUse, TileValidation } from '../shared/tile-use';
import type { ClientStatus } from '../page/types';
import { createLayerBoard, type LayerBoard, UPDATE_TIME } from './layer-board';
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

/** Seconds: the badge's threshold if it has none of its own. */
const HOUR = 3600;
/** Milliseconds for which changes are gathered into one event. */
const BATCH = 250;

/** The facts of a status that others than the board know. */
type KnownElsewhere = Omit<ClientStatus, 'layers'> & { versions: Record<string, string> };

/** Fields that grow by themselves. */
const TICKS: ReadonlySet<string> = new Set(['since', 'age', 'ttl', 'checked']);

/** Creates a board; `rest` returns the facts known elsewhere, `emit` gets the gathered changes. */
export function createStatusBoard(
  env: Pick<Env, 'now' | 'monotonic' | 'setTimeout'>,
  rest: () => KnownElsewhere,
  emit: (status: ClientStatus) => void,
): StatusBoard {
  const boards = new Map<string, LayerBoard>();
  let timer: unknown;
  let last = '';

  function board(layer: string): LayerBoard {
    const found = boards.get(layer) ?? createLayerBoard(env);
    boards.set(layer, found);
    return found;
  }

  const status = () => statusOf(rest(), boards.keys(), board, env.now());

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
      for (const use of uses) if (use.tile) board(use.layer).used(use.tile, use);
      for (const validation of validations) boards.get(validation.layer)?.validated(validation);
      touch();
    },
    viewport(view) {
      board(view.layer).viewport(view);
      touch();
    },
    updating(layer) {
      board(layer).updating();
      touch();
      env.setTimeout(touch, UPDATE_TIME);
    },
  };
}

/** Derives the status of the page from what is known elsewhere and the layers' boards. */
function statusOf(
  { versions, ...others }: KnownElsewhere,
  names: Iterable<string>,
  board: (layer: string) => LayerBoard,
  now: number,
): ClientStatus {
  const all = new Set([...Object.keys(versions), ...names]);
  all.delete('*');
  const layers = Object.fromEntries(
    [...all].map((name) => [name, board(name).status(versions[name] ?? versions['*'])]),
  );
  const screens = Object.values(layers).map(({ shown: tiles = [], version, updating }) => ({
    tiles,
    version,
    updating,
  }));
  const { offline, checkedAt, failures } = others;
  const summary = describeScreen({ layers: screens, offline, checkedAt, failures, now, threshold: HOUR });
  return { ...others, summary, layers };
}
