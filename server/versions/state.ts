import type { TileRange } from '../../src/shared/range';
import type { BBox } from '../../src/shared/tile';

/** Publications kept for each layer. A client that is further behind refreshes the whole layer. */
export const MAX_STEPS = 16;

/** One publication of a layer. */
export interface Step {
  /** The version before. Absent: this is the layer's first publication. */
  from?: string;
  /** The version that it announced. */
  to: string;
  /** The range that changed. Absent: the whole layer. */
  range?: Pick<TileRange, 'bbox' | 'zooms' | 'scope'>;
  /** The boxes that changed, if there are several; `range.bbox` encloses them all. */
  boxes?: readonly BBox[];
  /** The packed list of the tiles that changed, if the publication named tiles; `range` and `boxes` enclose them. */
  tiles?: string;
  /** Epoch milliseconds at which it was announced. */
  at: number;
  /** The publication's idempotence key. */
  id?: string;
  /** A digest of what was published, to tell a repetition from another publication. */
  content?: string;
  /** The revision that it announced. */
  revision: number;
  /** Whether every CDN confirmed its purge. */
  purged: boolean;
  /** `false` if the origin's own cache could not be cleared. */
  cleared?: boolean;
  /** `false` if the check has not found the new tiles at the edge yet. */
  verified?: boolean;
  /**
   * Announces the version in force once more, because clients learned of it while the edge was old: they drop the range,
   * too.
   */
  again?: true;
}

/**
 * A purge that is outstanding: what one CDN, or the origin's own cache, still has to drop of a layer. It belongs to the
 * layer, not to one publication.
 */
export interface Owed {
  /** The purger's name. Absent: the origin's own cache (`onClear`). */
  cdn?: string;
  /** The cache tags that the CDN still has to drop. */
  tags: string[];
  /** The URLs to purge. Absent: everything with one of the tags. */
  urls?: string[];
  /** Epoch milliseconds since which it is outstanding. */
  since: number;
  /** The number of failed purges. */
  tries: number;
  /** Epoch milliseconds before which the background does not retry it. */
  dueAt: number;
  /** Distinguishes it from a later, larger debt of the same CDN. */
  mark: number;
}

/** A publication that is running, or whose process ended before it was announced. */
export interface Begun {
  /** The id of the run that carries it out. */
  mark: string;
  /** The layer's name. */
  layer: string;
  /** The version that it will announce. */
  version: string;
  /** The publication, in the form that a pipeline would send again. */
  publication: Record<string, unknown>;
  /** A digest of what is published. */
  content: string;
  /** The layer's revision when it began; 0 for a new layer. */
  over: number;
  /** Epoch milliseconds at which it began. */
  at: number;
  /** A counter that grows while its process lives. */
  beat: number;
  /** The number of times it was resumed after its process ended. */
  tries: number;
  /** Tags that CDNs have already dropped for it, if they are purged zoom by zoom. */
  dropped?: Array<{ cdn: string; tags: string[] }>;
}

/** The state of one layer. */
export interface LayerState {
  /** The version in force. */
  version: string;
  /** The layer's revision, which grows with each publication. */
  revision: number;
  /** Epoch milliseconds at which the version was published. */
  publishedAt: number;
  /** A version that the origin's tiles already have, but that is not announced to clients yet. */
  staged?: string;
  /** The id of the publication that staged it. */
  stagedFor?: string;
  /**
   * Tiles at the edges may bear the label of a version that was staged and never announced: the next publication drops
   * the whole layer.
   */
  mislabelled?: true;
  /**
   * The version comes from the configuration, and nothing has been published yet. A new configured version replaces it.
   */
  adopted?: true;
  /** CDNs whose tiles all have tags by zoom, because the whole layer was purged there since `stagger` was set. */
  byZoom?: string[];
  /** Purges that are outstanding: they failed or are running. */
  owed?: Owed[];
  /** The last publications, oldest first. */
  steps: Step[];
}

/** The state that the origin must not lose: one small document. */
export interface OriginState {
  /** A counter that grows with every write. */
  sequence: number;
  /**
   * The revision over all layers, which grows with every announced version: the Unix time in seconds, or one more than
   * the last revision if that is higher.
   */
  revision: number;
  /** The state of each layer, by name. */
  layers: Record<string, LayerState>;
  /** Retired layers and the revision that retired each: an instance that still remembers one must not restore it. */
  retired?: Record<string, number>;
  /** Publications that are running, at any instance, or were interrupted. */
  begun?: readonly Begun[];
}

/** The state before the first publication. */
export const EMPTY_STATE: OriginState = { sequence: 0, revision: 0, layers: {} };

/** Returns the layer's state, or `undefined`. Inherited names such as `constructor` are not layers. */
export function layerState(state: OriginState, layer: string): LayerState | undefined {
  return Object.hasOwn(state.layers, layer) ? state.layers[layer] : undefined;
}
