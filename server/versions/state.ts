import type { TileRange } from '../../src/shared/range';
import type { BBox } from '../../src/shared/tile';

/** Publications kept a layer: a client that is further behind changes the whole layer. */
export const MAX_STEPS = 16;

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
  /** Where just these tiles changed, the packed list of them; `range` and `boxes` are around it. */
  tiles?: string;
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

/** What one CDN, or the origin's own cache, still has to drop of a layer. It belongs to the layer, not to one publication. */
export interface Owed {
  /** The purger's name; absent: the origin's own cache (`onClear`). */
  cdn?: string;
  /** The cache tags that a CDN still has to drop. */
  tags: string[];
  /** Absent: everything that bears one of the tags. */
  urls?: string[];
  /** Epoch milliseconds. */
  since: number;
  /** Purges that failed. */
  tries: number;
  /** Epoch milliseconds: not tried in the background before. */
  dueAt: number;
  /** Tells this debt from a later, larger one of the same CDN. */
  mark: number;
}

/** A publication that is under way, or whose process ended before its announcement. */
export interface Begun {
  /** Who carries it out: a name of this one run. */
  mark: string;
  /** The layer's name. */
  layer: string;
  /** The version that it leads to. */
  version: string;
  /** What was published, as a pipeline would send it again. */
  publication: Record<string, unknown>;
  /** Digest of what was published. */
  content: string;
  /** The layer's revision when it began; 0 for a layer that was new. */
  over: number;
  /** Epoch milliseconds. */
  at: number;
  /** Grows while its process lives. */
  beat: number;
  /** How often it was taken up after its process ended. */
  tries: number;
  /** Tags that CDNs have dropped for it already, where they are purged zoom by zoom. */
  dropped?: Array<{ cdn: string; tags: string[] }>;
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
  /** CDNs whose tiles bear tags by zoom: the layer was purged there as a whole since it is to be purged zoom by zoom. */
  byZoom?: string[];
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
  /** Publications that are under way, at whichever instance, or were interrupted. */
  begun?: readonly Begun[];
}

/** Before anything was published. */
export const EMPTY_STATE: OriginState = { sequence: 0, revision: 0, layers: {} };

/** The layer's state by its own name only: `constructor` is no layer until it was published. */
export function layerState(state: OriginState, layer: string): LayerState | undefined {
  return Object.hasOwn(state.layers, layer) ? state.layers[layer] : undefined;
}
