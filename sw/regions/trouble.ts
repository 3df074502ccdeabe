import { TileCacheError } from '../../src/shared/errors';
import type { Trouble } from './ask-origin';
import type { WorkTools } from './job-tools';
import { type Live, liveOf } from './live';
import { putAndTell } from './put-and-tell';
import type { RegionRecord } from './records';

const MAX_BACK_OFF = 60_000;

/** True if the origin has answered, with a failure, a part of a body, or for another version. */
export const isOfOrigin = (reason: string): boolean => /^\d+$|mismatch|^cut/.test(reason);

/** True if nothing has come from the origin: the tile, the host or the network may be to blame. */
export const isSilence = (reason: string): boolean => /^(network|timeout)$/.test(reason);

/** The trouble of a region whose user is not the one who is logged in. */
export const ANOTHER_USER = 'another user';

const waitFor = (reason: string): Live['reason'] =>
  reason === ANOTHER_USER ? 'user' : isOfOrigin(reason) ? 'busy' : 'offline';

/** The most bytes that a region may take. */
export const budgetOf = ({ spec }: RegionRecord): number => spec.maxBytes ?? 2 ** 30;

/** Gives a region up that is too large; else stops asking the origin for a while. Resolves with the milliseconds. */
export async function backOff(
  record: RegionRecord,
  { reason, after, bytes }: Trouble,
  tools: WorkTools,
): Promise<number> {
  const draft = record.draft!;
  if (bytes !== undefined) {
    await giveUp(record, tooLarge(bytes, budgetOf(record)), tools);
    return 0;
  }
  const troubles = draft.troubles + 1;
  // A random wait, so that many devices do not come back at once.
  const wait = after ?? Math.min(MAX_BACK_OFF, 1000 * 2 ** Math.min(troubles - 1, 6)) * (0.75 + tools.random() / 2);
  const notBefore = tools.now() + wait;
  await tools.book.put({ ...record, draft: { ...draft, troubles, trouble: reason, notBefore, wait } });
  liveOf(record.id, tools).reason = waitFor(reason);
  tools.told(record.id, true);
  return wait;
}

/** Stops the region until a page resumes it. */
export const giveUp = (record: RegionRecord, error: TileCacheError, tools: WorkTools): Promise<RegionRecord> =>
  putAndTell({ ...record, error: error.toJSON(), paused: true }, tools);

export const tooLarge = (bytes: number, budget: number): TileCacheError =>
  new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'maxBytes',
    message: `The region takes more than ${budget} bytes (${bytes} so far).`,
    remedy: 'Save it again with a higher maxBytes, fewer zooms or smaller bounds.',
  });

export const storageFailed = (error: unknown): TileCacheError =>
  new TileCacheError(
    {
      code: 'STORAGE_FAILED',
      message: `The region could not be stored: ${String((error as Error | undefined)?.name ?? error)}`,
      remedy: 'Free storage for this site, then resume the region.',
    },
    { cause: error },
  );
