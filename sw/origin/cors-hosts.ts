import { hostOf } from '../../src/shared/host-of';

/** Knows which other hosts let a worker read their tiles. */
export interface CorsHosts {
  /**
   * Resolves once it has read what earlier runs of the worker learnt; returns undefined if it already has. Never
   * rejects.
   */
  load(): Promise<void> | undefined;
  /** `readable`: it sends CORS headers; `opaque`: it does not. */
  of(host: string): 'readable' | 'opaque' | undefined;
  /** A request with CORS was answered. */
  accepted(host: string): void;
  /** A request with CORS failed that succeeded without. `known`: for an image that came with CORS before. */
  refused(host: string, known: boolean): void;
  /** True if the host of the URL has refused images for a day that came with CORS before: this is no outage. */
  withdrawn(url: string): boolean;
}

/** Keeps the notes as text beyond the worker's lifetime. Both methods may reject. */
export interface HostNotes {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

interface Known {
  /** Refusals of new images since it last accepted. */
  refusals: number;
  /** Epoch milliseconds. */
  at: number;
  /** Epoch milliseconds of the first refusal of a known image since it last accepted. */
  since?: number | undefined;
}

const MAX_HOSTS = 64;
/** An error without CORS headers is no proof for all tiles of a host. */
const REFUSALS = 3;
const DAY_MS = 86_400_000;
/** Milliseconds after which the worker asks a host again at the latest: one week. */
const LONGEST_MS = 7 * DAY_MS;
/**
 * Milliseconds after which the worker asks a host again that has just refused: many hosts send no CORS headers with
 * errors, and in a sparse layer the first tiles may all be errors.
 */
const FIRST_MS = 600_000;
/** The pause after a host has refused so often: ten minutes, two hours, a day, a week. */
const pauseAfter = (refusals: number) =>
  refusals ? Math.min(LONGEST_MS, FIRST_MS * 12 ** (refusals - REFUSALS)) : LONGEST_MS;

export function createCorsHosts(notes: HostNotes, now: () => number): CorsHosts {
  const hosts = new Map<string, Known>();
  let loading: Promise<void> | undefined;
  let loaded = false;

  const load = async () => {
    try {
      for (const [host, known] of parse(await notes.read())) if (!hosts.has(host)) hosts.set(host, known);
    } catch {
      // The worker learns the hosts again.
    }
    loaded = true;
  };
  const save = () => void notes.write(JSON.stringify([...hosts])).catch(() => {});
  const set = (host: string, refusals: number, since?: number) => {
    hosts.delete(host);
    hosts.set(host, { refusals, at: now(), since });
    if (hosts.size > MAX_HOSTS) hosts.delete(hosts.keys().next().value as string);
  };
  const of: CorsHosts['of'] = (host) => {
    const known = hosts.get(host);
    if (!known || Math.abs(now() - known.at) > pauseAfter(known.refusals)) return undefined;
    return known.refusals === 0 ? 'readable' : known.refusals >= REFUSALS ? 'opaque' : undefined;
  };

  return {
    load: () => (loaded ? undefined : (loading ??= load())),
    of,
    accepted(host) {
      if (of(host) === 'readable' && !hosts.get(host)?.since) return;
      set(host, 0);
      save();
    },
    refused(host, known) {
      const { refusals = 0, since } = hosts.get(host) ?? {};
      if (known && since) return;
      const more = known ? refusals : refusals + 1;
      set(host, more, known ? now() : since);
      if (known || more >= REFUSALS) save();
    },
    withdrawn: (url) => now() - (hosts.get(hostOf(url))?.since ?? Infinity) > DAY_MS,
  };
}

/** Reads the notes. Skips rows of another release's form. */
function parse(text: string | undefined): [string, Known][] {
  const rows: unknown = JSON.parse(text ?? '[]');
  if (!Array.isArray(rows)) return [];
  return rows.slice(0, MAX_HOSTS).filter((row): row is [string, Known] => {
    const [host, known] = Array.isArray(row) ? (row as unknown[]) : [];
    const { refusals, at } = (known ?? {}) as Partial<Known>;
    return typeof host === 'string' && typeof refusals === 'number' && typeof at === 'number';
  });
}
