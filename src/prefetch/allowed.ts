import { type Connection, isMetered } from '../shared/metered';

/** What browsers tell of the battery, those that do. */
interface Battery {
  charging: boolean;
  /** 0 to 1. */
  level: number;
}

interface Device {
  connection?: Connection;
  getBattery?: () => Promise<Battery>;
}

/** Share of a battery below which nothing is fetched ahead. */
const LOW = 0.2;

/** Whether fetching ahead is welcome now: not where bytes cost, nor with a low battery, nor offline, nor in a hidden page. */
export async function isWelcome(
  { connection, getBattery }: Device = navigator as Device,
  { onLine = navigator.onLine, hidden = document.hidden }: { onLine?: boolean; hidden?: boolean } = {},
): Promise<boolean> {
  if (!onLine || hidden || isMetered(connection)) return false;
  // Loses its `this` otherwise.
  const battery = await getBattery?.call(navigator).catch(() => undefined);
  return !battery || battery.charging || battery.level >= LOW;
}
