import type { ClientStatus } from 'sw-tile-cache';

export type Tone = 'good' | 'wait' | 'old' | 'bad';

/** What one line says about the state of the map: the worst thing first. */
export function statusLine({ state, offline, failures, layers, checkedAt }: ClientStatus): {
  tone: Tone;
  text: string;
} {
  if (state === 'unavailable') return { tone: 'bad', text: 'No worker, no cache' };
  if (offline) return { tone: 'old', text: 'Offline: stored tiles' };
  if (failures > 0) return { tone: 'bad', text: 'May be out of date' };
  if (checkedAt === undefined) return { tone: 'wait', text: 'Checking…' };
  if (state === 'pending') return { tone: 'wait', text: 'Starting…' };
  if (Object.values(layers).some(({ updating }) => updating)) return { tone: 'wait', text: 'Updating…' };
  return { tone: 'good', text: 'Up to date' };
}

/** When the versions were last confirmed, for people. */
export function checkedLine({ checkedAt, failures }: ClientStatus, now: number): string {
  if (checkedAt === undefined)
    return failures > 0 ? 'The version check has never succeeded.' : 'Asking for the versions…';
  const seconds = Math.max(0, Math.round((now - checkedAt) / 1000));
  const ago = seconds < 2 ? 'just now' : seconds < 90 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
  return failures > 0
    ? `Versions last confirmed ${ago}; ${failures === 1 ? 'one check has' : `${failures} checks have`} failed since.`
    : `Versions confirmed ${ago}.`;
}
