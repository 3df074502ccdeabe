import type { RegionEstimate, RegionInfo, RegionSpec } from '../shared/regions';

/** The events of a region. */
export interface RegionEvents {
  /** Tiles have arrived, or the state has changed. Counts never decrease within one edition. */
  progress: RegionInfo;
  /** The region's state has changed. */
  statechange: RegionInfo;
  /** A page has removed the region. */
  removed: RegionInfo;
  /** The browser has deleted the region; the worker downloads it again. */
  regionlost: RegionInfo;
}

/** A region that is stored, or being downloaded. */
export interface Region {
  /** The region's identifier. */
  readonly id: string;
  /** The region's latest state that this page knows. */
  readonly info: RegionInfo;
  /**
   * Resolves once the region is complete and stored durably. Stays pending while the region is paused or waits for the
   * network. Rejects with `TileCacheError`: `NETWORK_FAILED` if some tiles could not be downloaded (`info.failures` lists
   * them, and `resume()` requests them again), the region's own error, or `ABORTED` if the region was removed.
   */
  readonly complete: Promise<RegionInfo>;
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof RegionEvents>(event: K, listener: (info: RegionEvents[K]) => void): () => void;
  /** Stops fetching, at once. */
  pause(): Promise<RegionInfo>;
  /** Continues the download. If tiles failed, requests these again. */
  resume(): Promise<RegionInfo>;
  /** Requests the changed tiles from the origin. */
  update(): Promise<RegionInfo>;
  /** Removes the region, and the tiles that no other region shares. */
  remove(): Promise<void>;
}

/**
 * Offline regions: the worker keeps the tiles of an area until you remove the region. All methods reject with
 * `TileCacheError`.
 */
export interface RegionsApi {
  /**
   * Starts to save a region. Saving the same id again changes the region in place. Rejects before the first request if a
   * field is wrong (`INVALID_OPTION`, which names the field), and after a sample of at most 60 tiles if the region does not
   * fit (`LIMIT_EXCEEDED`, with both numbers). If the signal aborts, a region that was never complete is removed.
   */
  save(spec: RegionSpec, options?: { signal?: AbortSignal }): Promise<Region>;
  /** Estimates the size of a region. Fetches at most 60 tiles. */
  estimate(spec: RegionSpec, options?: { signal?: AbortSignal }): Promise<RegionEstimate>;
  /** Lists all regions of this worker. */
  list(): Promise<RegionInfo[]>;
  /** Returns the region with this id, or `undefined`. */
  get(id: string): Promise<Region | undefined>;
  /** Stops fetching, at once. */
  pause(id: string): Promise<RegionInfo>;
  /** Continues the download. If tiles failed, requests these again. */
  resume(id: string): Promise<RegionInfo>;
  /** Requests the changed tiles from the origin. The old edition stays until the new one is complete. */
  update(id: string): Promise<RegionInfo>;
  /** Removes the region and frees its storage. Other regions keep the tiles that they share with it. */
  remove(id: string): Promise<void>;
  /**
   * Exports one layer of a region as a PMTiles archive, without the secrets of its URLs. You may omit `layer` if the region
   * has only one, and `ratio` (such as `'@2x'`) if it has the layer in only one pixel ratio. Rejects with `INVALID_OPTION`,
   * which names the field and the choice, if you omit one of several.
   */
  export(id: string, options?: { layer?: string; ratio?: string }): Promise<Blob>;
  /**
   * Makes a region from a file that `export` made on this or another machine. `template` is the tile URL that the map
   * requests here, if it differs from the one in the file (files contain no secrets). `id` is the new region's id, by default
   * that of the exported region: give one for the second file of a region with several layers or ratios. Rejects with `INVALID_OPTION`, which
   * names the field, if the file is not such an export, is truncated, contains bodies that are not tiles, or belongs to a
   * layer that the worker does not have; and with `LIMIT_EXCEEDED` if it does not fit. A rejected file changes nothing.
   */
  import(file: Blob, options?: { template?: string; id?: string }): Promise<Region>;
}
