import type { RegionEstimate, RegionInfo, RegionSpec } from '../shared/regions';

/** What a region tells. */
export interface RegionEvents {
  /** Tiles have come, or its state has changed. What it counts never goes down within one edition. */
  progress: RegionInfo;
  /** It has reached another state. */
  statechange: RegionInfo;
  /** Somebody has removed it. */
  removed: RegionInfo;
  /** The browser has deleted it; it is fetched again. */
  regionlost: RegionInfo;
}

/** A region that is kept, or on its way. */
export interface Region {
  /** The region's identifier. */
  readonly id: string;
  /** As far as this page has heard. */
  readonly info: RegionInfo;
  /**
   * Resolves once it is whole and durable. Rejects with `TileCacheError`: `NETWORK_FAILED` where some tiles could not be
   * had (`info.failures` names them, `resume()` asks for these again), the region's own error, or `ABORTED` where it was
   * removed. While it is paused or waits for the network it is pending.
   */
  readonly complete: Promise<RegionInfo>;
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof RegionEvents>(event: K, listener: (info: RegionEvents[K]) => void): () => void;
  /** Stops fetching, at once. */
  pause(): Promise<RegionInfo>;
  /** Goes on; where tiles failed, asks for these again. */
  resume(): Promise<RegionInfo>;
  /** Asks the origin for what has changed. */
  update(): Promise<RegionInfo>;
  /** Removes the region, and what only it holds. */
  remove(): Promise<void>;
}

/** Offline regions: the worker keeps tiles of an area until somebody removes them. All reject with `TileCacheError`. */
export interface RegionsApi {
  /**
   * Begins to save a region; the same id again changes it in place. Rejects before anything is fetched for bad input
   * (`INVALID_OPTION`, naming the field), and after a sample of at most 60 tiles where it does not fit (`LIMIT_EXCEEDED`,
   * with both numbers). Aborting the signal removes what was never complete.
   */
  save(spec: RegionSpec, options?: { signal?: AbortSignal }): Promise<Region>;
  /** What a region would take. Fetches at most 60 tiles. */
  estimate(spec: RegionSpec, options?: { signal?: AbortSignal }): Promise<RegionEstimate>;
  /** All regions of this worker. */
  list(): Promise<RegionInfo[]>;
  /** The region of that id, to listen to. */
  get(id: string): Promise<Region | undefined>;
  /** Stops fetching, at once. */
  pause(id: string): Promise<RegionInfo>;
  /** Goes on; of a region with failed tiles, asks for these again. */
  resume(id: string): Promise<RegionInfo>;
  /** Asks the origin for what has changed. The old edition stays until the new one is whole. */
  update(id: string): Promise<RegionInfo>;
  /** Gives its room back. What other regions share with it they keep. */
  remove(id: string): Promise<void>;
  /** One layer of a region as a PMTiles archive, without secrets of its URLs; `layer` may be left out where there is one. */
  export(id: string, options?: { layer?: string }): Promise<Blob>;
  /**
   * A region from a file that `export` made, here or elsewhere. `template`: the URL of a tile as the map asks for it here,
   * where the file's own is not it; files have no secrets in theirs. Rejects with `INVALID_OPTION`, naming the field, for
   * what is no such file, is cut, has tiles that are none, or is of a layer that the worker does not have; and with
   * `LIMIT_EXCEEDED` for what has no room. Nothing is kept of it then.
   */
  import(file: Blob, options?: { template?: string }): Promise<Region>;
}
