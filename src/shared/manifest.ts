import type { BBox, ZoomRange } from './tile';

/** A change since version `from`: a client at `from` applies only this change. */
export interface ManifestChange {
  /** The version that a client must be at for this change to apply to it. */
  from: string;
  /** West, south, east, north in degrees. @default the whole layer */
  bbox?: BBox;
  /** The lowest and the highest zoom. @default every zoom */
  zooms?: ZoomRange;
  /**
   * The packed list of the tiles that changed. It takes precedence over the box and the zooms beside it, which enclose the
   * list for clients that do not know lists. `''`: no tiles besides those in another change with the same `from`.
   * @default all tiles of the range
   */
  tiles?: string;
  /** What changed: tiles, or what has no coordinates (styles, TileJSON). @default both */
  scope?: 'tiles' | 'metadata';
}

/** One layer's entry in the version manifest. */
export interface ManifestEntry {
  /** The version in force: 1 to 128 printable ASCII characters without spaces. */
  version: string;
  /** Grows with each publication; a rollback is a higher revision with an old version. */
  revision?: number;
  /**
   * Identifies the counter of the revisions. Clients do not compare revisions of two epochs. An origin that restarts its
   * count names a new epoch.
   */
  epoch?: string;
  /** What changed since earlier versions. @default the whole layer */
  changes?: ManifestChange[];
}

/** Orders from the origin to every page. The page itself obeys, whatever its worker does. */
export interface ClientOrders {
  /**
   * `off`: each page unregisters its worker and deletes the worker's caches, and no page registers it until the manifest no
   * longer says `off`.
   * @default 'on'
   */
  worker?: 'on' | 'off';
  /** A token. Each tab that has not seen the token reloads once. */
  reload?: string;
  /**
   * The operator's message to users, 1 to 200 characters on one line. `<tile-age>` shows it as long as the manifest contains
   * it.
   */
  message?: string;
}

/** The version manifest, in either form that the endpoint may answer with. */
export type VersionManifest = (ManifestEntry | { epoch?: string; layers: Record<string, ManifestEntry> }) & {
  client?: ClientOrders;
};
