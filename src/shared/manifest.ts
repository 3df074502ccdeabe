import type { BBox, ZoomRange } from './tile';

/** What changed since version `from`: a client at `from` applies just this. */
export interface ManifestChange {
  /** The version that a client must be at for this change to apply to it. */
  from: string;
  /** West, south, east, north in degrees. @default the whole layer */
  bbox?: BBox;
  /** The lowest and the highest zoom. @default every zoom */
  zooms?: ZoomRange;
  /**
   * Just these tiles changed, whatever the box and the zooms beside it say: those are around the list, for clients that do not
   * know it. `''`: nothing but what another change of the same `from` names. @default all tiles of the range
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
  /** Whose revisions these are: those of another epoch are not compared with them. An origin that counts anew names a new one. */
  epoch?: string;
  /** What changed since earlier versions. @default the whole layer */
  changes?: ManifestChange[];
}

/** What the origin asks of every page; the page does it by itself, whatever its worker does. */
export interface ClientOrders {
  /** `off`: the worker is unregistered, its caches are deleted, and no page registers it until the manifest says no more so. @default 'on' */
  worker?: 'on' | 'off';
  /** Pages that saw another token before, or none, load themselves anew, once for each token. */
  reload?: string;
  /** What the operator has to say to people, 1 to 200 characters on one line: `<tile-age>` shows it for as long as the manifest says it. */
  message?: string;
}

/** The version manifest, in either form that the endpoint may answer with. */
export type VersionManifest = (ManifestEntry | { epoch?: string; layers: Record<string, ManifestEntry> }) & {
  client?: ClientOrders;
};
