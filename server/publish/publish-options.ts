import type { TileId } from '../../src/shared/tile';
import type { Purger } from '../purge/purger';
import type { OriginLayer } from '../layers/origin-layer';
import type { PublicationPlan } from './plan';
import type { Present } from './present';
import type { Publication } from './publication';
import type { PublishReport, PublishStep } from './publish-steps';
import type { ReadyOptions } from './ready';
import type { VerifyOptions } from './verify-types';

/** Options of publishing. */
export interface PublishOptions {
  /** CDNs to purge before the version is announced. @default [] */
  purgers?: readonly Purger[];
  /**
   * Maximum number of URLs with which a bounding box is purged. If it has more, the layer's tag is purged instead.
   * @default 1000
   */
  maxPurgeUrls?: number;
  /**
   * Checks the edge before and after the purge, before the version is announced. Needs the layer's `edge`.
   * @default false
   */
  verify?: VerifyOptions | false;
  /**
   * Checks the samples at the origin before anything is purged: each must be there, complete, and of the new version.
   * If one does not arrive in time, the publication ends without purging or announcing anything. Needs `verify`, and
   * either tiles wrapped with `tileHeaders` or the layer's `edge.origin`.
   * @default {}
   */
  ready?: ReadyOptions | false;
  /**
   * Clears the origin's own tile cache. Runs before the CDNs are purged, so that they do not refill from old tiles.
   * @default none
   */
  onClear?: (publication: Publication, plan: PublicationPlan) => void | Promise<void>;
  /**
   * Makes the version of a publication that names none, for example from the data: 1 to 128 printable ASCII characters.
   * @default random
   */
  makeVersion?: (layer: string) => string | Promise<string>;
  /**
   * How to treat a layer that is not configured and has never been published. `accept`: publishes it; the step `plan`
   * reports that it is new. `refuse`: answers 400 `INVALID_MESSAGE`, which names `layer`.
   * @default 'accept'
   */
  unknownLayers?: 'accept' | 'refuse';
}

/** The parts of the origin that publishing uses. */
export interface PublishParts {
  versions: Pick<Present, 'read' | 'update'>;
  layers: Record<string, OriginLayer>;
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
  /** Requests a URL from the tile handlers of this process. */
  askHandlers?: (url: string) => Promise<Response | undefined>;
  hasHandlers?: () => boolean;
  /** Returns tiles that this process served recently. */
  servedTiles?: (layer: string) => readonly TileId[];
  /** Returns the suffixes after z/x/y of tiles that this process served: pixel ratios and formats. */
  servedForms?: (layer: string) => readonly string[];
  /** Receives each step, including those in the background, and each report. */
  watch?: PublishWatch;
}

/** Receives what publishing does, for metrics. */
export interface PublishWatch {
  step(layer: string, step: PublishStep): void;
  /** Receives a report; `undefined` if the publication was refused or the store failed. */
  published(layer: string, report: PublishReport | undefined): void;
}
