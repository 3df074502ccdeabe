import { TileCacheError } from '../src/shared/errors';
import type { ManifestChange, ManifestEntry } from '../src/shared/manifest';
import { MAX_MANIFEST_CHANGES } from '../src/shared/parse-manifest';
import type { TileRange } from '../src/shared/range';
import { coverAll } from '../src/shared/range';

/** Publications kept a layer: a client that is further behind changes the whole layer. */
export const MAX_STEPS = 16;
/** Ranges told one by one for one `from`; more are told as the one range around them. */
const MAX_RANGES = 4;

/** One publication of a layer. */
export interface Step {
  from: string;
  to: string;
  /** What changed; absent: the whole layer. */
  range?: Pick<TileRange, 'bbox' | 'zooms' | 'scope'>;
  /** Epoch milliseconds. */
  at: number;
  /** The publication's idempotence key. */
  id?: string;
  revision: number;
  /** Every CDN confirmed its purge. */
  purged: boolean;
}

/** One layer as the origin knows it. */
export interface LayerState {
  version: string;
  revision: number;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** Tiles are made from this version already, clients do not know it yet. */
  staged?: string;
  /** Oldest first. */
  steps: Step[];
}

/** All that the origin must not forget; one small document. */
export interface OriginState {
  /** Grows with every write. */
  sequence: number;
  /** Grows with every announced publication, over all layers. */
  revision: number;
  layers: Record<string, LayerState>;
}

/** Before anything was published. */
export const EMPTY_STATE: OriginState = { sequence: 0, revision: 0, layers: {} };

/** What is about to be announced. */
export interface Announcement {
  layer: string;
  version: string;
  range?: Step['range'];
  id?: string;
  purged: boolean;
}

/** The layer's state by its own name only: `constructor` is no layer until it was published. */
export function layerState(state: OriginState, layer: string): LayerState | undefined {
  return Object.hasOwn(state.layers, layer) ? state.layers[layer] : undefined;
}

function withLayer(state: OriginState, layer: string, next: LayerState, revision = state.revision): OriginState {
  const layers = { ...state.layers };
  Object.defineProperty(layers, layer, { value: next, enumerable: true, configurable: true, writable: true });
  return { sequence: state.sequence + 1, revision, layers };
}

/** From now on the origin's tiles bear `version`, so that no edge stores new bytes under the old label. */
export function stage(state: OriginState, layer: string, version: string): OriginState | undefined {
  const current = layerState(state, layer);
  if (!current || current.staged === version) return undefined;
  if (current.version === version && current.staged === undefined) return undefined;
  return withLayer(state, layer, { ...current, staged: version });
}

/** Takes a version for a layer that has none; no publication, nothing changes for anybody. */
export function adopt(state: OriginState, layer: string, version: string, now: number): OriginState | undefined {
  if (layerState(state, layer)) return undefined;
  const revision = state.revision + 1;
  return withLayer(state, layer, { version, revision, publishedAt: now, steps: [] }, revision);
}

/** The publication that this one repeats: the same id, or the version that is in force already. */
export function repeated(state: OriginState, layer: string, version: string | undefined, id: string | undefined): Step | undefined {
  const current = layerState(state, layer);
  if (!current) return undefined;
  const byId = id === undefined ? undefined : current.steps.find((step) => step.id === id);
  if (byId) return byId;
  if (version === undefined || version !== current.version) return undefined;
  return (
    current.steps.at(-1) ?? { from: version, to: version, at: current.publishedAt, revision: current.revision, purged: true }
  );
}

/** Announces a version. A rollback is a higher revision with an old version. */
export function announce(state: OriginState, { layer, version, range, id, purged }: Announcement, now: number): OriginState {
  const current = layerState(state, layer);
  const revision = state.revision + 1;
  const step: Step | undefined = current && {
    from: current.version,
    to: version,
    ...(range && { range }),
    at: now,
    ...(id !== undefined && { id }),
    revision,
    purged,
  };
  const steps = [...(current?.steps ?? []), ...(step ? [step] : [])].slice(-MAX_STEPS);
  return withLayer(state, layer, { version, revision, publishedAt: now, steps }, revision);
}

/** Notes that a publication's purge succeeded after all. */
export function markPurged(state: OriginState, layer: string, revision: number): OriginState | undefined {
  const current = layerState(state, layer);
  if (!current?.steps.some((step) => step.revision === revision && !step.purged)) return undefined;
  const steps = current.steps.map((step) => (step.revision === revision ? { ...step, purged: true } : step));
  return withLayer(state, layer, { ...current, steps });
}

/** What a client at `from` must change, for every `from` whose way to the present knows no whole-layer change. */
export function changesOf({ version, steps }: LayerState): ManifestChange[] {
  const byFrom = new Map<string, TileRange[] | undefined>();
  steps.forEach(({ from }, i) => {
    // A version that came back is told from its first appearance on: more is changed than must be, never less.
    if (from === version || byFrom.has(from)) return;
    const ranges = steps.slice(i).map((step) => step.range);
    byFrom.set(from, ranges.every((range) => range !== undefined) ? compose(ranges) : undefined);
  });
  const newestFirst = [...byFrom].reverse();
  const changes: ManifestChange[] = [];
  for (const [from, ranges] of newestFirst) {
    if (!ranges || changes.length + ranges.length > MAX_MANIFEST_CHANGES) continue;
    changes.push(...ranges.map(({ bbox, zooms, scope }) => ({ from, ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) })));
  }
  return changes;
}

function compose(ranges: TileRange[]): TileRange[] | undefined {
  const distinct = [...new Map(ranges.map((range) => [JSON.stringify(range), range])).values()];
  const told = distinct.length > MAX_RANGES ? [coverAll(distinct)] : distinct;
  // A range that holds everything says no more than no change at all.
  return told.some(({ bbox, zooms, scope }) => !bbox && !zooms && !scope) ? undefined : told;
}

/** The layer's entry in the manifest that clients read. */
export function entryOf(layer: LayerState): ManifestEntry {
  const changes = changesOf(layer);
  return { version: layer.version, revision: layer.revision, ...(changes.length > 0 && { changes }) };
}

/** The manifest of all layers. */
export function manifestOf(state: OriginState): { layers: Record<string, ManifestEntry> } {
  return { layers: Object.fromEntries(Object.entries(state.layers).map(([name, layer]) => [name, entryOf(layer)])) };
}

/** A stored document, checked as far as the origin relies on it. Throws `STORAGE_FAILED`. */
export function parseState(text: string): OriginState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(cause);
  }
  const state = value as OriginState;
  const sound =
    typeof state === 'object' && state !== null && Number.isSafeInteger(state.sequence) && Number.isSafeInteger(state.revision) &&
    typeof state.layers === 'object' && state.layers !== null &&
    Object.values(state.layers).every((l) => typeof l?.version === 'string' && Number.isSafeInteger(l.revision) && Array.isArray(l.steps));
  if (!sound) throw broken();
  return state;
}

function broken(cause?: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'STORAGE_FAILED',
      message: 'The stored versions are not readable.',
      remedy: 'Restore the file or the key from a backup, or delete it and publish every layer anew.',
    },
    { cause },
  );
}
