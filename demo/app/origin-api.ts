import type { BBox } from '../../src/shared/tile';

export type Trouble = 'ok' | 'slow' | 'failing' | 'unreachable';

async function call<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/demo/${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `The origin answered ${response.status}.`);
  return answer;
}

export interface Beacons {
  received: number;
  beacons: Array<{ at: number; bytes: number; body: unknown }>;
}

/** The demo's controls of its origin. */
export const originApi = {
  publish: (layer: string, bbox?: BBox) =>
    call<{ layer: string; version: string }>('publish', { layer, ...(bbox && { bbox }) }),
  trouble: () => call<{ mode: Trouble }>('origin'),
  setTrouble: (mode: Trouble) => call<{ mode: Trouble }>('origin', { mode, delay: 3 }),
  reset: () => call('reset', {}),
  beacons: () => call<Beacons>('beacons'),
  requests: () => call<{ total: number; layers: Record<string, Record<string, number>> }>('requests?since=1e9'),
};
