import { isGivenUp, MAX_TRIES } from '../versions/begun';
import type { OriginState } from '../versions/state';
import type { PublishJob } from './jobs';

/** A purge that has not succeeded yet. */
export interface OutstandingPurge {
  /** The CDN's name. Absent: the origin's own cache. */
  cdn?: string;
  /** The cache tags that the CDN still has to drop. */
  tags: string[];
  /** The number of URLs to purge. Absent: everything with one of the tags. */
  urls?: number;
  /** Epoch milliseconds since which the purge is due. */
  since: number;
  /** The number of failed purges. */
  tries: number;
  /** Epoch milliseconds of the next try in the background. */
  dueAt: number;
}

/** The state of one layer, as `GET /api/publish` returns it. */
export interface LayerStatus {
  /** The version in force. */
  version: string;
  /** The layer's revision. */
  revision: number;
  /** Epoch milliseconds at which the version was published. */
  publishedAt: number;
  /** A version that the origin's tiles already have, but that is not announced to clients yet. */
  staged?: string;
  /** `false` if the last publication's check did not find the new version at the edge. */
  verified: boolean;
  /** Purges that failed and will be retried. */
  outstanding: OutstandingPurge[];
}

/**
 * A publication that has begun but is not announced: it is running, possibly at another instance, or its process has
 * ended.
 */
export interface UnfinishedPublication {
  /** The layer's name. */
  layer: string;
  /** The version that it will announce. */
  version: string;
  /** Epoch milliseconds at which it began. */
  since: number;
  /** The number of times it was resumed after its process had ended. */
  tries: number;
  /**
   * Whether it was resumed as often as allowed and now needs an operator: publish the same again, or the whole layer.
   */
  givenUp: boolean;
}

/** The state of publishing: versions in force, running publications, and outstanding work. */
export interface PublishStatus {
  /** The state of each layer, by name. */
  layers: Record<string, LayerStatus>;
  /** The publications that this instance is running. */
  running: Array<Pick<PublishJob, 'id' | 'layer' | 'startedAt'>>;
  /** Publications of all instances that are not announced yet. */
  unfinished: UnfinishedPublication[];
}

/** Returns the status of publishing from a state. Pure. */
export function statusOf(state: OriginState, running: readonly PublishJob[] = []): PublishStatus {
  const layers = Object.entries(state.layers).map(([name, layer]) => {
    const { version, revision, publishedAt, staged, steps, owed = [] } = layer;
    const outstanding = owed.map(({ cdn, tags, urls, since, tries, dueAt }): OutstandingPurge => ({
      ...(cdn !== undefined && { cdn }),
      tags,
      ...(urls && { urls: urls.length }),
      since,
      tries,
      dueAt,
    }));
    const verified = steps.at(-1)?.verified !== false;
    return [name, { version, revision, publishedAt, ...(staged !== undefined && { staged }), verified, outstanding }];
  });
  return {
    layers: Object.fromEntries(layers) as Record<string, LayerStatus>,
    running: running.map(({ id, layer, startedAt }) => ({ id, layer, startedAt })),
    unfinished: (state.begun ?? []).map((begun) => {
      const { layer, version, at, tries } = begun;
      return { layer, version, since: at, tries: Math.min(tries, MAX_TRIES), givenUp: isGivenUp(begun) };
    }),
  };
}
