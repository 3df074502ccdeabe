import type { ManifestChange, ManifestEntry } from '../../src/shared/manifest';
import { MAX_MANIFEST_CHANGES } from '../../src/shared/parse-manifest';
import type { TileRange } from '../../src/shared/range';
import type { BBox } from '../../src/shared/tile';
import { coverAll } from '../../src/shared/range';
import type { Owed } from './owed';

/** Publications kept a layer: a client that is further behind changes the whole layer. */
export const MAX_STEPS = 16;
/** Ranges told one by one for one `from`; more are told as the one range around them. */
const MAX_RANGES = 16;

/** One publication of a layer. */
export interface Step {
  /** Absent: the layer's first publication. */
  from?: string;
  /** The version that the step led to. */
  to: string;
  /** What changed; absent: the whole layer. */
  range?: Pick<TileRange, 'bbox' | 'zooms' | 'scope'>;
  /** Where several boxes changed, these; `range.bbox` is around them all. */
  boxes?: readonly BBox[];
  /** Epoch milliseconds. */
  at: number;
  /** The publication's idempotence key. */
  id?: string;
  /** Digest of what was published, so that a repetition is told from another publication. */
  content?: string;
  /** The revision that the step led to. */
  revision: number;
  /** Every CDN confirmed its purge. */
  purged: boolean;
  /** False: the origin's own cache could not be cleared. */
  cleared?: boolean;
  /** False: the edge was not yet seen with the new tiles. */
  verified?: boolean;
  /** The version in force once more: clients at it drop the range too, they were told while the edge was old. */
  again?: true;
}

/** One layer as the origin knows it. */
export interface LayerState {
  /** The version in force. */
  version: string;
  /** Its revision; grows with each publication. */
  revision: number;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** Tiles are made from this version already, clients do not know it yet. */
  staged?: string;
  /** The id of the publication that staged it. */
  stagedFor?: string;
  /** The version is the configured one, nothing was published yet: another configured version takes its place. */
  adopted?: true;
  /** Purges that failed or are under way. */
  owed?: Owed[];
  /** Oldest first. */
  steps: Step[];
}

/** All that the origin must not forget; one small document. */
export interface OriginState {
  /** Grows with every write. */
  sequence: number;
  /** Grows with every announced version, over all layers: the second it was announced in, or one more than the last. */
  revision: number;
  /** The state of each layer. */
  layers: Record<string, LayerState>;
  /** Retired layers and the revision that retired them: an instance that still knows one must not bring it back. */
  retired?: Record<string, number>;
}

/** Before anything was published. */
export const EMPTY_STATE: OriginState = { sequence: 0, revision: 0, layers: {} };

/** The layer's state by its own name only: `constructor` is no layer until it was published. */
export function layerState(state: OriginState, layer: string): LayerState | undefined {
  return Object.hasOwn(state.layers, layer) ? state.layers[layer] : undefined;
}

/** What a client at `from` must change, for every `from` whose way to the present knows no whole-layer change. */
export function changesOf({ version, steps }: LayerState): ManifestChange[] {
  const byFrom = new Map<string, TileRange[] | undefined>();
  steps.forEach(({ from }, i) => {
    // A version that came back is told from its first appearance on: more is changed than must be, never less.
    if (from === undefined || from === version || byFrom.has(from)) return;
    const ranges = steps.slice(i).flatMap(rangesOf);
    byFrom.set(from, ranges.every((range) => range !== undefined) ? compose(ranges) : undefined);
  });
  const newestFirst = [...byFrom].reverse();
  const changes: ManifestChange[] = [...againOf(version, steps)];
  for (const [from, ranges] of newestFirst) {
    if (!ranges || changes.length + ranges.length > MAX_MANIFEST_CHANGES) continue;
    changes.push(
      ...ranges.map(({ bbox, zooms, scope }) => ({
        from,
        ...(bbox && { bbox }),
        ...(zooms && { zooms }),
        ...(scope && { scope }),
      })),
    );
  }
  return changes;
}

/** What a step changed, one range a box. */
const rangesOf = ({ range, boxes }: Step): Array<Step['range']> =>
  range && boxes ? boxes.map((bbox) => ({ ...range, bbox })) : [range];

/** What clients at the version in force are to drop although they have it. */
function againOf(version: string, steps: readonly Step[]): ManifestChange[] {
  const since = steps.map(({ to }) => to === version).lastIndexOf(false) + 1;
  const ranges = steps.slice(since).flatMap((step) => (step.again ? rangesOf(step).map((range) => range ?? {}) : []));
  if (ranges.length === 0) return [];
  return (compose(ranges) ?? [{}]).map(({ bbox, zooms, scope }) => ({
    from: version,
    ...(bbox && { bbox }),
    ...(zooms && { zooms }),
    ...(scope && { scope }),
  }));
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
export function manifestOf(
  state: OriginState,
  epoch?: string,
): { epoch?: string; layers: Record<string, ManifestEntry> } {
  const series = epoch === undefined ? {} : { epoch };
  return {
    ...series,
    layers: Object.fromEntries(Object.entries(state.layers).map(([name, layer]) => [name, entryOf(layer)])),
  };
}
