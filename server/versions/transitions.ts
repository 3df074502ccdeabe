import { end } from './begun';
import { type LayerState, layerState, MAX_STEPS, type OriginState, type Step } from './state';
import { withinTilesRoom } from './within-tiles-room';

/** A publication that is about to be announced. */
export interface Announcement extends Pick<
  Step,
  'range' | 'boxes' | 'tiles' | 'id' | 'content' | 'purged' | 'cleared' | 'verified' | 'again'
> {
  layer: string;
  version: string;
}

/** The completed steps of a publication. */
export type Done = Partial<Pick<Step, 'cleared' | 'purged' | 'verified'>>;

function withLayer(state: OriginState, layer: string, next: LayerState, revision = state.revision): OriginState {
  const layers = { ...state.layers };
  setOwn(layers, layer, next);
  return { ...state, sequence: state.sequence + 1, revision, layers };
}

/** Changes one layer. Returns `undefined` if it does not exist or does not change. */
export function withOwn(
  state: OriginState,
  layer: string,
  change: (layer: LayerState) => LayerState,
): OriginState | undefined {
  const current = layerState(state, layer);
  const next = current && change(current);
  return next && next !== current ? withLayer(state, layer, next) : undefined;
}

/** Sets the layer as an own property, even if it is called `__proto__`. */
function setOwn(layers: OriginState['layers'], name: string, value: LayerState): void {
  Object.defineProperty(layers, name, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Returns the next revision. It follows the clock, so that it exceeds all that browsers remember, even if the store was
 * lost.
 */
function nextRevision(state: OriginState, now: number): number {
  return Math.max(state.revision + 1, Math.floor(now / 1000));
}

/**
 * Restores what the store lost and this instance still knows, after a failover, a restored backup or a deleted key.
 * Revisions only grow, so a known revision that is higher proves a loss. Returns `stored` itself if nothing is missing.
 */
export function recover(stored: OriginState, known: OriginState): OriginState {
  const lost = Object.entries(known.layers).filter(
    ([name, { revision }]) => revision > (layerState(stored, name)?.revision ?? retiredAt(stored, name)),
  );
  if (lost.length === 0 && known.sequence <= stored.sequence && known.revision <= stored.revision) return stored;
  const layers = { ...stored.layers };
  for (const [name, layer] of lost) setOwn(layers, name, layer);
  // A retired layer stays retired, even if the store lost its retirement.
  const retired = { ...known.retired, ...stored.retired };
  for (const [name, revision] of Object.entries(known.retired ?? {}))
    if (revision > (layerState(stored, name)?.revision ?? -1)) delete layers[name];
  return {
    sequence: Math.max(stored.sequence, known.sequence),
    revision: Math.max(stored.revision, known.revision),
    layers,
    ...(stored.begun && { begun: stored.begun }),
    ...(Object.keys(retired).length > 0 && { retired }),
  };
}

function retiredAt(state: OriginState, layer: string): number {
  return state.retired && Object.hasOwn(state.retired, layer) ? state.retired[layer]! : -1;
}

/** Retired layers that are remembered. */
const MAX_RETIRED = 1000;

/**
 * Removes a layer from the manifest. Returns `undefined` if it does not exist. The revision grows, so that every
 * instance and stream notices.
 */
export function retire(state: OriginState, layer: string, now: number): OriginState | undefined {
  if (!layerState(state, layer)) return undefined;
  const { [layer]: _, ...layers } = state.layers;
  const revision = nextRevision(state, now);
  const retired = Object.entries({ ...state.retired, [layer]: revision }).slice(-MAX_RETIRED);
  return { ...state, sequence: state.sequence + 1, revision, layers, retired: Object.fromEntries(retired) };
}

/** Labels the origin's tiles with `version` from now on, so that no edge stores new bytes under the old label. */
export function stage(state: OriginState, layer: string, version: string, id?: string): OriginState | undefined {
  const current = layerState(state, layer);
  if (!current || (current.staged === version && current.stagedFor === id)) return undefined;
  if (current.version === version && current.staged === undefined) return undefined;
  return withLayer(state, layer, {
    ...unlabelled(current),
    staged: version,
    ...(id !== undefined && { stagedFor: id }),
  });
}

/**
 * Removes the label of a version that was never announced, and forgets its publications. Marks the steps of the
 * publication `revision` as to be done again.
 */
export function unstage(state: OriginState, layer: string, staged: string, revision?: number): OriginState | undefined {
  const left = end(state, (each) => each.layer === layer && each.version === staged);
  return withoutLabel(left, layer, staged, revision) ?? (left === state ? undefined : left);
}

/** Removes the label as `unstage` does, and notes that tiles at the edges may bear it, because nothing is purged now. */
export function withdraw(state: OriginState, layer: string, staged: string): OriginState | undefined {
  const left = unstage(state, layer, staged);
  if (!left || layerState(state, layer)?.staged !== staged) return left;
  return withOwn(left, layer, (own) => ({ ...own, mislabelled: true }));
}

function withoutLabel(
  state: OriginState,
  layer: string,
  staged: string,
  revision: number | undefined,
): OriginState | undefined {
  const current = layerState(state, layer);
  if (current?.staged !== staged) return undefined;
  const cleaned = withLayer(state, layer, unlabelled(current));
  return (
    (revision !== undefined &&
      markDone(cleaned, layer, revision, { cleared: false, purged: false, verified: false })) ||
    cleaned
  );
}

function unlabelled({ staged: _, stagedFor: __, ...rest }: LayerState): LayerState {
  return rest;
}

/** Adopts the configured version for a layer without publications. Announces a changed one, but purges no CDN. */
export function adopt(state: OriginState, layer: string, version: string, now: number): OriginState | undefined {
  const current = layerState(state, layer);
  if (current && (!current.adopted || current.version === version)) return undefined;
  // A retirement is a publication, too: a restart does not withdraw it.
  if (!current && retiredAt(state, layer) >= 0) return undefined;
  const revision = nextRevision(state, now);
  return withLayer(state, layer, { version, revision, publishedAt: now, adopted: true, steps: [] }, revision);
}

/** Announces a version. A rollback is an old version with a higher revision. */
export function announce(state: OriginState, { layer, version, ...what }: Announcement, now: number): OriginState {
  const current = layerState(state, layer);
  const revision = nextRevision(state, now);
  const step: Step = {
    ...(current && { from: current.version }),
    to: version,
    at: now,
    revision,
    cleared: true,
    verified: true,
    ...what,
  };
  const steps = [...(current?.steps ?? []), step].slice(-MAX_STEPS);
  // Keep the label of another publication that is about to be announced.
  const label = current?.staged !== undefined &&
    current.staged !== version && {
      staged: current.staged,
      ...(current.stagedFor !== undefined && { stagedFor: current.stagedFor }),
    };
  const kept = {
    ...(current?.owed && { owed: current.owed }),
    ...(current?.byZoom && { byZoom: current.byZoom }),
    // Only a new publication drops the whole layer.
    ...(current?.mislabelled && what.again && { mislabelled: true as const }),
  };
  return withinTilesRoom(
    withLayer(state, layer, { version, revision, publishedAt: now, ...label, ...kept, steps }, revision),
  );
}

/** Announces a version again, with a higher revision, because clients may have heard of it while the edge was old. */
export function reannounce(
  state: OriginState,
  layer: string,
  { range, boxes, tiles, content }: Pick<Step, 'range' | 'boxes' | 'tiles' | 'content'>,
  now: number,
): OriginState | undefined {
  const version = layerState(state, layer)?.version;
  if (version === undefined) return undefined;
  const what = {
    ...(range && { range }),
    ...(boxes && { boxes }),
    ...(tiles !== undefined && { tiles }),
    ...(content !== undefined && { content }),
  };
  return announce(state, { layer, version, purged: true, again: true, ...what }, now);
}

/** Records which steps of a publication are done, or must be done again. */
export function markDone(state: OriginState, layer: string, revision: number, done: Done): OriginState | undefined {
  const current = layerState(state, layer);
  const differs = (step: Step) =>
    step.revision === revision && Object.entries(done).some(([what, value]) => step[what as keyof Done] !== value);
  if (!current?.steps.some(differs)) return undefined;
  const steps = current.steps.map((step) => (step.revision === revision ? { ...step, ...done } : step));
  return withLayer(state, layer, { ...current, steps });
}
