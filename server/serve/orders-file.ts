import { readFileSync } from 'node:fs';
import type { ClientOrders } from '../../src/shared/manifest';
import { readFixedOrders } from '../versions/fixed-orders';
import { wrong } from './options';

/**
 * Creates a function that returns the orders in a file, which it reads again each time. Without the file there are no
 * orders. While the file is invalid, the last orders stay in force, because pages would take their absence for a
 * withdrawal; `note` hears of it. Throws `INVALID_OPTION` if the file is invalid at first.
 */
export function createOrdersFile(
  path: string,
  note: (trouble: string | undefined) => void,
): () => ClientOrders | undefined {
  let last = read(path);
  return () => {
    try {
      last = read(path);
      note(undefined);
    } catch (error) {
      note((error as Error).message);
    }
    return last;
  };
}

function read(path: string): ClientOrders | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw wrong('--orders', code === undefined ? 'is not valid JSON' : `cannot be read (${code})`);
  }
  return readFixedOrders(value, '--orders', 'INVALID_OPTION');
}
