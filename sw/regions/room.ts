import { isQuotaError } from '../index/eviction';
import type { RegionTools } from './tools';

/** Runs a write. If storage is full, makes room for so many bytes and tries once more. */
export async function withRoom<T>(
  bytes: number,
  { makeRoom }: Pick<RegionTools, 'makeRoom'>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isQuotaError(error) || !(await makeRoom(bytes))) throw error;
    return write();
  }
}
