import { end } from './begun';
import { type LayerState, layerState, MAX_STEPS, type OriginState, type Step } from './state';
import { withinTilesRoom } from './within-tiles-room';

/** What is about to be announced. */
export interface Announcement extends Pick<
  Step,
  'range' | 'boxes' | 'tiles' | 'id' | 'content' | 'purged' | 'cleared' | 'verified' | 'again'
> {
  layer: string;
  version: string;
}

/** What of a publication is done. */
export type Done = Partial<Pick<Step, 'cleared' | 'purged' | 'verified'>>;

function withLayer(state: OriginState, layer: string, next: LayerState, revision = state.revision): OriginState {
  const layers = { ...state.layers };
  setOwn(layers, layer, next);
  return { ...state, sequence: state.sequence + 1, revision, layers };
}

/** One layer changed; `undefined` where there is none, or nothing changes. */
export function withOwn(
  state: OriginState,
  layer: string,
  change: (layer: LayerState) => LayerState,
): OriginState | undefined {
  const current = layerState(state, layer);
  const next = current && change(current);
  return next && next !== current ? withLayer(state, layer, next) : undefined;
}

/** A layer may be called `__proto__`. */
function setOwn(layers: OriginState['layers'], name: string, value: LayerState): void {
  Object.defineProperty(layers, name, { value, enumerable: true, configurable: true, writable: true });
}

/** By the clock, so that it is higher than all that browsers remember even when the store was lost with what it held. */
function nextRevision(state: OriginState, now: number): number {
  return Math.max(state.revision + 1, Math.floor(now / 1000));
}

/**
 * What the store holds, with what it lost and this instance still knows: after a failover, a restored backup, a deleted key.
 * A layer's revision only grows, so a higher one known is proof of a loss. Gives back `stored` itself where nothing is missing.
 */
export function recover(stored: OriginState, known: OriginState): OriginState {
  const lost = Object.entries(known.layers).filter(
    ([name, { revision }]) => revision > (layerState(stored, name)?.revision ?? retiredAt(stored, name)),
  );
  if (lost.length === 0 && known.sequence <= stored.sequence && known.revision <= stored.revision) return stored;
  const layers = { ...stored.layers };
  for (const [name, layer] of lost) setOwn(layers, name, layer);
  // A layer that was retired, and whose retirement was lost, stays retired.
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

/** Takes a layer out of the manifest; `undefined` where there is none. The revision grows, so that every instance and stream hears of it. */
export function retire(state: OriginState, layer: string, now: number): OriginState | undefined {
  if (!layerState(state, layer)) return undefined;
  const { [layer]: _, ...layers } = state.layers;
  const revision = nextRevision(state, now);
  const retired = Object.entries({ ...state.retired, [layer]: revision }).slice(-MAX_RETIRED);
  return { ...state, sequence: state.sequence + 1, revision, layers, retired: Object.fromEntries(retired) };
}

/** From now on the origin's tiles bear `version`, so that no edge stores new bytes under the old label. */
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
 * Takes a label back whose version was never announced, and forgets the publications that it was for. What was done for the
 * publication `revision` is to be done again.
 */
export function unstage(state: OriginState, layer: string, staged: string, revision?: number): OriginState | undefined {
  const left = end(state, (each) => each.layer === layer && each.version === staged);
  return withoutLabel(left, layer, staged, revision) ?? (left === state ? undefined : left);
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

/** Takes the configured version for a layer of which nothing was published; a changed one is announced, no CDN is purged. */
export function adopt(state: OriginState, layer: string, version: string, now: number): OriginState | undefined {
  const current = layerState(state, layer);
  if (current && (!current.adopted || current.version === version)) return undefined;
  // A retirement is a publication, too: a restart does not undo it.
  if (!current && retiredAt(state, layer) >= 0) return undefined;
  const revision = nextRevision(state, now);
  return withLayer(state, layer, { version, revision, publishedAt: now, adopted: true, steps: [] }, revision);
}

/** Announces a version. A rollback is a higher revision with an old version. */
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
  // Another instance may be about to publish something else: its label stays.
  const label = current?.staged !== undefined &&
    current.staged !== version && {
      staged: current.staged,
      ...(current.stagedFor !== undefined && { stagedFor: current.stagedFor }),
    };
  const kept = { ...(current?.owed && { owed: current.owed }), ...(current?.byZoom && { byZoom: current.byZoom }) };
  return withinTilesRoom(
    withLayer(state, layer, { version, revision, publishedAt: now, ...label, ...kept, steps }, revision),
  );
}

/** Announces a version again that clients may have heard of while the edge was old: the same one, with a higher revision. */
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

/** Notes what of a publication was done, or is to be done again. */
export function markDone(state: OriginState, layer: string, revision: number, done: Done): OriginState | undefined {
  const current = layerState(state, layer);
  const differs = (step: Step) =>
    step.revision === revision && Object.entries(done).some(([what, value]) => step[what as keyof Done] !== value);
  if (!current?.steps.some(differs)) return undefined;
  const steps = current.steps.map((step) => (step.revision === revision ? { ...step, ...done } : step));
  return withLayer(state, layer, { ...current, steps });
}
