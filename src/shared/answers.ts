import type { NetworkMode } from './page-messages';
import type { ErrorRecord } from './errors';

/** The worker's answer on the port. Only a message that carries the id is an ack. */
export type AckMessage =
  | { type: 'TILE_ACK'; id?: string; ok: true; result: unknown }
  | { type: 'TILE_ACK'; id?: string; ok: false; error: ErrorRecord };

/** Result of an acked invalidation. */
export interface InvalidateResult {
  /** The layer that was invalidated. */
  layer: string;
  /** The layer's version from now on, if known. */
  version?: string;
  /** The ledger's counter after this invalidation. */
  epoch: number;
  /** `false` for a repeated id or an outdated revision: the worker changed nothing. */
  applied: boolean;
}

/** Result of an acked `TILE_VERSIONS`. */
export interface VersionsResult {
  changed: Array<{ layer: string; version: string; previous: string | undefined }>;
  /** Layers for which the worker has no room: it keeps at most 1,000 that are in use. */
  refused?: string[];
}

/** Result of `TILE_STATUS`. */
export interface WorkerStatus {
  /**
   * For each layer: the version in force, its revision, when it was last confirmed (epoch milliseconds), and the number
   * of rules.
   */
  layers: Record<
    string,
    { version: string | undefined; revision: number | undefined; confirmedAt: number | undefined; rules: number }
  >;
  /** `true`: the worker finds the network dead, and answers with stored tiles where the layer's policy allows. */
  offline: boolean;
  /** `false`: storage is broken, and tiles come from the network. */
  storage: boolean;
  /** The worker keeps offline regions. */
  regions?: boolean;
  /** The mode that `client.network()` has set; absent for `on`. */
  network?: NetworkMode;
}

/** Result of `TILE_USAGE`. Tiles and bytes come from the index, which may lag behind. */
export interface StorageUsage {
  /** Tiles and bytes by layer, and within it by version. */
  layers: Record<string, { tiles: number; bytes: number; versions: Record<string, { tiles: number; bytes: number }> }>;
  /**
   * Offline regions by id, with their tiles and bytes, and the layers whose tiles they answer with, if the worker has
   * `regions`. `layers` does not include them.
   */
  regions?: Record<string, { tiles: number; bytes: number; layers: string[] }>;
  /** Bytes that the whole origin uses, if the browser reports it. */
  usage: number | undefined;
  /** Bytes that the browser allows the origin, if it reports this. */
  quota: number | undefined;
  /** Whether the browser has promised to keep the storage, if it reports this. */
  persisted: boolean | undefined;
}
