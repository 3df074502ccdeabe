import { isGivenUp, MAX_TRIES } from '../versions/begun';
import type { OriginState } from '../versions/state';
import type { PublishJob } from './jobs';

/** A purge that a CDN still owes. */
export interface OutstandingPurge {
  /** The CDN; absent: the origin's own cache. */
  cdn?: string;
  /** The cache tags that a CDN still has to drop. */
  tags: string[];
  /** How many URLs; absent: all that bears a tag. */
  urls?: number;
  /** Epoch milliseconds. */
  since: number;
  /** Purges that failed. */
  tries: number;
  /** Epoch milliseconds of the next try in the background. */
  dueAt: number;
}

/** One layer as `GET /api/publish` tells it. */
export interface LayerStatus {
  /** The version in force. */
  version: string;
  /** Its revision. */
  revision: number;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** A version that tiles are made from already, and clients do not know. */
  staged?: string;
  /** The edge was seen with the version; false where it was looked at and not seen. */
  verified: boolean;
  /** Purges that failed and are tried again. */
  outstanding: OutstandingPurge[];
}

/** A publication that was begun and is not announced: it runs, at whichever instance, or its process ended. */
export interface UnfinishedPublication {
  /** The layer's name. */
  layer: string;
  /** The version that it leads to. */
  version: string;
  /** Epoch milliseconds. */
  since: number;
  /** How often it was taken up after its process had ended. */
  tries: number;
  /** It was taken up as often as it may be, and is left to people: publish the same again, or the whole layer. */
  givenUp: boolean;
}

/** What publishing has done, does and still has to do. */
export interface PublishStatus {
  /** What is in force, by layer. */
  layers: Record<string, LayerStatus>;
  /** The publications that run. */
  running: Array<Pick<PublishJob, 'id' | 'layer' | 'startedAt'>>;
  /** Publications that are not announced yet, of all instances. */
  unfinished: UnfinishedPublication[];
}

/** Tells a state to whoever operates the origin. Pure. */
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
