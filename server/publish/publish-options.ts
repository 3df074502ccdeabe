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
  /** URLs that a bounding box is purged by; above it the layer's tag is purged. @default 1000 */
  maxPurgeUrls?: number;
  /** Looks at the edge before the purge and after it, before the announcement; needs the layer's `edge`. @default false */
  verify?: VerifyOptions | false;
  /**
   * Looks for the samples at the origin before anything is purged: there, whole, of the new version. One that does not come in time
   * ends the publication, and nothing is purged or announced. Needs `verify`, and tiles wrapped with `tileHeaders` or the layer's
   * `edge.origin`. @default {}
   */
  ready?: ReadyOptions | false;
  /** Clears the origin's own tile cache. Runs before the CDN is purged, so that nothing old refills it. @default none */
  onClear?: (publication: Publication, plan: PublicationPlan) => void | Promise<void>;
  /** Makes the version of a publication that names none, from the data; 1 to 128 printable ASCII characters. @default random */
  makeVersion?: (layer: string) => string | Promise<string>;
  /**
   * A layer that is not configured and of which nothing was published yet. `accept`: it is published, and the step `plan`
   * says that it is new. `refuse`: 400 `INVALID_MESSAGE`, naming `layer`. @default 'accept'
   */
  unknownLayers?: 'accept' | 'refuse';
}

/** What publishing stands on. */
export interface PublishParts {
  versions: Pick<Present, 'read' | 'update'>;
  layers: Record<string, OriginLayer>;
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
  /** Asks the tile handlers of this process. */
  askHandlers?: (url: string) => Promise<Response | undefined>;
  hasHandlers?: () => boolean;
  /** Tiles that this process served lately. */
  servedTiles?: (layer: string) => readonly TileId[];
  /** What stood behind z/x/y of tiles that this process served: pixel ratios and formats. */
  servedForms?: (layer: string) => readonly string[];
  /** Hears of each step, also of those in the background, and of each report. */
  watch?: PublishWatch;
}

/** Who counts what publishing does. */
export interface PublishWatch {
  step(layer: string, step: PublishStep): void;
  /** `undefined`: it was refused, or the store failed. */
  published(layer: string, report: PublishReport | undefined): void;
}
