import type { LayerOptions, ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { Ledger } from '../ledger/ledger';
import type { TileHandler } from '../request/handle-tile';
import type { TileOrigin } from '../origin/tile-origin';
import type { TileStore } from '../store/tile-store';
import type { Timers } from '../util/deadline';

/** What archives need of a running cache. */
export interface ArchiveTools {
  /** The network. */
  fetch: (request: Request) => Promise<Response>;
  /** True for a host that the worker's own Content-Security-Policy forbids. Never rejects. */
  isForbidden: (url: string) => Promise<boolean>;
  /** The layers that have an archive and are known by name. */
  layers: () => readonly ResolvedLayer[];
  /** What the worker's ledger holds. */
  ledger: Pick<Ledger, 'state' | 'load'>;
  /** The store of bodies. */
  store: Pick<TileStore, 'match' | 'open' | 'put' | 'nameOf'>;
  /** Something of a layer was stored that is no tile: it takes room, too. */
  stored: (layer: string, cacheName: string, key: string, bytes: number) => void;
  /** The worker's hash functions. */
  subtle: Pick<SubtleCrypto, 'digest'>;
  /** The worker's own origin. */
  origin: string;
  /** Relative addresses of archives start here. */
  scope: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** The worker's timers. */
  timers: Timers;
  /** The archive's version, as a version endpoint would tell it. Resolves when that is durable. */
  announce: (layer: string, version: string, confirmedAt: number) => Promise<unknown>;
  /** Tells the pages what is wrong with an archive or its host. */
  notice: (layer: string, detail: string) => void;
}

/** Stands in the network's place for layers with an archive. */
export interface ArchiveOrigin {
  /** The address of an archive's own file, of which pages ask for parts by themselves. */
  file: (url: string) => TileAddress | undefined;
  /** With answers to those. */
  around: (handle: TileHandler) => TileHandler;
  /** Answers out of the layer's archive; rejects where the network fails. */
  send: TileOrigin;
  /** Asks for the version of each archive whose last confirmation is older than its layer's `maxAge`. Never rejects. */
  check: () => Promise<void>;
}

/** What `pmtiles()` makes. */
export interface Archives {
  /** The layer with the defaults of one with an archive; `given` wins. Throws `INVALID_OPTION`, naming the field. */
  layer(layer: ResolvedLayer, given: LayerOptions): ResolvedLayer;
  /** Answers the requests of layers that have an archive. */
  origin(tools: ArchiveTools): ArchiveOrigin;
}
