import { isQuotaError } from '../index/eviction';
import type { RegionTools } from './tools';

/** Where storage is full, room is made for so many bytes and the write is tried once more. */
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
