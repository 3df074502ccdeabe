import type { VaryEnvironment } from '../http/vary';
import type { Ledger } from '../ledger/ledger';
import type { MemoryTier } from '../store/memory-tier';
import type { Spare } from '../store/spare';
import type { StoredBytes } from '../store/stored-bytes';
import type { TileStore } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import type { ExchangePlan } from './exchange-plan';
import type { Negatives } from './negatives';
import type { WriteQueue } from './write-queue';

/** Receives what happens when tiles are written or removed. */
export interface WriterEvents {
  /** A tile's bytes differ from those stored before. */
  updated(plan: ExchangePlan): void;
  stored(plan: ExchangePlan, cacheName: string, key: string, bytes: number): void;
  /** A tile of the layer lies under another key now. */
  moved(layer: string, cacheName: string, key: string, bytes: number): void;
  /**
   * Makes room for so many bytes, and spares the entry that is being replaced. Resolves with true when a second try is
   * worth it.
   */
  full(error: unknown, spare: Spare): Promise<boolean>;
  /** Called when a write finds no room although eviction made some. */
  crowded(): void;
  failed(error: unknown): void;
  opaque(plan: ExchangePlan): void;
  mismatch(plan: ExchangePlan, version: string): void;
  /** The tile varies on a field that the worker cannot see: it is never used unvalidated. */
  unseen(plan: ExchangePlan, field: string): void;
}

export interface WriterTools {
  store: TileStore;
  memory: MemoryTier;
  ledger: Ledger;
  bytesOf: StoredBytes;
  env: VaryEnvironment;
  now: () => number;
  timers: Timers;
  events: WriterEvents;
}

/** The tools that the writer's functions share. */
export interface WriteTools extends WriterTools {
  negatives: Negatives;
  inLine: WriteQueue;
}
