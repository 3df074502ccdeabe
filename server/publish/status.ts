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

/** What publishing has done, does and still has to do. */
export interface PublishStatus {
  /** What is in force, by layer. */
  layers: Record<string, LayerStatus>;
  /** The publications that run. */
  running: Array<Pick<PublishJob, 'id' | 'layer' | 'startedAt'>>;
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
  };
}
