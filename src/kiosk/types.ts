import type { Binding } from '../adapters/binding';
import type { TileCacheClient } from '../page/types';
import type { Remedy, Symptom } from './ladder';

/** The part of a client that the watchdog asks. */
export type KioskClient = Pick<TileCacheClient, 'status' | 'check' | 'workerStatus' | 'usage' | 'on' | 'state'>;
/** The part of a binding that it asks. */
export type KioskBinding = Pick<Binding, 'layer' | 'tiles' | 'refresh' | 'view'> & Partial<Pick<Binding, 'cover'>>;

/** Options of `keepMapAlive`. */
export interface KeepAliveOptions {
  /** Creates the map anew, or has it draw itself anew. @default a `resize` event on the window, which every map library answers */
  redraw?: () => void | Promise<void>;
  /** Seconds between two looks. @default 5 */
  every?: number;
  /** Seconds without any version check, failed or not, that are too long. @default 900 */
  checkWithin?: number;
  /** Share of the heap that the browser allows, above which the page is loaded anew (Chromium). @default 0.9 */
  maxHeap?: number;
  /** Where a report of health goes every minute: the same collector as for `rum`. @default none is sent */
  health?: { endpoint: string | URL; name: string };
  /** Ends the watch when it aborts. @default none */
  signal?: AbortSignal;
}

/** What a watch of a map tells. */
export interface KeepAliveEvents {
  /** Something is wrong that was not before. */
  symptom: { symptom: Symptom };
  /** Something was done about it; `done` is false where it could not be, and `error` says why. */
  heal: { symptom: Symptom; remedy: Remedy; done: boolean; error?: unknown };
  /** Nothing is wrong any more. */
  well: { after: Symptom[] };
}

/** A watch that was begun. */
export interface KeepAlive {
  /** What is wrong now, and what was done since the page began, by remedy. */
  status(): { symptoms: Symptom[]; heals: Record<Remedy, number> };
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof KeepAliveEvents>(event: K, listener: (detail: KeepAliveEvents[K]) => void): () => void;
  /** Looks now. Resolves when what had to be done is done. */
  look(): Promise<void>;
  /** Stops it. */
  stop(): void;
}
