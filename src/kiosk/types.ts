import type { Binding } from '../adapters/binding';
import type { TileCacheClient } from '../page/types';
import type { Remedy, Symptom } from './ladder';

/** The part of a client that the watchdog uses. */
export type KioskClient = Pick<
  TileCacheClient,
  'status' | 'check' | 'workerStatus' | 'usage' | 'on' | 'state' | 'error'
>;
/** The part of a binding that the watchdog uses. */
export type KioskBinding = Pick<Binding, 'layer' | 'tiles' | 'refresh' | 'view'> & Partial<Pick<Binding, 'cover'>>;

/** Options of `keepMapAlive`. */
export interface KeepAliveOptions {
  /**
   * Recreates the map, or makes it redraw.
   * @default dispatches `resize` on the window, to which every map library reacts
   */
  redraw?: () => void | Promise<void>;
  /** Seconds between two checks. @default 5 */
  every?: number;
  /** Seconds without any version check, whether successful or not, that count as a fault. @default 900 */
  checkWithin?: number;
  /** Share of the allowed heap above which the watchdog reloads the page (Chromium only). @default 0.9 */
  maxHeap?: number;
  /**
   * The collector that receives a health report every minute, and the name of this kiosk. Use the same collector as for
   * `rum`.
   * @default none is sent
   */
  health?: { endpoint: string | URL; name: string };
  /** Stops watching when it aborts. @default none */
  signal?: AbortSignal;
}

/** The events of a watch. */
export interface KeepAliveEvents {
  /** A new symptom has appeared. */
  symptom: { symptom: Symptom };
  /** A remedy was attempted; `done` is `false` if it failed, and `error` gives the reason. */
  heal: { symptom: Symptom; remedy: Remedy; done: boolean; error?: unknown };
  /** All symptoms are gone. */
  well: { after: Symptom[] };
}

/** A running watch of a map. */
export interface KeepAlive {
  /** Returns the current symptoms, and the number of remedies since the page began, by remedy. */
  status(): { symptoms: Symptom[]; heals: Record<Remedy, number> };
  /** Adds a listener. Returns the function that removes it. */
  on<K extends keyof KeepAliveEvents>(event: K, listener: (detail: KeepAliveEvents[K]) => void): () => void;
  /** Checks now. Resolves once the necessary remedy is done. */
  look(): Promise<void>;
  /** Stops watching. */
  stop(): void;
}
