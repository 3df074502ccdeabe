import { type Connection, isMetered } from '../shared/metered';
import type { NetworkMode } from '../shared/page-messages';
import type { Obstacle } from './types';

/** The conditions of the device and the user's settings; `undefined` if the browser does not tell. */
export interface Conditions {
  hidden: boolean;
  online: boolean;
  /** Whether a worker controls this page. */
  worker: boolean;
  /** The network mode that the user has chosen. */
  network?: NetworkMode | undefined;
  connection?: (Connection & { effectiveType?: string }) | undefined;
  /** Whether the system is set to save data. */
  reducedData: boolean;
  battery?: { level: number; charging: boolean } | undefined;
}

/** The battery share below which a device that is not charging keeps its battery for the map itself. */
const LOW = 0.2;

/** Returns the reason for not prefetching, or `undefined` if there is none. */
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
