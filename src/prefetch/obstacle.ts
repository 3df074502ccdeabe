import { type Connection, isMetered } from '../shared/metered';
import type { NetworkMode } from '../shared/page-messages';
import type { Obstacle } from './types';

/** What the device and the people allow; undefined where the browser does not tell. */
export interface Conditions {
  hidden: boolean;
  online: boolean;
  /** A worker answers this page. */
  worker: boolean;
  /** What people let the network be used for. */
  network?: NetworkMode | undefined;
  connection?: (Connection & { effectiveType?: string }) | undefined;
  /** The system is set to save data. */
  reducedData: boolean;
  battery?: { level: number; charging: boolean } | undefined;
}

/** Below this share a battery that is not charged is kept for the map itself. */
const LOW = 0.2;

/** Why nothing should be fetched in advance; undefined where nothing is in the way. */
export function obstacleIn(conditions: Conditions): Obstacle | undefined {
  const { hidden, online, worker, network = 'on', connection, reducedData, battery } = conditions;
  if (hidden) return 'hidden';
  if (network === 'off') return 'network';
  if (!online) return 'offline';
  if (!worker) return 'no-worker';
  if (reducedData || connection?.saveData === true) return 'save-data';
  if (isMetered(connection)) return 'metered';
  if (/2g$/.test(connection?.effectiveType ?? '')) return 'slow';
  if (battery && !battery.charging && battery.level < LOW) return 'battery';
  return undefined;
}
