import type { TileFacts } from './tile-facts';

/**
 * The state of a screen, the most urgent first. `offline`: there is no network. `missing`: some tiles did not arrive at
 * all. `updating`: new tiles are on their way. `old`: some tiles are not proven fresh, and are older than the
 * threshold, or of another version than the one in force, or the origin did not answer for them. `failing`: the version
 * endpoint does not answer. `unknown`: nothing is known about the tiles on the screen. `current`: none of these.
 */
export type TileAgeState = 'offline' | 'missing' | 'updating' | 'old' | 'failing' | 'unknown' | 'current';

/** The tiles of one layer on the screen. */
export interface LayerScreen {
  /** The facts about each tile on the screen. */
  tiles: readonly TileFacts[];
  /** The version in force. */
  version: string | undefined;
  /** True while new tiles are on their way after a change. */
  updating: boolean;
}

/** Everything that the summary depends on. */
export interface Screen {
  /** The layers on the screen. */
  layers: readonly LayerScreen[];
  /** True if the page or the worker finds the network dead. */
  offline: boolean;
  /** Epoch milliseconds of the last successful version check. */
  checkedAt: number | undefined;
  /** Number of version checks that failed in a row. */
  failures: number;
  /** Epoch milliseconds. */
  now: number;
  /** Seconds after which a tile that is not proven fresh counts as old. */
  threshold: number;
}

/** The summary of a screen. */
export interface ScreenSummary {
  state: TileAgeState;
  /** Age of the oldest tile that the state is about, in seconds. `undefined` if it is unknown. */
  age: number | undefined;
  /** Seconds since the last successful version check. */
  checked: number | undefined;
  /** Number of tiles on the screen that are known, including missing ones. */
  tiles: number;
  /** Number of missing tiles among them. */
  missing: number;
}

/** Number of failed checks in a row that count as a failure. A single one may be chance. */
const FAILING = 2;
/** Seconds within which the worker validates a tile that it has answered stale. */
const VALIDATED_BY = 30;
/** Seconds for which a successful check confirms the version at least, however small the threshold. */
const LATELY = 600;
/** Seconds. A longer age comes from a clock that was wrong. */
const LONGEST = 10 * 365 * 86_400;

type Tile = TileFacts & { of: LayerScreen };

/** Sums up what is on the screen. Pure: only this function decides what users read. */
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

/** Returns `undefined` before the first check, and if the clock has since jumped by years. */
function checkedFor({ checkedAt, now }: Screen): number | undefined {
  if (checkedAt === undefined || Math.abs(now - checkedAt) / 1000 > LONGEST) return undefined;
  return Math.max(0, (now - checkedAt) / 1000);
}

const ageOf = ({ age }: TileFacts) => (age === undefined || age > LONGEST ? undefined : age);

/** Returns `undefined` if the age of any tile is unknown. */
function oldestOf(tiles: readonly TileFacts[]): number | undefined {
  let oldest: number | undefined;
  for (const tile of tiles) {
    const age = ageOf(tile);
    if (age === undefined) return undefined;
    oldest = Math.max(oldest ?? 0, age);
  }
  return oldest;
}

/**
 * Returns true for a tile of another version than the one in force, unless that version is newer and not announced yet.
 */
const isOutdated = ({ version, aheadOf, of }: Tile) =>
  version !== undefined && of.version !== undefined && version !== of.version && aheadOf !== of.version;

/**
 * Returns true if the tile's own headers still call it fresh, or if it is of the version that a recent check confirmed.
 */
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
