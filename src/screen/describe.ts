import type { TileFacts } from './tile-facts';

/**
 * What is to be said of a screen, the most urgent first. `offline`: no network; `missing`: tiles that did not come at all;
 * `updating`: new tiles are on their way; `old`: not proven fresh, and older than the threshold, of another version than the
 * one in force, or without an answer from the origin; `failing`: the version endpoint does not answer; `unknown`: nothing is
 * known of what is shown; `current`: none of that.
 */
export type TileAgeState = 'offline' | 'missing' | 'updating' | 'old' | 'failing' | 'unknown' | 'current';

/** What is on the screen, of one layer. */
export interface LayerScreen {
  /** What is known of each tile on the screen. */
  tiles: readonly TileFacts[];
  /** The version in force. */
  version: string | undefined;
  /** New tiles are on their way after a change. */
  updating: boolean;
}

/** Everything that the words depend on. */
export interface Screen {
  /** The layers on the screen. */
  layers: readonly LayerScreen[];
  /** Page or worker find the network dead. */
  offline: boolean;
  /** Epoch milliseconds of the last successful version check. */
  checkedAt: number | undefined;
  /** Version checks failed in a row. */
  failures: number;
  /** Epoch milliseconds. */
  now: number;
  /** Seconds from which on a tile that is not proven fresh counts as old. */
  threshold: number;
}

/** What a screen comes to. */
export interface ScreenSummary {
  state: TileAgeState;
  /** Seconds; of the oldest tile that the state speaks of. Undefined where its age is not known. */
  age: number | undefined;
  /** Seconds since the last successful version check. */
  checked: number | undefined;
  /** Tiles on the screen that are known of, holes included. */
  tiles: number;
  /** Of these, the ones that did not come. */
  missing: number;
}

/** One check that fails may be chance. */
const FAILING = 2;
/** Seconds in which a tile that was answered stale is validated behind its answer, or never. */
const VALIDATED_BY = 30;
/** Seconds since a good check in which it confirms the version, however small the threshold. */
const LATELY = 600;
/** Seconds; a longer age was reckoned with a clock that was wrong. */
const LONGEST = 10 * 365 * 86_400;

type Tile = TileFacts & { of: LayerScreen };

/** Sums up what is on the screen. Pure; the one place where it is decided what people read. */
export function describeScreen(screen: Screen): ScreenSummary {
  const { layers, offline, failures, threshold } = screen;
  const checked = checkedFor(screen);
  const all = layers.flatMap((of) => of.tiles.map((tile): Tile => ({ ...tile, of })));
  const shown = all.filter((tile) => !tile.missing);
  const missing = all.length - shown.length;
  const summary = (state: TileAgeState, of: readonly Tile[] = shown): ScreenSummary => ({
    state,
    age: oldestOf(of),
    checked,
    tiles: all.length,
    missing,
  });

  if (offline) return summary('offline');
  if (missing > 0) return summary('missing');
  const confirmed = failures < FAILING && checked !== undefined && checked < Math.max(threshold, LATELY);
  const doubtful = shown.filter((tile) => !isProven(tile, confirmed));
  if (layers.some(({ updating, tiles }) => updating && tiles.length > 0) && !doubtful.some(({ failed }) => failed))
    return summary('updating');
  const old = doubtful.filter((tile) => isOld(tile, threshold));
  if (old.length > 0) return summary('old', old);
  if (failures >= FAILING) return summary('failing');
  if (shown.length === 0 || doubtful.some((tile) => ageOf(tile) === undefined)) return summary('unknown');
  return summary('current');
}

/** Undefined before the first check, and where the clock was set since by years. */
function checkedFor({ checkedAt, now }: Screen): number | undefined {
  if (checkedAt === undefined || Math.abs(now - checkedAt) / 1000 > LONGEST) return undefined;
  return Math.max(0, (now - checkedAt) / 1000);
}

const ageOf = ({ age }: TileFacts) => (age === undefined || age > LONGEST ? undefined : age);

/** Undefined as soon as one of them is. */
function oldestOf(tiles: readonly TileFacts[]): number | undefined {
  let oldest: number | undefined;
  for (const tile of tiles) {
    const age = ageOf(tile);
    if (age === undefined) return undefined;
    oldest = Math.max(oldest ?? 0, age);
  }
  return oldest;
}

/** Of another version than the one in force; one that was not announced yet is newer. */
const isOutdated = ({ version, aheadOf, of }: Tile) =>
  version !== undefined && of.version !== undefined && version !== of.version && aheadOf !== of.version;

/** Its own headers say so still, or it is of the version that was confirmed lately. */
function isProven(tile: Tile, confirmed: boolean): boolean {
  if (isOutdated(tile)) return false;
  if (confirmed && tile.version !== undefined && tile.version === tile.of.version && tile.status !== 'stale')
    return true;
  return tile.failed !== true && tile.status !== 'stale' && (tile.ttl ?? 0) > 0;
}

function isOld(tile: Tile, threshold: number): boolean {
  if (isOutdated(tile) || tile.failed) return true;
  if (tile.status === 'stale' && tile.since > VALIDATED_BY) return true;
  const age = ageOf(tile);
  return age !== undefined && age >= threshold;
}
