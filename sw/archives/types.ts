import type { LayerOptions, ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Ledger } from '../ledger/ledger';
import type { TileHandler } from '../request/handle-tile';
import type { TileOrigin } from '../origin/tile-origin';
import type { TileStore } from '../store/tile-store';
import type { Timers } from '../util/deadline';

/** The parts of a running cache that archives need. */
export interface ArchiveTools {
  /** The network. */
  fetch: (request: Request) => Promise<Response>;
  /** True for a host that the worker's own Content-Security-Policy forbids. Never rejects. */
  isForbidden: (url: string) => Promise<boolean>;
  /** The layers that have an archive and are known by name. */
  layers: () => readonly ResolvedLayer[];
  /** The state of the ledger. */
  ledger: Pick<Ledger, 'state' | 'load'>;
  /** The store of bodies. */
  store: Pick<TileStore, 'match' | 'open' | 'put' | 'nameOf'>;
  /** Notes that an entry that is not a tile was stored for a layer, so that its bytes are counted. */
  stored: (layer: string, cacheName: string, key: string, bytes: number) => void;
  /** The worker's hash functions. */
  subtle: Pick<SubtleCrypto, 'digest'>;
  /** The worker's own origin. */
  origin: string;
  /** The base of relative addresses of archives. */
  scope: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** The worker's timers. */
  timers: Timers;
  /** Announces the archive's version, as a version endpoint would. Resolves when the version is durable. */
  announce: (layer: string, version: string, confirmedAt: number) => Promise<unknown>;
  /** Tells the pages what is wrong with an archive or its host. */
  notice: (layer: string, detail: string) => void;
}

/** Replaces the network for layers with an archive. */
export interface ArchiveOrigin {
  /** Returns the address of an archive's own file, of which pages request parts by themselves. */
  file: (url: string) => TileAddress | undefined;
  /** Wraps a handler so that it answers these requests. */
  around: (handle: TileHandler) => TileHandler;
  /** Answers from the layer's archive; rejects if the network fails. */
  send: TileOrigin;
  /** Asks for the version of each archive whose last confirmation is older than its layer's `maxAge`. Never rejects. */
  check: () => Promise<void>;
}

/** The result of `pmtiles()`. */
export interface Archives {
  /** Returns the layer with the defaults for an archive; `given` wins. Throws `INVALID_OPTION`, naming the field. */
  layer(layer: ResolvedLayer, given: LayerOptions): ResolvedLayer;
  /** Answers the requests of layers that have an archive. */
  origin(tools: ArchiveTools): ArchiveOrigin;
}
