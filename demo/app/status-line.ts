import type { ClientStatus } from 'sw-tile-cache';
import { describeScreen, wordsFor, type TileAgeState } from 'sw-tile-cache/tile-age';

export type Tone = 'good' | 'wait' | 'old' | 'bad';

const TONES: Record<TileAgeState, Tone> = {
  current: 'good',
  updating: 'wait',
  unknown: 'wait',
  old: 'old',
  offline: 'old',
  missing: 'bad',
  failing: 'bad',
};

/** The line about the map's state. */
export interface StatusLine {
  tone: Tone;
  text: string;
  /** Changes with what the line says, but not with an age in it. */
  state: string;
}

/** Returns the line about the map's state: the badge's text, or the reason why the badge knows nothing. */
export function statusLine(status: ClientStatus, now = Date.now()): StatusLine {
  const { state, offline, failures, checkedAt, layers } = status;
  if (state === 'unavailable') return { tone: 'bad', state, text: 'No worker, no cache' };
  const screens = Object.values(layers).map(({ shown: tiles = [], version, updating }) => ({
    tiles,
    version,
    updating,
  }));
  const screen = describeScreen({ layers: screens, offline, checkedAt, failures, now, threshold: 3600 });
  if (screen.state === 'unknown' && screen.tiles === 0)
    return { tone: 'wait', state, text: state === 'pending' ? 'Starting…' : 'Checking…' };
  return { tone: TONES[screen.state], state: screen.state, text: wordsFor(screen) };
}

/** Returns when the versions were last confirmed, in words. */
export function checkedLine({ checkedAt, failures }: ClientStatus, now: number): string {
  if (checkedAt === undefined)
    return failures > 0 ? 'The version check has never succeeded.' : 'Checking the versions…';
  const seconds = Math.max(0, Math.round((now - checkedAt) / 1000));
  const ago = seconds < 2 ? 'just now' : seconds < 90 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
  return failures > 0
    ? `Versions last confirmed ${ago}; ${failures === 1 ? 'one check has' : `${failures} checks have`} failed since.`
    : `Versions confirmed ${ago}.`;
}
